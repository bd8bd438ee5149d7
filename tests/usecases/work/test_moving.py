"""Runs under way go on under a new version of their rule: at their next step, once, or not at all and with a reason."""

from __future__ import annotations

from typing import Any

import pytest

from tests.usecases.fakes.world import Killed, World
from tests.usecases.rules import CALL, GREET, NOTE, rule
from whenthen.domain.events.event import Event
from whenthen.domain.rules.rule import Rule
from whenthen.domain.runs.run import JobStatus, RunStatus
from whenthen.domain.work.work import RunChange, Work, WorkStatus
from whenthen.ports.values import RunState
from whenthen.usecases.control.runs_of_rules import REPLACED, RunsOfRules

EXTRA = {**NOTE, "id": "extra", "with": {"fields": {"extra": "yes"}}}


def started(world: World, *steps: dict[str, Any], **more: Any) -> tuple[Rule, Event]:
    written = world.has_rule(rule(*steps, **more))
    event = world.event("lead.created", subject="lead:1")
    world.functions.match_event(event)
    return written, event


def replaced(world: World, *steps: dict[str, Any], **more: Any) -> Work:
    """The rule's next version, to which its runs are to move."""
    new = world.has_rule(rule(*steps, **more))
    under_way = RunsOfRules(world.functions.manage_work)(
        REPLACED, "move", new.id, seed=f"v{new.version}", by="key_1", version=new.version
    )
    assert under_way.work is not None
    return world.functions.manage_work.get(under_way.work)


def moved(world: World, work: Work) -> dict[str, int]:
    while world.functions.change_runs(work.id).status is WorkStatus.RUNNING:
        pass
    return dict(world.functions.manage_work.get(work.id).counts)


def state_of(world: World, event: Event, written: Rule) -> RunState:
    return world.run_of(event, written)


def test_a_run_that_waits_keeps_its_wait_and_does_the_steps_of_the_new_version(world: World) -> None:
    written, event = started(world, GREET, CALL)
    world.settle()
    due = state_of(world, event, written).run.waits_until
    work = replaced(world, GREET, EXTRA, {**CALL, "with": {"title": "Anew"}}, {**NOTE, "id": "last"})
    assert (work.change, work.of, moved(world, work)) == (RunChange.MOVE, 1, {"moved": 1})
    run = state_of(world, event, written).run
    assert (run.rule_version, run.status, run.waits_until) == (2, RunStatus.WAITING, due)
    world.run_out()
    state = state_of(world, event, written)
    done = {"greet": JobStatus.DONE, "call": JobStatus.DONE, "last": JobStatus.DONE}
    assert (state.run.status, world.outcomes(state)) == (RunStatus.DONE, done)
    (task,) = [record for record in world.records.stored.values() if record.kind == "task"]
    assert (task.fields["title"], len(world.mailer.sent)) == ("Anew", 1)


def test_a_run_in_the_middle_of_a_step_moves_when_that_has_ended(world: World) -> None:
    written, event = started(world, GREET, {**NOTE, "id": "after"})
    work = replaced(world, GREET, EXTRA)
    assert moved(world, work) == {"moved": 1}
    assert state_of(world, event, written).run.rule_version == 1
    world.run_out()
    state = state_of(world, event, written)
    assert (state.run.rule_version, state.run.status) == (2, RunStatus.DONE)
    assert world.outcomes(state) == {"greet": JobStatus.DONE, "extra": JobStatus.DONE}


def test_a_step_under_way_is_done_as_its_own_version_says(world: World) -> None:
    started(world, GREET, CALL)
    moved(world, replaced(world, {**GREET, "with": {"subject": "New", "text": "x"}}, CALL))
    world.settle()
    assert [mail.subject for mail in world.mailer.sent] == ["Welcome"]


def test_a_run_at_its_last_step_does_what_comes_behind_it_now(world: World) -> None:
    written, event = started(world, GREET)
    moved(world, replaced(world, GREET, EXTRA))
    world.run_out()
    assert "extra" in world.outcomes(state_of(world, event, written))


def test_what_cannot_be_mapped_is_listed_and_keeps_its_version(world: World) -> None:
    written, event = started(world, GREET, CALL)
    world.settle()
    work = replaced(world, {**NOTE, "id": "other"})
    assert moved(world, work) == {"kept": 1}
    run = state_of(world, event, written).run
    (failure,) = world.functions.manage_work.get(work.id).failures
    assert (failure.run, failure.reason.code) == (run.id, "move.no_step_in_common")
    world.run_out()
    state = state_of(world, event, written)
    assert (state.run.rule_version, state.run.status, len(state.jobs)) == (1, RunStatus.DONE, 2)


def test_what_cannot_be_mapped_stays_although_a_later_step_could_be(world: World) -> None:
    written, event = started(world, GREET, CALL, {**EXTRA, "wait": {"days": 1}})
    world.settle()
    assert moved(world, replaced(world, EXTRA, {**NOTE, "id": "other"})) == {"kept": 1}
    world.run_out()
    state = state_of(world, event, written)
    assert (state.run.rule_version, "other" in world.outcomes(state)) == (1, False)


def test_a_run_that_fails_at_the_step_under_way_fails_where_it_was(world: World) -> None:
    broken = {"id": "greet", "action": "send_email", "with": {"to": "nobody", "subject": "x", "text": "x"}}
    written, event = started(world, broken, CALL)
    moved(world, replaced(world, broken, EXTRA))
    world.run_out()
    state = state_of(world, event, written)
    assert (state.run.status, state.run.rule_version) == (RunStatus.FAILED, 1)


def test_the_exits_of_the_new_version_end_a_run_that_moved_and_those_of_the_old_no_more(world: World) -> None:
    written, event = started(world, GREET, CALL, exit={"on": ["contact.replied"]})
    world.settle()
    moved(world, replaced(world, GREET, CALL, exit={"on": ["deal.won"]}))
    world.clock.move(minutes=1)
    world.happens("contact.replied", subject="lead:1", source="email")
    world.settle()
    assert state_of(world, event, written).run.status is RunStatus.WAITING
    world.happens("deal.won", subject="lead:1")
    world.settle()
    assert state_of(world, event, written).run.status is RunStatus.STOPPED


def test_a_paused_run_moves_too_and_goes_on_when_it_is_resumed(world: World) -> None:
    written, event = started(world, GREET, CALL)
    world.settle()
    run = state_of(world, event, written).run
    world.functions.pause_run(run.id, by="key_1")
    assert moved(world, replaced(world, GREET, EXTRA, CALL)) == {"moved": 1}
    world.pass_time(days=9)
    world.functions.resume_run(run.id)
    world.run_out()
    state = state_of(world, event, written)
    assert (state.run.rule_version, state.run.status, len(state.jobs)) == (2, RunStatus.DONE, 2)


def test_a_run_that_stands_in_line_begins_with_the_new_version(world: World) -> None:
    first = world.has_rule(rule(CALL, name="First", order=1))
    second, event = started(world, GREET, name="Second", order=2)
    assert world.run_of(event, second).run.is_in_line
    assert moved(world, replaced(world, EXTRA, GREET, name="Second", order=2)) == {"moved": 1}
    world.run_out()
    state = world.run_of(event, second)
    assert (world.run_of(event, first).run.status, state.run.rule_version) == (RunStatus.DONE, 2)
    assert world.outcomes(state) == {"extra": JobStatus.DONE, "greet": JobStatus.DONE}


@pytest.mark.parametrize("running", [False, True])
@pytest.mark.parametrize("call", ["runs.move", "runs.ask_to_move", "sequences.wait", "work.save", "queues.send"])
@pytest.mark.parametrize("after", [False, True])
def test_whoever_dies_while_a_run_moves_does_no_step_twice(world: World, call: str, after: bool, running: bool) -> None:
    written, event = started(world, GREET, CALL, {**NOTE, "id": "last"})
    if not running:
        world.settle()
    work = replaced(world, GREET, EXTRA, CALL, {**NOTE, "id": "new"})
    world.tap = DyingAt(call, after=after)
    world.functions = world.wire(world.tap)
    world.run_out()
    state = state_of(world, event, written)
    assert world.functions.manage_work.get(work.id).counts == {"moved": 1}
    assert (state.run.rule_version, state.run.status, len(world.mailer.sent)) == (2, RunStatus.DONE, 1)
    assert {"greet", "call", "new"} <= {job.step_id for job in state.jobs if job.status is JobStatus.DONE}
    assert len([record for record in world.records.stored.values() if record.kind == "task"]) == 1


class DyingAt:
    """The process dies once, right before or after a call."""

    def __init__(self, call: str, *, after: bool) -> None:
        self._call, self._after, self._died = call, after, False

    def before(self, call: str) -> None:
        self._die(call, after=False)

    def after(self, call: str) -> None:
        self._die(call, after=True)

    def _die(self, call: str, *, after: bool) -> None:
        if not self._died and (call, after) == (self._call, self._after):
            self._died = True
            raise Killed(call)


@pytest.mark.parametrize(("days", "due"), [(-1, "2026-03-23"), (-2, "2026-03-22"), (0, "2026-03-24"), (-20, None)])
def test_a_run_that_waits_for_a_date_waits_as_the_new_version_says(world: World, days: int, due: str | None) -> None:
    """Its execution has another name there, and its moment may be sooner: it is looked at at once."""
    world.has_record("lead:1", email="ayse@example.com", visit_date="2026-03-24")
    wait: dict[str, Any] = {"until": {"field": "visit_date", "days": -1}, "at": "09:00"}
    written, event = started(world, GREET, {**NOTE, "wait": wait})
    world.settle()
    anew = {**wait, "until": {"field": "visit_date", "days": days}}
    assert moved(world, replaced(world, GREET, EXTRA, {**NOTE, "wait": anew})) == {"moved": 1}
    world.settle()
    state = state_of(world, event, written)
    waits_until = state.run.waits_until
    assert (waits_until and waits_until.date().isoformat()) == due
    world.run_out()
    status = JobStatus.DONE if due else JobStatus.SKIPPED
    assert world.outcomes(state_of(world, event, written))["note"] is status


def test_a_run_that_moved_follows_the_dates_of_the_new_version(world: World) -> None:
    world.has_record("lead:1", email="ayse@example.com", visit_date="2026-03-24", ends_at="2026-04-10")
    written, event = started(world, GREET, CALL, {**NOTE, "wait": {"until": {"field": "visit_date"}}})
    world.settle()
    waits = {"until": {"field": "ends_at", "days": -1}, "at": "09:00"}
    moved(world, replaced(world, GREET, CALL, {**NOTE, "wait": waits}, exit={"on": ["lead.lost"]}))
    world.pass_time(days=3)
    assert state_of(world, event, written).run.dates == ("ends_at",)
    world.changes("lead:1", ends_at="2026-04-05")
    world.settle()
    state = state_of(world, event, written)
    assert state.run.waits_until is not None
    assert state.run.waits_until.date().isoformat() == "2026-04-04"
