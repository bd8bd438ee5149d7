"""A rule that keeps failing pauses itself, says so, holds what starts meanwhile, and is tried again by one run."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.adapters.samples import why
from tests.usecases.fakes.taps import Dying
from tests.usecases.fakes.world import World
from tests.usecases.rules import NOTE, rule
from whenthen.domain.common.errors import Permanent
from whenthen.domain.rules.rule import Rule
from whenthen.domain.runs.pausing import RULE_FAILING
from whenthen.domain.runs.run import RunStatus
from whenthen.domain.sending.switch import KEPT_FOR
from whenthen.domain.work.work import WorkStatus

SEND: dict[str, Any] = {"id": "tell", "action": "send_email", "with": {"subject": "x", "text": "x"}}
BOUNDS = {"pause_after": 3, "within": {"minutes": 10}, "try_again_after": {"minutes": 30}}


class Broken:
    """A mail server that refuses everything until it is mended."""

    def __init__(self, world: World) -> None:
        self._send, self.broken, self.tried = world.mailer.send, True, 0
        world.mailer.send = self.send  # type: ignore[method-assign,assignment]

    def send(self, *arguments: Any) -> Any:
        self.tried += 1
        if self.broken:
            raise Permanent(why("down"))
        return self._send(*arguments)


@pytest.fixture
def broken(world: World) -> Broken:
    world.settings.kept["failures"] = BOUNDS
    return Broken(world)


def start(world: World, *numbers: int) -> None:
    for number in numbers:
        world.has_record(f"lead:{number}", email=f"lead{number}@example.com")
        world.functions.match_event(world.event("lead.created", str(number), subject=f"lead:{number}"))
        world.settle()


def statuses(world: World) -> list[str]:
    return sorted(run.status.value for run in world.all_runs)


def published(world: World) -> list[str]:
    return [event.type for event in world.bus.published if event.type.startswith("rule.")]


def paused(world: World, *more: dict[str, Any], **written: Any) -> Rule:
    """A rule that failed three times, and paused itself; workers know of it."""
    own = world.has_rule(rule(SEND, *more, **written))
    start(world, 1, 2, 3)
    assert list(world.failing.paused) == [own.id]
    world.clock.at += KEPT_FOR
    return own


def test_a_rule_that_fails_too_often_pauses_itself_and_says_so(world: World, broken: Broken) -> None:
    own = world.has_rule(rule(SEND))
    start(world, 1, 2)
    assert (published(world), world.failing.paused) == ([], {})
    start(world, 3)
    (event,) = [event for event in world.bus.published if event.type == "rule.paused"]
    assert (event.data["rule"], event.data["failures"]) == (own.id, 3)
    world.clock.at += KEPT_FOR
    start(world, 4, 5)
    held = [run for run in world.all_runs if run.status is RunStatus.PAUSED]
    assert ({run.reason for run in held}, len(held), broken.tried) == ({RULE_FAILING(rule=own.id)}, 2, 3)


def test_failures_that_are_far_apart_pause_nothing(world: World, broken: Broken) -> None:
    world.has_rule(rule(SEND))
    for number in range(1, 7):
        start(world, number)
        world.clock.move(minutes=6)
    assert (world.failing.paused, broken.tried) == ({}, 6)


def test_other_rules_go_on_and_so_do_outcomes_that_are_no_failures(world: World, broken: Broken) -> None:
    world.has_rule(rule(NOTE, name="Other"))
    paused(world)
    start(world, 4)
    assert statuses(world) == ["done"] * 4 + ["failed"] * 3 + ["paused"]


def test_a_rule_never_pauses_where_the_settings_say_so(world: World, broken: Broken) -> None:
    world.settings.kept["failures"] = {"pause_after": 0}
    world.has_rule(rule(SEND))
    start(world, *range(1, 30))
    assert (broken.tried, world.failing.failures) == (29, {})


def test_one_run_tries_again_and_all_go_on_if_it_succeeds(world: World, broken: Broken) -> None:
    paused(world)
    start(world, 4, 5, 6)
    broken.broken = False
    world.pass_time(minutes=29)
    assert broken.tried == 3
    world.pass_time(minutes=1, seconds=20)
    assert (broken.tried, statuses(world).count("paused")) == (4, 2)
    world.run_out()
    assert statuses(world) == ["done"] * 3 + ["failed"] * 3
    assert (published(world), world.failing.paused) == (["rule.paused", "rule.resumed"], {})
    start(world, 7)
    assert statuses(world).count("done") == 4


def test_a_rule_whose_trial_fails_rests_again(world: World, broken: Broken) -> None:
    paused(world)
    start(world, 4, 5)
    world.pass_time(minutes=32)
    assert (broken.tried, statuses(world)) == (4, ["failed"] * 4 + ["paused"])
    world.pass_time(minutes=28)
    assert broken.tried == 4
    broken.broken = False
    world.run_out()
    assert (statuses(world), published(world)) == (["done", *["failed"] * 4], ["rule.paused", "rule.resumed"])


def test_a_rule_of_which_no_run_is_held_goes_on(world: World, broken: Broken) -> None:
    paused(world)
    world.run_out()
    assert (published(world), world.failing.paused) == (["rule.paused", "rule.resumed"], {})


def test_old_failures_do_not_pause_a_rule_that_goes_on(world: World, broken: Broken) -> None:
    world.settings.kept["failures"] = {**BOUNDS, "within": {"days": 1}}
    paused(world)
    world.run_out()
    start(world, 4, 5)
    assert world.failing.paused == {}
    start(world, 6)
    assert published(world) == ["rule.paused", "rule.resumed", "rule.paused"]


def test_steps_that_change_records_are_held_as_well(world: World, broken: Broken) -> None:
    own = paused(world)
    world.has_rule(rule(NOTE, SEND, id=own.id))
    start(world, 4)
    assert "greeted" not in world.records.stored["lead:4"].fields
    assert statuses(world).count("paused") == 1


def test_a_trial_that_an_exit_stops_lets_another_one_try(world: World, broken: Broken) -> None:
    paused(world, exit={"on": ["deal.won"]})
    start(world, 4, 5)
    world.clock.move(minutes=1)
    broken.broken = False
    world.pass_time(minutes=29)
    (first,) = world.failing.paused.values()
    assert first.trial
    world.functions.stop_run(first.trial, by="key_1")
    world.run_out()
    assert statuses(world) == ["done", *["failed"] * 3, "stopped"]


def test_a_rule_that_is_saved_anew_goes_on_at_once(world: World, broken: Broken) -> None:
    own = paused(world)
    start(world, 4, 5)
    broken.broken = False
    world.functions.resume_failing(own.id, seed="saved", by="key_1")
    world.functions.resume_failing(own.id, seed="saved", by="key_1")
    assert world.failing.paused == {}
    world.clock.at += KEPT_FOR
    world.pass_time(minutes=1)
    start(world, 6)
    assert statuses(world) == ["done"] * 3 + ["failed"] * 3
    world.run_out()
    assert published(world) == ["rule.paused", "rule.resumed"]


def test_a_worker_that_did_not_know_that_the_rule_goes_on_loses_nothing(world: World, broken: Broken) -> None:
    own = paused(world)
    start(world, 4)
    broken.broken = False
    world.functions.resume_failing(own.id, seed="saved", by="key_1")
    start(world, 5)
    assert "paused" in statuses(world)
    world.run_out()
    assert statuses(world) == ["done"] * 2 + ["failed"] * 3


def test_a_run_that_is_held_once_more_by_what_a_worker_knew_before_goes_on_within_a_minute(
    world: World, broken: Broken
) -> None:
    """Not only with the next trial: whoever saves the rule expects that it goes on."""
    own = paused(world)
    start(world, 4)
    broken.broken = False
    world.functions.resume_failing(own.id, seed="saved", by="key_1")
    start(world, 5)
    assert "paused" in statuses(world)
    world.clock.at += KEPT_FOR
    world.pass_time(minutes=1)
    assert statuses(world) == ["done"] * 2 + ["failed"] * 3


def test_the_rules_that_are_paused_are_read_once_for_many_jobs(world: World, broken: Broken) -> None:
    broken.broken = False
    world.has_rule(rule(SEND))
    calls: list[str] = []

    class Noting:
        def before(self, call: str) -> None:
            calls.append(call)

        def after(self, call: str) -> None:
            del call

    world.functions = world.wire(Noting())
    start(world, *range(1, 20))
    assert [call for call in calls if call.startswith("failing")] == ["failing.all"]


@pytest.mark.parametrize("call", ["failing.note", "failing.begin", "work.create", "workers.start", "bus.publish"])
def test_whoever_dies_while_pausing_a_rule_pauses_it_once(world: World, broken: Broken, call: str) -> None:
    world.has_rule(rule(SEND))
    start(world, 1, 2)
    world.has_record("lead:3", email="lead3@example.com")
    world.functions.match_event(world.event("lead.created", "3", subject="lead:3"))
    while world.deliver("email"):
        pass
    (ended,) = world.queues["outcomes"].bodies
    with pytest.raises(Dying.Dead):
        world.wire(Dying(call)).pause_failing([ended])
    world.settle()
    assert (published(world).count("rule.paused") >= 1, len(world.work.kept)) == (True, 1)
    assert len({event.id for event in world.bus.published if event.type == "rule.paused"}) == 1


CALLS = ["failing.set_trial", "runs.end_pause", "sequences.wait", "work.save", "bus.publish", "failing.clear"]


@pytest.mark.parametrize("call", [*CALLS, "work.create", "workers.start"])
def test_whoever_dies_while_a_rule_is_tried_tries_it_again(world: World, broken: Broken, call: str) -> None:
    paused(world)
    start(world, 4, 5, 6)
    broken.broken = False
    world.clock.at += timedelta(minutes=30)
    (work_id,) = world.work.kept
    died = False
    for _ in range(40):
        try:
            if world.wire(Dying(call)).change_runs(work_id).status is not WorkStatus.RUNNING:
                break
        except Dying.Dead:
            died = True
            world.functions.change_runs(work_id)
        world.clock.move(seconds=31)
        for name in ("email", "record"):
            while world.deliver(name):
                pass
        for execution in list(world.sequences.executions.values()):
            while world._ready(execution):
                world.step(execution)
    world.run_out()
    assert died
    assert statuses(world) == ["done"] * 3 + ["failed"] * 3
    assert len({event.id for event in world.bus.published if event.type == "rule.resumed"}) == 1
