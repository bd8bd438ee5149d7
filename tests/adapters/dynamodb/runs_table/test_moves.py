"""Runs that move to another version of their rule, on DynamoDB."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from tests.adapters.samples import FixedClock, event, job, minutes, run, why
from tests.adapters.tables import RECORDS, RUNS
from whenthen.adapters.dynamodb.runs_table.runs import DynamoRuns
from whenthen.domain.runs.run import JobStatus, Outcome, Run, RunStatus
from whenthen.domain.runs.subscriptions import SUBSCRIBING
from whenthen.ports.values import Subscription

NEW = {"rule_version": 2, "rule_name": "New", "place": "p", "moves_to": None}


@pytest.fixture
def ledger(dynamodb: Any) -> DynamoRuns:
    return DynamoRuns(dynamodb, RUNS, RECORDS, FixedClock(), timedelta(days=90))


def _waiting(ledger: DynamoRuns, **more: Any) -> Run:
    started = run(event(), status=RunStatus.WAITING, waits_until=minutes(60), step_group=1, **more)
    jobs = [job(started, "a", 0, status=JobStatus.DONE), job(started, "b", 1, status=JobStatus.DONE)]
    ledger.start(started, event(), jobs, enrolment_key=None)
    return started


@pytest.mark.parametrize("by", ["exits_on", "awaits_on"])
@pytest.mark.parametrize(
    ("before", "after"),
    [
        ((), ()),
        (("contact.replied",), ("deal.won",)),
        (("contact.replied",), ()),
        ((), ("deal.won",)),
    ],
)
def test_a_moved_run_is_read_and_found_as_it_is_now(
    ledger: DynamoRuns, before: tuple[str, ...], after: tuple[str, ...], by: str
) -> None:
    started = _waiting(ledger, **{"exits_on": (), "rechecks_on": (), by: before})
    moved = replace(started, **NEW, step_group=4, **{by: after})
    jobs = [job(started, "a", -1, status=JobStatus.DONE), job(started, "b", 4, status=JobStatus.DONE)]
    assert ledger.move(started, moved, jobs)
    state = ledger.load(started.id)
    assert state is not None
    assert (state.run, list(state.jobs)) == (moved, jobs)
    assert ledger.watching(["lead:4711"]) == ([Subscription(started.id, after, started.entered)] if after else [])
    assert ledger.finish(state.run, RunStatus.DONE, why("x"), minutes(90))
    assert ledger.watching(["lead:4711"]) == []
    ended = ledger.load(started.id)
    assert ended is not None
    assert (ended.run.rule_version, ended.run.rule_name) == (2, "New")


def test_a_moved_run_is_told_of_all_for_which_its_new_version_waits(ledger: DynamoRuns) -> None:
    """A test for every field of a run from which its subscriptions follow."""
    started = _waiting(ledger, exits_on=(), rechecks_on=())
    told: dict[str, Any] = {
        "exits_on": ("contact.replied", "lead.won"),
        "exits_of_record": ("lead.won",),
        "awaits_on": ("form.sent",),
        "rechecks_on": ("lead.updated",),
        "dates": ("visit_date",),
    }
    assert set(told) == set(SUBSCRIBING)
    moved = replace(started, **NEW, step_group=4, **told)
    assert ledger.move(started, moved, [])
    state = ledger.load(started.id)
    assert state is not None
    assert state.run == moved
    signals = ("contact.replied", "lead.won", "form.sent", "lead.updated:*", "lead.updated:visit_date")
    assert ledger.watching(["lead:4711"]) == [Subscription(started.id, signals, started.entered)]


def test_a_run_that_went_on_meanwhile_is_not_moved(ledger: DynamoRuns) -> None:
    started = _waiting(ledger)
    following = replace(started, step_group=2)
    assert ledger.dispatch(following, [job(following, "c", 2)])
    assert not ledger.move(started, replace(started, **NEW, step_group=7), [])
    state = ledger.load(started.id)
    assert state is not None
    assert (state.run.rule_version, state.run.step_group) == (1, 2)


def test_a_run_is_asked_to_move_until_it_does(ledger: DynamoRuns) -> None:
    started = _waiting(ledger)
    assert ledger.ask_to_move(started.id, 2)
    asked = ledger.load(started.id)
    assert asked is not None
    assert asked.run == replace(started, moves_to=2)
    assert ledger.move(asked.run, replace(started, **NEW), list(asked.jobs))
    moved = ledger.load(started.id)
    assert moved is not None
    assert (moved.run.moves_to, moved.run.rule_version) == (None, 2)


def test_a_run_without_a_place_is_noted_as_one_that_stays(ledger: DynamoRuns) -> None:
    started = _waiting(ledger)
    ledger.ask_to_move(started.id, 2)
    assert ledger.ask_to_move(started.id, 3, stays=True)
    state = ledger.load(started.id)
    assert state is not None
    assert (state.run.moves_to, state.run.stays_from) == (None, 3)


def test_a_run_that_ended_is_not_asked(ledger: DynamoRuns) -> None:
    started = _waiting(ledger)
    ledger.finish(started, RunStatus.STOPPED, why("x"), minutes(3))
    assert not ledger.ask_to_move(started.id, 2)


def test_a_run_of_a_hundred_steps_moves(ledger: DynamoRuns) -> None:
    started = run(event(), step_group=99, exits_on=(), rechecks_on=())
    steps = [job(started, f"step_with_a_rather_long_name_{number}", number) for number in range(100)]
    ledger.start(started, event(), steps, enrolment_key=None)
    moved = [replace(each, step_group=each.step_group + 1) for each in steps]
    assert ledger.move(started, replace(started, **NEW, step_group=100), moved)
    state = ledger.load(started.id)
    assert state is not None
    assert sorted(each.step_group for each in state.jobs) == list(range(1, 101))
    assert ledger.complete(moved[0], Outcome(JobStatus.DONE, why("x")), minutes(2)) is not None
