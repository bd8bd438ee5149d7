"""Runs that failed go on from the step that failed, in bulk."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.usecases.fakes.outside import Fails
from tests.usecases.fakes.world import World
from tests.usecases.rules import GREET, NOTE, rule
from tests.usecases.runs.test_perform_job import DyingAt
from whenthen.domain.common.errors import AnswerLost, Conflict, Invalid, Permanent, Temporary
from whenthen.domain.common.reasons import Reason
from whenthen.domain.events.event import Event, format_time
from whenthen.domain.rules.rule import Rule
from whenthen.domain.runs.run import JobStatus, RunStatus
from whenthen.domain.work.work import Work, WorkStatus

BLOCKED = Reason("sample.blocked", {"status": 410})
LATER = {"id": "later", "action": "add_tags", "with": {"tags": ["told"]}, "wait": {"hours": 2}}


Failed = tuple[Rule, list[Event]]


def failed(world: World, *steps: dict[str, Any], name: str = "R", times: int = 1, **more: Any) -> Failed:
    """Runs whose mail was refused."""
    written = world.has_rule(rule(*(steps or (GREET, LATER)), name=name, **more))
    events = []
    for number in range(times):
        world.mailer.will(Fails(Permanent(BLOCKED, "410")))
        events.append(world.happens("lead.created", f"{name}{number}", subject="lead:1"))
        world.settle()
    return written, events


def retried(world: World, written: dict[str, Any], seed: str = "1") -> Work:
    work = world.functions.manage_work.retry(written, seed=seed, by="key_1")
    world.settle()
    return world.work.get(work.id)


def test_a_run_goes_on_from_the_step_that_failed(world: World) -> None:
    written, (event,) = failed(world)
    assert world.run_of(event, written).run.status is RunStatus.FAILED
    world.clock.move(days=2)
    begun = world.clock.now()
    work = retried(world, {"rule": written.id})
    assert (work.status, work.of, dict(work.counts), work.failures) == (WorkStatus.DONE, 1, {"retried": 1}, ())
    state = world.run_of(event, written)
    assert (state.run.status, state.run.waits_until) == (RunStatus.WAITING, begun + timedelta(hours=2))
    assert (world.job(state, "greet").status, len(world.mailer.sent)) == (JobStatus.DONE, 1)
    world.run_out()
    state = world.run_of(event, written)
    assert (state.run.status, world.outcomes(state)) == (
        RunStatus.DONE,
        {"greet": JobStatus.DONE, "later": JobStatus.DONE},
    )


def test_a_step_that_fails_again_does_so_once_and_may_be_retried_once_more(world: World) -> None:
    written, (event,) = failed(world)
    world.clock.move(seconds=1)
    world.mailer.will(Fails(Permanent(BLOCKED, "410")))
    assert dict(retried(world, {"rule": written.id}).counts) == {"retried": 1}
    assert world.run_of(event, written).run.status is RunStatus.FAILED
    world.clock.move(seconds=1)
    assert dict(retried(world, {"rule": written.id}, "2").counts) == {"retried": 1}
    assert world.job(world.run_of(event, written), "greet").status is JobStatus.DONE


def test_its_attempts_and_its_time_begin_anew(world: World) -> None:
    world.mailer.will(*[Fails(Temporary(BLOCKED))] * 2)
    written = world.has_rule(rule({**GREET, "retry": {"attempts": 2}}))
    event = world.happens("lead.created", subject="lead:1")
    world.run_out()
    assert world.run_of(event, written).run.status is RunStatus.FAILED
    world.clock.move(days=3)
    world.mailer.will(Fails(Temporary(BLOCKED)))
    retried(world, {"rule": written.id})
    assert world.job(world.run_of(event, written), "greet").status is JobStatus.PENDING
    world.run_out()
    assert world.run_of(event, written).run.status is RunStatus.DONE


@pytest.mark.parametrize(
    ("written", "names"),
    [
        ({"rule": "$A"}, "A"),
        ({"reason": "sample.blocked"}, "AB"),
        ({"reason": "run.at_step"}, "ABW"),
        ({"reason": "sample.other"}, ""),
        ({"channel": "email"}, "AB"),
        ({"channel": "webhook"}, "W"),
        ({"channel": "record"}, ""),
        ({"since": "$0"}, "ABW"),
        ({"since": "$1"}, "BW"),
        ({"until": "$1"}, "A"),
        ({"since": "$1", "until": "$2", "channel": "email"}, "B"),
    ],
)
def test_only_the_selected_runs_go_on(world: World, written: dict[str, Any], names: str) -> None:
    begun, rules = world.clock.now(), {}
    for name in "AB":
        rules[name], _ = failed(world, GREET, name=name, kind=None, trigger={"event": f"{name.lower()}.created"})
        world.mailer.script.clear()
        world.mailer.will(Fails(Permanent(BLOCKED, "410")))
        world.happens(f"{name.lower()}.created", subject="lead:1")
        world.settle()
        world.clock.move(hours=1)
    hook = {"id": "tell", "action": "call_webhook", "with": {"url": "https://example.com/"}}
    rules["W"] = world.has_rule(rule(hook, name="W", kind=None, trigger={"event": "w.created"}))
    world.http.will(Fails(Permanent(Reason("webhook.answered", {"status": 410}), "410")))
    world.happens("w.created", subject="lead:1")
    world.settle()
    world.clock.move(hours=1)
    moments = {f"${hours}": format_time(begun + timedelta(hours=hours)) for hours in range(3)}
    asked = {key: {"$A": rules["A"].id, **moments}.get(value, value) for key, value in written.items()}
    retried(world, asked)
    done = {run.rule_id for run in world.all_runs if run.status is RunStatus.DONE}
    assert "".join(name for name, written_rule in rules.items() if written_rule.id in done) == names


def test_what_may_have_been_sent_is_only_sent_again_where_that_is_asked_for(world: World) -> None:
    world.mailer.will(Fails(AnswerLost(BLOCKED), taken=True))
    written = world.has_rule(rule(GREET))
    event = world.happens("lead.created", subject="lead:1")
    world.settle()
    world.clock.move(minutes=1)
    assert dict(retried(world, {"rule": written.id}).counts) == {}
    assert world.run_of(event, written).run.status is RunStatus.UNKNOWN
    assert dict(retried(world, {"rule": written.id, "status": "unknown"}, "2").counts) == {"retried": 1}
    assert (world.run_of(event, written).run.status, len(world.mailer.sent)) == (RunStatus.DONE, 2)


def test_a_run_that_an_event_would_have_stopped_stays_as_it_ended(world: World) -> None:
    written, (event,) = failed(world, exit={"on": ["contact.replied"]})
    world.clock.move(minutes=1)
    world.happens("contact.replied", subject="lead:1")
    world.settle()
    work = retried(world, {"rule": written.id})
    assert (dict(work.counts), [each.reason.code for each in work.failures]) == ({"kept": 1}, ["retry.stays"])
    assert (world.run_of(event, written).run.status, world.mailer.sent) == (RunStatus.FAILED, [])


def test_an_exit_finds_a_run_that_goes_on_again(world: World) -> None:
    written, (event,) = failed(world, exit={"on": ["contact.replied"]})
    world.clock.move(minutes=1)
    retried(world, {"rule": written.id})
    world.clock.move(minutes=1)
    world.happens("contact.replied", subject="lead:1")
    world.run_out()
    assert world.run_of(event, written).run.status is RunStatus.STOPPED


def test_two_steps_that_failed_on_the_way_are_both_tried_and_the_run_ends_after_both(world: World) -> None:
    steps = [{**GREET, "id": each, "on_error": "continue"} for each in ("first", "second")]
    world.mailer.will(*[Fails(Permanent(BLOCKED, "410"))] * 2)
    written = world.has_rule(rule(*steps, NOTE))
    event = world.happens("lead.created", subject="lead:1")
    world.settle()
    assert world.run_of(event, written).run.status is RunStatus.FAILED
    world.clock.move(minutes=1)
    retried(world, {"rule": written.id})
    state = world.run_of(event, written)
    assert (state.run.status, set(world.outcomes(state).values())) == (RunStatus.DONE, {JobStatus.DONE})
    assert len(world.mailer.sent) == 2


def test_the_outcome_of_a_run_that_went_on_is_told_anew(world: World) -> None:
    world.has_rule(rule(NOTE, name="after", trigger={"after_rule": ["rule_first"]}, kind=None))
    written = world.has_rule({**rule(GREET, name="first"), "id": "rule_first"})
    world.mailer.will(Fails(Permanent(BLOCKED, "410")))
    world.happens("lead.created", subject="lead:1")
    world.settle()
    world.clock.move(minutes=1)
    retried(world, {"rule": written.id})
    finished = [event for event in world.bus.published if event.type == "rule.finished"]
    told = [event for event in finished if event.data["rule"] == written.id]
    assert [event.data["status"] for event in told] == ["failed", "done"]
    assert len({event.id for event in told}) == 2


def test_many_runs_go_on_with_progress_and_each_once(world: World) -> None:
    world.settings.kept["failures"] = {"pause_after": 0}
    written, events = failed(world, GREET, times=130)
    world.clock.move(minutes=1)
    work = retried(world, {"reason": "sample.blocked"})
    assert (work.of, work.done, dict(work.counts)) == (130, 130, {"retried": 130})
    assert {world.run_of(event, written).run.status for event in events} == {RunStatus.DONE}
    assert len(world.mailer.sent) == 130


@pytest.mark.parametrize("call", ["runs.reopen", "sequences.wait", "work.save"])
@pytest.mark.parametrize("late", [False, True])
def test_a_worker_that_dies_loses_no_run_and_sends_nothing_twice(world: World, call: str, *, late: bool) -> None:
    written, (event,) = failed(world, GREET)
    world.clock.move(minutes=1)
    work = world.functions.manage_work.retry({"rule": written.id}, seed="1", by="key_1")
    world.functions = world.wire(DyingAt(call, after=late))
    world.pass_time(minutes=10)
    assert world.kills == 1
    assert (world.run_of(event, written).run.status, len(world.mailer.sent)) == (RunStatus.DONE, 1)
    assert dict(world.work.get(work.id).counts) == {"retried": 1}


@pytest.mark.parametrize(
    ("written", "fields"),
    [
        ({}, [""]),
        ({"status": "failed"}, [""]),
        ({"status": "done", "rule": "r"}, ["status"]),
        ({"channel": "telegram"}, ["channel"]),
        ({"since": "yesterday"}, ["since"]),
        ({"until": 5, "rule": "r"}, ["until"]),
        ({"record": "lead:1", "rule": "r"}, ["record"]),
    ],
)
def test_what_cannot_be_read_is_refused_by_its_field(world: World, written: dict[str, Any], fields: list[str]) -> None:
    with pytest.raises(Invalid) as refused:
        world.functions.manage_work.retry(written, seed="1", by="key_1")
    assert [problem.field for problem in refused.value.problems] == fields


def test_the_same_request_is_the_same_work_and_another_under_its_key_is_refused(world: World) -> None:
    written, _ = failed(world)
    first = world.functions.manage_work.retry({"rule": written.id}, seed="1", by="key_1")
    world.clock.move(minutes=5)
    again = world.functions.manage_work.retry({"rule": written.id}, seed="1", by="key_1")
    assert first.id == again.id
    with pytest.raises(Conflict):
        world.functions.manage_work.retry({"channel": "email"}, seed="1", by="key_1")
    assert isinstance(first.created_at, datetime)
