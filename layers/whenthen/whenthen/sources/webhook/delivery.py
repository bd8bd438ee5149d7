"""From a delivery of a generic source to its events and records, by the source's mappings.

A delivery that was proven to come from its source is never lost: what no mapping takes becomes `webhook.received`,
what a record cannot keep costs no event, and every reason why a mapping did not take it, or took it only in part, is
reported.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from whenthen.domain.common import ids
from whenthen.domain.common.errors import Malformed, TooLarge
from whenthen.domain.events.event import Event
from whenthen.sources.parsing.forms import read_form
from whenthen.sources.parsing.json_body import read_json, text_id
from whenthen.sources.webhook.default_mappings import default_mappings
from whenthen.sources.webhook.field_mapping import (
    MAX_DATA_BYTES,
    MappingSession,
    data_of,
    encoded_size,
    identities_found,
    subject_of,
    time_of,
)
from whenthen.sources.webhook.mapping import EventMapping, Source, may_report
from whenthen.sources.webhook.record_mapping import RecordUpsert, record_of

if TYPE_CHECKING:
    from whenthen.domain.records.record import Record
    from whenthen.sources.parsing.forms import Upload

MAX_ITEMS = 500
"""Items that `each` may find in one body."""

UNTAKEN = "webhook.received"
_SECRET_HEADERS = frozenset({"authorization", "proxy-authorization", "cookie"})


class Item(Struct, frozen=True):
    """What one body became: the delivery's own, or one of those that `each` finds in it.

    body      the body
    event     what it is on the bus
    record    the record that it changes besides
    mapping   the place of the mapping that took it, among the source's or its scheme's; None: none did
    problems  what could not be read or kept, each with the mapping and the part of it that asked
    refused   whether the record is one that cannot be written
    """

    body: Any
    event: Event
    record: RecordUpsert | None = None
    mapping: int | None = None
    problems: tuple[str, ...] = ()
    refused: bool = False

    def about(self, record: Record) -> Item:
        """The item once its record is known: its event is about that, unless it names another, or the record's person.

        An event that names the person is matched for each of their records, so it stays one of the person.
        """
        upsert, event = self.record, self.event
        ours = event.subject is None or (upsert is not None and event.subject == f"{upsert.kind}:{upsert.id}")
        named = event.subject is None and not {*event.identities}.isdisjoint(record.identities)
        return replace(self, event=replace(event, subject=record.ref)) if ours and not named else self

    def without_record(self, reason: str) -> Item:
        """The item where its record cannot be written: its event is told all the same."""
        return replace(self._with(reason), refused=True)

    def after_newer(self) -> Item:
        """The item where something newer was told about its record before."""
        return self._with("older than what was told of it before, so that only what it lacks is set")

    def _with(self, reason: str) -> Item:
        return replace(self, problems=(*self.problems, f"mappings[{self.mapping}].record: {reason}"))


class MappingResult(Struct, frozen=True):
    """What a delivery became, and what could not be read of it: `faults` concern the delivery as a whole."""

    items: tuple[Item, ...] = ()
    faults: tuple[str, ...] = ()

    @property
    def events(self) -> tuple[Event, ...]:
        """The events, in the order of the bodies."""
        return tuple(item.event for item in self.items)

    @property
    def records(self) -> tuple[RecordUpsert, ...]:
        """The records to change, in the order of the bodies."""
        return tuple(item.record for item in self.items if item.record)

    @property
    def problems(self) -> tuple[str, ...]:
        """All that could not be read."""
        return (*self.faults, *(problem for item in self.items for problem in item.problems))

    @property
    def untaken(self) -> bool:
        """Whether there is a body that no mapping took."""
        return any(item.mapping is None for item in self.items)

    @property
    def refused(self) -> bool:
        """Whether there is a record that cannot be written."""
        return any(item.refused for item in self.items)


class Delivery(Struct, frozen=True):
    """A verified delivery. `external_id` is the sender's own id, the same over its retries, if it has one."""

    source: Source
    headers: Mapping[str, str]
    raw: bytes
    external_id: str | None
    now: datetime
    default_country: str | None = None

    @property
    def country(self) -> str | None:
        """The country of numbers without a country code: the source's own, else the installation's."""
        return self.source.default_country or self.default_country

    @property
    def base_id(self) -> str:
        """What events without an id of their own are known by: the delivery's id, else the hash of its bytes."""
        return self.external_id or _hash_of(self.raw)

    def root(self, body: Any) -> dict[str, Any]:
        """What expressions see."""
        hidden = {*_SECRET_HEADERS, self.source.scheme.header}
        return {
            "body": body,
            "headers": {name: value for name, value in self.headers.items() if name not in hidden},
            "delivery_id": self.external_id,
            "source": self.source.name,
        }


def map_json(delivery: Delivery) -> MappingResult:
    """The events and records of a JSON body. Raises Malformed for one that is not JSON, TooLarge for too many items."""
    return _map_body(delivery, read_json(delivery.raw), delivery.base_id)


def map_form(delivery: Delivery) -> MappingResult:
    """The events and records of a posted form; nothing where its honeypot was filled in, as only programs do.

    Expressions see `body.fields` without the token and the honeypot, and `body.files` without their contents.
    Raises Malformed for a body that is no form, TooLarge for too many fields.
    """
    form, options = read_form(delivery.raw, delivery.headers.get("content-type", "")), delivery.source.form
    if options.honeypot and form.text(options.honeypot):
        return MappingResult(faults=("the field that people do not see was filled in",))
    hidden = {options.honeypot, delivery.source.scheme.field}
    files = [
        {"field": file.field, "name": file.name, "type": file.type, "size": len(file.content)} for file in form.files
    ]
    fields = {name: value for name, value in form.fields.items() if name not in hidden}
    body = {"fields": fields, "files": files} if files else {"fields": fields}
    return _map_body(delivery, body, _form_id(body, form.files, delivery.now))


def _form_id(body: dict[str, Any], files: Sequence[Upload], now: datetime) -> str:
    """What a form's event is known by: what was filled in, not its bytes, since browsers make up their boundaries.

    The same form posted again is a repetition on the same day (UTC) only: a browser does not retry, and a customer
    may ask the same again.
    """
    filled_in = json.dumps([body, [_hash_of(file.content) for file in files]], sort_keys=True)
    return f"{_hash_of(filled_in.encode())}:{now.astimezone(UTC):%Y-%m-%d}"


def _hash_of(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _map_body(delivery: Delivery, body: Any, base_id: str) -> MappingResult:
    """The events and records of a body that is read already. Raises TooLarge for more than MAX_ITEMS items."""
    if delivery.source.each is None:
        return MappingResult((_map_item(delivery, body, base_id),))
    try:
        items = delivery.source.each.value(delivery.root(body))
    except Malformed as error:
        return MappingResult((_untaken(delivery, body, base_id),), (f"each: {error.reason}",))
    if not isinstance(items, list):
        reason = f"each: {delivery.source.each.text!r} finds no list"
        return MappingResult((_untaken(delivery, body, base_id),), (reason,))
    if len(items) > MAX_ITEMS:
        raise TooLarge(f"the body has {len(items)} items, at most {MAX_ITEMS} are allowed")
    return MappingResult(
        tuple(_map_item(delivery, item, f"{base_id}#{position}") for position, item in enumerate(items))
    )


def mappings_of(source: Source) -> tuple[EventMapping, ...]:
    """The mappings that a source's bodies are read by: its own, or those of its scheme."""
    return source.mappings or default_mappings(source.scheme.kind)


def _map_item(delivery: Delivery, body: Any, base_id: str) -> Item:
    root = delivery.root(body)
    problems: list[str] = []
    for position, mapping in enumerate(mappings_of(delivery.source)):
        asking = MappingSession(f"mappings[{position}]", root, problems)
        if mapping.when is not None and not asking.holds(mapping.when):
            continue
        event_type = mapping.type or asking.value("type_from", mapping.type_from)
        if mapping.type or may_report(event_type):
            event, record = _take(delivery, mapping, event_type, asking, base_id)
            if record is not None and _comes_twice(record, event_type):
                asking.report("type_from", f"{event_type} is not reported: the change of the mapping's record tells it")
                event = _untaken(delivery, body, base_id).event
            return Item(body, event, record, position, tuple(problems))
        asking.report("type_from", f"{str(event_type)[:100]!r} is no event that a source may report")
    return _untaken(delivery, body, base_id, problems)


def _comes_twice(record: RecordUpsert, event_type: str) -> bool:
    """Whether the change of the record that is written too makes such events.

    A mapping whose fixed `type` does is refused when the source is saved; what `type_from` finds is known only now.
    """
    return event_type.partition(".")[0] == record.kind


def _untaken(delivery: Delivery, body: Any, base_id: str, problems: Sequence[str] = ()) -> Item:
    data = {"source": delivery.source.name, "body": body}
    if encoded_size(data) > MAX_DATA_BYTES:
        data = {"source": delivery.source.name, "omitted": ["body"]}
    event = _event(delivery, UNTAKEN, base_id, delivery.now, None, (), data)
    return Item(body, event, problems=tuple(problems))


def _take(
    delivery: Delivery, mapping: EventMapping, event_type: str, asking: MappingSession, base_id: str
) -> tuple[Event, RecordUpsert | None]:
    external_id = text_id(asking.value("id", mapping.id))
    record = record_of(delivery.source.name, delivery.country, mapping.record, asking)
    happened = time_of(mapping, asking)
    event = _event(
        delivery,
        event_type,
        f"{event_type}:{external_id}" if external_id else base_id,
        happened or delivery.now,
        subject_of(mapping, record, asking),
        identities_found(delivery.country, mapping, asking),
        data_of(mapping, asking),
    )
    return event, record and replace(record, event=event.id, at=happened)


def _event(
    delivery: Delivery,
    event_type: str,
    external_id: str,
    time: datetime,
    subject: str | None,
    identities: tuple[str, ...],
    data: Mapping[str, Any],
) -> Event:
    source = f"hook/{delivery.source.name}"
    return Event(
        id=ids.event_id(source, external_id),
        source=source,
        type=event_type,
        time=time,
        subject=subject,
        identities=identities,
        data=data,
        origin=f"source:{delivery.source.name}",
    )
