"""Events of people and rules: a rule is started by hand, a run has its outcome."""

from __future__ import annotations

from datetime import UTC, datetime

from msgspec.structs import replace

from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.entry.entering_events import manual_event
from whenthen.domain.event_catalog import catalog
from whenthen.domain.event_catalog.event_types import problems_of
from whenthen.domain.events.event import Cause, Event
from whenthen.domain.rules.rule import parse_rule
from whenthen.domain.runs.engine_events import finished_event
from whenthen.domain.runs.run import RunStatus, begin

NOW = datetime(2026, 3, 14, 9, 30, tzinfo=UTC)
STOPPED = ReasonCode("tests.stopped", "by")


def test_the_same_seed_gives_the_same_event() -> None:
    first = manual_event("rule_a", "lead:1", by="ayse", seed="s", moment=NOW)
    again = manual_event("rule_a", "lead:1", by="ayse", seed="s", moment=datetime(2027, 1, 1, tzinfo=UTC))
    other = manual_event("rule_a", "lead:2", by="ayse", seed="s", moment=NOW)
    assert first.id == again.id != other.id


def test_the_event_of_an_outcome_carries_its_reason_as_data_and_joins_the_causes() -> None:
    steps = [{"id": "s", "action": "add_tags", "with": {"tags": ["x"]}}]
    rule = parse_rule({"id": "rule_a", "name": "A", "trigger": {"event": "lead.created"}, "steps": steps})
    event = Event("evt_1", "api", "lead.created", NOW, cause=Cause(("run_0",), 1))
    run = replace(begin(rule, event, None, NOW, shadow=False), status=RunStatus.STOPPED, reason=STOPPED(by="ayse"))
    finished = finished_event(run, event)
    assert finished.data["reason"] == {"code": "tests.stopped", "params": {"by": "ayse"}}
    assert finished.cause == Cause(("run_0", run.id), 2, "evt_1")
    row = catalog.find(finished.type)
    assert row is not None
    assert problems_of(row.data, finished.data, "data") == []
