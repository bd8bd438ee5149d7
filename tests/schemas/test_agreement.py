"""Hold schemas and the API together: what one of them takes the other saves, but for what no schema can say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from dev.paths import ROOT
from tests.schemas.corpus import found_conditions, found_rules, found_triggers
from tests.schemas.frames import SCHEMAS, documents
from tests.schemas.ignored import IGNORED, Ignored, taken_otherwise
from tests.schemas.mutating import mutated
from tests.schemas.saving import problems_of_saving
from tests.schemas.unsayable import UNSAYABLE, Unsayable, unexplained
from tests.schemas.validating import Validator

VALIDATORS = {kind: Validator(schema) for kind, schema in SCHEMAS.items()}

_DRAWN = settings(
    max_examples=60,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)


def _check(kind: str, document: Any) -> None:
    """Fail where schema and save differ about a document, and no row of the tables says why."""
    problems, validator = problems_of_saving(kind, document), VALIDATORS[kind]
    if validator.is_valid(document):
        assert not unexplained(problems), "a save refuses what the schema takes"
    elif not problems:
        changed = taken_otherwise(kind, document)
        faults = [error.message for error in validator.iter_errors(document)]
        assert any(map(validator.is_valid, changed)), f"the schema refuses what a save takes: {faults}"


@pytest.mark.parametrize("kind", SCHEMAS)
@_DRAWN
@given(data=st.data())
def test_what_is_drawn_from_the_schema_is_saved(kind: str, data: st.DataObject) -> None:
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
    problems = problems_of_saving(row.kind, row.witness)
    assert any(row.explains(problem) for problem in problems)
    others = [other for other in UNSAYABLE if other is not row]
    assert [p for p in problems if not any(other.explains(p) for other in others)], f"{row.name} is told by another row"


@pytest.mark.parametrize("row", IGNORED, ids=lambda row: row.name)
def test_each_member_that_a_save_reads_otherwise_is_refused_by_the_schema(row: Ignored) -> None:
    kind, document = row.witness
    assert not problems_of_saving(kind, document)
    assert not VALIDATORS[kind].is_valid(document)
    assert VALIDATORS[kind].is_valid(row.change(kind, document))


def test_the_page_of_schemas_lists_each_difference() -> None:
    page = (ROOT / "docs" / "reference" / "schemas.md").read_text(encoding="utf-8")
    _, refused, read_otherwise = page.split("\n## ")
    assert _table(refused) == [f"| {row.kind} | {row.name} | {row.reason} |" for row in UNSAYABLE]
    assert _table(read_otherwise) == [f"| {row.name} | {row.reason} |" for row in IGNORED]


def _table(section: str) -> list[str]:
    return [line for line in section.splitlines() if line.startswith("|")][2:]


@pytest.mark.parametrize("kind", SCHEMAS)
def test_most_of_what_is_drawn_is_taken_by_the_schema(kind: str) -> None:
    taken = []

    @settings(_DRAWN, max_examples=30)
    @given(documents(kind))
    def draw(document: Any) -> None:
        taken.append(VALIDATORS[kind].is_valid(document))

    draw()
    assert sum(taken) > len(taken) / 2
