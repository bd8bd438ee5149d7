"""Many runs are stopped, paused or resumed in the background: each once, counted exactly, however often it dies."""

from __future__ import annotations

from typing import Any

import pytest

from tests.usecases.fakes.taps import Dying
from tests.usecases.fakes.world import World
from tests.usecases.rules import CALL, GREET, rule
from whenthen.domain.common.errors import Conflict, NotFound
from whenthen.domain.runs.run import RunStatus
from whenthen.domain.work.work import RunChange, Work, WorkStatus
from whenthen.usecases.control import manage_work
from whenthen.usecases.work import change_runs

LEADS = 12


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(change_runs, "PAGE", 5)
    monkeypatch.setattr(change_runs, "PAGES", 2)


@pytest.fixture
def leads(world: World) -> World:
    """A world in which twelve leads wait for their call; of another rule, one does."""
    own = world.has_rule(rule(GREET, CALL, name="Own"))
    for number in range(LEADS):
        world.has_record(f"lead:{number}", first_name="Ayşe", email=f"lead{number}@example.com")
        world.functions.match_event(world.event("lead.created", str(number), subject=f"lead:{number}"))
    world.has_rule(rule(GREET, CALL, name="Other", on="lead.lost"))
    world.functions.match_event(world.event("lead.lost", subject="lead:3"))
    world.settle()
    assert {run.status for run in world.all_runs} == {RunStatus.WAITING}
    assert len([run for run in world.all_runs if run.rule_id == own.id]) == LEADS
    return world


def ask(world: World, change: RunChange, seed: str = "", **selection: str) -> Work:
    return world.functions.manage_work.ask(change, selection, seed=seed or change, by="key_1")


def of_rule(world: World, name: str) -> set[RunStatus]:
    return {run.status for run in world.all_runs if run.rule_name == name}


def rule_id(world: World, name: str) -> str:
    (found,) = {run.rule_id for run in world.all_runs if run.rule_name == name}
    return found


def test_all_runs_of_a_rule_are_stopped_and_no_other(leads: World) -> None:
    asked = ask(leads, RunChange.STOP, rule=rule_id(leads, "Own"))
    assert (asked.status, asked.of, asked.done) == (WorkStatus.RUNNING, LEADS, 0)
    leads.settle()
    work = leads.functions.manage_work.get(asked.id)
    assert (work.status, work.of, work.counts, work.failures) == (WorkStatus.DONE, LEADS, {"stopped": LEADS}, ())
    assert (of_rule(leads, "Own"), of_rule(leads, "Other")) == ({RunStatus.STOPPED}, {RunStatus.WAITING})
    stopped = [run for run in leads.all_runs if run.rule_name == "Own"]
    assert {(run.reason.code, run.reason.params["work"]) for run in stopped if run.reason} == {
        ("work.stopped", asked.id)
    }
    leads.run_out()
    assert len([record for record in leads.records.stored.values() if record.kind == "task"]) == 1


@pytest.mark.parametrize(
    ("selection", "count"), [({"record": "lead:3"}, 2), ({"status": "waiting"}, LEADS + 1), ({"status": "running"}, 0)]
)
def test_runs_are_selected_by_record_or_status(leads: World, selection: dict[str, str], count: int) -> None:
    asked = ask(leads, RunChange.STOP, **selection)
    assert asked.of == count
    leads.settle()
    assert len([run for run in leads.all_runs if run.status is RunStatus.STOPPED]) == count
    assert leads.functions.manage_work.get(asked.id).done == count


def test_runs_of_a_record_that_was_merged_into_another_are_that_ones(leads: World) -> None:
    survivor = leads.records.stored["lead:4"]
    leads.records.stored["lead:4"] = type(survivor)(
        **{name: getattr(survivor, name) for name in survivor.__struct_fields__ if name != "absorbed"},
        absorbed=("lead:5",),
    )
    ask(leads, RunChange.STOP, record="lead:4")
    leads.settle()
    stopped = {run.record for run in leads.all_runs if run.status is RunStatus.STOPPED}
    assert stopped == {"lead:4", "lead:5"}


def test_paused_runs_stand_still_and_go_on_once_when_they_are_resumed(leads: World) -> None:
    ask(leads, RunChange.PAUSE, rule=rule_id(leads, "Own"))
    leads.run_out()
    assert (of_rule(leads, "Own"), of_rule(leads, "Other")) == ({RunStatus.PAUSED}, {RunStatus.DONE})
    asked = ask(leads, RunChange.RESUME, status="paused")
    assert asked.of == LEADS
    leads.run_out()
    assert of_rule(leads, "Own") == {RunStatus.DONE}
    assert leads.functions.manage_work.get(asked.id).counts == {"resumed": LEADS}
    assert len([record for record in leads.records.stored.values() if record.kind == "task"]) == LEADS + 1


def test_a_run_that_ends_before_its_turn_is_counted_as_over(leads: World) -> None:
    asked = ask(leads, RunChange.PAUSE, rule=rule_id(leads, "Own"))
    work = leads.functions.manage_work.get(asked.id)
    found = [run.id for run in leads.all_runs if run.rule_name == "Own"]
    leads.work.save(work.found(found, "0"))
    leads.functions.stop_run(found[0], by="key_1")
    leads.settle()
    assert leads.functions.manage_work.get(asked.id).counts == {"paused": LEADS - 1, "over": 1}


def _work_off(world: World, tap: Dying, work_id: str) -> None:
    functions = world.wire(tap)
    while functions.change_runs(work_id).status is WorkStatus.RUNNING:
        pass


CALLS = {
    RunChange.STOP: ["work.get", "runs.open_runs", "work.save", "runs.load", "runs.finish", "sequences.stop"],
    RunChange.PAUSE: ["work.save", "runs.load", "runs.pause"],
    RunChange.RESUME: ["work.save", "runs.load", "runs.end_pause", "sequences.wait"],
}


@pytest.mark.parametrize("times", [1, 2, 3])
@pytest.mark.parametrize(("change", "call"), [(change, call) for change, calls in CALLS.items() for call in calls])
def test_whoever_dies_changes_each_run_once_and_counts_exactly(
    leads: World, change: RunChange, call: str, times: int
) -> None:
    own = rule_id(leads, "Own")
    if change is RunChange.RESUME:
        ask(leads, RunChange.PAUSE, rule=own)
        leads.settle()
    asked = ask(leads, change, "the work", rule=own)
    with pytest.raises(Dying.Dead):
        _work_off(leads, Dying(call, times), asked.id)
    leads.run_out()
    word = {RunChange.STOP: "stopped", RunChange.PAUSE: "paused", RunChange.RESUME: "resumed"}[change]
    work = leads.functions.manage_work.get(asked.id)
    assert (work.status, work.counts) == (WorkStatus.DONE, {word: LEADS})
    after = {RunChange.STOP: RunStatus.STOPPED, RunChange.PAUSE: RunStatus.PAUSED, RunChange.RESUME: RunStatus.DONE}[
        change
    ]
    assert of_rule(leads, "Own") == {after}


def test_two_workers_at_once_count_no_run_twice(leads: World) -> None:
    asked = ask(leads, RunChange.STOP, rule=rule_id(leads, "Own"))
    one, other = leads.functions.change_runs, leads.wire(Dying("nothing")).change_runs
    for _ in range(LEADS):
        one(asked.id)
        other(asked.id)
    leads.settle()
    assert leads.functions.manage_work.get(asked.id).counts == {"stopped": LEADS}


def test_work_that_is_stopped_rests_and_goes_on_where_it_was(leads: World, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = ask(leads, RunChange.STOP, rule=rule_id(leads, "Own"))
    leads.deliver("work")
    manage = leads.functions.manage_work
    stopped = manage.stop(asked.id)
    assert (stopped.status, manage.stop(asked.id)) == (WorkStatus.STOPPED, stopped)
    leads.settle()
    done = manage.get(asked.id).done
    assert 0 < done < LEADS
    assert manage.resume(asked.id).turn == 2
    leads.settle()
    assert (manage.get(asked.id).status, manage.get(asked.id).counts) == (WorkStatus.DONE, {"stopped": LEADS})
    for call in (manage.stop, manage.resume):
        with pytest.raises(Conflict):
            call(asked.id)


def test_work_whose_execution_was_ended_is_resumed(leads: World) -> None:
    asked = ask(leads, RunChange.STOP, rule=rule_id(leads, "Own"))
    leads.deliver("work")
    leads.queues["work"].messages.clear()
    leads.functions.manage_work.resume(asked.id)
    leads.settle()
    assert leads.functions.manage_work.get(asked.id).counts == {"stopped": LEADS}


def test_the_same_key_asks_for_the_same_work_once(leads: World) -> None:
    own = rule_id(leads, "Own")
    first, second = ask(leads, RunChange.STOP, "key", rule=own), ask(leads, RunChange.STOP, "key", rule=own)
    assert (first.id, leads.workers.begun) == (second.id, {(first.id, 1)})
    with pytest.raises(Conflict):
        ask(leads, RunChange.STOP, "key", status="waiting")


def test_too_many_runs_to_count_are_changed_all_the_same(leads: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manage_work, "COUNTING", manage_work.COUNTING * 0)
    asked = ask(leads, RunChange.STOP, rule=rule_id(leads, "Own"))
    assert asked.of is None
    leads.settle()
    assert leads.functions.manage_work.get(asked.id).of == LEADS


def test_another_execution_goes_on_before_the_history_of_one_is_full(leads: World) -> None:
    asked = ask(leads, RunChange.STOP, rule=rule_id(leads, "Own"))
    leads.queues["work"].messages.clear()
    assert leads.functions.change_runs(asked.id, change_runs.MAX_CALLS).turn == 2
    assert leads.queues["work"].bodies == [asked.id]
    leads.settle()
    assert leads.functions.manage_work.get(asked.id).counts == {"stopped": LEADS}
    assert leads.functions.change_runs(asked.id, change_runs.MAX_CALLS).turn == 2, "work that is done begins no other"


def test_work_that_never_was_is_not_found(world: World) -> None:
    calls: list[Any] = [world.functions.manage_work.get, world.functions.manage_work.stop, world.functions.change_runs]
    for call in calls:
        with pytest.raises(NotFound):
            call("work_x")
