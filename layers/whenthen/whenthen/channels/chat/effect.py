"""send_chat: write into a chat, by a POST to the base URL of the chat system's connection.

The job's id is the `Idempotency-Key` of every attempt. A message is repeated after a lost answer only if the connection
says that its system ignores repetitions under that key; else it is unknown then.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from whenthen.channels.chat.action import CHANNEL
from whenthen.domain.common.errors import Invalid
from whenthen.domain.common.reason_codes import EMPTY
from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.connections import headers
from whenthen.domain.connections.answers import is_expected
from whenthen.domain.records.consent import CONSENT, agreed_on, read_consent
from whenthen.domain.records.consent_signals import REFUSED
from whenthen.domain.records.record import identities_of
from whenthen.domain.rules.actions import MARKETING
from whenthen.domain.rules.step_parameters import Rendering, render_step
from whenthen.domain.runs.run import Job, JobStatus, Outcome
from whenthen.domain.sending.recipients import Recipient
from whenthen.domain.stored_templates.message_template import Channel as Messages
from whenthen.domain.templating.plain_text import FOR_MACHINES, plain
from whenthen.domain.templating.syntax import SECRETS
from whenthen.ports.outgoing import HttpRequest
from whenthen.ports.reason_codes import TOO_LARGE
from whenthen.usecases.sending.outgoing_cause import cause_of

if TYPE_CHECKING:
    from whenthen.domain.common.reasons import Reason
    from whenthen.domain.connections.connection import Connection
    from whenthen.domain.rules.rule import Step
    from whenthen.ports.providers import Secrets
    from whenthen.usecases.connections.over_connection import OverConnection
    from whenthen.usecases.context.stored_messages import StoredMessages
    from whenthen.usecases.ingest.update_consent import Consents

MAX_BODY = 64_000
"""Bytes of a message, with what is in `data`."""

MAX_CHAT = 200
"""Characters of a chat's id."""

# The chat system took the message; `status` is the HTTP status.
ACCEPTED = ReasonCode("chat.accepted", "status")
# Neither the step nor the event names a chat.
NO_CHAT = ReasonCode("chat.none")


class _Message(Struct, frozen=True):
    request: HttpRequest
    connection: Connection
    recipient: Recipient
    channel: SendChat

    @property
    def receiver(self) -> str:
        """Name the connection: other chat systems go on while it fails."""
        return self.connection.name

    @property
    def repeatable(self) -> bool:
        """Tell whether the message may be sent again after a lost answer."""
        return self.connection.idempotent

    def perform(self) -> Outcome:
        answer = self.channel.over.send(self.connection, self.request)
        if is_expected(answer.status, ()):
            return Outcome(JobStatus.DONE, ACCEPTED(status=answer.status), {"status": answer.status})
        raise self.channel.over.error_of(answer, self.connection, repeatable=self.repeatable)


class SendChat(Struct, frozen=True):
    """Prepare messages to chats. Each says for itself whether it may be repeated."""

    over: OverConnection
    secrets: Secrets
    consents: Consents
    stored: Callable[[], StoredMessages]
    repeatable: bool = False

    def prepare(self, job: Job, step: Step, context: Mapping[str, Any]) -> _Message | Outcome:
        """Render the message, or skip it if the customer refuses it. Raises Invalid naming the wrong field.

        The run's record is the person in the chat: no chat system proves that.
        """
        given = render_step(step, context)
        chat = _chat(given, context)
        recipient = _recipient(chat, context["record"])
        if (refused := self._refused(recipient, given.get("purpose", MARKETING), context)) is not None:
            return Outcome(JobStatus.SKIPPED, refused)
        connection = self.over.read(given["connection"])
        document = {"id": job.id, "chat": chat, "text": self._text(given, context)}
        if given.get("data") is not None:
            document["data"] = given["data"]
        body = json.dumps(document, ensure_ascii=False, default=str).encode()
        if len(body) > MAX_BODY:
            largest = "data" if "data" in document else "text"
            raise Invalid.field(f"with.{largest}", TOO_LARGE(most=MAX_BODY, found=len(body)))
        request = HttpRequest("POST", connection.base_url, self._headers(job, connection, context), body)
        return _Message(request, connection, recipient, self)

    def _refused(self, recipient: Recipient, purpose: str, context: Mapping[str, Any]) -> Reason | None:
        """Return why nothing may be sent: the record, or another one of the same person, refuses messages in chats."""
        record = context["record"]
        if record and purpose == MARKETING and agreed_on(CHANNEL, read_consent(record.get(CONSENT))) is False:
            return REFUSED(channel=CHANNEL, ref=record["ref"])
        return self.consents.ask(CHANNEL, recipient.identity, purpose).refused

    def _text(self, given: Mapping[str, Any], context: Mapping[str, Any]) -> str:
        if given.get("template"):
            text = self.stored().render(given["template"], Messages.ANY, context).text
        else:
            text = given.get("text", "")
        text = text.replace("\r\n", "\n").strip()
        if not text:
            raise Invalid.field("with.text", EMPTY())
        return text

    def _headers(self, job: Job, connection: Connection, context: Mapping[str, Any]) -> dict[str, str]:
        known = {**context, SECRETS: self.over.secrets_of(connection)}
        defaults = headers.written(Rendering(known).value(connection.headers), "headers")
        own = {"idempotency-key": job.id, **cause_of(job, context, self.secrets)}
        return {"user-agent": "whenthen", "content-type": "application/json", **defaults, **own}


def _chat(given: Mapping[str, Any], context: Mapping[str, Any]) -> str:
    for value in (given.get("to"), context["event"]["data"].get("chat")):
        text = plain(value, FOR_MACHINES).strip() if value is not None else ""
        if text:
            if len(text) > MAX_CHAT:
                raise Invalid.field("with.to", TOO_LARGE(most=MAX_CHAT, found=len(text)))
            return text
    raise Invalid.field("with.to", NO_CHAT())


def _recipient(chat: str, record: Mapping[str, Any] | None) -> Recipient:
    """Say who is written to: the run's record, by its address if it has one, so that limits count the person once."""
    own = identities_of(record) if record else ()
    return Recipient(own[0] if own else f"{CHANNEL}#{chat}", (record,) if record else ())
