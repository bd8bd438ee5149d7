"""The wait for an event: what is read, and why the rest is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from whenthen.domain.common.errors import Invalid
from whenthen.domain.rules.rule import Rule, parse_rule
from whenthen.domain.runs.subscriptions import awaited_types, signals_of_rule
from whenthen.domain.steps.branches import Branch, branches_of
from whenthen.domain.steps.event_waits import EventWait
from whenthen.domain.temporal.time_values import Duration

REPLIED: dict[str, Any] = {"on": ["contact.replied"], "timeout": {"days": 3}}


def step(step_id: str, **more: Any) -> dict[str, Any]:
    return {"id": step_id, "action": "add_tags", "with": {"tags": ["x"]}, **more}


def parsed(wait: Any, *others: dict[str, Any], **more: Any) -> Rule:
    steps = [step("a", wait=wait), *(others or (step("b"), step("c")))]
    return parse_rule({"name": "A rule", "trigger": {"event": "lead.created"}, "steps": steps, **more})


def refused(wait: Any, *others: dict[str, Any]) -> dict[str, str]:
    with pytest.raises(Invalid) as caught:
        parsed(wait, *others)
    return {problem.field: problem.reason.code for problem in caught.value.problems}


def test_reads_events_timeout_and_both_ways() -> None:
    first = parsed({"for_event": {**REPLIED, "then": "b", "else": "c"}}).steps[0]
    assert first.awaits == EventWait(("contact.replied",), Duration(days=3), "b", "c")
    assert [*branches_of(first)] == [Branch("wait.for_event.then", "b"), Branch("wait.for_event.else", "c")]
    assert first.wait is not None
    assert first.wait.immediate


@pytest.mark.parametrize("ways", [{}, {"then": "a"}, {"else": "a", "then": " "}, {"then": None}])
def test_a_way_that_leads_to_the_step_itself_is_the_default(ways: dict[str, Any]) -> None:
    first = parsed({"for_event": {**REPLIED, **ways}}).steps[0]
    assert first.awaits == EventWait(("contact.replied",), Duration(days=3))
    assert [*branches_of(first)] == []


def test_a_run_is_found_by_the_events_for_which_its_steps_wait() -> None:
    also = step("b", wait={"for_event": {"on": ["lead.field_changed", "contact.replied"], "timeout": {"hours": 1}}})
    rule = parsed({"for_event": REPLIED}, also, exit={"on": ["lead.won"]})
    assert awaited_types(rule) == ("contact.replied", "lead.field_changed", "lead.updated")
    assert signals_of_rule(rule) == {"lead.won", *awaited_types(rule)}


@pytest.mark.parametrize(
    ("wait", "found"),
    [
        ({"on": [], "timeout": {"days": 3}}, {".on": "field.required"}),
        ({"timeout": {"days": 3}}, {".on": "field.required"}),
        ({"on": ["replied"], "timeout": {"days": 3}}, {".on": "event_type.malformed"}),
        ({"on": [f"a.e{n}" for n in range(11)], "timeout": {"days": 3}}, {".on": "list.too_long"}),
        ({"on": ["a.b"]}, {".timeout": "field.required"}),
        ({"on": ["a.b"], "timeout": 3}, {".timeout": "duration.malformed"}),
        ({"on": ["a.b"], "timeout": {"days": 360, "minutes": 1}}, {".timeout": "event_wait.too_long"}),
        ({**REPLIED, "then": "none"}, {".then": "step.unknown_target"}),
        ({**REPLIED, "else": "none", "until": 1}, {".else": "step.unknown_target", ".until": "field.unknown"}),
        ([], {"": "value.not_object"}),
    ],
)
def test_names_what_is_wrong(wait: Any, found: dict[str, str]) -> None:
    expected = {f"steps[0].wait.for_event{field}": code for field, code in found.items()}
    answer = refused({"for_event": wait})
    assert {field: answer.get(field) for field in expected} == expected


@pytest.mark.parametrize(
    "beside", [{"days": 1}, {"business_hours": 1}, {"at": "10:00"}, {"weekdays": ["mon"]}, {"until": {"field": "due"}}]
)
def test_nothing_else_stands_beside_it(beside: dict[str, Any]) -> None:
    assert refused({"for_event": REPLIED, **beside}) == {"steps[0].wait.for_event": "event_wait.not_alone"}


def test_waits_for_events_count_among_all_waits_of_a_rule() -> None:
    long = {"for_event": {**REPLIED, "timeout": {"days": 360}}}
    assert refused(long, *(step(f"s{n}", wait=long) for n in range(10))) == {"steps": "rule.waits_too_long"}


def test_a_timeout_of_days_is_one_of_the_calendar() -> None:
    wait = EventWait(("a.b",), Duration(days=1))
    begun = datetime(2026, 3, 28, 9, tzinfo=UTC)
    assert wait.ends(begun, ZoneInfo("Europe/Budapest")) - begun == timedelta(hours=23)
    assert wait.length == timedelta(days=1)
