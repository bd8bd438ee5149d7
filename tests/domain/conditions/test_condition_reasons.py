"""The reason against each kind of malformed condition."""

from __future__ import annotations

from typing import Any

import pytest

from whenthen.domain.common.errors import Problem
from whenthen.domain.common.reason_codes import (
    BAD_ZONE,
    MATTERS_ONLY_TO,
    NOT_FLAG,
    NOT_ONE_OF,
    NOT_TEXT,
    TEXT_TOO_LONG,
    TOO_MANY,
    UNKNOWN_FIELD,
)
from whenthen.domain.common.reasons import Reason
from whenthen.domain.conditions.condition import (
    EMPTY_GROUP,
    GROUP_NOT_ALONE,
    MAX_DEPTH,
    MAX_PREDICATES,
    NOT_A_CONDITION,
    TOO_DEEP,
    TOO_MANY_CONDITIONS,
    parse_condition,
)
from whenthen.domain.conditions.field_access import (
    BAD_PATH,
    MAX_FIELD,
    MAX_NAMES,
    PATH_TOO_LONG,
    UNKNOWN_NOW_FIELD,
    UNKNOWN_ROOT,
)
from whenthen.domain.conditions.operands import (
    MAX_DIGITS,
    MAX_STARS,
    MAX_TEXT,
    MAX_VALUES,
    MIXED_RANGE,
    NO_VALUES,
    NOT_A_POINT,
    NOT_A_QUANTITY,
    NOT_A_RANGE,
    NOT_SCALAR,
    NULL_VALUE,
    REVERSED_RANGE,
    TOO_MANY_DIGITS,
    TOO_MANY_STARS,
)
from whenthen.domain.conditions.operators import OPERATORS
from whenthen.domain.conditions.predicate_parser import NO_CASE, NO_FIELD, NOT_OF_RECORD
from whenthen.domain.temporal.time_values import (
    BAD_AMOUNT,
    BAD_LENGTH,
    MAX_DURATION_DAYS,
    NOT_A_DURATION,
    NOW_FIELDS,
    UNKNOWN_UNIT,
)

PLAIN = {"field": "record.status", "op": "equals", "value": "new"}


def reason_of(document: Any) -> Reason:
    """Return the reason of a condition's only problem."""
    problems: list[Problem] = []
    assert parse_condition(document, "it", problems) is None
    (problem,) = problems
    return problem.reason  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ([], NOT_A_CONDITION()),
        ({"all": []}, EMPTY_GROUP()),
        ({"all": [PLAIN], "any": [PLAIN]}, GROUP_NOT_ALONE(group="all", others=["any"])),
        ({"not": {"not": {"not": {"not": {"not": {"not": {"not": PLAIN}}}}}}}, TOO_DEEP(count=MAX_DEPTH)),
        ({"any": [PLAIN] * 101}, TOO_MANY_CONDITIONS(count=MAX_PREDICATES, found=101)),
        ({**PLAIN, "values": 1}, UNKNOWN_FIELD(known=["field", "op", "value", "ignore_case", "zone", "within"])),
        ({**PLAIN, "op": "is"}, NOT_ONE_OF(options=list(OPERATORS))),
        ({**PLAIN, "field": ""}, NO_FIELD()),
        ({**PLAIN, "field": "contact.name"},
         UNKNOWN_ROOT(options=["event", "record", "before", "related", "steps", "now", "history"])),
        ({**PLAIN, "field": "record."}, BAD_PATH(root="record", example="record.status")),
        ({**PLAIN, "field": "related.owner"}, BAD_PATH(root="related", example="related.owner.team")),
        ({**PLAIN, "field": "record." + "a" * MAX_FIELD}, PATH_TOO_LONG(longest=MAX_FIELD, count=MAX_NAMES)),
        ({**PLAIN, "field": "now.season"}, UNKNOWN_NOW_FIELD(options=sorted(NOW_FIELDS))),
        ({**PLAIN, "field": "event.type", "op": "changed", "value": True}, NOT_OF_RECORD(op="changed")),
        ({**PLAIN, "op": ">", "value": 1, "ignore_case": True}, NO_CASE(op=">")),
        ({**PLAIN, "ignore_case": "yes"}, NOT_FLAG()),
        ({**PLAIN, "op": "before", "value": "now", "zone": "Mars/Olympus"}, BAD_ZONE()),
        ({**PLAIN, "within": {"days": 1}}, MATTERS_ONLY_TO(options=["history.*"])),
        ({**PLAIN, "value": None}, NULL_VALUE()),
        ({**PLAIN, "value": {}}, NOT_SCALAR()),
        ({**PLAIN, "value": 10**40}, TOO_MANY_DIGITS(count=MAX_DIGITS)),
        ({**PLAIN, "value": "x" * (MAX_TEXT + 1)}, TEXT_TOO_LONG(count=MAX_TEXT, found=MAX_TEXT + 1)),
        ({**PLAIN, "op": "in", "value": []}, NO_VALUES()),
        ({**PLAIN, "op": "in", "value": list(range(201))}, TOO_MANY(count=MAX_VALUES, found=201)),
        ({**PLAIN, "op": "contains", "value": ""}, NOT_TEXT()),
        ({**PLAIN, "op": "matches", "value": "*" * 17}, TOO_MANY_STARS(count=MAX_STARS)),
        ({**PLAIN, "op": ">", "value": "today"}, NOT_A_QUANTITY()),
        ({**PLAIN, "op": "exists", "value": 1}, NOT_FLAG()),
        ({**PLAIN, "op": "before", "value": "soon"}, NOT_A_POINT()),
        ({**PLAIN, "op": "between", "value": 5}, NOT_A_RANGE()),
        ({**PLAIN, "op": "between", "value": [5, 1]}, REVERSED_RANGE()),
        ({**PLAIN, "op": "between", "value": ["09:00", "2026-03-14"]}, MIXED_RANGE()),
        ({**PLAIN, "op": "within_last", "value": 3}, NOT_A_DURATION()),
        ({**PLAIN, "op": "within_last", "value": {"months": 3}}, UNKNOWN_UNIT(unit="months")),
        ({**PLAIN, "op": "within_last", "value": {"days": -3}}, BAD_AMOUNT(unit="days")),
        ({**PLAIN, "op": "within_last", "value": {"days": 0}}, BAD_LENGTH(count=MAX_DURATION_DAYS)),
    ],
    ids=str,
)  # fmt: skip
def test_the_reason_against_a_condition(document: Any, reason: Reason) -> None:
    assert reason_of(document) == reason


def test_a_zone_that_nothing_reads_is_reported() -> None:
    reason = reason_of({**PLAIN, "zone": "Europe/Istanbul"})
    assert reason.code == MATTERS_ONLY_TO.code
    assert reason.params["options"] == [
        "now.*", "history.*", "between", "before", "after", "within_last", "within_next"
    ]  # fmt: skip
