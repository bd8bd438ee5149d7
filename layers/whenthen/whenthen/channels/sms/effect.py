"""send_sms: check, render and send a step's SMS.

Neither provider takes an idempotency key. The job's callback goes out with the message and comes back in reports, by
which a job whose answer was lost gets its outcome (`apply_delivery_report`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from whenthen.channels.sms.action import CHANNEL
from whenthen.channels.sms.countries import COUNTRIES, DEFAULT, against, country_of
from whenthen.channels.sms.lifetime import lifetime
from whenthen.channels.sms.message import OPTED_OUT, Sms
from whenthen.domain.common import ids
from whenthen.domain.common.errors import Invalid, Permanent, Temporary
from whenthen.domain.common.reason_codes import EMPTY
from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.events import identities
from whenthen.domain.events.event import Event
from whenthen.domain.rules.actions import MARKETING
from whenthen.domain.rules.step_parameters import render_step
from whenthen.domain.runs.run import Job, JobStatus, Outcome
from whenthen.domain.sending.circuits import WHOLE
from whenthen.domain.sending.recipients import recipient_of
from whenthen.domain.sending.sms_parts import TOO_MANY_PARTS, sms_parts
from whenthen.domain.stored_templates.message_template import Channel
from whenthen.usecases.records.reason_codes import NO_PHONE

if TYPE_CHECKING:
    from whenthen.channels.sms.message import SmsProvider
    from whenthen.domain.rules.rule import Step
    from whenthen.domain.sending.recipients import Recipient
    from whenthen.ports.clock import Clock
    from whenthen.ports.events import Bus
    from whenthen.usecases.context.stored_messages import StoredMessages
    from whenthen.usecases.ingest.update_consent import Consents
    from whenthen.usecases.sending.links import Links

# The provider took the message, as so many parts; whether it arrives is told by delivery reports.
ACCEPTED = ReasonCode("sms.accepted", "parts", "encoding")
NO_NUMBER = ReasonCode("sms.no_number")
# The provider refuses messages to this number, since its owner opted out there.
REFUSED_AT_PROVIDER = ReasonCode("sms.refused_at_provider", "to")


class _Send(Struct, frozen=True):
    sms: Sms
    job_id: str
    channel: SendSms
    recipient: Recipient
    receiver: str = WHOLE

    def perform(self) -> Outcome:
        """Send it. A recipient who opted out at the provider has refused messages: the records learn of it."""
        try:
            message_id = self.channel.provider.send(self.sms)
        except Permanent as error:
            if error.code != OPTED_OUT:
                raise
            with suppress(Temporary):  # the provider will say it again, to the next message
                self.channel.bus.publish([self._opted_out()])
            return Outcome(JobStatus.SKIPPED, REFUSED_AT_PROVIDER(to=self.sms.to))
        found = sms_parts(self.sms.text)
        counted = {"parts": found.parts, "encoding": found.encoding.value}
        reason = ACCEPTED(parts=found.parts, encoding=found.encoding.value)
        return Outcome(JobStatus.DONE, reason, {"message_id": message_id, **counted})

    def _opted_out(self) -> Event:
        return Event(
            id=ids.event_id("sms", f"opted_out:{self.job_id}"),
            source="sms",
            type="sms.opted_out",
            time=self.channel.clock.now(),
            identities=(identities.identity("phone", self.sms.to),),
            data={"to": self.sms.to, "callback": self.sms.callback},
            origin="source:sms",
        )


class SendSms(Struct, frozen=True):
    """Prepare SMS. It comes from `sender`, unless a step names another; it has `most_parts` parts or fewer."""

    provider: SmsProvider
    sender: str
    most_parts: int
    default_country: str | None
    consents: Consents
    bus: Bus
    clock: Clock
    stored: Callable[[], StoredMessages]
    links: Links
    repeatable: bool = False

    def prepare(self, job: Job, step: Step, context: Mapping[str, Any]) -> _Send | Outcome:
        """Render the message, or skip it if its recipient or their country refuses it. Raises Invalid by field."""
        number = self._number(render_step(step, context, ("to",)), context)
        purpose = step.parameters.get("purpose", "")
        country, marketing = country_of(number), (purpose or MARKETING) == MARKETING
        address = identities.identity("phone", number)
        opt_in = COUNTRIES.get(country, DEFAULT).opt_in
        answer = self.consents.ask("sms", address, purpose, opt_in=opt_in)
        if answer.refused is not None:
            return Outcome(JobStatus.SKIPPED, answer.refused)
        recipient = recipient_of(address, context["record"], answer.people)
        words = {**context, **self.links.for_step(step, recipient, CHANNEL)}
        given = render_step(step, words)
        text, sender = self._text(given, words, marketing=marketing), given.get("from") or self.sender
        refused = against(country, text, sender, marketing=marketing, any_links=given.get("links") == "always")
        if refused is not None:
            return Outcome(JobStatus.SKIPPED, refused)
        sms = Sms(number, self._bounded(text), sender, job.callback, marketing, lifetime(given.get("ttl")))
        return _Send(sms, job.id, self, recipient)

    def _number(self, given: Mapping[str, Any], context: Mapping[str, Any]) -> str:
        record, data = context["record"] or {}, context["event"]["data"]
        for value in (given.get("to"), record.get("phone"), data.get("phone")):
            if value:
                number = identities.phone(str(value), self.default_country)
                if number is None:
                    raise Invalid.field("with.to", NO_PHONE(value=str(value)))
                return number
        raise Invalid.field("with.to", NO_NUMBER())

    def _text(self, given: Mapping[str, Any], context: Mapping[str, Any], *, marketing: bool) -> str:
        """Return the text as it goes out: with the way to stop marketing messages at its end."""
        if given.get("template"):
            written = self.stored().render(given["template"], Channel.SMS, context).text
        else:
            written = given.get("text", "")
        text = written.replace("\r\n", "\n").strip()
        if not text:
            raise Invalid.field("with.text", EMPTY())
        way_out = given.get("opt_out", "").strip() if marketing else ""
        return f"{text}\n{way_out}" if way_out else text

    def _bounded(self, text: str) -> str:
        """Return the text. Raises Invalid if it has more parts than the stack allows."""
        found = sms_parts(text)
        if found.parts > self.most_parts:
            said = TOO_MANY_PARTS(parts=found.parts, most=self.most_parts, encoding=found.encoding.value)
            raise Invalid.field("with.text", said)
        return text
