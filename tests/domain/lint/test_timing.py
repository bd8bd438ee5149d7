"""Lint of a rule's timing: waits that are always over, exits that never come."""

from __future__ import annotations

from typing import Any

import pytest

from whenthen.domain.lint.lint import lint
from whenthen.domain.rules.rule import parse_rule


def codes(**parts: Any) -> list[tuple[str, str, str]]:
    document = {
        "name": "r",
        "kind": "lead",
        "trigger": {"event": "lead.created"},
        "steps": [{"id": "tag", "action": "add_tags", "with": {"tags": ["seen"]}}],
        **parts,
    }
    return [(finding.code, finding.severity.value, finding.field) for finding in lint(parse_rule(document))]


def waiting(**wait: Any) -> dict[str, Any]:
    first = {"id": "first", "action": "add_tags", "with": {"tags": ["x"]}}
    return {"steps": [first, {**first, "id": "tag", "wait": wait}]}


OVER = [("lint.yearly_date_is_over", "warning", "steps[1].wait")]


@pytest.mark.parametrize(
    ("wait", "expected"),
    [
        ({"until": {"field": "birth_date"}}, OVER),
        ({"until": {"field": "record.birthday", "days": -3}, "at": "10:00"}, OVER),
        ({"until": {"field": "wedding_anniversary", "days": 30}, "past": "skip"}, OVER),
        ({"until": {"field": "child_date_of_birth"}}, OVER),
        ({"until": {"field": "birth_date"}, "past": "next"}, []),
        ({"until": {"field": "birth_date"}, "past": "run"}, []),
        ({"until": {"field": "visit_date", "days": -3}}, []),
        ({"until": {"field": "birth_place_date"}}, []),
        ({"days": 3, "past": "skip"}, []),
    ],
)
def test_a_step_that_waits_for_a_day_of_long_ago_is_warned_of(
    wait: dict[str, Any], expected: list[tuple[str, str, str]]
) -> None:
    assert codes(**waiting(**wait)) == expected


NEVER = [("lint.exit_of_other_kind", "warning", "exit.of")]


@pytest.mark.parametrize(
    ("exits", "expected"),
    [
        ({"on": ["deal.updated"], "of": "record"}, NEVER),
        ({"on": ["deal.field_changed"], "of": "record"}, NEVER),
        ({"on": ["lead.updated", "deal.deleted"], "of": "record"}, NEVER),
        ({"on": ["deal.updated", "contact.deleted"], "of": "record"}, [*NEVER, *NEVER]),
        ({"on": ["deal.updated"], "of": "customer"}, []),
        ({"on": ["deal.updated"]}, []),
        ({"on": ["lead.updated"], "of": "record"}, []),
        ({"on": ["contact.replied"], "of": "record"}, []),
        ({"on": ["parcel.arrived"], "of": "record"}, []),
    ],
)
def test_an_exit_that_is_about_records_of_another_kind_is_warned_of(
    exits: dict[str, Any], expected: list[tuple[str, str, str]]
) -> None:
    """Nobody knows of events of other systems, and an answer of a customer names no record."""
    assert codes(exit=exits) == expected


def test_a_rule_without_a_kind_is_not_warned_of() -> None:
    assert codes(kind=None, exit={"on": ["deal.updated"], "of": "record"}) == []
