"""send_email: a step's mail, checked and rendered. SES takes no idempotency key: a lost answer is not repeated."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from whenthen.domain.common.errors import Invalid, Temporary
from whenthen.domain.events import identities
from whenthen.domain.runs.run import Job, JobStatus, Outcome
from whenthen.domain.templating import templates
from whenthen.ports.values import Mail

if TYPE_CHECKING:
    from whenthen.domain.rules.rule import Step
    from whenthen.ports.clock import Clock
    from whenthen.ports.providers import Mailer, Threads
    from whenthen.ports.values import WrittenMail
    from whenthen.usecases.ingest.update_consent import Consents

MAX_SUBJECT = 500

_SENDER = re.compile(
    r"""(?:(?:"(?:[^"\\\r\n]|\\[^\r\n])*"|[^"()<>@,;:\\\[\]\r\n]*)\s*<([^<>\s]+)>|([^"()<>,;:\\\s]+))\s*"""
)
"""One address, alone or in brackets behind a name; a name with other characters than letters must be in quotes."""


class _Send(Struct, frozen=True):
    mail: WrittenMail
    run_id: str
    channel: SendEmail

    def perform(self) -> Outcome:
        message_id = self.channel.mailer.send(self.mail)
        # It is sent: what fails from here on must not look as if it were not. An answer then knows no run.
        with suppress(Temporary):
            # An answer names the mail as <id@region.amazonses.com>: the id alone is what stays the same.
            self.channel.threads.remember(message_id.partition("@")[0], self.run_id, self.channel.clock.now())
        return Outcome(JobStatus.DONE, f"mail to {self.mail.mail.to} taken by SES", {"message_id": message_id})


class SendEmail(Struct, frozen=True):
    """The e-mail channel. `sender` is whom mail is from, unless a step names one of `further`."""

    mailer: Mailer
    sender: str
    consents: Consents
    threads: Threads
    clock: Clock
    repeatable: bool = False
    further: tuple[str, ...] = ()

    def prepare(self, job: Job, step: Step, context: Mapping[str, Any]) -> _Send | Outcome:
        """Skipped where the recipient refuses mail. Raises Invalid naming what the mail lacks."""
        html = templates.render(step.parameters.get("html", ""), context, escaping=True)
        plain = {name: value for name, value in step.parameters.items() if name != "html"}
        given = templates.render_all(plain, context)
        to = _address(given.get("to") or (context["record"] or {}).get("email") or "", "to")
        refused = self.consents.opted_out("email", identities.identity("email", to), given.get("purpose", ""))
        if refused is not None:
            return Outcome(JobStatus.SKIPPED, refused)
        mail = Mail(
            sender=self._allowed(given["from"]) if given.get("from") else self.sender,
            to=to,
            subject=_line(given["subject"]),
            text=given.get("text", ""),
            html=html,
            reply_to=_address(given["reply_to"], "reply_to") if given.get("reply_to") else "",
            headers={"X-Whenthen-Job": job.id, "X-Whenthen-Run": job.run_id, "Auto-Submitted": "auto-generated"},
        )
        return _Send(self.mailer.write(mail), job.run_id, self)

    def _allowed(self, sender: str) -> str:
        """The sender that a step names, if mail may be from it: the function's role lets it send as no other."""
        found = _SENDER.fullmatch(sender)
        address = (found[1] or found[2]).lower() if found else None
        if address not in {known.lower() for known in (self.sender, *self.further)}:
            raise Invalid.field(
                "with.from", f"{sender!r} is no sender of this stack: its parameter MailSenders names them"
            )
        return sender


def _address(value: Any, name: str) -> str:
    address = identities.email(value) if isinstance(value, str) else None
    if address is None:
        said = f"{value!r} is not an e-mail address" if value else "there is no e-mail address"
        raise Invalid.field(f"with.{name}", said)
    return address


def _line(subject: str) -> str:
    """One line: what a value brings along in line breaks must not become a header."""
    line = " ".join(subject.split())
    if not line:
        raise Invalid.field("with.subject", "is empty")
    return line[:MAX_SUBJECT]
