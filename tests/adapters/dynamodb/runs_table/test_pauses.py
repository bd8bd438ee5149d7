"""Pauses on DynamoDB: nothing of a paused run begins, and it is found and resumed as it was."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from tests.adapters.samples import NOW, FixedClock, event, job, minutes, record, run, why
from tests.adapters.tables import RECORDS, RUNS
from whenthen.adapters.dynamodb.runs_table.runs import DynamoRuns
from whenthen.domain.common.errors import Busy, Stale
from whenthen.domain.runs.run import Job, JobStatus, Outcome, Run, RunStatus
from whenthen.domain.sending.switch import SENDING
from whenthen.domain.work.selection import Selection
from whenthen.ports.values import RecordWrite

PAUSE = why("an admin said so")
LEASE = timedelta(seconds=90)


@pytest.fixture
def ledger(dynamodb: Any) -> DynamoRuns:
    return DynamoRuns(dynamodb, RUNS, RECORDS, FixedClock(), timedelta(days=90))


def _started(ledger: DynamoRuns, name: str = "e1", *, waits: float | None = None, **more: Any) -> Run:
    started = run(event(name), exits_on=(), rechecks_on=(), step_group=0, **more)
    if waits is not None:
        started = replace(started, status=RunStatus.WAITING, waits_until=minutes(waits))
    ledger.start(started, event(name), [job(started)], enrolment_key=None)
    return started


def _jobs(ledger: DynamoRuns, of: Run) -> tuple[Job, ...]:
    state = ledger.load(of.id)
    assert state is not None
    return state.jobs


def _run(ledger: DynamoRuns, of: Run) -> Run:
    state = ledger.load(of.id)
    assert state is not None
    return state.run


def test_a_paused_run_keeps_its_wait_and_says_why(ledger: DynamoRuns) -> None:
    started = _started(ledger, waits=60)
    paused = ledger.pause(started.id, PAUSE, minutes(2))
    assert paused is not None
    assert paused.run == _run(ledger, started)
    assert (paused.run.status, paused.run.reason) == (RunStatus.PAUSED, PAUSE)
    assert (paused.run.waits_until, paused.run.paused_until) == (minutes(60), None)


@pytest.mark.parametrize("until", [None, minutes(30)])
def test_a_paused_run_is_listed_as_paused_alone(ledger: DynamoRuns, until: Any) -> None:
    paused, other = _started(ledger), _started(ledger, "e2", waits=5)
    ledger.pause(paused.id, PAUSE, minutes(2), until=until)
    listed = {
        status: [each.id for each in ledger.by_status(status, limit=10, cursor=None).items]
        for status in (RunStatus.PAUSED, RunStatus.RUNNING, RunStatus.WAITING)
    }
    assert listed == {RunStatus.PAUSED: [paused.id], RunStatus.RUNNING: [], RunStatus.WAITING: [other.id]}


def test_a_run_that_starts_paused_is_listed_so(ledger: DynamoRuns) -> None:
    started = _started(ledger, status=RunStatus.PAUSED, reason=PAUSE)
    assert [each.id for each in ledger.by_status(RunStatus.PAUSED, limit=10, cursor=None).items] == [started.id]
    assert ledger.overdue(minutes(10_000), 10) == []


def test_sweeps_look_at_a_pause_that_has_an_end_and_at_no_other(ledger: DynamoRuns) -> None:
    without, with_end = _started(ledger), _started(ledger, "e2")
    ledger.pause(without.id, PAUSE, minutes(2))
    ledger.pause(with_end.id, PAUSE, minutes(2), until=minutes(30))
    assert ledger.overdue(minutes(29), 10) == []
    assert ledger.overdue(minutes(31), 10) == [with_end.id]
    assert ledger.end_pause(without.id, minutes(28))
    assert ledger.overdue(minutes(29), 10) == [without.id]


def test_of_a_paused_run_no_job_is_claimed_and_no_step_dispatched(ledger: DynamoRuns) -> None:
    started = _started(ledger)
    ledger.pause(started.id, PAUSE, minutes(2))
    with pytest.raises(Busy):
        ledger.claim(job(started), now=NOW, lease_until=NOW + LEASE, repeatable=True)
    following = replace(started, step_group=1)
    assert not ledger.dispatch(following, [job(following, "next", step_group=1)])
    ledger.park(started, minutes(90))
    state = ledger.load(started.id)
    assert state is not None
    assert (state.run.status, state.run.waits_until, [each.status for each in state.jobs]) == (
        RunStatus.PAUSED,
        None,
        [JobStatus.PENDING],
    )


@pytest.mark.parametrize("ends", [False, True])
def test_a_run_at_rest_changes_no_record(ledger: DynamoRuns, ends: bool) -> None:
    started = _started(ledger)
    if ends:
        ledger.finish(started, RunStatus.STOPPED, PAUSE, minutes(2))
    else:
        ledger.pause(started.id, PAUSE, minutes(2))
    done = Outcome(JobStatus.DONE, why("written"))
    with pytest.raises(Stale):
        ledger.complete_with(job(started), done, minutes(3), [RecordWrite(record(), None)], None)
    skipped = Outcome(JobStatus.SKIPPED, why("the run ended"))
    ledger.complete_with(job(started), skipped, minutes(3), [], None)
    state = ledger.load(started.id)
    assert state is not None
    assert [each.status for each in state.jobs] == [JobStatus.SKIPPED]


def test_a_claim_in_a_run_that_ended_only_ends_the_job(ledger: DynamoRuns) -> None:
    """As of a worker that died: the claim is taken over to write that nothing goes out any more."""
    started = _started(ledger)
    ledger.claim(job(started), now=NOW, lease_until=NOW + LEASE, repeatable=True)
    ledger.finish(started, RunStatus.STOPPED, PAUSE, minutes(1))
    with pytest.raises(Busy):
        ledger.claim(job(started), now=minutes(5), lease_until=minutes(6), repeatable=True)
    taken = ledger.claim(job(started), now=minutes(5), lease_until=minutes(6), repeatable=True, sends=False)
    assert (taken.status, taken.attempt) == (JobStatus.CLAIMED, 2)


def test_who_claimed_before_the_pause_writes_the_outcome(ledger: DynamoRuns) -> None:
    started = _started(ledger)
    claimed = ledger.claim(job(started), now=NOW, lease_until=NOW + LEASE, repeatable=False)
    ledger.pause(started.id, PAUSE, minutes(1))
    state = ledger.complete(claimed, Outcome(JobStatus.DONE, why("sent")), minutes(2))
    assert state is not None
    assert (state.run.status, [each.status for each in state.jobs]) == (RunStatus.PAUSED, [JobStatus.DONE])


def test_a_run_is_resumed_as_it_was(ledger: DynamoRuns) -> None:
    running, waiting = _started(ledger), _started(ledger, "e2", waits=60)
    for each in (running, waiting):
        ledger.pause(each.id, PAUSE, minutes(2))
        assert ledger.resume(_run(ledger, each), minutes(5)) is not None
        assert _run(ledger, each) == each
    assert ledger.overdue(minutes(6), 10) == [running.id]
    assert ledger.overdue(minutes(61), 10) == [running.id, waiting.id]


def test_a_wait_that_was_over_in_the_pause_lasts_until_the_run_is_resumed(ledger: DynamoRuns) -> None:
    started = _started(ledger, waits=60)
    ledger.pause(started.id, PAUSE, minutes(2))
    ledger.resume(_run(ledger, started), minutes(500))
    assert (_run(ledger, started).waits_until, ledger.overdue(minutes(501), 10)) == (minutes(500), [started.id])


def test_a_pause_that_was_changed_meanwhile_is_not_ended(ledger: DynamoRuns) -> None:
    started = _started(ledger)
    ledger.pause(started.id, why("until tomorrow"), minutes(2), until=minutes(9))
    read = _run(ledger, started)
    assert ledger.pause(started.id, why("others, too"), minutes(3)) is None
    assert ledger.pause(started.id, PAUSE, minutes(4), anew=True) is not None
    assert ledger.resume(read, minutes(9)) is None
    assert (_run(ledger, started).reason, _run(ledger, started).paused_until) == (PAUSE, None)


def test_a_run_that_ended_is_neither_paused_nor_resumed(ledger: DynamoRuns) -> None:
    started = _started(ledger)
    ledger.pause(started.id, PAUSE, minutes(2), until=minutes(9))
    ledger.finish(started, RunStatus.STOPPED, why("exit"), minutes(3))
    ended = _run(ledger, started)
    assert (ended.status, ended.paused_until, ended.reason) == (RunStatus.STOPPED, None, why("exit"))
    assert ledger.pause(started.id, PAUSE, minutes(4), anew=True) is None
    assert not ledger.end_pause(started.id, minutes(4))
    assert ledger.resume(ended, minutes(4)) is None
    assert ledger.pause("run_x", PAUSE, minutes(4)) is None
    assert _run(ledger, started) == ended


def test_a_job_that_is_withheld_stays_pending_and_is_found(ledger: DynamoRuns) -> None:
    running, other = _started(ledger), _started(ledger, "e2")
    assert ledger.withhold(job(running), PAUSE, minutes(2))
    assert ledger.withhold(job(running), PAUSE, minutes(3)), "as after a crash"
    state = ledger.load(running.id)
    assert state is not None
    assert [(each.status, each.reason) for each in state.jobs] == [(JobStatus.PENDING, PAUSE)]
    assert state.run == replace(running, withheld_by=(SENDING, SENDING))
    assert ledger.overdue(minutes(10_000), 10) == [other.id]
    found = ledger.open_runs(Selection(withheld=SENDING), limit=10, cursor=None).items
    assert [each.id for each in found] == [running.id]
    listed = ledger.by_status(RunStatus.RUNNING, limit=10, cursor=None).items
    assert sorted(each.id for each in listed) == sorted((running.id, other.id))
    assert ledger.let_go(running.id, minutes(5))
    assert _run(ledger, running) == running
    assert ledger.open_runs(Selection(withheld=SENDING), limit=10, cursor=None).items == ()
    assert sorted(ledger.overdue(minutes(6), 10)) == sorted((running.id, other.id))


def test_a_run_remembers_each_thing_that_its_jobs_wait_for_and_its_job_forgets_since_when_it_fails(
    ledger: DynamoRuns,
) -> None:
    running = _started(ledger)
    claimed = ledger.claim(job(running), now=minutes(1), lease_until=minutes(2), repeatable=True)
    ledger.release(replace(claimed, failing_since=minutes(1)), PAUSE)
    assert _jobs(ledger, running)[0].failing_since == minutes(1)
    assert ledger.withhold(job(running), PAUSE, minutes(3), by="email")
    assert ledger.withhold(job(running), PAUSE, minutes(3), by="webhook/example.com")
    assert _jobs(ledger, running)[0].failing_since is None
    (found,) = ledger.open_runs(Selection(withheld="email"), limit=10, cursor=None).items
    assert found.withheld_by == ("email", "webhook/example.com")
    assert [Selection(withheld=name).takes(found) for name in (*found.withheld_by, SENDING)] == [True, True, False]


def test_whoever_claimed_a_job_that_is_withheld_ends_it_and_the_run_goes_on(ledger: DynamoRuns) -> None:
    running = _started(ledger)
    claimed = ledger.claim(job(running), now=NOW, lease_until=NOW + LEASE, repeatable=False)
    assert ledger.withhold(claimed, PAUSE, minutes(1))
    assert ledger.complete(claimed, Outcome(JobStatus.DONE, why("sent")), minutes(2)) is not None
    following = replace(running, step_group=1)
    assert ledger.dispatch(following, [job(following, "next", step_group=1)])
    assert ledger.overdue(minutes(10_000), 10) == [running.id], "sweeps look at it again"


def test_what_does_not_go_on_is_not_withheld(ledger: DynamoRuns) -> None:
    ended, paused, done = _started(ledger), _started(ledger, "e2"), _started(ledger, "e3")
    ledger.finish(ended, RunStatus.STOPPED, PAUSE, minutes(2))
    ledger.pause(paused.id, PAUSE, minutes(2))
    ledger.complete(job(done), Outcome(JobStatus.DONE, why("sent")), minutes(2))
    assert [ledger.withhold(job(each), PAUSE, minutes(3)) for each in (ended, paused, done)] == [False] * 3
    assert [ledger.let_go(each.id, minutes(3)) for each in (ended, paused)] == [False] * 2
    assert ledger.overdue(minutes(10_000), 10) == [done.id]


def test_steps_that_are_to_come_are_noted_as_skipped(ledger: DynamoRuns) -> None:
    started = _started(ledger, waits=60)
    assert ledger.skip(started.id, "call", "key_1") is not None
    assert ledger.skip(started.id, "last", "key_2") is not None
    assert _run(ledger, started) == replace(started, skips=(("call", "key_1"), ("last", "key_2")))


def test_a_step_that_is_due_and_a_run_that_ended_are_not(ledger: DynamoRuns) -> None:
    started = _started(ledger)
    assert ledger.skip(started.id, "hello", "key_1") is None
    ledger.finish(started, RunStatus.STOPPED, PAUSE, minutes(2))
    assert ledger.skip(started.id, "call", "key_1") is None


def test_a_run_that_stands_in_line_does_so_again_after_a_pause(ledger: DynamoRuns) -> None:
    started = run(event(), status=RunStatus.WAITING, follows="run_a", follows_rule="rule_a", follows_name="A")
    ledger.start(started, event(), [], enrolment_key=None)
    ledger.pause(started.id, PAUSE, minutes(2))
    assert ledger.resume(_run(ledger, started), minutes(9)) is not None
    assert _run(ledger, started) == started
