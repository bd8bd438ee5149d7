"""Whether an event starts another run beside or after a record's last one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from whenthen.domain.events.event import Event
from whenthen.domain.rules.rule import Rule, parse_rule
from whenthen.domain.runs.entry_policy import (
    MERGED,
    Admission,
    EntryDenied,
    LastRun,
    admission,
    merged_enrolment_keys,
    outranked,
)
from whenthen.domain.runs.run import Run, begin

NOW = datetime(2026, 3, 20, 9, tzinfo=UTC)
STEP = {"id": "tag", "action": "add_tags", "with": {"tags": ["seen"]}}


def rule(zone: str = "UTC", **entry: Any) -> Rule:
    trigger = {"event": "lead.updated"}
    return parse_rule({"name": "it", "trigger": trigger, "steps": [STEP], "entry": entry, "time_zone": zone})


def event(name: str = "new", at: datetime = NOW) -> Event:
    return Event(f"evt_{name}", "test", "lead.updated", at, subject="lead:1")


def last(run: str, started: datetime, *, by: Event | None = None) -> LastRun:
    return LastRun(run, started, by)


OLD = event("old", NOW - timedelta(hours=1))
OPEN, OVER = last("run_a", OLD.time, by=OLD), last("run_a", OLD.time)
EVERY = {"again": {"every": {"days": 30}}}


@pytest.mark.parametrize(
    ("entry", "runs", "denied", "replaces"),
    [
        ({}, [OPEN], None, ()),
        ({"again": "after_exit"}, [], None, ()),
        ({"again": "after_exit"}, [OVER], None, ()),
        ({"again": "after_exit"}, [OPEN], EntryDenied.STILL_RUNNING, ()),
        ({"while_running": "ignore"}, [OPEN], EntryDenied.STILL_RUNNING, ()),
        ({"while_running": "ignore"}, [OVER], None, ()),
        ({"while_running": "restart"}, [OPEN], None, ("run_a",)),
        ({"while_running": "restart"}, [OVER], None, ()),
        ({"again": "after_exit", "while_running": "restart"}, [OPEN], None, ("run_a",)),
        (EVERY, [OVER], EntryDenied.ENTERED_RECENTLY, ()),
        ({**EVERY, "while_running": "restart"}, [OPEN], EntryDenied.ENTERED_RECENTLY, ()),
        ({"while_running": "ignore"}, [OVER, last("run_b", NOW, by=OLD)], EntryDenied.STILL_RUNNING, ()),
    ],
)
def test_another_run(
    entry: dict[str, Any], runs: list[LastRun], denied: EntryDenied | None, replaces: tuple[str, ...]
) -> None:
    found = admission(rule(**entry), event(), runs, NOW)
    assert (found.denied, found.replaces) == (denied, replaces)


@pytest.mark.parametrize(
    ("every", "ago", "free"),
    [
        ({"days": 30}, timedelta(days=30), True),
        ({"days": 30}, timedelta(days=30) - timedelta(microseconds=1), False),
        ({"hours": 1}, timedelta(hours=1), True),
        ({"weeks": 1}, timedelta(days=6), False),
    ],
)
def test_a_span_is_over_at_its_last_moment(every: dict[str, int], ago: timedelta, free: bool) -> None:
    found = admission(rule(again={"every": every}), event(), [last("run_a", NOW - ago)], NOW)
    assert (found == Admission()) is free


def test_it_says_until_when_and_after_which_run() -> None:
    runs = [last("run_b", NOW - timedelta(days=2)), last("run_a", NOW - timedelta(days=3))]
    found = admission(rule(again={"every": {"days": 5}}), event(), runs, NOW)
    assert found == Admission(EntryDenied.ENTERED_RECENTLY, NOW + timedelta(days=3), "run_b")


def test_days_are_those_of_the_rules_zone_also_when_its_clocks_change() -> None:
    """In the night to 29 March 2026 the clocks of Budapest go from two to three: that day has 23 hours."""
    started = datetime(2026, 3, 28, 8, tzinfo=UTC)
    runs = [last("run_a", started)]
    for zone, hours in (("UTC", 24), ("Europe/Budapest", 23)):
        every = rule(zone, again={"every": {"days": 1}})
        assert admission(every, event(), runs, started + timedelta(hours=hours)).denied is None
        assert admission(every, event(), runs, started + timedelta(hours=hours, seconds=-1)).denied is not None


@pytest.mark.parametrize("later", [timedelta(seconds=1), timedelta(0)])
def test_an_event_that_is_not_newer_restarts_nothing(later: timedelta) -> None:
    """It came late: the run under way began with what happened after it, or is its own."""
    newer = event("new", NOW)
    runs = [last("run_a", NOW, by=newer)]
    late = event("new", NOW - later)
    assert admission(rule(while_running="restart"), late, runs, NOW) == Admission(EntryDenied.SUPERSEDED, run="run_a")


def test_of_two_events_of_one_moment_the_same_one_is_newer_in_any_order() -> None:
    restart, one, two = rule(while_running="restart"), event("a"), event("b")
    first = admission(restart, one, [last("run_b", NOW, by=two)], NOW)
    second = admission(restart, two, [last("run_a", NOW, by=one)], NOW)
    assert sorted([bool(first.denied), bool(second.denied)]) == [False, True]


def test_runs_of_all_records_that_became_one_are_replaced() -> None:
    runs = [OPEN, last("run_b", NOW, by=event("older", NOW - timedelta(minutes=2)))]
    assert admission(rule(while_running="restart"), event(), runs, NOW).replaces == ("run_a", "run_b")


ONCE, RESTART = {"again": "once_per_record"}, {"while_running": "restart"}
HOUR = timedelta(hours=1)


def begun(entry: dict[str, Any], at: datetime) -> tuple[Rule, Event, Run]:
    written, started_by = rule(**entry), event(f"at_{at:%H%M}", at)
    return written, started_by, begin(written, started_by, None, at, shadow=False)


@pytest.mark.parametrize(
    ("entry", "other_is_open", "first_goes_on", "second_goes_on"),
    [
        ({}, True, True, True),
        (ONCE, True, True, False),
        (ONCE, False, True, False),  # the record has had its one run
        ({"again": "after_exit"}, True, True, False),
        ({"again": "after_exit"}, False, True, True),
        ({"while_running": "ignore"}, True, True, False),
        ({"while_running": "ignore"}, False, True, True),
        (RESTART, True, False, True),
        (RESTART, False, True, True),
        (EVERY, True, True, False),
        (EVERY, False, True, False),
        ({"again": {"every": {"minutes": 30}}}, True, True, True),
        ({**ONCE, **RESTART}, True, True, False),
        ({"debounce": {"seconds": 60}}, True, True, True),
    ],
)
def test_of_two_runs_whose_records_are_merged_one_goes_on_whichever_asks(
    entry: dict[str, Any], other_is_open: bool, first_goes_on: bool, second_goes_on: bool
) -> None:
    written, by_first, first = begun(entry, NOW)
    _, by_second, second = begun(entry, NOW + HOUR)
    as_seen = [
        LastRun(run.id, run.started_at, by if other_is_open else None)
        for run, by in ((first, by_first), (second, by_second))
    ]
    assert outranked(written, first, by_first, as_seen[1:]) == (None if first_goes_on else MERGED(run=second.id))
    assert outranked(written, second, by_second, as_seen[:1]) == (None if second_goes_on else MERGED(run=first.id))


def test_of_three_runs_the_oldest_goes_on() -> None:
    written, by, run = begun({"again": "after_exit"}, NOW + HOUR)
    others = [last("run_late", NOW + 2 * HOUR, by=by), last("run_old", NOW - HOUR, by=OLD)]
    assert outranked(written, run, by, others) == MERGED(run="run_old")


def test_two_runs_of_one_moment_agree_on_which_goes_on() -> None:
    written, by, run = begun(ONCE, NOW)
    other = replace(run, id="run_zzz" if run.id < "run_m" else "run_aaa")
    found = [
        outranked(written, mine, by, [LastRun(theirs.id, NOW, by)]) for mine, theirs in ((run, other), (other, run))
    ]
    assert found.count(None) == 1


def test_only_rules_that_ask_for_the_last_run_have_keys_of_merged_records() -> None:
    refs = ("lead:1", "lead:2", "lead:3")
    written, _, run = begun(ONCE, NOW)
    assert merged_enrolment_keys(written, run, refs) == (f"{written.id}#lead:2", f"{written.id}#lead:3")
    assert merged_enrolment_keys(written, replace(run, record="lead:2"), refs)[0] == f"{written.id}#lead:1"
    assert merged_enrolment_keys(written, replace(run, shadow=True), refs) == ()
    written, _, run = begun({}, NOW)
    assert merged_enrolment_keys(written, run, refs) == ()
