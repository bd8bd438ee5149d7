"""apply_delivery_report: what a provider says of a message settles the job that sent it, and never goes backwards."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest
from msgspec.structs import replace

from tests.usecases.fakes.outside import Fails
from tests.usecases.fakes.world import World
from tests.usecases.rules import CALL, GREET, rule
from whenthen.domain.common.errors import AnswerLost
from whenthen.domain.delivery.message_reports import REPORTED, REPORTED_IN_DETAIL, REPORTS
from whenthen.domain.events.event import Event
from whenthen.domain.rules.rule import Rule
from whenthen.domain.runs.run import AT_STEP, STEPS_DONE, Job, JobStatus, RunStatus
from whenthen.ports.reason_codes import NO_ANSWER
from whenthen.ports.values import RunState
from whenthen.sources.whatsapp.messages import errors_of

HELLO: dict[str, Any] = {"id": "hello", "action": "send_whatsapp", "with": {"template": "welcome"}}
LOST = Fails(AnswerLost(NO_ANSWER(provider="WhatsApp", error="TimeoutError")), taken=True)


class Story:
    """A run that sends one message, and the provider's reports of it."""

    def __init__(self, world: World, *steps: dict[str, Any], lost: bool = True) -> None:
        self.world, self.step = world, steps[0]["id"]
        self.rule: Rule = world.has_rule(rule(*steps))
        if lost:
            world.graph.will(LOST)
            world.mailer.will(LOST)
        self.event: Event = world.happens("lead.created", subject="lead:1")
        world.settle()

    @property
    def state(self) -> RunState:
        return self.world.run_of(self.event, self.rule)

    @property
    def job(self) -> Job:
        return self.world.job(self.state, self.step)

    def reported(self, event_type: str, source: str = "whatsapp", **data: Any) -> None:
        named = (
            {"callback": self.job.callback} if source == "whatsapp" else {"job": self.job.id, "run": self.job.run_id}
        )
        event = self.world.event(event_type, data={"message_id": "wamid.1", **named, **data})
        self.world.queues["events"].add(_from(event, source))
        self.world.settle()


def _from(event: Event, source: str) -> Event:
    return Event(event.id, source, event.type, event.time, data=event.data)


def test_a_job_whose_answer_was_lost_is_done_once_its_message_is_known_to_have_left(world: World) -> None:
    story = Story(world, HELLO)
    assert (story.job.status, story.state.run.status) == (JobStatus.UNKNOWN, RunStatus.UNKNOWN)
    story.reported("whatsapp.message_sent")
    assert (story.job.status, story.job.reason) == (JobStatus.DONE, REPORTED(provider="WhatsApp", report="sent"))
    assert dict(story.job.result) == {"message_id": "wamid.1", "reported": "sent"}
    assert (story.state.run.status, story.state.run.reason) == (RunStatus.DONE, STEPS_DONE(done=1, count=1))
    assert len(world.graph.sent) == 1


def test_or_failed_with_the_providers_reason(world: World) -> None:
    story = Story(world, HELLO)
    details = {"details": "Message Undeliverable."}
    status = {"errors": [{"code": 131026, "title": "Message undeliverable", "error_data": details}]}
    story.reported("whatsapp.message_failed", errors=errors_of(status))
    reason = REPORTED_IN_DETAIL(provider="WhatsApp", report="failed", detail="131026 Message Undeliverable.")
    assert (story.job.status, story.job.reason) == (JobStatus.FAILED, reason)
    run = story.state.run
    assert (run.status, run.reason) == (RunStatus.FAILED, AT_STEP(step="hello", reason=reason))


def test_what_was_accepted_and_then_not_delivered_is_failed(world: World) -> None:
    story = Story(world, HELLO, lost=False)
    assert story.state.run.status is RunStatus.DONE
    story.reported("whatsapp.message_failed", errors=[{"code": 131049}])
    assert (story.job.status, story.state.run.status) == (JobStatus.FAILED, RunStatus.FAILED)
    assert story.job.result["message_id"] == "wamid.1"


@pytest.mark.parametrize("order", list(permutations(["sent", "delivered", "read"])), ids="-".join)
def test_in_whatever_order_reports_come_the_furthest_stands(world: World, order: tuple[str, ...]) -> None:
    story = Story(world, HELLO)
    for status in order:
        story.reported(f"whatsapp.message_{status}")
    assert (story.job.status, story.job.result["reported"], story.job.stage) == (JobStatus.DONE, "read", 4)


@pytest.mark.parametrize("order", list(permutations(["failed", "delivered"])), ids="-".join)
def test_a_message_that_arrived_has_not_failed(world: World, order: tuple[str, ...]) -> None:
    story = Story(world, HELLO)
    for status in order:
        story.reported(f"whatsapp.message_{status}")
    assert story.job.status is JobStatus.DONE


def test_a_run_that_waits_goes_on_as_it_would_have(world: World) -> None:
    story = Story(world, HELLO, CALL)
    due, finished = story.state.run.due, story.job.finished_at
    world.clock.move(hours=3)
    story.reported("whatsapp.message_read")
    assert (story.job.status, story.job.finished_at) == (JobStatus.DONE, finished)
    assert (story.state.run.status, story.state.run.due) == (RunStatus.WAITING, due)
    world.run_out()
    assert story.state.run.status is RunStatus.DONE
    assert len([ref for ref in world.records.stored if ref.startswith("task:")]) == 1


def test_a_report_that_overtakes_the_answer_ends_the_job(world: World) -> None:
    story = Story(world, HELLO, lost=False)
    world.runs.runs[story.state.run.id] = _open(story.state)
    key = (story.job.run_id, story.job.step_id, 0)
    world.runs.jobs[key] = _claimed(story.job)
    story.reported("whatsapp.message_sent")
    assert (story.job.status, story.state.run.status) == (JobStatus.DONE, RunStatus.DONE)


def _open(state: RunState) -> Any:
    return replace(state.run, status=RunStatus.RUNNING, finished_at=None)


def _claimed(job: Job) -> Job:
    return replace(job, status=JobStatus.CLAIMED, finished_at=None, result={}, reason=None)


def test_a_run_that_was_stopped_stays_stopped(world: World) -> None:
    story = Story(world, HELLO, CALL)
    world.functions.stop_run(story.state.run.id, by="ayse")
    story.reported("whatsapp.message_delivered")
    assert (story.job.status, story.state.run.status) == (JobStatus.DONE, RunStatus.STOPPED)


@pytest.mark.parametrize(
    ("event_type", "status"),
    [
        ("email.sent", JobStatus.DONE),
        ("email.delivered", JobStatus.DONE),
        ("email.bounced", JobStatus.FAILED),
        ("email.rejected", JobStatus.FAILED),
        ("email.complained", JobStatus.DONE),
    ],
)
def test_ses_says_what_became_of_a_mail(world: World, event_type: str, status: JobStatus) -> None:
    story = Story(world, GREET)
    assert story.job.status is JobStatus.UNKNOWN
    story.reported(event_type, source="email", bounce_type="Permanent")
    assert story.job.status is status
    report = REPORTS[event_type].code
    assert story.job.reason == REPORTED_IN_DETAIL(provider="SES", report=report, detail="Permanent")


@pytest.mark.parametrize("callback", [None, "", "job_1", "run_1/job_1", 7, f"run_{'a' * 26}/job_{'a' * 26}"])
def test_a_report_of_a_message_that_no_job_sent_is_an_event_and_nothing_else(world: World, callback: Any) -> None:
    event = _from(world.event("whatsapp.message_sent", data={"message_id": "m", "callback": callback}), "whatsapp")
    assert world.functions.match_event(event).completed


def test_what_others_report_in_the_providers_name_moves_no_job(world: World) -> None:
    story = Story(world, HELLO)
    event = world.event("whatsapp.message_sent", data={"callback": story.job.callback})
    world.functions.match_event(_from(event, "api"))
    assert story.job.status is JobStatus.UNKNOWN
