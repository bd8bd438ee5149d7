"""Events that count for a run that waits for one, and how it goes on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from whenthen.domain.events.event import Event
from whenthen.domain.explain.standing import WAITS_FOR_EVENT, Waiting, WaitsFor, waits_of
from whenthen.domain.rules.rule import Rule, parse_rule
from whenthen.domain.runs.awaiting import Mark, awaited, awaits_since, first_that_counts, mark_of
from whenthen.domain.runs.planner import (
    EVENT_CAME,
    NO_EVENT_CAME,
    RECORD_DELETED,
    Dispatch,
    Finish,
    PassOver,
    WaitUntil,
    after_wait,
    enter_step_group,
)
from whenthen.domain.runs.run import Run, RunStatus, begin
from whenthen.domain.temporal.business_time import BusinessCalendar

NOW = datetime(2026, 3, 14, 9, 30, 0, 700_000, tzinfo=UTC)
SECOND = timedelta(seconds=1)
OWN = Event("evt_1", "whatsapp", "whatsapp.message_received", NOW, subject="lead:1", data={"message_id": "m1"})


def step(step_id: str, **more: Any) -> dict[str, Any]:
    return {"id": step_id, "action": "add_tags", "with": {"tags": ["x"]}, **more}


def rule(*first: dict[str, Any], **ways: str) -> Rule:
    waiting = step("ask", wait={"for_event": {"on": ["contact.replied", "a.b"], "timeout": {"days": 3}, **ways}})
    steps = [*first, waiting, step("also", start="with_previous"), step("mid"), step("last"), step("end")]
    return parse_rule({"name": "r", "trigger": {"event": "whatsapp.message_received"}, "steps": steps})


def waiting(of: Rule, step_group: int = -1, since: datetime = NOW) -> Run:
    run = begin(of, OWN, None, NOW, shadow=False)
    until = since + timedelta(days=3)
    return replace(run, status=RunStatus.WAITING, step_group=step_group, awaits_since=since, waits_until=until)


def test_a_step_that_waits_for_an_event_waits_until_its_time_is_over() -> None:
    first = rule()
    run = begin(first, OWN, None, NOW + SECOND, shadow=False)
    move = enter_step_group(first, run, 0, {"record": {}}, run.due, (), BusinessCalendar)
    assert move == WaitUntil(0, run.due + timedelta(days=3), run.entered), "since its own event, which was late"
    second = rule(step("first"))
    clock = NOW + timedelta(hours=1)
    move = enter_step_group(
        second, begin(second, OWN, None, NOW, shadow=False), 1, {"record": {}}, clock, (), BusinessCalendar
    )
    assert move == WaitUntil(1, clock + timedelta(days=3), clock.replace(microsecond=0))


def test_whole_seconds_do_not_reach_back_before_the_runs_own_event() -> None:
    run = begin(rule(), OWN, None, NOW, shadow=False)
    assert awaits_since(run, 1, NOW + timedelta(milliseconds=100)) == NOW
    assert awaits_since(replace(run, follows="run_2"), 0, NOW + 2 * SECOND) == (NOW + 2 * SECOND).replace(microsecond=0)


@pytest.mark.parametrize(
    ("event_type", "after", "place", "counts"),
    [
        ("contact.replied", SECOND, "x", True),
        ("a.b", SECOND, "x", True),
        ("a.c", SECOND, "x", False),
        ("contact.replied", -SECOND, "x", False),
        ("contact.replied", timedelta(days=3), "x", True),
        ("contact.replied", timedelta(days=3, milliseconds=1), "x", False),
        # Of the very moment: the run's own message is no answer, one that is ordered behind it is.
        ("contact.replied", timedelta(), mark_of(OWN).place, False),
        ("contact.replied", timedelta(), "contact.replied#whatsapp#m0", False),
        ("contact.replied", timedelta(), "contact.replied#whatsapp#m2", True),
    ],
)
def test_which_events_count(event_type: str, after: timedelta, place: str, counts: bool) -> None:
    of = rule()
    run = waiting(of)
    wait = awaited(of, run)
    assert wait is not None
    mark = Mark(event_type, NOW + after, place)
    assert (first_that_counts([mark], wait, run, OWN) == mark) is counts


def test_in_a_later_step_everything_of_the_second_counts() -> None:
    of = rule(step("first"))
    run = waiting(of, 0, (NOW + 5 * SECOND).replace(microsecond=0))
    wait = awaited(of, run)
    assert wait is not None
    marks = [Mark("contact.replied", NOW + 5 * SECOND, ""), Mark("a.b", (NOW + 5 * SECOND).replace(microsecond=0), "x")]
    assert first_that_counts(marks, wait, run, OWN) == marks[1], "the first of them"
    assert first_that_counts(marks, wait, replace(run, awaits_since=None), OWN) is None


@pytest.mark.parametrize(
    ("status", "since"), [(RunStatus.RUNNING, NOW), (RunStatus.PAUSED, NOW), (RunStatus.WAITING, None)]
)
def test_only_a_run_that_waits_for_an_event_does(status: RunStatus, since: datetime | None) -> None:
    assert awaited(rule(), replace(waiting(rule()), status=status, awaits_since=since)) is None


IN_TIME = NOW + timedelta(hours=5)


@pytest.mark.parametrize(
    ("ways", "came", "passed"),
    [
        ({}, "a.b", None),
        ({}, "", None),
        ({"then": "mid"}, "", None),
        ({"else": "mid"}, "a.b", None),
        ({"then": "mid"}, "a.b", [(0, "ask"), (0, "also")]),
        ({"else": "last"}, "", [(0, "ask"), (0, "also"), (1, "mid")]),
        ({"then": "mid", "else": "last"}, "", [(0, "ask"), (0, "also"), (1, "mid")]),
    ],
)
def test_the_two_ways_on(ways: dict[str, str], came: str, passed: list[tuple[int, str]] | None) -> None:
    of = rule(**ways)
    move = after_wait(of, waiting(of), {"record": {}}, IN_TIME, came=came)
    if passed is None:
        assert isinstance(move, Dispatch)
        assert (move.step_group, move.due, [each.id for each in move.steps]) == (0, IN_TIME, ["ask", "also"])
        return
    target = ways["then"] if came else ways["else"]
    reason = EVENT_CAME if came else NO_EVENT_CAME
    more = {"event_type": came} if came else {}
    assert isinstance(move, PassOver)
    assert [(number, each.id) for number, each in move.steps] == passed
    assert (move.step_group, move.due) == (passed[-1][0], IN_TIME)
    assert move.reason == reason(step="ask", target=target, **more)


def test_a_run_whose_record_is_gone_stops_instead() -> None:
    of = rule(then="mid")
    run = replace(waiting(of), record="lead:1", stored=True)
    assert after_wait(of, run, {"record": None}, IN_TIME, came="a.b") == Finish(
        RunStatus.STOPPED, RECORD_DELETED(ref="lead:1")
    )


def test_a_run_says_for_which_events_it_waits_and_until_when() -> None:
    run = waiting(rule())
    assert run.waits_until is not None
    reason = WAITS_FOR_EVENT(step="ask", events=["contact.replied", "a.b"], due="2026-03-17T09:30:00.700Z")
    assert waits_of(run, (), rule()) == Waiting(WaitsFor.EVENT, run.waits_until, reason)
