"""Held messages are let go once they may go, or never will: limits are loosened, runs end, places are freed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.usecases.fakes.outside import Fails
from tests.usecases.fakes.taps import Dying
from tests.usecases.fakes.world import World
from tests.usecases.rules import GREET, rule, together
from tests.usecases.sending.test_quiet_hours import HELLO, NOON, sent, started, the_job
from whenthen.domain.common.errors import Temporary
from whenthen.domain.runs.run import JobStatus, RunStatus
from whenthen.domain.work.work import SLOW_HOLD, Work, WorkStatus
from whenthen.ports.reason_codes import UNAVAILABLE
from whenthen.usecases.admin.manage_settings import ManageSettings
from whenthen.usecases.control.set_limits import SetLimits

ONE_A_WEEK = {"channel": "any", "most": 1, "per": {"days": 7}}


def change(world: World, document: dict[str, Any], seed: str = "") -> Work | None:
    settings = ManageSettings(world.settings)
    return SetLimits(settings, world.functions.manage_work)(document, seed=seed or str(document), by="key_1")


@pytest.fixture
def quiet(world: World) -> World:
    """At noon nothing goes out."""
    world.settings.save("limits", NOON)
    return world


# --- limits are loosened ----------------------------------------------------------------------------


@pytest.mark.parametrize("looser", [{}, {"quiet_hours": {"from": "20:00", "to": "08:00"}}, {"marketing": [ONE_A_WEEK]}])
def test_looser_limits_let_go_what_they_held(quiet: World, looser: dict[str, Any]) -> None:
    run = started(quiet, GREET)
    assert sent(quiet) == 0
    work = change(quiet, looser)
    quiet.pass_time(minutes=1)
    assert (sent(quiet), the_job(quiet, run).status) == (1, JobStatus.DONE)
    quiet.run_out()
    assert work is not None
    done = quiet.work.get(work.id)
    assert (done.status, done.counts) == (WorkStatus.DONE, {"rechecked": 1})
    assert sent(quiet) == 1


def test_what_is_still_to_be_held_is_held_on(quiet: World) -> None:
    """Quiet hours end earlier now; the message goes then, and not at once."""
    run = started(quiet, GREET)
    change(quiet, {"quiet_hours": {"from": "12:00", "to": "13:00"}})
    quiet.pass_time(minutes=10)
    assert (sent(quiet), the_job(quiet, run).status) == (0, JobStatus.PENDING)
    quiet.pass_time(minutes=21)
    assert sent(quiet) == 1
    quiet.run_out()
    assert sent(quiet) == 1


def test_a_cap_that_goes_lets_go_what_waits_for_a_place(world: World) -> None:
    world.settings.save("limits", {"marketing": [ONE_A_WEEK]})
    for number in (1, 2):
        world.has_rule(rule(GREET, name=f"Rule {number}"))
    world.happens("lead.created", subject="lead:1")
    world.pass_time(minutes=2)
    assert sent(world) == 1
    change(world, {"marketing": [{**ONE_A_WEEK, "most": 2}]})
    world.pass_time(minutes=1)
    assert sent(world) == 2


def test_many_messages_of_many_runs_go(quiet: World) -> None:
    quiet.has_rule(rule(GREET, together(HELLO)))
    for number in range(120):
        quiet.happens("lead.created", str(number), subject="lead:1")
    quiet.settle()
    assert sent(quiet) == 0
    change(quiet, {})
    quiet.pass_time(minutes=1)
    assert sent(quiet) == 240
    quiet.run_out()
    assert sent(quiet) == 240


def test_a_message_that_a_slow_worker_held_by_the_old_limits_goes_in_the_end(quiet: World) -> None:
    """It had read the limits before they changed, and wrote its hold after the first look at all that are held."""
    rules = quiet.has_rule(rule(GREET))
    event = quiet.happens("lead.created", subject="lead:1")
    hold = quiet.runs.hold

    def slow(*args: Any, **more: Any) -> bool:
        quiet.runs.hold = hold  # type: ignore[method-assign]
        change(quiet, {})
        while quiet.deliver("work"):
            pass
        return hold(*args, **more)

    quiet.runs.hold = slow  # type: ignore[method-assign]
    quiet.settle()
    assert (sent(quiet), quiet.run_of(event, rules).jobs[0].status) == (0, JobStatus.PENDING)
    quiet.pass_time(seconds=SLOW_HOLD.total_seconds() + 1)
    assert sent(quiet) == 1


@pytest.mark.parametrize("tighter", [{**NOON, "marketing": [ONE_A_WEEK]}])
def test_tighter_limits_begin_no_work(quiet: World, tighter: dict[str, Any]) -> None:
    started(quiet, GREET)
    assert change(quiet, tighter) is None
    quiet.pass_time(minutes=5)
    assert sent(quiet) == 0


def test_a_call_that_died_is_repeated(quiet: World) -> None:
    started(quiet, GREET)
    ports = quiet.wire(Dying("work.create"))
    with pytest.raises(Dying.Dead):
        SetLimits(ManageSettings(quiet.settings), ports.manage_work)({}, seed="1", by="key_1")
    quiet.pass_time(minutes=1)
    assert sent(quiet) == 0
    change(quiet, {})
    quiet.pass_time(minutes=1)
    assert sent(quiet) == 1


def test_a_paused_run_stays_so(quiet: World) -> None:
    run = started(quiet, GREET)
    state = quiet.run_of(run[1], run[0])
    quiet.functions.pause_run(state.run.id, by="key_1")
    change(quiet, {})
    quiet.pass_time(minutes=5)
    assert sent(quiet) == 0
    quiet.functions.resume_run(state.run.id)
    quiet.run_out()
    assert sent(quiet) == 1


# --- the run ends -----------------------------------------------------------------------------------


def test_the_held_message_of_a_run_that_is_stopped_is_skipped_at_once(quiet: World) -> None:
    run = started(quiet, GREET)
    quiet.functions.stop_run(quiet.run_of(run[1], run[0]).run.id, by="key_1")
    quiet.settle()
    job = the_job(quiet, run)
    assert (job.status, job.reason and job.reason.code) == (JobStatus.SKIPPED, "run.ended")
    quiet.run_out()
    assert sent(quiet) == 0


def test_the_held_message_of_a_run_that_an_exit_ends_is_skipped_at_once(quiet: World) -> None:
    run = started(quiet, GREET, exit={"on": ["contact.replied"]})
    quiet.happens("contact.replied", subject="lead:1")
    quiet.settle()
    assert quiet.run_of(run[1], run[0]).run.status is RunStatus.STOPPED
    assert the_job(quiet, run).status is JobStatus.SKIPPED


def test_the_job_of_a_run_that_was_paused_and_is_stopped_is_skipped(quiet: World) -> None:
    run = started(quiet, GREET)
    state = quiet.run_of(run[1], run[0])
    quiet.functions.pause_run(state.run.id, by="key_1")
    quiet.settle()
    quiet.functions.stop_run(state.run.id, by="key_1")
    quiet.settle()
    assert the_job(quiet, run).status is JobStatus.SKIPPED


# --- places under a cap -------------------------------------------------------------------------------


def places(world: World) -> int:
    """How many places and entries the logs of all people hold."""
    return sum(len(log.sent) + len(log.waiting) for log in world.send_logs.kept.values())


def capped(world: World) -> World:
    world.settings.save("limits", {"marketing": [ONE_A_WEEK]})
    return world


def test_a_message_that_waits_for_a_place_leaves_the_line_when_its_run_ends(world: World) -> None:
    capped(world)
    first = started(world, GREET, name="First")
    second = started(world, GREET, name="Second", trigger={"event": "lead.updated"})
    event = world.happens("lead.updated", subject="lead:1")
    world.pass_time(minutes=1)
    assert (sent(world), places(world)) == (1, 2)
    world.functions.stop_run(world.run_of(event, second[0]).run.id, by="key_1")
    world.settle()
    assert places(world) == 1
    assert the_job(world, first).status is JobStatus.DONE


def test_a_message_that_fails_and_is_then_refused_gives_its_place_back(world: World) -> None:
    """The first attempt takes a place and fails for now; before the second one, the person opts out."""
    capped(world)
    world.mailer.will(Fails(Temporary(UNAVAILABLE(provider="ses", error="500"), retry_after=60)))
    run = started(world, GREET)
    assert (sent(world), places(world)) == (0, 1)
    world.changes("lead:1", consent={"email": False})
    world.run_out()
    assert (the_job(world, run).status, sent(world)) == (JobStatus.SKIPPED, 0)
    assert places(world) == 0


def test_a_message_whose_run_ends_between_its_place_and_its_claim_gives_it_back(world: World) -> None:
    capped(world)
    written = world.has_rule(rule(GREET))
    event = world.happens("lead.created", subject="lead:1")
    write = world.send_logs.write

    def stopped(*args: Any, **more: Any) -> None:
        world.send_logs.write = write  # type: ignore[method-assign]
        write(*args, **more)
        world.functions.stop_run(world.run_of(event, written).run.id, by="key_1")

    world.send_logs.write = stopped  # type: ignore[method-assign]
    world.run_out()
    assert (sent(world), places(world)) == (0, 0)
    assert world.run_of(event, written).jobs[0].status is JobStatus.SKIPPED


def test_a_worker_that_dies_before_it_gives_the_place_back_does_so_when_it_comes_again(world: World) -> None:
    capped(world)
    world.mailer.will(Fails(Temporary(UNAVAILABLE(provider="ses", error="500"), retry_after=60)))
    run = started(world, GREET)
    world.changes("lead:1", consent={"email": False})
    world.pass_time(seconds=30)
    world.clock.move(minutes=2)
    run_id = world.run_of(run[1], run[0]).run.id
    with pytest.raises(Dying.Dead):
        world.wire(Dying("send_logs.read")).channels["email"](run_id, "greet", 0)
    assert (the_job(world, run).status, places(world)) == (JobStatus.SKIPPED, 1)
    world.run_out()
    assert places(world) == 0


def test_a_message_that_went_keeps_its_place(world: World) -> None:
    capped(world)
    run = started(world, GREET)
    world.pass_time(minutes=1)
    assert (sent(world), places(world)) == (1, 1)
    job = the_job(world, run)
    world.functions.channels["email"](job.run_id, "greet", 0)
    assert places(world) == 1
    world.pass_time(seconds=timedelta(days=1).total_seconds())
    assert sent(world) == 1
