"""manage_enrolments: what can be asked of an enrolment, and when."""

from __future__ import annotations

import pytest

from tests.usecases.enrolments.conftest import Start
from tests.usecases.fakes.world import World
from whenthen.domain.common.errors import Conflict, NotFound
from whenthen.domain.enrolments.enrolment import EnrolmentStatus
from whenthen.usecases.enrolments.reason_codes import IS_OVER


def test_it_is_listed_newest_first_and_by_rule(world: World, start: Start) -> None:
    first = start()
    world.pass_time(minutes=1)
    second = start(seed="other", name="Another rule")
    manage = world.functions.manage_enrolments
    assert [work.id for work in manage.list(rule=None, limit=9, cursor=None).items] == [second.id, first.id]
    assert [work.id for work in manage.list(rule=first.order.rule, limit=9, cursor=None).items] == [first.id]


def test_pausing_twice_is_pausing_once(world: World, start: Start) -> None:
    work = start()
    manage = world.functions.manage_enrolments
    assert manage.pause(work.id, by="a") == manage.pause(work.id, by="b")


def test_a_paused_one_can_be_stopped(world: World, start: Start) -> None:
    work = start()
    manage = world.functions.manage_enrolments
    manage.pause(work.id, by="a")
    assert manage.stop(work.id, by="a").status is EnrolmentStatus.STOPPED
    world.run_out()
    assert world.all_runs == []


@pytest.mark.parametrize("asked", ["pause", "resume"])
def test_one_that_is_over_is_not_changed(world: World, start: Start, asked: str) -> None:
    work = start()
    manage = world.functions.manage_enrolments
    manage.stop(work.id, by="a")
    assert manage.stop(work.id, by="a").status is EnrolmentStatus.STOPPED, "a repetition finds it stopped"
    with pytest.raises(Conflict) as caught:
        getattr(manage, asked)(work.id, **({"by": "a"} if asked == "pause" else {}))
    assert caught.value.reason == IS_OVER(outcome="stopped")


def test_one_that_is_not_there_is_not_found(world: World) -> None:
    manage = world.functions.manage_enrolments
    with pytest.raises(NotFound):
        manage.get("evt_none")
    with pytest.raises(NotFound):
        manage.resume("evt_none")


def test_resuming_a_running_one_gives_it_another_execution(world: World, start: Start) -> None:
    """The last one may have been stopped in the console of AWS."""
    work = start()
    world.queues["enrolments"].messages.clear()
    world.functions.manage_enrolments.resume(work.id)
    world.run_out()
    assert world.enrolments.get(work.id).counts == {"entered": 10}
