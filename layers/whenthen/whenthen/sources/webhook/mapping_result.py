"""Hold the result of mapping a delivery: for each body an event to tell, a record to write, and the problems."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from whenthen.domain.common.errors import Problem
from whenthen.domain.events.event import Event
from whenthen.sources.webhook.reason_codes import STALE

if TYPE_CHECKING:
    from whenthen.domain.common.reasons import Reason
    from whenthen.domain.records.record import Record
    from whenthen.sources.webhook.record_mapping import RecordUpsert


class EventDraft(Struct, frozen=True):
    """Hold what a delivery gives for an event, until the record that it changes is known.

    source   name of the source
    subject  ref that the mapping finds for the event, or that of the record if its id is known; else None
    """

    id: str
    source: str
    type: str
    time: datetime
    data: Mapping[str, Any]
    subject: str | None = None
    identities: tuple[str, ...] = ()

    @property
    def event_source(self) -> str:
        """Return `Event.source`."""
        return f"hook/{self.source}"

    def event(self, subject: str | None) -> Event:
        """Build the event."""
        return Event(
            id=self.id,
            source=self.event_source,
            type=self.type,
            time=self.time,
            subject=subject,
            identities=self.identities,
            data=self.data,
            origin=f"source:{self.source}",
        )


class Item(Struct, frozen=True):
    """Hold the result of one body: the delivery's own, or one of those that `each` finds in it.

    body             the body
    draft            its event, to be built once its record is written
    record           the record that it changes besides
    mapping          position of the mapping that took it, among the source's or its scheme's; None: no mapping did
    problems         the parts that could not be read or kept; fields begin with the mapping, as in `mappings[0].time`
    record_rejected  whether the record cannot be written
    """

    body: Any
    draft: EventDraft
    record: RecordUpsert | None = None
    mapping: int | None = None
    problems: tuple[Problem, ...] = ()
    record_rejected: bool = False

    def event(self, record: Record | None = None) -> Event:
        """Build the event, given its record as it was written; None: it changes none, or none could be written.

        The event is about that record unless the mapping names another subject, or the event names the record's
        person: then it is matched for each of the person's records, so it stays one of the person.
        """
        return self.draft.event(self.draft.subject if record is None else self._subject(record))

    def _subject(self, record: Record) -> str | None:
        subject = self.draft.subject
        if subject is None:
            is_of_person = not {*self.draft.identities}.isdisjoint(record.identities)
            return None if is_of_person else record.ref
        return record.ref if self.record is not None and subject == self.record.ref else subject

    def without_record(self, reason: Reason) -> Item:
        """Report that the record cannot be written; the event is told all the same."""
        return replace(self._with(reason), record_rejected=True)

    def stale(self) -> Item:
        """Report that the source sent a newer update of the record before."""
        return self._with(STALE())

    def _with(self, reason: Reason) -> Item:
        return replace(self, problems=(*self.problems, Problem(f"mappings[{self.mapping}].record", reason)))


class MappingResult(Struct, frozen=True):
    """Hold the items of a delivery, in the order of its bodies; `faults` concern the delivery as a whole."""

    items: tuple[Item, ...] = ()
    faults: tuple[Problem, ...] = ()

    @property
    def records(self) -> tuple[RecordUpsert, ...]:
        """Return the records to change, in the order of the bodies."""
        return tuple(item.record for item in self.items if item.record)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Return the problems of the delivery and of all items."""
        return (*self.faults, *(problem for item in self.items for problem in item.problems))

    @property
    def unmapped(self) -> bool:
        """Tell whether there is a body that no mapping took."""
        return any(item.mapping is None for item in self.items)

    @property
    def record_rejected(self) -> bool:
        """Tell whether there is a record that cannot be written."""
        return any(item.record_rejected for item in self.items)
