"""The record before a change, as conditions and templates see it: its own version and time are those of before."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from whenthen.domain.conditions.condition import evaluate
from whenthen.domain.event_catalog.derivation import change_events, record_of
from whenthen.domain.events.event import Change, Event, from_json, to_json
from whenthen.domain.records.record import Record
from whenthen.domain.rules.context import context_of
from whenthen.domain.rules.rule import parse_rule
from whenthen.domain.templating.templates import render

THEN = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
NOW = datetime(2026, 3, 14, 9, 30, tzinfo=UTC)
BEFORE = Record("lead", "7", {"status": "new", "city": "İzmir"}, version=4, created_at=THEN, updated_at=THEN)
AFTER = replace(BEFORE, fields={"status": "won", "city": "İzmir"}, version=5, updated_at=NOW)


def context(before: Record | None = BEFORE, after: Record | None = AFTER, verb: str = "updated") -> dict[str, Any]:
    (event,) = [event for event in change_events(before, after, NOW) if event.type == f"lead.{verb}"]
    event = from_json(to_json(event))
    return context_of(event, record_of(event), NOW)


@pytest.mark.parametrize("verb", ["updated", "status_changed"])
def test_version_and_time_before_a_change_are_those_of_before(verb: str) -> None:
    seen = context(verb=verb)
    assert seen["before"]["version"] == 4
    assert seen["before"]["updated_at"] == "2026-01-05T08:00:00.000Z"
    assert seen["before"]["created_at"] == seen["record"]["created_at"]
    assert (seen["before"]["status"], seen["before"]["city"], seen["before"]["ref"]) == ("new", "İzmir", "lead:7")
    assert (seen["record"]["version"], seen["record"]["updated_at"]) == (5, "2026-03-14T09:30:00.000Z")
    assert render("{{ before.version }} {{ before.updated_at|date('%d.%m.') }}", seen) == "4 05.01."


STALE = {"not": {"field": "record.updated_at", "op": "within_last", "value": {"days": 30}}}


@pytest.mark.parametrize(
    ("fits", "before", "leaves"),
    [
        (STALE, THEN, True),
        (STALE, NOW - timedelta(days=29), False),
        ({"field": "record.updated_at", "op": "before", "value": {"ago": {"days": 30}}}, THEN, True),
        ({"field": "record.version", "op": "<", "value": 5}, THEN, True),
        ({"field": "record.version", "op": "<", "value": 6}, THEN, False),
        ({"all": [STALE, {"field": "record.city", "op": "equals", "value": "İzmir"}]}, THEN, True),
    ],
)
def test_a_view_of_records_that_were_long_untouched_is_left(fits: Any, before: datetime, leaves: bool) -> None:
    rule = parse_rule(
        {"name": "R", "trigger": {"leaves": {"kind": "lead", "filter": fits}},
         "steps": [{"id": "s", "action": "add_tags", "with": {"tags": ["x"]}}]}
    )  # fmt: skip
    assert evaluate(rule.trigger.condition, context(replace(BEFORE, updated_at=before))) is leaves


def test_a_view_of_records_that_changed_lately_is_entered() -> None:
    fits = {"field": "record.updated_at", "op": "within_last", "value": {"days": 30}}
    rule = parse_rule(
        {"name": "R", "trigger": {"enters": {"kind": "lead", "filter": fits}},
         "steps": [{"id": "s", "action": "add_tags", "with": {"tags": ["x"]}}]}
    )  # fmt: skip
    assert evaluate(rule.trigger.condition, context())
    assert not evaluate(rule.trigger.condition, context(replace(BEFORE, updated_at=NOW - timedelta(days=3))))


@pytest.mark.parametrize("data", [{}, {"before": {"version": 1, "updated_at": "2020-01-01T00:00:00Z"}}, {"before": 3}])
def test_of_a_change_that_somebody_else_tells_version_and_time_before_are_missing(data: dict[str, Any]) -> None:
    event = Event(
        "e", "api", "lead.updated", NOW, subject="lead:7", data=data, changes={"status": Change("new", "won")}
    )
    seen = context_of(event, AFTER, NOW)
    assert "version" not in seen["before"]
    assert "updated_at" not in seen["before"]
    assert seen["before"]["status"] == "new"


def test_a_record_that_was_created_has_no_before() -> None:
    assert context(None, AFTER, "created")["before"] is None
