"""Runs that have their outcome and go on again, and the jobs that wait, on DynamoDB."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from tests.adapters.samples import FixedClock, event, job, minutes, run, why
from tests.adapters.tables import RECORDS, RUNS
from whenthen.adapters.dynamodb.runs_table.runs import DynamoRuns
from whenthen.domain.events.event import Event
from whenthen.domain.runs.run import JobStatus, Outcome, Run, RunStatus
from whenthen.domain.work.selection import Selection
from whenthen.ports.values import RunState

EXITS = {"exits_on": ("contact.replied",), "watch": ("lead:1", "email#ayse@example.com")}


@pytest.fixture
def ledger(dynamodb: Any) -> DynamoRuns:
    return DynamoRuns(dynamodb, RUNS, RECORDS, FixedClock(), timedelta(days=90))


def _failed(ledger: DynamoRuns, of: Event, **more: Any) -> RunState:
    """A run whose job was tried twice and failed, with all that a job may have had."""
    begun = replace(run(of), step_group=0, **more)
    ledger.start(begun, of, [job(begun)], enrolment_key=None)
    claimed = ledger.claim(job(begun), now=minutes(1), lease_until=minutes(2), repeatable=True)
    ledger.hold(replace(claimed, failing_since=minutes(1)), why("down"), minutes(3))
    claimed = ledger.claim(job(begun), now=minutes(3), lease_until=minutes(4), repeatable=True)
    ledger.complete(claimed, Outcome(JobStatus.FAILED, why("refused"), {"message_id": "m"}), minutes(4))
    assert ledger.finish(begun, RunStatus.FAILED, why("refused"), minutes(4))
    return _state(ledger, begun)


def _state(ledger: DynamoRuns, of: Run) -> RunState:
    state = ledger.load(of.id)
    assert state is not None
    return state


@pytest.mark.parametrize("data", [{}, {"text": "0123456789" * 3_000}], ids=["small", "large"])
@pytest.mark.parametrize("more", [{}, EXITS], ids=["without exits", "with exits"])
def test_an_ended_run_goes_on_and_its_job_is_as_if_new(
    ledger: DynamoRuns, dynamodb: Any, data: dict[str, Any], more: dict[str, Any]
) -> None:
    failed = _failed(ledger, replace(event(), data=data), **more)
    assert all("expires_at" in item for item in dynamodb.scan(TableName=RUNS)["Items"])
    assert ledger.reopen(failed.run, failed.jobs, minutes(60))
    state = _state(ledger, failed.run)
    (found,) = state.jobs
    assert (state.run.status, state.run.reason, state.run.finished_at) == (RunStatus.RUNNING, None, None)
    assert (state.run.due, state.run.retried_at, state.event) == (minutes(60), minutes(60), failed.event)
    assert (found.status, found.attempts, found.attempt, found.clock) == (JobStatus.PENDING, 0, 2, minutes(60))
    assert (found.finished_at, found.held_until, found.failing_since, dict(found.result)) == (None, None, None, {})
    assert not any("expires_at" in item for item in dynamodb.scan(TableName=RUNS)["Items"])
    assert ledger.overdue(minutes(61), 10) == [failed.run.id]
    assert [each.run_id for each in ledger.watching(["lead:1"])] == ([failed.run.id] if more else [])
    claimed = ledger.claim(found, now=minutes(61), lease_until=minutes(62), repeatable=False)
    assert ledger.complete(claimed, Outcome(JobStatus.DONE, why("sent")), minutes(61))
    assert ledger.finish(state.run, RunStatus.DONE, why("all"), minutes(61))
    assert ledger.watching(["lead:1"]) == []


def test_a_job_remembers_whom_its_earlier_mails_reached(ledger: DynamoRuns) -> None:
    failed = _failed(ledger, event())
    (job_,) = failed.jobs
    again = replace(job_, reached=("ayse@example.com",), earlier=("m",))
    assert ledger.reopen(failed.run, [again], minutes(60))
    (found,) = _state(ledger, failed.run).jobs
    assert (found.reached, found.earlier) == (("ayse@example.com",), ("m",))
    claimed = ledger.claim(found, now=minutes(61), lease_until=minutes(62), repeatable=False)
    state = ledger.complete(claimed, Outcome(JobStatus.FAILED, why("refused")), minutes(61))
    assert state is not None
    assert (state.jobs[0].reached, state.jobs[0].earlier) == (("ayse@example.com",), ("m",))


def test_a_run_that_changed_meanwhile_stays(ledger: DynamoRuns) -> None:
    failed = _failed(ledger, event())
    assert not ledger.reopen(replace(failed.run, status=RunStatus.UNKNOWN), failed.jobs, minutes(60))
    done = [replace(each, status=JobStatus.DONE) for each in failed.jobs]
    assert not ledger.reopen(failed.run, done, minutes(60))
    assert not ledger.reopen(replace(failed.run, id="run_x"), failed.jobs, minutes(60))
    assert _state(ledger, failed.run) == failed
    assert ledger.reopen(failed.run, failed.jobs, minutes(60))
    assert not ledger.reopen(failed.run, failed.jobs, minutes(61)), "it goes on already"


def test_a_run_that_an_event_would_have_stopped_stays(ledger: DynamoRuns) -> None:
    failed = _failed(ledger, event(), **EXITS)
    ledger.note_exit(["lead:1"], replace(event("e2"), type="contact.replied", subject="lead:1", time=minutes(30)))
    assert not ledger.reopen(failed.run, failed.jobs, minutes(60))
    assert _state(ledger, failed.run) == failed


def test_ended_runs_are_selected_by_how_they_ended(ledger: DynamoRuns) -> None:
    failed, other = _failed(ledger, event()), _failed(ledger, event("e2"))
    ledger.reopen(other.run, other.jobs, minutes(60))

    def found(**selected: Any) -> list[str]:
        selection = Selection(outcome="failed", **selected)
        page = ledger.open_runs(selection, limit=10, cursor=None)
        return [each.id for each in page.items if selection.takes(each)]

    assert found() == [failed.run.id]
    assert found(reason=why("refused").code, since=minutes(4), until=minutes(5)) == [failed.run.id]
    assert [found(reason="x"), found(since=minutes(5)), found(until=minutes(4)), found(rule="rule_x")] == [[]] * 4


def test_the_jobs_of_runs_that_go_on_are_listed_with_those_that_wait(ledger: DynamoRuns) -> None:
    for name in ("e1", "e2", "e3"):
        begun = replace(run(event(name)), step_group=0)
        ledger.start(begun, event(name), [job(begun)], enrolment_key=None)
    _failed(ledger, event("e4"))
    ledger.withhold(job(begun), why("paused"), minutes(1), by="email")
    whole = ledger.open_jobs(limit=3)
    assert (len(whole.items), whole.cursor) == (3, None)
    assert {each.status for each in whole.items} == {JobStatus.PENDING}
    part = ledger.open_jobs(limit=2)
    assert (len(part.items), part.cursor is not None) == (2, True)
