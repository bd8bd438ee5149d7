"""Two records are merged, and a rule runs for each: the runs go on for the one that remains, once."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from tests.usecases.fakes.world import World
from tests.usecases.rules import GREET, rule
from whenthen.domain.events.event import Event
from whenthen.domain.rules.rule import Rule
from whenthen.domain.runs.entry_policy import MERGED
from whenthen.domain.runs.run import JobStatus, Run, RunStatus
from whenthen.usecases.records.merge_records import MergeRecords

SECOND: dict[str, Any] = {**GREET, "id": "second", "wait": {"days": 1}}
TASK: dict[str, Any] = {"id": "call", "action": "create_task", "wait": {"days": 1}, "with": {"title": "Call"}}
ONCE = {"again": "once_per_record"}


def two_leads(world: World, *steps: dict[str, Any], **entry: Any) -> tuple[Rule, list[Event]]:
    """Two leads who turn out to be one person, each with a run that waits; the second began an hour later."""
    written = world.has_rule(rule(*(steps or (GREET, SECOND)), entry=entry))
    events = []
    for name in "12":
        world.has_record(f"lead:{name}", first_name="Ayşe", email="ayse@example.com")
        events.append(world.happens("lead.created", name, subject=f"lead:{name}"))
        world.pass_time(hours=1)
    return written, events


def merge(world: World, into: str, gone: str) -> None:
    MergeRecords(world.records, world.clock)(into, gone, origin="human")
    world.settle()


def runs(world: World, written: Rule, events: list[Event]) -> list[Run]:
    return [world.run_of(event, written).run for event in events]


@pytest.mark.parametrize(("into", "gone"), list(permutations(["lead:1", "lead:2"])))
def test_the_older_run_goes_on_whichever_record_remains(world: World, into: str, gone: str) -> None:
    written, events = two_leads(world, **ONCE)
    merge(world, into, gone)
    world.run_out()
    older, younger = runs(world, written, events)
    assert older.status is RunStatus.DONE
    assert (younger.status, younger.reason) == (RunStatus.STOPPED, MERGED(run=older.id))
    assert len(world.mailer.sent) == 3, "two greetings before the merge, and one second message after it"


def test_a_restarted_rule_goes_on_with_the_newer_run(world: World) -> None:
    written, events = two_leads(world, while_running="restart")
    merge(world, "lead:1", "lead:2")
    world.run_out()
    older, younger = runs(world, written, events)
    assert (older.status, older.reason) == (RunStatus.STOPPED, MERGED(run=younger.id))
    assert younger.status is RunStatus.DONE


def test_a_rule_that_lets_a_record_enter_always_goes_on_with_both(world: World) -> None:
    written, events = two_leads(world)
    merge(world, "lead:1", "lead:2")
    world.run_out()
    assert [run.status for run in runs(world, written, events)] == [RunStatus.DONE, RunStatus.DONE]


@pytest.mark.parametrize(
    ("entry", "status"),
    [(ONCE, RunStatus.STOPPED), ({"again": "after_exit"}, RunStatus.DONE)],
    ids=["once", "again when it is over"],
)
def test_a_run_that_was_over_before_the_merge_counts_as_the_rule_says(
    world: World, entry: dict[str, Any], status: RunStatus
) -> None:
    written, events = two_leads(world, **entry)
    world.pass_time(hours=22, minutes=30)  # the older run is over, and the younger is not
    older, younger = runs(world, written, events)
    assert (older.status, younger.status) == (RunStatus.DONE, RunStatus.WAITING)
    merge(world, "lead:2", "lead:1")
    world.run_out()
    assert runs(world, written, events)[1].status is status


def test_a_step_that_writes_records_is_done_once_as_well(world: World) -> None:
    written, events = two_leads(world, GREET, TASK, **ONCE)
    merge(world, "lead:1", "lead:2")
    world.run_out()
    assert [run.status for run in runs(world, written, events)] == [RunStatus.DONE, RunStatus.STOPPED]
    assert len([ref for ref in world.records.stored if ref.startswith("task:")]) == 1


def test_three_records_that_are_merged_one_by_one_have_one_run(world: World) -> None:
    written, events = two_leads(world, **ONCE)
    world.has_record("lead:3", email="ayse@example.com")
    events.append(world.happens("lead.created", "3", subject="lead:3"))
    world.pass_time(hours=1)
    merge(world, "lead:3", "lead:2")
    merge(world, "lead:1", "lead:3")
    world.run_out()
    statuses = [run.status for run in runs(world, written, events)]
    assert statuses == [RunStatus.DONE, RunStatus.STOPPED, RunStatus.STOPPED]


def test_jobs_in_their_queues_when_the_records_are_merged_are_done_once(world: World) -> None:
    written = world.has_rule(rule(GREET, entry=ONCE))
    events = []
    for name in "12":
        world.has_record(f"lead:{name}", email="ayse@example.com")
        events.append(world.event("lead.created", name, subject=f"lead:{name}"))
        world.functions.match_event(events[-1])
    merge(world, "lead:1", "lead:2")
    world.run_out()
    first, second = (world.run_of(event, written) for event in events)
    jobs = sorted(world.job(state, "greet").status for state in (first, second))
    assert jobs == [JobStatus.DONE, JobStatus.SKIPPED]
    assert len(world.mailer.sent) == 1
