"""entry.debounce: a burst of events starts one run, with the last of them and the record as it is then."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest
from msgspec.structs import replace

from tests.usecases.fakes.taps import Dying
from tests.usecases.fakes.world import World
from tests.usecases.rules import GREET, NOTE, rule
from whenthen.domain.events.event import Event
from whenthen.domain.explain.standing import WaitsFor, waits_of
from whenthen.domain.rules.rule import Rule
from whenthen.domain.runs.gathering import FITS_NO_MORE
from whenthen.domain.runs.planner import RECORD_DELETED
from whenthen.domain.runs.run import Run, RunStatus
from whenthen.ports.values import NotEntered
from whenthen.usecases.matching.enter_rule import RESTARTED
from whenthen.usecases.matching.explain_event import ExplainEvent
from whenthen.usecases.runs.pause_run import PauseRun, ResumeRun

NEW = {"field": "record.status", "op": "equals", "value": "new"}
TELL: dict[str, Any] = {
    "id": "tell",
    "action": "send_email",
    "with": {"subject": "{{ event.data.n }}: {{ record.stage }}", "text": "x"},
}


def has(world: World, *steps: dict[str, Any], entry: dict[str, Any] | None = None, **more: Any) -> Rule:
    return world.has_rule(rule(*(steps or (TELL,)), entry={"debounce": {"seconds": 60}, **(entry or {})}, **more))


def comes(world: World, n: int, ref: str = "lead:1", **fields: Any) -> Event:
    event = world.happens("lead.created", str(n), subject=ref, data={"n": n}, **fields)
    world.settle()
    return event


def refused(world: World, event: Event) -> list[NotEntered]:
    plan = world.log.plan_of(event.id)
    assert plan is not None
    assert plan.completed
    return list(plan.refused)


def subjects(world: World) -> list[str]:
    return [mail.subject for mail in world.mailer.sent]


def stage(world: World, value: str, **more: Any) -> None:
    """The lead as it is now; no event of that."""
    stored = world.records.stored["lead:1"]
    world.records.keep(replace(stored, fields={**stored.fields, "stage": value, **more}), stored)


def test_a_burst_starts_one_run_with_the_last_event_and_the_last_state(world: World) -> None:
    has(world)
    for n in range(1, 6):
        stage(world, f"s{n}")
        comes(world, n)
        world.pass_time(seconds=30)
    assert subjects(world) == []
    stage(world, "last")
    world.pass_time(seconds=30)
    world.run_out()
    assert subjects(world) == ["5: last"]
    (run,) = world.all_runs
    assert run.status is RunStatus.DONE


def test_it_begins_when_no_further_event_came_for_so_long(world: World) -> None:
    has(world)
    first = world.clock.now()
    comes(world, 1)
    world.pass_time(seconds=59)
    comes(world, 2)
    (run,) = world.all_runs
    assert (run.status, run.waits_until) == (RunStatus.WAITING, first + timedelta(seconds=119))
    world.pass_time(seconds=59)
    assert subjects(world) == []
    world.pass_time(seconds=1)
    assert subjects(world) == ["2:"]


def test_a_stream_without_a_pause_starts_a_run_after_ten_times_as_long(world: World) -> None:
    has(world)
    for n in range(1, 43):
        comes(world, n)
        world.pass_time(seconds=30)
    assert [said.partition(":")[0] for said in subjects(world)] == ["20", "40"]
    world.run_out()
    assert [said.partition(":")[0] for said in subjects(world)] == ["20", "40", "42"]


def test_each_event_says_that_it_was_taken_in(world: World) -> None:
    has(world)
    first, second = comes(world, 1), comes(world, 2)
    (run,) = world.all_runs
    assert refused(world, first) == []
    assert [(no.code, no.run) for no in refused(world, second)] == [("debounced", run.id)]
    (told,) = ExplainEvent(world.log, world.rules, world.occurrences, world.records)(second.id).rules
    assert (told.outcome, told.started, told.params) == ("debounced", False, {"run": run.id})


def test_it_says_what_it_waits_for(world: World) -> None:
    written = has(world)
    comes(world, 1)
    (run,) = world.all_runs
    waiting = waits_of(run, (), written)
    assert waiting is not None
    assert (waiting.what, waiting.until) == (WaitsFor.EVENTS, run.waits_until)
    assert waiting.reason.params.keys() == {"due", "latest"}


def test_another_record_has_a_burst_of_its_own(world: World) -> None:
    world.has_record("lead:2", email="bo@example.com")
    has(world)
    comes(world, 1)
    comes(world, 2, "lead:2")
    world.run_out()
    assert sorted(subjects(world)) == ["1:", "2:"]


def test_a_later_burst_starts_a_run_of_its_own(world: World) -> None:
    has(world)
    comes(world, 1)
    world.pass_time(minutes=5)
    comes(world, 2)
    world.run_out()
    assert subjects(world) == ["1:", "2:"]


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_in_whatever_order_the_events_arrive_the_newest_is_the_last(world: World, order: tuple[int, ...]) -> None:
    has(world)
    start = world.clock.now()
    events = [
        world.event("lead.created", str(n), subject="lead:1", data={"n": n}, time=start + timedelta(seconds=n))
        for n in range(3)
    ]
    world.pass_time(seconds=10)
    for n in (*order, *order):
        world.queues["events"].add(events[n])
        world.settle()
        world.pass_time(seconds=5)
    world.run_out()
    assert subjects(world) == ["2:"]
    assert Counter(no.code for event in events for no in refused(world, event)) == {"debounced": 2}


def test_a_repetition_moves_nothing(world: World) -> None:
    has(world)
    event = comes(world, 1)
    (run,) = world.all_runs
    world.pass_time(seconds=30)
    world.queues["events"].add(event)
    world.settle()
    assert world.all_runs == [run]


def test_an_event_that_came_after_the_run_began_but_happened_before_starts_none(world: World) -> None:
    """Its change was made before the run looked at the record."""
    has(world)
    before = world.clock.now()
    world.pass_time(seconds=1)
    comes(world, 1)
    world.pass_time(minutes=2)
    assert subjects(world) == ["1:"]
    late = comes(world, 2, time=before)
    world.run_out()
    assert [no.code for no in refused(world, late)] == ["debounced"]
    assert subjects(world) == ["1:"]


def test_conditions_are_asked_once_more_with_the_last_state(world: World) -> None:
    has(world, conditions=NEW)
    comes(world, 1)
    stage(world, "x", status="lost")
    world.run_out()
    (run,) = world.all_runs
    assert (run.status, run.reason) == (RunStatus.SKIPPED, FITS_NO_MORE())
    assert subjects(world) == []


def test_a_record_that_left_the_view_meanwhile_does_not_enter(world: World) -> None:
    written = {"name": "it", "kind": "lead", "trigger": {"enters": {"kind": "lead", "filter": {**NEW, "value": "hot"}}},
               "steps": [NOTE], "entry": {"debounce": {"seconds": 60}}}  # fmt: skip
    world.has_rule(written)
    world.changes("lead:1", status="hot")
    world.pass_time(seconds=30)
    world.changes("lead:1", status="cold")
    world.run_out()
    assert [(run.status, run.reason) for run in world.all_runs] == [(RunStatus.SKIPPED, FITS_NO_MORE())]
    world.changes("lead:1", status="hot")
    world.run_out()
    assert [run.status for run in world.all_runs] == [RunStatus.SKIPPED, RunStatus.DONE]


@pytest.mark.parametrize("again", ["once_per_record", {"every": {"days": 30}}])
def test_a_run_that_did_not_begin_uses_nothing_up(world: World, again: Any) -> None:
    has(world, entry={"again": again}, conditions=NEW)
    comes(world, 1)
    stage(world, "x", status="lost")
    world.pass_time(minutes=5)
    stage(world, "x", status="new")
    comes(world, 2)
    world.pass_time(minutes=5)
    comes(world, 3)
    world.run_out()
    assert subjects(world) == ["2: x"]


def test_once_per_record_a_burst_is_one_entry(world: World) -> None:
    has(world, entry={"again": "once_per_record"})
    comes(world, 1)
    comes(world, 2)
    world.run_out()
    third = comes(world, 3)
    world.run_out()
    assert subjects(world) == ["2:"]
    assert [no.code for no in refused(world, third)] == ["entered_before"]


LATER: dict[str, Any] = {**TELL, "wait": {"hours": 1}}


def test_ignored_are_events_after_the_run_began_not_those_before(world: World) -> None:
    has(world, LATER, entry={"while_running": "ignore"})
    events = [comes(world, 1), comes(world, 2)]
    world.pass_time(minutes=5)
    events.append(comes(world, 3))
    world.run_out()
    assert [[no.code for no in refused(world, event)] for event in events] == [[], ["debounced"], ["still_running"]]
    assert subjects(world) == ["2:"]


def test_a_restart_stops_the_run_that_began_when_the_next_burst_comes(world: World) -> None:
    has(world, LATER, entry={"while_running": "restart"})
    comes(world, 1)
    world.pass_time(minutes=30)
    comes(world, 2)
    comes(world, 3)
    old, new = sorted(world.all_runs, key=lambda run: run.started_at)
    assert (old.status, old.reason) == (RunStatus.STOPPED, RESTARTED(run=new.id))
    world.run_out()
    assert subjects(world) == ["3:"]


def test_the_first_steps_wait_counts_from_the_moment_at_which_the_run_began(world: World) -> None:
    has(world, LATER)
    comes(world, 1)
    world.pass_time(minutes=60, seconds=30)
    assert subjects(world) == []
    world.pass_time(seconds=30)
    assert subjects(world) == ["1:"]


def test_an_exit_ends_a_run_that_gathers_and_the_next_event_starts_anew(world: World) -> None:
    has(world, exit={"on": ["contact.replied"]})
    comes(world, 1)
    world.pass_time(seconds=10)
    world.happens("contact.replied", subject="lead:1")
    world.settle()
    assert [run.status for run in world.all_runs] == [RunStatus.STOPPED]
    world.pass_time(seconds=10)
    comes(world, 2)
    world.run_out()
    assert subjects(world) == ["2:"]


def test_an_exit_that_happened_before_the_last_event_ends_nothing_when_it_comes_late(world: World) -> None:
    has(world, exit={"on": ["contact.replied"]})
    comes(world, 1)
    world.pass_time(seconds=10)
    replied = world.clock.now()
    world.pass_time(seconds=10)
    comes(world, 2)
    world.happens("contact.replied", subject="lead:1", time=replied)
    world.run_out()
    assert subjects(world) == ["2:"]


def test_a_record_that_is_deleted_meanwhile_stops_it(world: World) -> None:
    has(world)
    comes(world, 1)
    del world.records.stored["lead:1"]
    world.run_out()
    (run,) = world.all_runs
    assert (run.status, run.reason) == (RunStatus.STOPPED, RECORD_DELETED(ref="lead:1"))


def test_a_paused_run_takes_events_in_and_begins_after_the_pause(world: World) -> None:
    has(world)
    comes(world, 1)
    (run,) = world.all_runs
    PauseRun(world.runs, world.clock)(run.id, by="ayse")
    world.pass_time(seconds=30)
    comes(world, 2)
    world.pass_time(hours=1)
    assert subjects(world) == []
    ResumeRun(world.runs, world.sequences, world.clock)(run.id)
    world.run_out()
    assert subjects(world) == ["2:"]


def test_a_new_version_of_the_rule_takes_over_the_run_that_gathers(world: World) -> None:
    has(world)
    comes(world, 1)
    has(world, {**TELL, "with": {"subject": "new version", "text": "x"}})
    comes(world, 2)
    world.run_out()
    assert subjects(world) == ["new version"]


@pytest.mark.parametrize("call", ["runs.gather", "log.close", "runs.last_entries", "runs.load"])
def test_a_matcher_that_dies_takes_each_event_in_once(world: World, call: str) -> None:
    has(world)
    comes(world, 1)
    world.pass_time(seconds=10)
    event = world.event("lead.created", "2", subject="lead:1", data={"n": 2})
    with pytest.raises(Dying.Dead):
        world.wire(Dying(call)).match_event(event)
    world.pass_time(seconds=5)
    world.queues["events"].add(event)
    world.run_out()
    assert subjects(world) == ["2:"]


@pytest.mark.parametrize("call", ["runs.settle", "runs.dispatch", "sequences.wait", "queues.send"])
def test_a_sequence_that_dies_begins_the_run_once(world: World, call: str) -> None:
    has(world, TELL, {**GREET, "wait": {"hours": 1}})
    comes(world, 1)
    (run,) = world.all_runs
    due = run.waits_until
    assert due is not None
    world.clock.at = due
    try:
        world.wire(Dying(call)).advance_sequence(run.id, 0, due)
    except Dying.Dead:
        assert call != "sequences.wait"
    world.run_out()
    assert subjects(world) == ["1:", "Welcome"]


def test_a_sweep_begins_a_run_whose_wait_was_lost(world: World) -> None:
    has(world)
    comes(world, 1)
    world.sequences.executions.clear()
    world.pass_time(minutes=10)
    assert subjects(world) == []
    world.functions.resume_runs(lambda: True)
    world.run_out()
    assert subjects(world) == ["1:"]


def test_a_sweep_carries_on_a_run_that_had_just_begun(world: World) -> None:
    has(world)
    comes(world, 1)
    (run,) = world.all_runs
    assert run.waits_until is not None
    world.runs.settle(run, run.waits_until)
    world.sequences.executions.clear()
    world.pass_time(minutes=10)
    world.functions.resume_runs(lambda: True)
    world.run_out()
    assert subjects(world) == ["1:"]


def test_an_event_that_comes_as_the_wait_ends_is_taken_in_or_starts_anew(world: World) -> None:
    """Between the look at the run and its beginning: the run finds a newer event, and waits again."""
    has(world)
    comes(world, 1)
    (run,) = world.all_runs
    assert run.waits_until is not None
    world.clock.at = run.waits_until
    settle = world.runs.settle

    def meanwhile(seen: Run, at: Any) -> Any:
        world.runs.settle = settle  # type: ignore[method-assign]
        comes(world, 2)
        return settle(seen, at)

    world.runs.settle = meanwhile  # type: ignore[method-assign]
    world.run_out()
    assert subjects(world) == ["2:"]


def test_an_event_that_comes_as_a_run_is_given_up_is_taken_in(world: World) -> None:
    has(world, conditions=NEW, entry={"again": "once_per_record"})
    comes(world, 1)
    stage(world, "x", status="lost")
    dissolve = world.runs.dissolve

    def meanwhile(*args: Any, **more: Any) -> Any:
        world.runs.dissolve = dissolve  # type: ignore[method-assign]
        stage(world, "y", status="new")
        comes(world, 2)
        return dissolve(*args, **more)

    world.runs.dissolve = meanwhile  # type: ignore[method-assign]
    world.run_out()
    assert subjects(world) == ["2: y"]


def test_in_shadow_each_event_is_recorded_at_once(world: World) -> None:
    has(world, mode="shadow")
    comes(world, 1)
    comes(world, 2)
    assert [run.status for run in world.all_runs] == [RunStatus.SKIPPED] * 2


def test_without_a_record_each_event_starts_a_run_at_once(world: World) -> None:
    has(world, TELL | {"with": {**TELL["with"], "to": "a@example.com"}}, kind=None)
    for n in (1, 2):
        world.happens("lead.created", str(n), data={"n": n})
    world.settle()
    assert subjects(world) == ["1:", "2:"]
