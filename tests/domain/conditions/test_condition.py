"""Groups, fields and the parser: conditions that hold, and the path of each problem."""

from __future__ import annotations

import json
from typing import Any

import pytest

from whenthen.domain.common.errors import Problem
from whenthen.domain.conditions import condition as conditions
from whenthen.domain.conditions.condition import (
    MAX_DEPTH,
    MAX_PREDICATES,
    as_mapping,
    evaluate,
    parse_condition,
    predicates,
)
from whenthen.domain.conditions.operands import MAX_TEXT, MAX_VALUES

PLAIN = {"field": "record.status", "op": "equals", "value": "new"}


def parsed(document: Any, zone: str | None = None) -> conditions.Condition:
    problems: list[Problem] = []
    condition = parse_condition(document, "conditions", problems, zone)
    assert not problems
    assert condition is not None
    return condition


def problems_of(document: Any) -> list[str]:
    problems: list[Problem] = []
    assert parse_condition(document, "conditions", problems) is None
    return [problem.field for problem in problems]


def test_groups() -> None:
    document = {
        "all": [
            PLAIN,
            {
                "any": [
                    {"field": "record.tags", "op": "has", "value": "vip"},
                    {"not": {**PLAIN, "op": "exists", "value": False}},
                ]
            },
        ]
    }
    condition = parsed(document)
    assert evaluate(condition, {"record": {"status": "new"}})
    assert not evaluate(condition, {"record": {"status": "old", "tags": ["vip"]}})
    assert as_mapping(condition) == document
    assert [predicate.field for predicate in predicates(condition)] == ["record.status", "record.tags", "record.status"]


def test_an_absent_condition_always_holds() -> None:
    assert evaluate(None, {})


@pytest.mark.parametrize(
    "predicate",
    [
        PLAIN,
        {**PLAIN, "ignore_case": True},
        {"field": "record.seen", "op": "within_last", "value": {"days": 3, "hours": 2}, "zone": "Europe/Istanbul"},
        {"field": "now.hour", "op": "between", "value": [9, 17], "zone": "Asia/Jakarta"},
        {"field": "history.call.incoming_missed", "op": ">=", "value": 3, "within": {"weeks": 1}},
        {"field": "record.email", "op": "exists"},
        {"field": "record.a.b", "op": "in", "value": ["x", 1, True]},
    ],
)
def test_written_back_as_it_was_read(predicate: dict[str, Any]) -> None:
    assert as_mapping(parsed(predicate)) == predicate
    assert parsed(json.loads(json.dumps(as_mapping(parsed(predicate))))) == parsed(predicate)


@pytest.mark.parametrize(
    ("document", "fields"),
    [
        ("x", ["conditions"]),
        (None, ["conditions"]),
        ({}, ["conditions.op", "conditions.field"]),
        ({"all": []}, ["conditions.all"]),
        ({"all": PLAIN}, ["conditions.all"]),
        ({"not": [PLAIN]}, ["conditions.not"]),
        ({"all": [PLAIN], "any": [PLAIN]}, ["conditions"]),
        ({"all": [PLAIN], "field": "record.x"}, ["conditions"]),
        ({"all": [PLAIN, {**PLAIN, "op": "="}]}, ["conditions.all[1].op"]),
        ({"all": [{**PLAIN, "op": []}, 5]}, ["conditions.all[0].op", "conditions.all[1]"]),
        ({"any": [{"not": {**PLAIN, "field": "status"}}]}, ["conditions.any[0].not.field"]),
        ({"field": "", "op": "is"}, ["conditions.op", "conditions.field"]),
        ({**PLAIN, "extra": 1}, ["conditions.extra"]),
        ({**PLAIN, "ignore_case": "yes"}, ["conditions.ignore_case"]),
        ({**PLAIN, "op": ">", "value": 5, "ignore_case": True}, ["conditions.ignore_case"]),
        ({**PLAIN, "zone": "Europe/Istanbul"}, ["conditions.zone"]),
        ({**PLAIN, "op": "before", "value": "today", "zone": "Mars"}, ["conditions.zone"]),
        ({**PLAIN, "op": "before", "value": "today", "zone": "../etc/passwd"}, ["conditions.zone"]),
        ({**PLAIN, "within": {"days": 1}}, ["conditions.within"]),
        ({"field": "history.call.missed", "op": ">", "value": 1}, ["conditions.within"]),
        ({"field": "event.type", "op": "changed"}, ["conditions.field"]),
    ],
)
def test_every_problem_of_a_condition_is_reported_by_its_field(document: Any, fields: list[str]) -> None:
    assert problems_of(document) == fields


@pytest.mark.parametrize(
    "field",
    [
        "record",
        "status",
        "record.",
        "record..x",
        ".x",
        "now.fortnight",
        "related.owner",
        "history.call",
        "record." + "x" * 200,
        "record" + ".x" * 13,
        5,
        None,
        ["record.x"],
    ],
)
def test_a_malformed_field_is_reported(field: Any) -> None:
    assert problems_of({"field": field, "op": "exists"})[-1] == "conditions.field"


@pytest.mark.parametrize(
    ("op", "value"),
    [
        ("equals", None),
        ("equals", ["a"]),
        ("equals", {"a": 1}),
        ("equals", float("nan")),
        ("equals", float("inf")),
        ("equals", "x" * (MAX_TEXT + 1)),
        ("equals", 10**40),
        ("in", []),
        ("in", "a"),
        ("in", [None]),
        ("in", [["a"]]),
        ("in", ["x"] * (MAX_VALUES + 1)),
        ("contains", ""),
        ("contains", 5),
        ("matches", None),
        ("matches", "*" * 17),
        (">", "many"),
        (">", True),
        (">", "2026-03-14"),
        (">", None),
        ("between", 5),
        ("between", [1]),
        ("between", [5, 1]),
        ("between", [1, "2026-03-14"]),
        ("between", ["09:00", "2026-03-14"]),
        ("exists", "yes"),
        ("exists", 1),
        ("before", "soon"),
        ("before", 5),
        ("before", None),
        ("before", "2026-02-30"),
        ("before", {"ago": {"days": 1}, "ahead": {"days": 1}}),
        ("before", {"ago": {}}),
        ("before", {"ago": {"years": 1}}),
        ("within_last", {"days": 0}),
        ("within_last", {"days": -1}),
        ("within_last", {"days": 1.5}),
        ("within_last", {"days": 3661}),
        ("within_last", 7),
        ("within_last", "7d"),
        ("changed", "x"),
        ("changed_to", []),
        ("changed_to", None),
        ("has_all", "a"),
    ],
)
def test_a_malformed_value_is_reported(op: str, value: Any) -> None:
    assert problems_of({"field": "record.x", "op": op, "value": value}) == ["conditions.value"]


def test_bounds_of_a_condition() -> None:
    deep: dict[str, Any] = PLAIN
    for _ in range(MAX_DEPTH):
        deep = {"not": deep}
    parsed(deep)
    assert problems_of({"not": deep}) == ["conditions" + ".not" * MAX_DEPTH]
    for _ in range(5_000):
        deep = {"not": deep}
    assert problems_of(deep)
    half = {"all": [PLAIN] * (MAX_PREDICATES // 2)}
    parsed({"all": [half, half]})
    assert problems_of({"all": [half, half, PLAIN]}) == ["conditions"]
    assert problems_of({"all": [PLAIN] * (MAX_PREDICATES + 1)}) == ["conditions.all"]


CONTEXT = {
    "event": {
        "type": "call.incoming_missed",
        "time": "2026-03-14T09:00:00Z",
        "data": {
            "items": [{"sku": "a", "price": 5}, {"sku": "b", "prices": [1, 2]}],
            "0": "zero",
            "matrix": [[1, 2], [3]],
        },
        "origin": "rule:welcome",
    },
    "record": {"address": {"city": "Izmir"}, "status": None},
    "related": {"owner": {"team": "sales"}},
    "history": {
        "call.incoming_missed": [
            "2026-03-13T09:00:00Z",
            "2026-03-08T00:00:00Z",
            "2026-03-01T00:00:00Z",
            "2026-03-20T00:00:00Z",
            "x",
            None,
        ],
        "call.rang": ["2026-03-07T23:45:00Z"],
    },
    "now": "2026-03-14T23:30:00+00:00",
}


@pytest.mark.parametrize(
    ("predicate", "expected"),
    [
        ({"field": "event.data.items.sku", "op": "has_all", "value": ["a", "b"]}, True),
        ({"field": "event.data.items.prices", "op": "has", "value": 2}, True),
        ({"field": "event.data.items.1.sku", "op": "equals", "value": "b"}, True),
        ({"field": "event.data.items.2.sku", "op": "exists"}, False),
        ({"field": "event.data.items.colour", "op": "exists"}, False),
        ({"field": "event.data.0", "op": "equals", "value": "zero"}, True),
        ({"field": "event.data.matrix", "op": "has", "value": 1}, False),
        ({"field": "event.data.matrix.1", "op": "has", "value": 3}, True),
        ({"field": "event.type.x", "op": "exists"}, False),
        ({"field": "event.origin", "op": "starts_with", "value": "rule:"}, True),
        ({"field": "record.address.city", "op": "equals", "value": "Izmir"}, True),
        ({"field": "record.status", "op": "exists"}, False),
        ({"field": "related.owner.team", "op": "equals", "value": "sales"}, True),
        ({"field": "related.company.name", "op": "exists"}, False),
        ({"field": "now.date", "op": "equals", "value": "2026-03-14"}, True),
        ({"field": "now.date", "op": "equals", "value": "2026-03-15", "zone": "Europe/Istanbul"}, True),
        ({"field": "now.hour", "op": "between", "value": [0, 5], "zone": "Europe/Istanbul"}, True),
        ({"field": "now.weekday", "op": "in", "value": ["sat"]}, True),
        ({"field": "now.weekday", "op": "in", "value": ["sat"], "zone": "Europe/Istanbul"}, False),
        ({"field": "now.time", "op": "between", "value": ["22:00", "06:00"]}, True),
        ({"field": "now.moment", "op": "after", "value": "2026-03-14T23:00:00Z"}, True),
        ({"field": "history.call.incoming_missed", "op": "equals", "value": 3, "within": {"days": 7}}, True),
        ({"field": "history.call.incoming_missed", "op": "equals", "value": 2, "within": {"days": 3}}, True),
        ({"field": "history.call.incoming_missed", "op": ">=", "value": 5, "within": {"days": 100}}, False),
        ({"field": "history.email.received", "op": "equals", "value": 0, "within": {"days": 7}}, True),
        # The clocks of New York were put forward in that week: seven days ago it was an hour later by UTC.
        ({"field": "history.call.rang", "op": "equals", "value": 1, "within": {"days": 7}}, True),
        (
            {
                "field": "history.call.rang",
                "op": "equals",
                "value": 0,
                "within": {"days": 7},
                "zone": "America/New_York",
            },
            True,
        ),
    ],
)
def test_fields(predicate: dict[str, Any], expected: bool) -> None:
    assert evaluate(parsed(predicate), CONTEXT) is expected


def test_a_predicate_without_a_zone_uses_the_zone_of_the_rule() -> None:
    predicate = {"field": "now.date", "op": "equals", "value": "2026-03-15"}
    assert not evaluate(parsed(predicate), CONTEXT)
    assert evaluate(parsed(predicate, "Europe/Istanbul"), CONTEXT)
    assert not evaluate(parsed({**predicate, "zone": "UTC"}, "Europe/Istanbul"), CONTEXT)


def test_days_are_calendar_days_and_hours_elapsed_time_when_clocks_change() -> None:
    # Budapest's clocks went from 02:00 to 03:00 on 29 March 2026.
    context = {"now": "2026-03-29T10:00:00Z", "record": {"at": "2026-03-28T12:30:00+01:00"}}
    days = {"field": "record.at", "op": "within_last", "value": {"days": 1}, "zone": "Europe/Budapest"}
    assert evaluate(parsed(days), context)
    assert not evaluate(parsed({**days, "value": {"hours": 22}}), context)
    assert evaluate(parsed({**days, "value": {"hours": 23}}), context)


@pytest.mark.parametrize("zone", ["Europe/Istanbul", "America/New_York", "UTC"])
@pytest.mark.parametrize("now", ["9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-05:00"])
@pytest.mark.parametrize(
    ("op", "value"),
    [
        ("before", "yesterday"),
        ("before", "today"),
        ("after", "tomorrow"),
        ("before", {"ago": {"days": 9}}),
        ("before", {"ahead": {"hours": 9}}),
        ("within_last", {"weeks": 9}),
        ("within_next", {"minutes": 9}),
    ],
)
def test_no_condition_fails_where_the_calendar_ends(op: str, value: Any, now: str, zone: str) -> None:
    for field, point in (("record.at", value), ("now.date", value)):
        predicate = parsed({"field": field, "op": op, "value": point, "zone": zone})
        for at in ("9999-12-31", "0001-01-01", now):
            assert evaluate(predicate, {"now": now, "record": {"at": at}}) in (True, False)
    often = parsed({"field": "history.a.b", "op": ">", "value": 0, "within": {"days": 9}})
    assert not evaluate(often, {"now": now, "history": {"a.b": []}})


def test_the_changes_of_the_event_decide_over_before() -> None:
    changed = parsed({"field": "record.address.city", "op": "changed_to", "value": "Izmir"})
    before = {"address": {"city": "Ankara"}}
    assert evaluate(changed, {**CONTEXT, "before": before})
    other = {**CONTEXT["event"], "changes": {"status": {"from": "a", "to": "b"}}}
    assert not evaluate(changed, {**CONTEXT, "before": before, "event": other})
    own = {**CONTEXT["event"], "changes": {"address": {"from": before["address"], "to": {"city": "Izmir"}}}}
    assert evaluate(changed, {**CONTEXT, "event": own})
    assert not evaluate(changed, CONTEXT), "a record that is new has not changed"
