"""Choose who gets a mail: everyone that the step names, once, without those who refuse and those without an address."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from whenthen.domain.common.errors import Invalid
from whenthen.domain.common.reasons import Reason, ReasonCode
from whenthen.domain.events import identities
from whenthen.domain.runs.run import JobStatus, Outcome
from whenthen.domain.sending.recipients import Recipient, recipient_of
from whenthen.usecases.records.find_people import NOBODY_THERE
from whenthen.usecases.records.reason_codes import NO_EMAIL

if TYPE_CHECKING:
    from whenthen.usecases.ingest.update_consent import Consents
    from whenthen.usecases.records.find_people import People, Person

MAX_RECIPIENTS = 50
"""Addresses in `to`, `cc` and `bcc` together: SES takes no more."""

Texts = Mapping[str, Collection[str]]
PLACES = ("to", "cc", "bcc")

# The step is tried again, and its first mail reached this address.
REACHED_BEFORE = ReasonCode("mail.reached_before", "to")
# `left_out` gives the reason for each.
NOBODY_LEFT = ReasonCode("mail.nobody_left", "left_out")
TOO_MANY_RECIPIENTS = ReasonCode("mail.too_many_recipients", "count", "found")


class Recipients(Struct, frozen=True):
    """Hold who gets a mail, where they are named, and the reasons why others do not.

    customer   the first recipient who is no staff: limits of sending go by them; None if all are staff
    customers  how many recipients are no staff
    """

    to: tuple[str, ...]
    cc: tuple[str, ...] = ()
    bcc: tuple[str, ...] = ()
    left_out: tuple[Reason, ...] = ()
    customer: Recipient | None = None
    customers: int = 0


class Choice(Struct, frozen=True):
    """Choose the recipients of a mail with this purpose. Those whom an earlier mail of its job reached get no other."""

    people: People
    consents: Consents
    record: Mapping[str, Any] | None
    purpose: str
    reached: frozenset[str] = frozenset()

    def __call__(self, written: Texts, given: Texts) -> Recipients | Outcome:
        """Return the recipients, or the outcome that the step has if nobody is left in `to`.

        written  `to`, `cc` and `bcc` as the admin wrote them: words count only there
        given    the same, rendered; without `to`, the run's record gets the mail

        Raises Invalid if all that `to` holds is no address, and for more than MAX_RECIPIENTS.
        """
        kept: dict[str, list[str]] = {}
        left_out: dict[Reason, None] = {}
        known: set[str] = set()
        customers: list[Recipient] = []
        for place in PLACES:
            own = place == "to" and not written.get(place)
            texts = ["record"] if own else given.get(place) or []
            literal = set(texts) if own else set(written.get(place, ()))
            kept[place] = []
            if written.get(place) and not texts:  # a list of the record that is empty
                left_out |= {NOBODY_THERE(value=text): None for text in written[place]}
            for person in self._named(texts, literal, left_out):
                if person.address in known:
                    continue
                known.add(person.address)
                customer = self._asked(person)
                if isinstance(customer, Reason):
                    left_out[customer] = None
                    continue
                kept[place].append(person.address)
                customers += [customer] if customer else []
        reasons = tuple(left_out)
        if not kept["to"]:
            return _nobody(reasons)
        found = sum(map(len, kept.values()))
        if found > MAX_RECIPIENTS:
            raise Invalid.field("with.to", TOO_MANY_RECIPIENTS(count=MAX_RECIPIENTS, found=found))
        to, cc, bcc = (tuple(kept[place]) for place in PLACES)
        return Recipients(to, cc, bcc, reasons, next(iter(customers), None), len(customers))

    def _named(self, texts: Iterable[str], literal: set[str], left_out: dict[Reason, None]) -> Iterable[Person]:
        for text in texts:
            found = self.people.named(text, literal=text in literal)
            if isinstance(found, Reason):
                left_out[found] = None
            else:
                yield from found

    def _asked(self, person: Person) -> Recipient | Reason | None:
        """Return a customer who may get the mail, or the reason why a person may not. None: they are staff."""
        if person.address in self.reached:
            return REACHED_BEFORE(to=person.address)
        if person.staff:
            return None
        address = identities.identity("email", person.address)
        answer = self.consents.ask("email", address, self.purpose)
        return answer.refused or recipient_of(address, self.record, answer.people)


def _nobody(reasons: Sequence[Reason]) -> Outcome:
    """Return the outcome of a mail to nobody. Raises Invalid if all that is there is no address."""
    if all(reason.code == NO_EMAIL.code for reason in reasons):
        raise Invalid.field("with.to", reasons[0])
    return Outcome(JobStatus.SKIPPED, reasons[0] if len(reasons) == 1 else NOBODY_LEFT(left_out=list(reasons)))
