"""send_whatsapp: send a template, or free content, through the Cloud API, which takes no idempotency key.

The job's callback (its run and its id) goes out as `biz_opaque_callback_data` and comes back in delivery reports,
by which a job whose answer was lost gets its outcome (`apply_delivery_report`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from whenthen.channels.whatsapp import messages
from whenthen.channels.whatsapp.action import CHANNEL
from whenthen.domain.common.errors import Invalid, Permanent
from whenthen.domain.common.reasons import ReasonCode, is_because_of
from whenthen.domain.events import identities, trace
from whenthen.domain.rules.step_parameters import render_step
from whenthen.domain.runs.run import Job, JobStatus, Outcome
from whenthen.domain.sending.circuits import WHOLE
from whenthen.domain.sending.recipients import recipient_of
from whenthen.domain.stored_templates.message_template import Channel
from whenthen.ports.reason_codes import WINDOW_CLOSED
from whenthen.usecases.records.reason_codes import NO_PHONE

if TYPE_CHECKING:
    from whenthen.domain.rules.rule import Step
    from whenthen.domain.sending.recipients import Recipient
    from whenthen.ports.clock import Clock
    from whenthen.ports.events import Occurrences
    from whenthen.ports.outgoing import HttpRequest
    from whenthen.ports.providers import Graph
    from whenthen.usecases.context.stored_messages import StoredMessages
    from whenthen.usecases.ingest.update_consent import Consents
    from whenthen.usecases.sending.links import Links

WINDOW = timedelta(hours=24)
"""How long after a customer's message free content may follow."""

RECEIVED = "whatsapp.message_received"

_STORED = "stored_template"
_ADDRESSES = ("phone#", "whatsapp#")
"""Begin the identities under which a customer's messages are noted."""

# WhatsApp took the message; whether it arrives is told by delivery reports.
ACCEPTED = ReasonCode("whatsapp.accepted")
MISSING_PHONE = ReasonCode("phone.none")


class _Send(Struct, frozen=True):
    """Hold a message that is ready to go.

    otherwise   the template that goes instead, where WhatsApp says that free content comes too late
    """

    call: HttpRequest
    graph: Graph
    recipient: Recipient
    otherwise: HttpRequest | None = None
    receiver: str = WHOLE

    def perform(self) -> Outcome:
        try:
            message_id = self.graph.send_message(self.call)
        except Permanent as error:
            if self.otherwise is None or not is_because_of(error.reason, WINDOW_CLOSED):
                raise
            message_id = self.graph.send_message(self.otherwise)
        return Outcome(JobStatus.DONE, ACCEPTED(), {"message_id": message_id})


class SendWhatsapp(Struct, frozen=True):
    """Prepare WhatsApp messages."""

    graph: Graph
    default_country: str | None
    consents: Consents
    occurrences: Occurrences
    clock: Clock
    stored: Callable[[], StoredMessages]
    links: Links
    repeatable: bool = False

    def prepare(self, job: Job, step: Step, context: Mapping[str, Any]) -> _Send | Outcome:
        """Render the message, or skip it if the recipient opted out. Raises Invalid naming the wrong field."""
        recipient = self._recipient(render_step(step, context, ("to",)), context)
        address = _identity(recipient)
        answer = self.consents.ask("whatsapp", address, step.parameters.get("purpose", ""))
        if answer.refused is not None:
            return Outcome(JobStatus.SKIPPED, answer.refused)
        person = recipient_of(address, context["record"], answer.people)
        words = {**context, **self.links.for_step(step, person, CHANNEL)}
        given = render_step(step, words)
        if given.get(_STORED):
            given["text"] = self.stored().render(given[_STORED], Channel.WHATSAPP, words, _STORED).text
        first, second = self._contents(given, person)
        envelope: dict[str, Any] = {
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            **recipient,
            **({"context": {"message_id": given["reply_to"]}} if given.get("reply_to") else {}),
        }
        traced = {trace.HEADER: trace.made_by(context["event"][trace.HEADER], job.id)}
        call = self._call({**envelope, **first}, job, traced)
        otherwise = self._call({**envelope, **second}, job, traced) if second else None
        return _Send(call, self.graph, person, otherwise)

    def _call(self, message: Mapping[str, Any], job: Job, headers: Mapping[str, str]) -> HttpRequest:
        call = self.graph.message(message, job.callback)
        return replace(call, headers={**call.headers, **headers})

    def _contents(self, given: Mapping[str, Any], person: Recipient) -> tuple[dict[str, Any], dict[str, Any] | None]:
        """Return what goes, and what goes where that is refused as too late. Raises Invalid.

        A step may have free content and a template: the template goes where the customer has not written for a day.
        """
        template = messages.template(given)
        if template is not None and not (messages.has_free(given) and self._is_open(person)):
            return template, None
        free = messages.free(given)
        return (template or {}, None) if free is None else (free, template)

    def _is_open(self, person: Recipient) -> bool:
        """Tell whether the customer wrote within the last day, as far as is known here."""
        now = self.clock.now()
        addresses = [each for each in person.identities if each.startswith(_ADDRESSES)]
        return any(self.occurrences.times(key, RECEIVED, since=now - WINDOW, until=now, limit=1) for key in addresses)

    def _recipient(self, given: Mapping[str, Any], context: Mapping[str, Any]) -> dict[str, str]:
        """Return the phone number, or the business-scoped id of a customer whose number Meta does not tell."""
        record, data = context["record"] or {}, context["event"]["data"]
        for text in (given.get("to"), record.get("phone"), data.get("phone")):
            if text:
                number = identities.phone(str(text), self.default_country)
                if number is None:
                    raise Invalid.field("with.to", NO_PHONE(value=str(text)))
                return {"to": number.removeprefix("+")}
        external_id = record.get("whatsapp") or data.get("user_id")
        if not external_id:
            raise Invalid.field("with.to", MISSING_PHONE())
        return {"recipient": str(external_id)}


def _identity(recipient: Mapping[str, str]) -> str:
    """Return the identity by which the recipient's records are found."""
    if "to" in recipient:
        return identities.identity("phone", f"+{recipient['to']}")
    return identities.identity("whatsapp", recipient["recipient"])
