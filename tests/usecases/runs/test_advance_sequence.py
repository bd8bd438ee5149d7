"""advance_sequence: step group after step group, each when it is due, as the record then stands."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from tests.usecases.fakes.outside import Fails
from tests.usecases.fakes.queues import Execution
from tests.usecases.fakes.taps import Dying
from tests.usecases.fakes.world import World
from tests.usecases.rules import CALL, GREET, NOTE, rule, together
from whenthen.domain.common.errors import Permanent
from whenthen.domain.common.reasons import Reason
from whenthen.domain.runs.run import AT_STEP, STEPS_DONE, JobStatus, RunStatus

BLOCKED = Reason("sample.blocked")

WHILE_NEW = {"field": "record.status", "op": "equals", "value": "new"}


def execution_of(world: World) -> Execution:
    (execution,) = world.sequences.executions.values()
    return execution


def the_task(world: World) -> dict[str, Any]:
    (fields,) = [dict(record.fields) for record in world.records.stored.values() if record.kind == "task"]
    return fields


def test_a_step_waits_until_it_is_due_in_the_rules_time_zone(world: World) -> None:
    written = world.has_rule(rule(GREET, CALL, time_zone="Europe/Istanbul"))
    event = world.happens("lead.created", subject="lead:1")
    world.pass_time(hours=45)
    state = world.run_of(event, written)
    assert (state.run.status, world.outcomes(state)) == (RunStatus.WAITING, {"greet": JobStatus.DONE})
    assert execution_of(world).due == datetime(2026, 3, 16, 7, 0, tzinfo=UTC)
    world.pass_time(hours=1)
    state = world.run_of(event, written)
    assert world.outcomes(state) == {"greet": JobStatus.DONE, "call": JobStatus.DONE}
    assert world.job(state, "call").finished_at == datetime(2026, 3, 16, 7, 0, tzinfo=UTC)
    assert (state.run.status, state.run.reason) == (RunStatus.DONE, STEPS_DONE(done=2, count=2))
    assert the_task(world)["title"] == "Call Ayşe"
    assert world.sequences.open == []


def test_a_first_step_that_waits_holds_back_the_whole_run(world: World) -> None:
    written = world.has_rule(rule({**CALL, "wait": {"hours": 3}}))
    event = world.happens("lead.created", subject="lead:1")
    world.pass_time(hours=2, minutes=59)
    assert world.run_of(event, written).jobs == ()
    world.pass_time(minutes=1)
    assert world.run_of(event, written).run.status is RunStatus.DONE


def test_a_steps_condition_is_looked_at_again_when_it_is_due(world: World) -> None:
    written = world.has_rule(rule(GREET, {**CALL, "only_if": WHILE_NEW}))
    event = world.happens("lead.created", subject="lead:1")
    world.pass_time(hours=1)
    world.changes("lead:1", status="customer")
    world.run_out()
    state = world.run_of(event, written)
    assert world.outcomes(state) == {"greet": JobStatus.DONE, "call": JobStatus.SKIPPED}
    assert state.run.status is RunStatus.DONE


def test_a_step_is_filled_in_with_the_record_as_it_is_when_the_step_is_due(world: World) -> None:
    world.has_rule(rule(GREET, CALL))
    world.happens("lead.created", subject="lead:1")
    world.pass_time(hours=1)
    world.changes("lead:1", first_name="Fatma", owner="agent:budi")
    world.run_out()
    assert (the_task(world)["title"], the_task(world)["assignee"]) == ("Call Fatma", "agent:budi")


def test_steps_without_a_wait_follow_each_other(world: World) -> None:
    then = {**GREET, "id": "then", "with": {"subject": "Then", "text": "x"}}
    last = {**GREET, "id": "last", "with": {"subject": "Last", "text": "x"}}
    written = world.has_rule(rule(GREET, then, last))
    event = world.happens("lead.created", subject="lead:1")
    world.settle()
    assert [mail.subject for mail in world.mailer.sent] == ["Welcome", "Then", "Last"]
    assert world.run_of(event, written).run.status is RunStatus.DONE


def test_step_groups_of_skipped_steps_are_passed_through(world: World) -> None:
    never = {"field": "record.status", "op": "equals", "value": "never"}
    skipped = [{**NOTE, "id": f"s{number}", "only_if": never} for number in range(4)]
    written = world.has_rule(rule(*skipped, {**GREET, "id": "last"}))
    event = world.happens("lead.created", subject="lead:1")
    world.run_out()
    state = world.run_of(event, written)
    assert [job.status for job in state.jobs] == [JobStatus.SKIPPED] * 4 + [JobStatus.DONE]
    assert state.run.status is RunStatus.DONE


def test_a_run_whose_every_step_is_skipped_is_skipped(world: World) -> None:
    never = {"field": "record.status", "op": "equals", "value": "never"}
    written = world.has_rule(rule({**GREET, "only_if": never}, {**CALL, "only_if": never}))
    event = world.happens("lead.created", subject="lead:1")
    world.run_out()
    assert world.run_of(event, written).run.status is RunStatus.SKIPPED
    assert world.sequences.open == []


def test_a_failed_step_ends_the_sequence(world: World) -> None:
    world.mailer.will(Fails(Permanent(BLOCKED)))
    written = world.has_rule(rule(GREET, CALL))
    event = world.happens("lead.created", subject="lead:1")
    world.run_out()
    state = world.run_of(event, written)
    assert (state.run.status, state.run.reason) == (RunStatus.FAILED, AT_STEP(step="greet", reason=BLOCKED))
    assert world.outcomes(state) == {"greet": JobStatus.FAILED}
    assert world.sequences.open == []


def test_a_failed_step_whose_rule_says_continue_does_not(world: World) -> None:
    world.mailer.will(Fails(Permanent(BLOCKED)))
    written = world.has_rule(rule({**GREET, "on_error": "continue"}, CALL))
    event = world.happens("lead.created", subject="lead:1")
    world.run_out()
    state = world.run_of(event, written)
    assert world.outcomes(state) == {"greet": JobStatus.FAILED, "call": JobStatus.DONE}
    assert state.run.status is RunStatus.FAILED, "the worst of its outcomes"


def test_the_next_step_group_begins_when_the_last_job_of_this_one_is_done(world: World) -> None:
    last = {**GREET, "id": "last", "with": {"subject": "Last", "text": "x"}}
    world.has_rule(rule(GREET, together(NOTE), last))
    world.functions.match_event(world.event("lead.created", subject="lead:1"))
    world.deliver("email")
    assert world.queues["email"].bodies == []
    world.deliver("record")
    assert len(world.queues["email"].bodies) == 1
    assert world.sequences.executions == {}, "nothing waits, so no state machine is asked"
    world.run_out()
    assert [mail.subject for mail in world.mailer.sent] == ["Welcome", "Last"]


@pytest.mark.parametrize("at", ["queues.send", "runs.dispatch", "rules.version"])
def test_whoever_dies_between_a_jobs_end_and_the_next_dispatch_finishes_it_when_its_message_comes_again(
    world: World, at: str
) -> None:
    last = {**GREET, "id": "last", "with": {"subject": "Last", "text": "x"}}
    written = world.has_rule(rule(NOTE, last))
    event = world.event("lead.created", subject="lead:1")
    world.functions.match_event(event)
    ((run_id, step_id, occurrence),) = world.queues["record"].bodies
    with pytest.raises(Dying.Dead):
        world.wire(Dying(at, times=2 if at == "rules.version" else 1)).channels["record"](run_id, step_id, occurrence)
    assert world.mailer.sent == []
    world.run_out()
    assert [mail.subject for mail in world.mailer.sent] == ["Last"]
    assert world.run_of(event, written).run.status is RunStatus.DONE


@pytest.mark.parametrize("at", ["runs.park", "sequences.wait"])
def test_whoever_dies_before_a_wait_begins_begins_it_when_its_message_comes_again(world: World, at: str) -> None:
    written = world.has_rule(rule(GREET, CALL))
    event = world.event("lead.created", subject="lead:1")
    world.functions.match_event(event)
    ((run_id, step_id, occurrence),) = world.queues["email"].bodies
    with pytest.raises(Dying.Dead):
        world.wire(Dying(at)).channels["email"](run_id, step_id, occurrence)
    assert world.sequences.executions == {}
    world.run_out()
    assert world.run_of(event, written).run.status is RunStatus.DONE
    assert (len(world.mailer.sent), the_task(world)["title"]) == (1, "Call Ayşe")


def test_a_wait_that_is_over_again_sends_open_jobs_again_and_no_other(world: World) -> None:
    """As when the first answer of the function was lost: two messages for one job, one effect."""
    world.has_rule(rule({**GREET, "wait": {"hours": 1}}))
    world.functions.match_event(world.event("lead.created", subject="lead:1"))
    execution = execution_of(world)
    for _ in range(2):
        assert world.functions.advance_sequence(execution.run_id, execution.step_group, execution.due)
    assert len(world.queues["email"].bodies) == 2
    world.run_out()
    assert len(world.mailer.sent) == 1
    assert world.sequences.open == []


def test_a_wait_that_was_moved_meanwhile_is_void(world: World) -> None:
    written = world.has_rule(rule(GREET, CALL))
    event = world.happens("lead.created", subject="lead:1")
    world.settle()
    run, execution = world.run_of(event, written).run, execution_of(world)
    later = execution.due + timedelta(days=3)
    world.runs.park(run, later)
    world.clock.at = execution.due
    world.settle()
    state = world.run_of(event, written)
    assert (state.run.status, world.outcomes(state)) == (RunStatus.WAITING, {"greet": JobStatus.DONE})
    world.run_out()
    assert world.job(world.run_of(event, written), "call").due == later


def test_a_wait_of_some_other_step_group_changes_nothing(world: World) -> None:
    written = world.has_rule(rule(GREET, CALL, {**GREET, "id": "last", "wait": {"days": 1}}))
    event = world.happens("lead.created", subject="lead:1")
    world.settle()
    before = world.run_of(event, written)
    assert world.functions.advance_sequence(before.run.id, 2, execution_of(world).due)
    assert world.run_of(event, written) == before


def test_a_sequence_of_sixty_steps_over_more_than_a_year_is_lived_through(world: World) -> None:
    """No execution lasts longer than one wait, so nothing bounds the whole but the rule language."""
    steps = [
        {**GREET, "id": f"s{number}", "with": {"subject": f"{number}", "text": "x"}, "wait": {"days": 7}}
        for number in range(60)
    ]
    written = world.has_rule(rule(*steps))
    event = world.happens("lead.created", subject="lead:1")
    began = world.clock.now()
    world.run_out()
    state = world.run_of(event, written)
    assert (state.run.status, state.run.reason) == (RunStatus.DONE, STEPS_DONE(done=60, count=60))
    assert [mail.subject for mail in world.mailer.sent] == [str(number) for number in range(60)]
    assert (state.run.finished_at or began) - began == timedelta(days=420)
    assert len(world.sequences.executions) == 60


def test_a_wait_longer_than_an_execution_may_last_goes_in_legs(world: World) -> None:
    world.has_record("lead:1", contract_ends="2028-09-01", email="ayse@example.com")
    until = {"until": {"field": "contract_ends", "days": -30}, "at": "10:00"}
    written = world.has_rule(rule({**GREET, "wait": until}))
    event = world.happens("lead.created", subject="lead:1")
    world.run_out()
    state = world.run_of(event, written)
    assert state.run.status is RunStatus.DONE
    assert world.job(state, "greet").finished_at == datetime(2028, 8, 2, 10, 0, tzinfo=UTC)
    legs = [execution.due for execution in world.sequences.executions.values()]
    assert len(legs) == 3
    assert all(after - before <= timedelta(days=300) for before, after in pairwise([event.time, *legs]))


def test_a_run_that_was_stopped_while_the_machine_waited_ends_when_the_wait_is_over(world: World) -> None:
    written = world.has_rule(rule(GREET, CALL))
    event = world.happens("lead.created", subject="lead:1")
    world.pass_time(hours=1)
    state = world.run_of(event, written)
    world.runs.finish(state.run, RunStatus.STOPPED, "by hand, and the machine was not told", world.clock.now())
    world.run_out()
    assert world.sequences.open == []
    assert world.outcomes(world.run_of(event, written)) == {"greet": JobStatus.DONE}


def test_a_sequence_runs_on_under_the_version_that_started_it(world: World) -> None:
    written = world.has_rule(rule(GREET, CALL))
    world.happens("lead.created", subject="lead:1")
    world.pass_time(hours=1)
    world.has_rule({**rule({**GREET, "id": "other"}), "id": written.id, "mode": "off"})
    world.run_out()
    assert the_task(world)["title"] == "Call Ayşe"


def test_a_wait_counts_from_the_step_before_or_from_the_entry(world: World) -> None:
    world.has_rule(
        rule(
            {**GREET, "wait": {"hours": 2}},
            {**GREET, "id": "b", "with": {"subject": "b", "text": "x"}, "wait": {"hours": 3, "since": "entry"}},
            {**GREET, "id": "c", "with": {"subject": "c", "text": "x"}, "wait": {"hours": 3}},
        )
    )
    world.happens("lead.created", subject="lead:1")
    seen = []
    for hour in range(8):
        world.pass_time(minutes=30)
        seen.append((hour, len(world.mailer.sent)))
        world.pass_time(minutes=30)
    assert [count for _, count in seen] == [0, 0, 1, 2, 2, 2, 3, 3]


def test_the_sequence_of_a_run_that_has_expired_meanwhile_ends(world: World) -> None:
    written = world.has_rule(rule(GREET, {**CALL, "wait": {"days": 200}}))
    event = world.happens("lead.created", subject="lead:1")
    world.settle()
    run = world.run_of(event, written).run
    world.runs.finish(run, RunStatus.STOPPED, "exit: contact.replied", world.clock.now())
    del world.runs.runs[run.id]  # its execution was left waiting, and its history has expired
    world.run_out()
    assert (world.sequences.open, world.failed_steps) == ([], [])
    assert len(world.mailer.sent) == 1
