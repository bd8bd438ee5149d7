"""A pause and a stop of an enrolment hold also who is on the way in, and nobody enters twice or never after it."""

from __future__ import annotations

from typing import Any

from tests.usecases.enrolments.conftest import Start
from tests.usecases.enrolments.test_enrol_records import NEW, entered, now, turn
from tests.usecases.fakes.world import World
from tests.usecases.rules import NOTE, rule
from whenthen.domain.enrolments.enrolment import EnrolmentStatus

ALL = [f"lead:{number}" for number in range(10)]


def under_way(world: World, count: int = 1) -> None:
    """Work until the events of so many records wait for the matcher."""
    while len(world.queues["events"].messages) < count:
        turn(world)


def test_a_pause_holds_who_has_not_gone_and_nobody_goes_twice_after_it(world: World, start: Start) -> None:
    """Also who is on the way in: two events are matched before the pause, and two after it."""
    work = start()
    under_way(world, 4)
    world.deliver("events")
    world.deliver("events")
    manage = world.functions.manage_enrolments
    paused = manage.pause(work.id, by="key_1")
    assert (paused.status, paused.reason and paused.reason.params) == (EnrolmentStatus.PAUSED, {"by": "key_1"})
    world.run_out()
    held = now(world, work)
    assert (held.counts, len(held.held), held.under_way) == ({"entered": 2}, 2, 0)
    gone = entered(world)
    world.pass_time(days=3)
    assert entered(world) == gone == ["lead:0", "lead:1"]
    manage.resume(work.id)
    world.run_out()
    done = now(world, work)
    assert (done.status, done.counts, done.waves) == (EnrolmentStatus.DONE, {"entered": 10}, {})
    assert entered(world) == ALL


def test_many_pauses_hold_the_same_record_again_and_again(world: World, start: Start) -> None:
    work, manage = start(), world.functions.manage_enrolments
    for _ in range(5):
        under_way(world)
        manage.pause(work.id, by="key_1")
        world.run_out()
        assert entered(world) == []
        manage.resume(work.id)
    assert set(now(world, work).waves.values()) == {5}
    world.run_out()
    assert now(world, work).counts == {"entered": 10}
    assert entered(world) == ALL


def test_an_event_that_comes_again_after_the_pause_lets_nobody_in_twice(world: World, start: Start) -> None:
    """Its plan says that the record was held, so the record enters by its next event alone."""
    work, manage = start(), world.functions.manage_enrolments
    under_way(world)
    first = world.queues["events"].messages[0].body
    manage.pause(work.id, by="key_1")
    world.run_out()
    manage.resume(work.id)
    world.queues["events"].add(first)
    world.run_out()
    assert now(world, work).counts == {"entered": 10}
    assert entered(world) == ALL


def test_both_events_of_a_record_start_one_run(world: World, start: Start) -> None:
    """The event before the pause is matched only after the next one was: its run is there already."""
    work, manage = start(), world.functions.manage_enrolments
    under_way(world)
    late = world.queues["events"].messages.pop(0).body
    manage.pause(work.id, by="key_1")
    world.run_out()
    manage.resume(work.id)
    world.run_out()
    world.queues["events"].add(late)
    world.run_out()
    assert entered(world) == ALL[1:] or entered(world) == ALL
    assert len(entered(world)) == len(set(entered(world)))


def test_a_schedule_over_a_view_is_held_too(world: World) -> None:
    schedule = {"cron": "0 10 * * *", "kind": "lead", "filter": NEW}
    world.has_rule({**rule(NOTE), "trigger": {"schedule": schedule}, "activated_at": "2026-03-14T00:00:00Z"})
    world.clock.move(minutes=31)
    world.functions.fire_due_dates()
    (work,) = world.enrolments.kept.values()
    under_way(world)
    manage = world.functions.manage_enrolments
    manage.pause(work.id, by="key_1")
    world.run_out()
    assert entered(world) == []
    manage.resume(work.id)
    world.run_out()
    assert now(world, work).counts == {"entered": 10}
    assert entered(world) == ALL


def test_a_stop_ends_it_and_who_was_on_the_way_in_does_not_enter(world: World, start: Start) -> None:
    work = start()
    under_way(world, 4)
    world.deliver("events")
    world.functions.manage_enrolments.stop(work.id, by="key_1")
    world.run_out()
    world.pass_time(hours=2)
    ended = now(world, work)
    assert ended.status is EnrolmentStatus.STOPPED
    assert ended.counts == {"entered": 1, "enrolment_stopped": 3}
    assert entered(world) == ["lead:0"]


def test_a_pause_between_the_publishing_and_its_note_loses_and_doubles_nothing(world: World, start: Start) -> None:
    work = start()
    publish = world.bus.publish

    def paused(*args: Any, **more: Any) -> None:
        publish(*args, **more)
        world.bus.publish = publish  # type: ignore[method-assign]
        world.functions.manage_enrolments.pause(work.id, by="key_1")

    world.bus.publish = paused  # type: ignore[method-assign]
    world.run_out()
    held = now(world, work)
    assert (held.status, held.unsent, held.held) == (EnrolmentStatus.PAUSED, (), ("lead:0", "lead:1"))
    assert (held.counts, world.all_runs) == ({}, [])
    world.functions.manage_enrolments.resume(work.id)
    world.run_out()
    assert now(world, work).counts == {"entered": 10}
    assert entered(world) == ALL
