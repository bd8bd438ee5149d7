"""Hold schemas and parsers together: what one of them takes the other takes, but for what no schema can say."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.schemas.corpus import found_conditions, found_rules, found_triggers
from tests.schemas.frames import SCHEMAS, documents
from tests.schemas.mutating import mutated
from tests.schemas.unsayable import PARSER_TAKES, UNSAYABLE, Unsayable, unexplained
from tests.schemas.validating import Validator
from whenthen.domain.common.errors import Invalid, Problem
from whenthen.domain.rules.rule import parse_rule
from whenthen.domain.rules.views import parse_view
from whenthen.sources.webhook.mapping import parse_source

PARSERS: Mapping[str, Callable[[Any], object]] = {"rule": parse_rule, "view": parse_view, "source": parse_source}
VALIDATORS = {kind: Validator(schema) for kind, schema in SCHEMAS.items()}

_DRAWN = settings(
    max_examples=60,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)


def _problems(kind: str, document: Any) -> list[Problem]:
    try:
        PARSERS[kind](document)
    except Invalid as error:
        return list(error.problems)
    return []


def _check(kind: str, document: Any) -> None:
    """Fail where schema and parser differ about a document, and no row of the tables says why."""
    problems, validator = _problems(kind, document), VALIDATORS[kind]
    if validator.is_valid(document):
        assert not unexplained(problems), "the parser refuses what the schema takes"
    elif not problems:
        changed = [change(document) for change in PARSER_TAKES.values()]
        faults = [error.message for error in validator.iter_errors(document)]
        assert any(map(validator.is_valid, changed)), f"the schema refuses what the parser takes: {faults}"


@pytest.mark.parametrize("kind", SCHEMAS)
@_DRAWN
@given(data=st.data())
def test_the_parser_takes_what_is_drawn_from_the_schema(kind: str, data: st.DataObject) -> None:
    _check(kind, data.draw(documents(kind)))


@pytest.mark.parametrize("kind", SCHEMAS)
@_DRAWN
@given(data=st.data())
def test_both_refuse_the_same_changes(kind: str, data: st.DataObject) -> None:
    _check(kind, data.draw(mutated(documents(kind))))


@_DRAWN
@given(mutated(st.sampled_from(list(found_rules().values()))))
def test_both_refuse_the_same_changes_of_our_own_rules(document: Any) -> None:
    _check("rule", document)


@pytest.mark.parametrize("place", found_rules())
def test_our_own_rules_are_taken_by_both_or_by_none(place: str) -> None:
    _check("rule", found_rules()[place])


@pytest.mark.parametrize("found", [found_triggers, found_conditions])
def test_triggers_and_conditions_of_our_tests_are_taken_by_both_or_by_none(found: Callable[[], list[Any]]) -> None:
    rules = found()
    assert len(rules) > 50
    for rule in rules:
        _check("rule", rule)


@pytest.mark.parametrize("row", UNSAYABLE, ids=lambda row: row.name)
def test_each_exception_is_needed(row: Unsayable) -> None:
    assert VALIDATORS[row.kind].is_valid(row.witness)
    problems = _problems(row.kind, row.witness)
    assert any(row.explains(problem) for problem in problems)
    others = [other for other in UNSAYABLE if other is not row]
    assert [p for p in problems if not any(other.explains(p) for other in others)], f"{row.name} is told by another row"


def test_white_space_around_a_text_is_the_parsers_alone_to_take() -> None:
    document = {"name": "Important", "kind": " contact "}
    assert not _problems("view", document)
    assert not VALIDATORS["view"].is_valid(document)


@pytest.mark.parametrize("kind", SCHEMAS)
def test_most_of_what_is_drawn_is_taken_by_the_schema(kind: str) -> None:
    taken = []

    @settings(_DRAWN, max_examples=30)
    @given(documents(kind))
    def draw(document: Any) -> None:
        taken.append(VALIDATORS[kind].is_valid(document))

    draw()
    assert sum(taken) > len(taken) / 2
