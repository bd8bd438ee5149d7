"""send_email: check, render and send a step's mail.

SES takes no idempotency key, so a mail whose answer was lost is not sent again.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from whenthen.channels.email.mailboxes import is_writable, mailbox_of
from whenthen.domain.common.errors import Invalid, Temporary
from whenthen.domain.common.reason_codes import EMPTY
from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.events import identities
from whenthen.domain.rules.step_parameters import render_step
from whenthen.domain.runs.run import Job, JobStatus, Outcome
from whenthen.domain.sending.circuits import WHOLE
from whenthen.domain.sending.recipients import recipient_of
from whenthen.ports.outgoing import Mail
from whenthen.usecases.records.reason_codes import NO_EMAIL

if TYPE_CHECKING:
    from whenthen.domain.rules.rule import Step
    from whenthen.domain.sending.recipients import Recipient
    from whenthen.ports.clock import Clock
    from whenthen.ports.outgoing import WrittenMail
    from whenthen.ports.providers import Mailer, Threads
    from whenthen.usecases.ingest.update_consent import Consents

MAX_SUBJECT = 500

# SES took the mail; whether it arrives is told by delivery reports.
ACCEPTED = ReasonCode("mail.accepted", "to")
NO_ADDRESS = ReasonCode("mail.no_address")
# The step names a sender that the stack's parameter MailSenders does not list.
UNKNOWN_SENDER = ReasonCode("mail.unknown_sender", "value")


class _Send(Struct, frozen=True):
    mail: WrittenMail
    run_id: str
    channel: SendEmail
    recipient: Recipient
    receiver: str = WHOLE

    def perform(self) -> Outcome:
        message_id = self.channel.mailer.send(self.mail)
        # The mail is sent: a failure from here on must not look like a failure to send. A reply then finds no run.
        with suppress(Temporary):
            # A reply names the mail as <id@region.amazonses.com>: only the id is always the same.
            self.channel.threads.remember(message_id.partition("@")[0], self.run_id, self.channel.clock.now())
        return Outcome(JobStatus.DONE, ACCEPTED(to=self.mail.mail.to), {"message_id": message_id})


class SendEmail(Struct, frozen=True):
    """Prepare mail. It comes from `sender`, unless a step names one of `further`."""

    mailer: Mailer
    sender: str
    consents: Consents
    threads: Threads
    clock: Clock
    repeatable: bool = False
    further: tuple[str, ...] = ()

    def prepare(self, job: Job, step: Step, context: Mapping[str, Any]) -> _Send | Outcome:
        """Render the mail, or skip it if the recipient opted out. Raises Invalid naming the wrong field."""
        given = render_step(step, context)
        to = _address(given.get("to") or (context["record"] or {}).get("email") or "", "to")
        address = identities.identity("email", to)
        answer = self.consents.ask("email", address, given.get("purpose", ""))
        if answer.refused is not None:
            return Outcome(JobStatus.SKIPPED, answer.refused)
        mail = Mail(
            sender=self._allowed(given["from"]) if given.get("from") else self.sender,
            to=to,
            subject=_line(given["subject"]),
            text=given.get("text", ""),
            html=given.get("html", ""),
            reply_to=_address(given["reply_to"], "reply_to") if given.get("reply_to") else "",
            headers={"X-Whenthen-Job": job.id, "X-Whenthen-Run": job.run_id, "Auto-Submitted": "auto-generated"},
        )
        return _Send(self.mailer.write(mail), job.run_id, self, recipient_of(address, context["record"], answer.people))

    def _allowed(self, sender: str) -> str:
        """Return a step's sender if it is allowed; the function's role permits no other. Raises Invalid."""
        found = mailbox_of(sender)
        address = identities.email(found.address) if found else None
        if address is None or address not in {identities.email(known) for known in (self.sender, *self.further)}:
            raise Invalid.field("with.from", UNKNOWN_SENDER(value=sender))
        return sender


def _address(value: Any, name: str) -> str:
    address = identities.email(value) if isinstance(value, str) else None
    if address is None or not is_writable(address):
        raise Invalid.field(f"with.{name}", NO_EMAIL(value=str(value)) if value else NO_ADDRESS())
    return address


def _line(subject: str) -> str:
    """Join the subject into one line: a line break in a value must not become a header."""
    line = " ".join(subject.split())
    if not line:
        raise Invalid.field("with.subject", EMPTY())
    return line[:MAX_SUBJECT]
