"""send_email: check, render and send a step's mail.

SES takes no idempotency key, so a mail whose answer was lost is not sent again.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from whenthen.channels.email.action import CHANNEL
from whenthen.channels.email.invitations import read_invitation, sent_invitation
from whenthen.channels.email.recipients.choice import PLACES, Choice, Recipients
from whenthen.channels.email.recipients.senders import Senders
from whenthen.channels.email.threads import thread_headers
from whenthen.channels.email.unsubscribing import one_customer, unsubscribe_headers
from whenthen.domain.common.errors import Invalid, Temporary
from whenthen.domain.common.reason_codes import EMPTY
from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.rules.step_parameters import render_step
from whenthen.domain.runs.run import Job, JobStatus, Outcome
from whenthen.domain.sending.circuits import WHOLE
from whenthen.domain.stored_templates.message_template import Channel
from whenthen.ports.outgoing import Mail
from whenthen.sources.outgoing_mail.texts import one_line
from whenthen.usecases.records.find_people import People

if TYPE_CHECKING:
    from whenthen.channels.email.attachments import Attachments
    from whenthen.domain.rules.rule import Step
    from whenthen.domain.sending.recipients import Recipient
    from whenthen.ports.clock import Clock
    from whenthen.ports.outgoing import WrittenMail
    from whenthen.ports.providers import Mailer, Threads
    from whenthen.ports.records import RecordStore
    from whenthen.usecases.context.stored_messages import StoredMessages
    from whenthen.usecases.ingest.update_consent import Consents
    from whenthen.usecases.sending.links import Links

MAX_SUBJECT = 500

# SES took the mail; whether it arrives is told by delivery reports.
ACCEPTED = ReasonCode("mail.accepted", "to")
# As before, but some of those whom the step names got none; `left_out` gives the reason for each.
ACCEPTED_WITHOUT = ReasonCode("mail.accepted_without", "to", "left_out")


class _Send(Struct, frozen=True):
    mail: WrittenMail
    run_id: str
    channel: SendEmail
    chosen: Recipients
    receiver: str = WHOLE

    @property
    def recipient(self) -> Recipient | None:
        return self.chosen.customer

    @property
    def reaches(self) -> tuple[str, ...]:
        return tuple(f"email#{address}" for address in (*self.chosen.to, *self.chosen.cc, *self.chosen.bcc))

    def perform(self) -> Outcome:
        message_id = self.channel.mailer.send(self.mail)
        # The mail is sent: a failure from here on must not look like a failure to send. A reply then finds no run.
        with suppress(Temporary):
            # A reply names the mail as <id@region.amazonses.com>: only the id is always the same.
            self.channel.threads.remember(message_id.partition("@")[0], self.run_id, self.channel.clock.now())
        to, left_out = ", ".join(self.mail.mail.recipients), list(self.chosen.left_out)
        reason = ACCEPTED_WITHOUT(to=to, left_out=left_out) if left_out else ACCEPTED(to=to)
        invitation = sent_invitation(self.mail.mail.invitation)
        return Outcome(JobStatus.DONE, reason, {"message_id": message_id, **_recipients(self.mail.mail), **invitation})


class SendEmail(Struct, frozen=True):
    """Prepare mail. It comes from `sender`, unless a step names one of `further`.

    receives   the domain whose mail reaches this stack; empty: none
    """

    mailer: Mailer
    sender: str
    consents: Consents
    threads: Threads
    clock: Clock
    records: RecordStore
    attachments: Attachments
    links: Links
    stored: StoredMessages
    repeatable: bool = False
    further: tuple[str, ...] = ()
    receives: str = ""

    def prepare(self, job: Job, step: Step, context: Mapping[str, Any]) -> _Send | Outcome:
        """Render the mail, or skip it if nobody may get it. Raises Invalid naming the wrong field."""
        people = People(self.records, context["record"])
        purpose = step.parameters.get("purpose", "")
        choose = Choice(people, self.consents, context["record"], purpose, frozenset(job.reached))
        chosen = choose({place: _written(step, place) for place in PLACES}, render_step(step, context, PLACES))
        if isinstance(chosen, Outcome):
            return chosen
        now = self.clock.now()
        links = self.links.of(one_customer(chosen), CHANNEL)
        words = {**context, **links}
        given = self._with_texts(render_step(step, words), words)
        senders = Senders(people, step.parameters, self.sender, self.further)
        sender, answers = senders.sender(given.get("from", ""))
        first, *others = chosen.to
        subject = _line(given["subject"])
        invitation = given.get("invitation")
        headers = {"X-Whenthen-Job": job.id, "X-Whenthen-Run": job.run_id, "Auto-Submitted": "auto-generated"}
        mail = Mail(
            sender=sender,
            to=first,
            others=tuple(others),
            cc=chosen.cc,
            bcc=chosen.bcc,
            subject=subject,
            text=given.get("text", ""),
            html=given.get("html", ""),
            reply_to=senders.reply_to(given.get("reply_to", "")) or answers,
            headers=headers
            | thread_headers(context["event"], chosen.to)
            | unsubscribe_headers(links, purpose, self.sender, self.receives),
            files=self.attachments.gather(given.get("attachments", []), _written(step, "attachments"), context),
            invitation=read_invitation(invitation, context, subject, self.sender, now) if invitation else None,
        )
        return _Send(self.mailer.write(mail), job.run_id, self, chosen)

    def _with_texts(self, given: dict[str, Any], context: Mapping[str, Any]) -> dict[str, Any]:
        """Add the texts of the stored template that the step names. Raises NotFound, Temporary, Invalid."""
        if not given.get("template"):
            return given
        message = self.stored.render(given["template"], Channel.EMAIL, context)
        return {**given, "subject": message.subject, "text": message.text, "html": message.html}


def _recipients(mail: Mail) -> dict[str, list[str]]:
    """Return the part of a job's result by which delivery reports find whom they are about."""
    found = {"to": [mail.to, *mail.others], "cc": list(mail.cc), "bcc": list(mail.bcc)}
    return {place: addresses for place, addresses in found.items() if addresses}


def _written(step: Step, name: str) -> set[str]:
    """Return the texts of a list as the admin wrote them: words count only there."""
    return set(step.parameters.get(name, ()))


def _line(subject: str) -> str:
    """Join the subject into one line: a line break in a value must not become a header."""
    line = one_line(subject)
    if not line:
        raise Invalid.field("with.subject", EMPTY())
    return line[:MAX_SUBJECT]
