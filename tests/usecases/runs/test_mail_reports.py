"""Reports about a mail to several people: each is about one of them, and the job goes by those in `to`."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from tests.usecases.fakes.outside import Fails
from tests.usecases.fakes.world import World
from tests.usecases.rules import rule
from whenthen.channels.email.recipients.choice import REACHED_BEFORE
from whenthen.domain.common.errors import AnswerLost, Permanent
from whenthen.domain.common.reasons import Reason
from whenthen.domain.delivery.mail_reports import NOT_ALL_REACHED
from whenthen.domain.delivery.message_reports import REPORTED, REPORTED_IN_DETAIL
from whenthen.domain.events.event import Event
from whenthen.domain.runs.run import Job, JobStatus, RunStatus
from whenthen.domain.work.work import Work
from whenthen.ports.reason_codes import NO_ANSWER

A, B, C, D = (f"{name}@acme.example" for name in "abcd")
BOUNCED = REPORTED_IN_DETAIL(provider="SES", report="bounced", detail="Permanent")
DELIVERED = REPORTED(provider="SES", report="delivered")


class Mailed:
    """A run that sends one mail, and SES's reports of it."""

    def __init__(self, world: World, *, lost: bool = False, **who: Any) -> None:
        self.world = world
        given = {"subject": "s", "text": "t", "purpose": "service", **who}
        self.rule = world.has_rule(rule({"id": "mail", "action": "send_email", "with": given}))
        if lost:
            world.mailer.will(Fails(AnswerLost(NO_ANSWER(provider="SES", error="TimeoutError")), taken=True))
        self.event = world.happens("lead.created", subject="lead:1")
        world.settle()
        self.number = 0

    @property
    def job(self) -> Job:
        return self.world.job(self.world.run_of(self.event, self.rule), "mail")

    @property
    def run_status(self) -> RunStatus:
        return self.world.run_of(self.event, self.rule).run.status

    @property
    def sent(self) -> list[list[str]]:
        return [list(mail.recipients) for mail in self.world.mailer.sent]

    def reported(self, kind: str, to: str | None, **data: Any) -> None:
        self.number += 1
        names = {"job": self.job.id, "run": self.job.run_id, **({"to": to} if to else {})}
        if "message_id" in self.job.result:
            names["message_id"] = self.job.result["message_id"]
        details = {"bounce_type": "Permanent", "permanent": True} if kind == "bounced" else {}
        found = self.world.event(f"email.{kind}", f"{self.number}", data={**names, **details, **data})
        identities = (f"email#{to}",) if to else ()
        event = Event(found.id, "email", found.type, found.time, data=found.data, identities=identities)
        self.world.queues["events"].add(event)
        self.world.settle()

    def retried(self, seed: str = "1", **selection: Any) -> Work:
        self.world.clock.move(seconds=1)
        written = {"rule": self.rule.id, **selection}
        work = self.world.functions.manage_work.retry(written, seed=seed, by="key_1")
        self.world.settle()
        return self.world.work.get(work.id)


@pytest.fixture
def lead(world: World) -> World:
    world.has_record("lead:1", email=A)
    return world


@pytest.mark.parametrize("who", [{"cc": B}, {"bcc": B}, {"to": [A, B]}], ids=repr)
@pytest.mark.parametrize("kind", ["bounced", "complained"])
def test_a_report_about_one_beside_the_main_recipient_leaves_the_job_done(
    lead: World, who: dict[str, Any], kind: str
) -> None:
    mailed = Mailed(lead, **who)
    mailed.reported("delivered", A)
    mailed.reported(kind, B)
    assert (mailed.job.status, mailed.run_status) == (JobStatus.DONE, RunStatus.DONE)
    code = {"bounced": "bounced", "complained": "reported_as_spam"}[kind]
    assert mailed.job.result["reports"] == {A: "delivered", B: code}
    if kind == "bounced":
        assert mailed.job.reason == NOT_ALL_REACHED(missed=[B], reason=DELIVERED)
    assert dict(mailed.retried().counts) == {}
    assert len(mailed.sent) == 1


@pytest.mark.parametrize("who", [{"cc": B}, {"bcc": B}], ids=repr)
def test_the_bounce_of_a_copy_keeps_what_the_job_said_before_reports(lead: World, who: dict[str, Any]) -> None:
    mailed = Mailed(lead, **who)
    before = mailed.job.reason
    mailed.reported("bounced", B)
    assert mailed.job.reason == NOT_ALL_REACHED(missed=[B], reason=before)
    assert "reported" not in mailed.job.result
    mailed.reported("bounced", A)
    assert (mailed.job.status, mailed.job.reason) == (JobStatus.FAILED, BOUNCED)


@pytest.mark.parametrize("order", list(permutations([A, B, C])), ids=lambda order: "".join(each[0] for each in order))
def test_the_job_fails_once_nobody_in_to_is_reached(lead: World, order: tuple[str, ...]) -> None:
    mailed = Mailed(lead, to=[A, B], cc=C)
    for address in order:
        done = {A, B} <= set(order[: order.index(address)]) | {address}
        mailed.reported("bounced", address)
        assert (mailed.job.status is JobStatus.FAILED) is done
    assert (mailed.run_status, mailed.job.result["reported"]) == (RunStatus.FAILED, "bounced")
    assert mailed.job.result["reports"] == dict.fromkeys(order, "bounced")


@pytest.mark.parametrize("order", list(permutations(["bounced", "delivered", "complained"])), ids="-".join)
def test_in_any_order_each_recipient_has_their_furthest_report(lead: World, order: tuple[str, ...]) -> None:
    mailed = Mailed(lead, to=[A, B], cc=C)
    about = {"bounced": A, "delivered": B, "complained": C}
    for kind in order:
        mailed.reported(kind, about[kind])
        mailed.reported("sent", about[kind])
    assert mailed.job.result["reports"] == {A: "bounced", B: "delivered", C: "reported_as_spam"}
    assert (mailed.job.status, mailed.job.result["reported"]) == (JobStatus.DONE, "delivered")
    assert mailed.job.reason == NOT_ALL_REACHED(missed=[A], reason=DELIVERED)


def test_a_complaint_of_one_does_not_hide_the_bounce_of_another(lead: World) -> None:
    mailed = Mailed(lead, cc=B)
    mailed.reported("complained", B)
    mailed.reported("bounced", A)
    assert (mailed.job.status, mailed.run_status) == (JobStatus.FAILED, RunStatus.FAILED)


@pytest.mark.parametrize(
    ("reports", "becomes"),
    [
        ([("bounced", B, {"copy": True})], JobStatus.DONE),
        ([("bounced", A, {})], JobStatus.FAILED),
        ([("bounced", A, {"main_recipients": 2})], JobStatus.DONE),
        ([("bounced", A, {"main_recipients": 2}), ("bounced", B, {"main_recipients": 2})], JobStatus.FAILED),
        ([("bounced", C, {"copy": True}), ("bounced", A, {})], JobStatus.FAILED),
        ([("bounced", A, {}), ("bounced", C, {"copy": True})], JobStatus.FAILED),
    ],
)
def test_a_mail_whose_answer_was_lost_goes_by_what_the_reports_say_of_it(
    lead: World, reports: list[tuple[str, str, dict[str, Any]]], becomes: JobStatus
) -> None:
    mailed = Mailed(lead, lost=True, to=[A, B], cc=C)
    assert (mailed.job.status, dict(mailed.job.result)) == (JobStatus.UNKNOWN, {})
    for kind, to, place in reports:
        mailed.reported(kind, to, **place)
    assert mailed.job.status is becomes


def test_the_only_recipient_is_meant_whatever_address_a_report_names(lead: World) -> None:
    mailed = Mailed(lead)
    mailed.reported("bounced", "elsewhere@forwarded.example")
    assert (mailed.job.status, mailed.job.result["reports"]) == (JobStatus.FAILED, {A: "bounced"})


@pytest.mark.parametrize("to", ["elsewhere@forwarded.example", None])
def test_a_report_that_names_none_of_several_fails_nothing(lead: World, to: str | None) -> None:
    mailed = Mailed(lead, to=[A, B])
    mailed.reported("bounced", to)
    assert mailed.job.status is JobStatus.DONE


def test_a_bounce_is_a_refusal_of_its_address_alone(lead: World) -> None:
    lead.has_record("contact:2", email=B)
    mailed = Mailed(lead, cc=B)
    mailed.reported("bounced", B)
    assert lead.records.stored["contact:2"].fields["consent"] == {"email": False}
    assert "consent" not in lead.records.stored["lead:1"].fields


def test_a_retry_mails_only_whom_the_first_mail_did_not_reach(lead: World) -> None:
    mailed = Mailed(lead, cc=[B, C], bcc=D)
    mailed.reported("bounced", C)
    mailed.reported("bounced", A)
    assert dict(mailed.retried().counts) == {"retried": 1}
    assert mailed.sent == [[A, B, C, D], [A, C]]
    assert (mailed.job.status, mailed.job.result["to"], mailed.job.result["cc"]) == (JobStatus.DONE, [A], [C])
    assert mailed.job.reason is not None
    assert mailed.job.reason.params["left_out"] == [REACHED_BEFORE(to=B), REACHED_BEFORE(to=D)]
    mailed.reported("bounced", A)
    assert dict(mailed.retried("2").counts) == {"retried": 1}
    assert mailed.sent[2:] == [[A]]


def test_a_retry_after_one_that_failed_by_itself_mails_nobody_twice_either(lead: World) -> None:
    mailed = Mailed(lead, cc=B)
    mailed.reported("bounced", A)
    lead.mailer.will(Fails(Permanent(Reason("sample.blocked", {"status": 410}), "410")))
    mailed.retried()
    assert mailed.job.status is JobStatus.FAILED
    mailed.retried("2")
    assert mailed.sent == [[A, B], [A]]


def test_a_retry_to_an_address_that_was_corrected_leaves_out_the_copies(lead: World) -> None:
    mailed = Mailed(lead, cc=B)
    mailed.reported("bounced", A)
    lead.has_record("lead:1", email=D)
    mailed.retried()
    assert mailed.sent == [[A, B], [D]]


def test_a_retry_is_skipped_if_all_in_to_were_reached_before(lead: World) -> None:
    mailed = Mailed(lead, cc=B)
    mailed.reported("bounced", A)
    lead.has_record("lead:1", email=B)
    mailed.retried()
    assert (mailed.job.status, mailed.job.reason) == (JobStatus.SKIPPED, REACHED_BEFORE(to=B))
    assert mailed.sent == [[A, B]]


def test_a_retry_after_a_mail_that_ses_did_not_send_mails_everybody(lead: World) -> None:
    mailed = Mailed(lead, cc=B)
    for address in (A, B):
        mailed.reported("rejected", address)
    mailed.retried()
    assert mailed.sent == [[A, B], [A, B]]


def test_late_reports_about_the_first_mail_do_not_end_the_retry(lead: World) -> None:
    mailed = Mailed(lead, cc=B)
    mailed.reported("bounced", A)
    first = mailed.job.result["message_id"]
    mailed.retried()
    second = mailed.job
    mailed.reported("opened", B, message_id=first)
    mailed.reported("complained", A, message_id=first)
    assert mailed.job == second
    mailed.reported("delivered", A)
    assert mailed.job.reason == DELIVERED


def test_a_retry_of_an_unknown_mail_leaves_out_whom_reports_showed_reached(lead: World) -> None:
    mailed = Mailed(lead, lost=True, cc=B)
    mailed.reported("delivered", B, copy=True, message_id="0107")
    mailed.reported("bounced", A, message_id="0107")
    mailed.retried()
    assert mailed.sent[-1] == [A]
