"""send_event: publish events that another system, or a person, reports through the API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from whenthen.domain.common import ids, json_bounds
from whenthen.domain.common.document_reader import Reader
from whenthen.domain.common.errors import Invalid, Problem
from whenthen.domain.common.reason_codes import BAD_EVENT_TYPE
from whenthen.domain.event_catalog import catalog
from whenthen.domain.events import trace
from whenthen.domain.events.arrival import arrived
from whenthen.domain.events.event import EVENT_TYPE, Cause, Event, parse_time
from whenthen.domain.events.identities import identities_of
from whenthen.domain.records.record import parse_ref
from whenthen.usecases.ingest.reason_codes import BATCH_SIZE, PERSON_UNREADABLE

if TYPE_CHECKING:
    from whenthen.ports.clock import Clock
    from whenthen.ports.events import Bus
    from whenthen.usecases.context.idempotency import ClaimKey

SOURCE = "api"
MAX_EVENTS = 100


class SendEvent(Struct, frozen=True):
    """Publish reported events."""

    bus: Bus
    clock: Clock
    default_country: str | None
    claim: ClaimKey

    def __call__(
        self, written: Sequence[Any], *, seed: str, by: str, key: str = "", traceparent: str | None = None
    ) -> list[Event]:
        """Publish events, and return them. An event without an id gets one from `seed` and its position.

        `key`: the caller's Idempotency-Key, if there is one. A time in the future becomes that of the arrival.
        `traceparent`: the caller's trace context, which goes on with the events if it is valid.

        Raises Invalid naming each field; Conflict if the key came with other events before; Temporary unless all events
        are on the bus.
        """
        if not 1 <= len(written) <= MAX_EVENTS:
            raise Invalid.field("events", BATCH_SIZE(count=MAX_EVENTS))
        problems: list[Problem] = []
        many = len(written) > 1
        cause = Cause(trace=trace.read(traceparent))
        events = [
            self._read(Reader(item, f"events[{place}]" if many else "", problems), f"{seed}#{place}", by, cause)
            for place, item in enumerate(written)
        ]
        if problems:
            raise Invalid(problems)
        self.claim(key, list(written), by=by, what="events")
        self.bus.publish(events)
        return events

    def _read(self, reader: Reader, seed: str, by: str, cause: Cause) -> Event:
        event_type = reader.text("type", required=True)
        if event_type and not EVENT_TYPE.fullmatch(event_type):
            reader.report("type", BAD_EVENT_TYPE(value=event_type))
        external_id, written_time = reader.text("id", longest=300), reader.text("time")
        person, data = reader.mapping("person"), reader.mapping("data")
        reader.problems.extend(catalog.check_reported(event_type, data, f"{reader.path}." if reader.path else ""))
        reader.problems.extend(json_bounds.out_of_bounds(data, reader.field("data")))
        now = self.clock.now()
        event = Event(
            id=ids.event_id(SOURCE, f"{by}#{external_id}" if external_id else f"{by}##{seed}"),
            source=SOURCE,
            type=event_type,
            time=self._time(written_time, reader, now),
            subject=_subject(reader),
            identities=_identities(reader, person, self.default_country),
            data=dict(data),
            origin=reader.choice("origin", ("human", "api", "import"), "api"),
            cause=cause,
        )
        reader.finish()
        return arrived(event, now)

    def _time(self, text: str, reader: Reader, now: datetime) -> datetime:
        try:
            return parse_time(text, reader.field("time")) if text else now
        except Invalid as error:
            reader.problems.extend(error.problems)
            return now


def _subject(reader: Reader) -> str | None:
    subject = reader.text("subject") or None
    if subject is not None:
        try:
            parse_ref(subject, reader.field("subject"))
        except Invalid as error:
            reader.problems.extend(error.problems)
    return subject


def _identities(reader: Reader, person: Mapping[str, Any], default_country: str | None) -> tuple[str, ...]:
    found = identities_of(person, default_country)
    if person and not found:
        reader.report("person", PERSON_UNREADABLE())
    return found
