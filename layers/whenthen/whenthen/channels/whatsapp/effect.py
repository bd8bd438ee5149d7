"""send_whatsapp: send a template or a free text through the Cloud API, which takes no idempotency key.

The job's callback (its run and its id) goes out as `biz_opaque_callback_data` and comes back in delivery reports,
by which a job whose answer was lost gets its outcome (`apply_delivery_report`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from unicodedata import category

from msgspec import Struct
from msgspec.structs import replace

from whenthen.domain.common.errors import Invalid
from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.events import identities, trace
from whenthen.domain.rules.step_parameters import render_step
from whenthen.domain.runs.run import Job, JobStatus, Outcome
from whenthen.domain.sending.circuits import WHOLE
from whenthen.domain.sending.recipients import recipient_of
from whenthen.usecases.records.reason_codes import NO_PHONE

if TYPE_CHECKING:
    from whenthen.domain.rules.rule import Step
    from whenthen.domain.sending.recipients import Recipient
    from whenthen.ports.outgoing import HttpRequest
    from whenthen.ports.providers import Graph
    from whenthen.usecases.ingest.update_consent import Consents

MAX_TEXT = 4096
DEFAULT_LANGUAGE = "en_US"

# WhatsApp took the message; whether it arrives is told by delivery reports.
ACCEPTED = ReasonCode("whatsapp.accepted")
MISSING_PHONE = ReasonCode("phone.none")
# The text has `found` characters; from 1 to `most` are allowed.
TEXT_LENGTH = ReasonCode("whatsapp.text_length", "most", "found")
# The value in this place of the template, counted from 1, is empty. WhatsApp takes no empty values.
EMPTY_VALUE = ReasonCode("whatsapp.empty_value", "place")

_INVISIBLE = frozenset(["Cc", "Cf", "Cs", "Co", "Cn"])
"""Unicode categories of characters that show nothing. Those that join letters stay within a text."""


class _Send(Struct, frozen=True):
    call: HttpRequest
    graph: Graph
    recipient: Recipient
    receiver: str = WHOLE

    def perform(self) -> Outcome:
        message_id = self.graph.send_message(self.call)
        return Outcome(JobStatus.DONE, ACCEPTED(), {"message_id": message_id})


class SendWhatsapp(Struct, frozen=True):
    """Prepare WhatsApp messages."""

    graph: Graph
    default_country: str | None
    consents: Consents
    repeatable: bool = False

    def prepare(self, job: Job, step: Step, context: Mapping[str, Any]) -> _Send | Outcome:
        """Render the message, or skip it if the recipient opted out. Raises Invalid naming the wrong field."""
        given = render_step(step, context)
        recipient = self._recipient(given, context)
        address = _identity(recipient)
        answer = self.consents.ask("whatsapp", address, given.get("purpose", ""))
        if answer.refused is not None:
            return Outcome(JobStatus.SKIPPED, answer.refused)
        message: dict[str, Any] = {
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            **recipient,
            **(_template(given) if given.get("template") else _text(given)),
        }
        if given.get("reply_to"):
            message["context"] = {"message_id": given["reply_to"]}
        person = recipient_of(address, context["record"], answer.people)
        call = self.graph.message(message, job.callback)
        traced = {trace.HEADER: trace.made_by(context["event"][trace.HEADER], job.id)}
        return _Send(replace(call, headers={**call.headers, **traced}), self.graph, person)

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


def _text(given: Mapping[str, Any]) -> dict[str, Any]:
    body = given.get("text", "")
    if not body.strip() or len(body) > MAX_TEXT:
        raise Invalid.field("with.text", TEXT_LENGTH(most=MAX_TEXT, found=len(body)))
    return {"type": "text", "text": {"preview_url": False, "body": body}}


def _template(given: Mapping[str, Any]) -> dict[str, Any]:
    template: dict[str, Any] = {
        "name": given["template"],
        "language": {"code": given.get("language") or DEFAULT_LANGUAGE},
    }
    if given.get("parameters"):
        values = [{"type": "text", "text": text} for text in _values(given["parameters"])]
        template["components"] = [{"type": "body", "parameters": values}]
    return {"type": "template", "template": template}


def _values(given: Sequence[str]) -> list[str]:
    """Return the values of a template in one line each: Meta takes no line breaks, tabs, runs of spaces, or nothing.

    Raises Invalid naming the value that is empty.
    """
    values = [" ".join("".join(map(_without_control, text)).split()) for text in given]
    for place, value in enumerate(values):
        if all(character == " " or category(character) in _INVISIBLE for character in value):
            raise Invalid.field(f"with.parameters[{place}]", EMPTY_VALUE(place=place + 1))
    return values


def _without_control(character: str) -> str:
    return " " if category(character) == "Cc" else character
