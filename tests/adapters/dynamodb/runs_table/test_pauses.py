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
from whenthen.domain.runs.run import JobStatus, Outcome, Run, RunStatus
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
