"""enrol_records: each record enters once, and it is known what became of each, through pauses, crashes and changes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from tests.usecases.enrolments.conftest import Start
from tests.usecases.fakes.taps import Dying
from tests.usecases.fakes.world import World
from tests.usecases.rules import GREET
from whenthen.domain.enrolments.enrolment import Enrolment, EnrolmentStatus
from whenthen.usecases.enrolments import enrol_records, let_enter
from whenthen.usecases.enrolments.enrol_records import Progress
from whenthen.usecases.enrolments.reason_codes import RULE_IS_OFF

NEW = {"field": "record.status", "op": "equals", "value": "new"}


def now(world: World, work: Enrolment) -> Enrolment:
    return world.enrolments.get(work.id)


def entered(world: World) -> list[str]:
    return sorted(str(run.record) for run in world.all_runs)


def turn(world: World) -> bool:
    """A call of the state machine, though it be early."""
    for message in world.queues["enrolments"].messages:
        message.visible_at = world.clock.now()
    return world.deliver("enrolments")


def test_everybody_enters_once_and_is_counted(world: World, start: Start) -> None:
    work = start()
    world.run_out()
    done = now(world, work)
    assert (done.status, done.done, done.of, done.counts) == (EnrolmentStatus.DONE, 10, 10, {"entered": 10})
    assert entered(world) == [f"lead:{number}" for number in range(10)]
    assert done.finished_at is not None


def test_of_is_not_known_until_all_are_counted(world: World, start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(enrol_records, "SLICE", timedelta(seconds=1))
    work = start()
    seen = []
    original = world.records.list

    def listing(*args: Any, **more: Any) -> Any:
        seen.append(now(world, work).of)
        world.clock.move(seconds=0.4)
        return original(*args, **more)

    world.records.list = listing  # type: ignore[method-assign]
    world.run_out()
    assert set(seen) == {None}
    assert now(world, work).of == 10


def test_no_more_than_the_window_is_under_way(world: World, start: Start) -> None:
    start()
    while turn(world) and len(world.queues["events"].messages) < 4:
        pass
    for _ in range(5):
        turn(world)
    assert len(world.queues["events"].messages) == 4, "the rest waits until the matcher has decided these"


def test_records_that_may_not_enter_are_counted_by_why(world: World, start: Start) -> None:
    start(entry={"again": "once_per_record"}, whom={"filter": {"field": "record.id", "op": "in", "value": ["1", "2"]}})
    world.run_out()
    others = {"not": {"field": "record.id", "op": "equals", "value": "3"}}
    work = start(entry={"again": "once_per_record"}, conditions=others, seed="another")
    world.run_out()
    assert now(world, work).counts == {"entered": 7, "entered_before": 2, "not_met": 1}
    assert now(world, work).done == now(world, work).of == 10


def test_one_person_enters_once_and_the_first_by_id_does(world: World, start: Start) -> None:
    for number in ("2", "7"):
        world.has_record(f"lead:{number}", status="new", email="p1@example.com")
    work = start(GREET)
    world.run_out()
    assert now(world, work).counts == {"entered": 8, "duplicate": 2}
    assert {"lead:2", "lead:7"}.isdisjoint(entered(world))
    assert sorted(mail.to for mail in world.mailer.sent) == sorted(
        f"p{number}@example.com" for number in range(10) if number not in (2, 7)
    )


@pytest.mark.parametrize(("steps", "whom"), [((), {}), ((GREET,), {"per_person": False})])
def test_where_nobody_is_told_anything_or_it_is_wanted_so_all_records_enter(
    world: World, start: Start, steps: tuple[dict[str, Any], ...], whom: dict[str, Any]
) -> None:
    world.has_record("lead:2", status="new", email="p1@example.com")
    work = start(*steps, whom=whom)
    world.run_out()
    assert now(world, work).counts == {"entered": 10}


def test_another_enrolment_counts_its_persons_anew(world: World, start: Start) -> None:
    start(GREET)
    world.run_out()
    work = start(GREET, seed="another")
    world.run_out()
    assert now(world, work).counts == {"entered": 10}


def test_who_left_the_view_during_a_pause_does_not_enter(world: World, start: Start) -> None:
    work = start(whom={"filter": NEW})
    while not world.queues["events"].messages:
        turn(world)
    world.functions.manage_enrolments.pause(work.id, by="key_1")
    world.run_out()
    for left in ("lead:9", "lead:0"):  # one that was not counted yet, and one that was on its way in
        world.has_record(left, status="lost")
    world.records.stored.pop("lead:8")
    world.functions.manage_enrolments.resume(work.id)
    world.run_out()
    assert now(world, work).counts == {"entered": 7, "left_view": 3}
    assert now(world, work).done == now(world, work).of == 10


@pytest.mark.parametrize("call", ["enrolment_store.save", "bus.publish", "enrolment_store.take", "log.plans_of"])
def test_a_worker_that_dies_and_one_that_is_started_beside_it_enrol_each_once(
    world: World, start: Start, call: str
) -> None:
    work, deaths = start(GREET), 0
    for _ in range(12):
        try:
            world.wire(Dying(call)).enrol_records(work.id, now(world, work).turn)
        except Dying.Dead:
            deaths += 1
        if not now(world, work).status.final:
            world.functions.manage_enrolments.resume(work.id)
        turn(world)
    assert deaths
    world.run_out()
    assert now(world, work).counts == {"entered": 10}
    assert len(world.all_runs) == len(world.mailer.sent) == 10


def test_only_the_last_turn_goes_on(world: World, start: Start) -> None:
    work = start()
    world.functions.manage_enrolments.resume(work.id)
    assert world.functions.enrol_records(work.id, 1) == Progress(more=False)
    assert now(world, work).total == 0


def test_it_stops_when_its_rule_is_switched_off(world: World, start: Start) -> None:
    work = start()
    turn(world)
    stored = world.rules.get(work.order.rule)
    world.has_rule({**stored.document, "mode": "off"})
    world.run_out()
    ended = now(world, work)
    assert (ended.status, ended.reason) == (EnrolmentStatus.STOPPED, RULE_IS_OFF())


def test_one_whose_members_are_gone_fails_with_the_reason(world: World, start: Start) -> None:
    work = start()
    while not now(world, work).counted:
        turn(world)
        world.functions.manage_enrolments.pause(work.id, by="key_1")
    world.enrolments.chunks.clear()
    world.functions.manage_enrolments.resume(work.id)
    world.run_out()
    failed = now(world, work)
    assert (failed.status, failed.reason and failed.reason.code) == (EnrolmentStatus.FAILED, "enrolment.expired")


def test_an_event_that_is_never_decided_does_not_hold_it_up_for_ever(world: World, start: Start) -> None:
    work = start()
    while not world.queues["events"].messages:
        turn(world)
    lost = world.queues["events"].messages.pop(0)
    world.run_out()
    done = now(world, work)
    assert (done.status, done.counts) == (EnrolmentStatus.DONE, {"entered": 9, "undecided": 1})
    assert lost.body.subject not in entered(world)


def test_it_goes_on_in_another_execution_before_the_history_of_one_is_full(
    world: World, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(enrol_records, "MAX_CALLS", 1)
    work = start()
    world.run_out()
    done = now(world, work)
    assert (done.status, done.counts) == (EnrolmentStatus.DONE, {"entered": 10})
    assert world.enrolment_workers.begun == {(work.id, number) for number in range(1, done.turn + 1)}
    assert done.turn > 1


def test_a_worker_that_dies_before_the_next_execution_is_started_starts_it_when_it_comes_again(
    world: World, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(enrol_records, "MAX_CALLS", 1)
    work = start()
    with pytest.raises(Dying.Dead):
        world.wire(Dying("enrolment_workers.start")).enrol_records(work.id, 1)
    assert now(world, work).turn == 2
    world.run_out()
    assert now(world, work).counts == {"entered": 10}


def test_it_looks_again_a_few_times_before_it_lets_its_caller_wait(world: World, start: Start) -> None:
    work = start()
    slept: list[float] = []
    worker = replace(world.functions.enrol_records, sleep=slept.append)
    assert worker(work.id, 1) == Progress(more=True, wait=enrol_records.WAIT, published=4)
    assert slept == [enrol_records.MOMENT] * enrol_records.MOMENTS


def test_a_record_that_was_merged_meanwhile_enters_as_the_one_that_remains(world: World, start: Start) -> None:
    work = start()
    while not now(world, work).counted:
        turn(world)
    assert not world.all_runs
    survivor = replace(world.records.stored["lead:8"], absorbed=("lead:9",))
    del world.records.stored["lead:9"]
    world.records.keep(survivor, world.records.stored["lead:8"])
    world.run_out()
    assert now(world, work).counts == {"entered": 9, "left_view": 1}


def test_an_empty_view_is_done_at_once(world: World, start: Start) -> None:
    work = start(whom={"filter": {**NEW, "value": "nobody"}})
    world.run_out()
    assert (now(world, work).status, now(world, work).of) == (EnrolmentStatus.DONE, 0)


def test_a_large_view_goes_through_in_full_batches(world: World, start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(let_enter, "BATCH", 100)
    monkeypatch.setattr(let_enter, "WINDOW", 500)
    for number in range(700):
        world.has_record(f"lead:n{number:03}", status="new", email=f"n{number}@example.com")
    work = start(GREET)
    world.run_out()
    assert now(world, work).counts == {"entered": 710}
    assert len({mail.to for mail in world.mailer.sent}) == len(world.mailer.sent) == 710
