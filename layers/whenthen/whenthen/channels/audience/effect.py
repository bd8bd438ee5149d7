"""update_audience: put the run's customer into a custom audience of Meta, hashed, or take them out.

A repetition changes nothing: Meta knows a row by its hashes. So this channel may repeat.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from whenthen.channels.audience.action import ADD, REMOVE
from whenthen.channels.audience.hashing import row_of
from whenthen.domain.common.errors import Invalid, Permanent
from whenthen.domain.common.reason_codes import NOT_WHOLE_NUMBER
from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.events import trace
from whenthen.domain.records.consent import CONSENT, agreed_on, read_consent
from whenthen.domain.records.record import identities_of
from whenthen.domain.rules.step_parameters import render_step
from whenthen.domain.runs.run import Job, JobStatus, Outcome
from whenthen.domain.sending.circuits import WHOLE

if TYPE_CHECKING:
    from whenthen.domain.records.record import Record
    from whenthen.domain.rules.rule import Step
    from whenthen.ports.outgoing import HttpRequest
    from whenthen.ports.providers import Audiences
    from whenthen.usecases.ingest.update_consent import Consents

CHANNEL = "audience"
"""Names the consent: `consent.audience`."""

MARKETING = "marketing"

CHANGED = ReasonCode("audience.changed", "audience")
# The record has neither an e-mail address nor a telephone number.
NOBODY = ReasonCode("audience.nobody")
# No record of the customer says yes to `consent.audience`, or to all channels.
NOT_AGREED = ReasonCode("audience.not_agreed")
# Meta took the call and refused the customer's row.
ROW_REFUSED = ReasonCode("audience.row_refused", "audience")


class _Change(Struct, frozen=True):
    call: HttpRequest
    audience: str
    audiences: Audiences
    receiver: str = WHOLE

    @property
    def recipient(self) -> None:
        """Return None: nobody is written to, so it goes at any hour."""

    def perform(self) -> Outcome:
        if self.audiences.change_audience(self.call).get("num_invalid_entries"):
            raise Permanent(ROW_REFUSED(audience=self.audience))
        return Outcome(JobStatus.DONE, CHANGED(audience=self.audience))


class UpdateAudience(Struct, frozen=True):
    """Prepare changes of audiences."""

    audiences: Audiences
    consents: Consents
    default_country: str | None
    repeatable: bool = True

    def prepare(self, job: Job, step: Step, context: Mapping[str, Any]) -> _Change | Outcome:
        """Hash the customer, or skip who did not agree. Raises Invalid naming the wrong field.

        Whoever is removed is not asked for consent: taking it back is the usual reason.
        """
        given = render_step(step, context)
        adding = given.get("change", ADD) != REMOVE
        fields = context["record"] or ({} if adding else _deleted(context["event"]))
        audience = str(given["audience"]).strip()
        if not (audience.isascii() and audience.isdigit()):
            raise Invalid.field("with.audience", NOT_WHOLE_NUMBER())
        row = row_of(fields, self.default_country)
        if not row:
            return Outcome(JobStatus.SKIPPED, NOBODY())
        if adding and (refused := self._refused(fields)) is not None:
            return refused
        call = self.audiences.audience_call(audience, row, adding=adding)
        traced = {trace.HEADER: trace.made_by(context["event"][trace.HEADER], job.id)}
        return _Change(replace(call, headers={**call.headers, **traced}), audience, self.audiences)

    def _refused(self, fields: Mapping[str, Any]) -> Outcome | None:
        """Return the outcome for a customer who did not agree: a yes is needed, and no record may say no."""
        people: list[Record] = []
        for address in identities_of(fields):
            answer = self.consents.ask(CHANNEL, address, MARKETING)
            if answer.refused is not None:
                return Outcome(JobStatus.SKIPPED, answer.refused)
            people += answer.people
        said = [read_consent(each.get(CONSENT)) for each in (fields, *(person.fields for person in people))]
        agreed = any(agreed_on(CHANNEL, each) for each in said)
        return None if agreed else Outcome(JobStatus.SKIPPED, NOT_AGREED())


def _deleted(event: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what a deleted record was, by the event that tells of it: enough to take its person out."""
    fields = event["data"].get("fields") if str(event["type"]).endswith(".deleted") else None
    return fields if isinstance(fields, Mapping) else {}
