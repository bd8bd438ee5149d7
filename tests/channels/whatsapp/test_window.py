"""Free content goes within a day of the customer's last message; after that the step's template."""

from __future__ import annotations

from typing import Any

import pytest

from tests.usecases.fakes.outside import Fails
from tests.usecases.fakes.world import World
from tests.usecases.rules import rule
from whenthen.domain.common.errors import AnswerLost, Permanent, Temporary, WhenthenError
from whenthen.domain.common.reasons import Reason
from whenthen.domain.runs.run import Job, JobStatus
from whenthen.ports.reason_codes import NO_ANSWER, UNAVAILABLE, WINDOW_CLOSED

PHONE = "+905321234567"
BOTH = {"text": "Of course.", "template": "come_back"}
TOO_LATE = Permanent(Reason("meta.error", {"reason": WINDOW_CLOSED(), "error": 131047}))


def writes(world: World, *identities: str) -> None:
    world.happens("whatsapp.message_received", identities=identities or (f"phone#{PHONE}",), data={"text": "hi"})


def sends(world: World, **parameters: Any) -> Job:
    world.has_record("lead:1", phone=PHONE, whatsapp="TR.9")
    written = world.has_rule(rule({"id": "it", "action": "send_whatsapp", "with": parameters}))
    event = world.happens("lead.created", subject="lead:1", data={})
    world.run_out()
    return world.job(world.run_of(event, written), "it")


def kinds(world: World) -> list[str]:
    return [message["type"] for message, _ in world.graph.sent]


@pytest.mark.parametrize(
    ("hours", "sent"), [(0, "text"), (23.9, "text"), (24.1, "template"), (100, "template"), (None, "template")]
)
def test_what_goes_follows_from_when_the_customer_wrote(world: World, hours: float | None, sent: str) -> None:
    if hours is not None:
        writes(world)
        world.pass_time(hours=hours)
    assert sends(world, **BOTH).status is JobStatus.DONE
    assert kinds(world) == [sent]


@pytest.mark.parametrize("identity", ["whatsapp#TR.9", f"phone#{PHONE}"])
def test_the_customer_may_have_written_under_any_of_their_identities(world: World, identity: str) -> None:
    writes(world, identity)
    sends(world, **BOTH)
    assert kinds(world) == ["text"]


def test_the_message_of_somebody_else_opens_nothing(world: World) -> None:
    writes(world, "phone#+905329999999")
    sends(world, **BOTH)
    assert kinds(world) == ["template"]


@pytest.mark.parametrize("wrote", [True, False])
@pytest.mark.parametrize("free", [{"text": "{{ record.note }}"}, {"text": " {{ record.note }} "}])
def test_a_text_that_came_out_blank_leaves_the_template(world: World, free: dict[str, str], wrote: bool) -> None:
    if wrote:
        writes(world)
    assert sends(world, **free, template="come_back").status is JobStatus.DONE
    assert kinds(world) == ["template"]


@pytest.mark.parametrize("broken", [{"text": "x" * 5000}, {"interactive": {"type": "none"}}])
def test_free_content_that_cannot_go_does_not_keep_the_template(world: World, broken: dict[str, Any]) -> None:
    assert sends(world, **broken, template="come_back").status is JobStatus.DONE
    assert kinds(world) == ["template"]


@pytest.mark.parametrize("free", [{"media": {"type": "image", "id": "1"}}, {"text": "x"}])
def test_free_content_alone_is_tried_whatever_is_known(world: World, free: dict[str, Any]) -> None:
    """Meta knows of messages that came before there was a whenthen."""
    assert sends(world, **free).status is JobStatus.DONE
    assert kinds(world) != ["template"]


def test_where_meta_says_that_it_is_too_late_the_template_goes(world: World) -> None:
    writes(world)
    world.graph.will(Fails(TOO_LATE))
    job = sends(world, **BOTH)
    assert (job.status, kinds(world), job.attempt) == (JobStatus.DONE, ["template"], 1)


def test_free_content_alone_that_is_too_late_fails_with_that_reason(world: World) -> None:
    world.graph.will(Fails(TOO_LATE))
    job = sends(world, text="x")
    assert (job.status, kinds(world)) == (JobStatus.FAILED, [])
    assert job.reason == TOO_LATE.reason


@pytest.mark.parametrize(
    ("error", "sent", "status"),
    [
        (Permanent(Reason("sample.blocked")), [], JobStatus.FAILED),
        (AnswerLost(NO_ANSWER(provider="Graph", error="x")), [], JobStatus.UNKNOWN),
        (Temporary(UNAVAILABLE(provider="Graph", error="x")), ["text"], JobStatus.DONE),
    ],
)
def test_no_other_failure_sends_the_template(
    world: World, error: WhenthenError, sent: list[str], status: JobStatus
) -> None:
    writes(world)
    world.graph.will(Fails(error))
    job = sends(world, **BOTH)
    assert (job.status, kinds(world)) == (status, sent)


@pytest.mark.parametrize("taken", [True, False])
def test_a_later_step_takes_over_where_whatsapp_did_not(world: World, taken: bool) -> None:
    """As `docs/guides/whatsapp.md` shows, each time anew."""
    world.has_record("lead:1", phone=PHONE, email="a@example.com")
    unsent = {"not": {"field": "steps.wa.message_id", "op": "exists"}}
    written = world.has_rule(
        rule(
            {"id": "wa", "action": "send_whatsapp", "with": {"text": "x"}, "on_error": "continue"},
            {"id": "mail", "action": "send_email", "only_if": unsent, "with": {"subject": "x", "text": "x"}},
        )
    )
    for number in ("1", "2"):
        if not taken:
            world.graph.will(Fails(TOO_LATE))
        event = world.happens("lead.created", number, subject="lead:1", data={})
        world.run_out()
        sent = world.job(world.run_of(event, written), "mail").status
        assert sent is (JobStatus.SKIPPED if taken else JobStatus.DONE)
