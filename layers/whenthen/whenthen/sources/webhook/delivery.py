"""Map a delivery of a generic source to events and records, by the source's mappings.

An authenticated delivery is never lost: a body that no mapping takes becomes `webhook.received`, and a field that a
record cannot keep costs no event. Each reason why a mapping did not take a body, or only a part of it, is reported.
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
from whenthen.domain.common.errors import Malformed, Problem, TooLarge
from whenthen.domain.events.event import Cause
from whenthen.domain.events.types import RECEIVERS
from whenthen.domain.temporal.written_dates import order_of
from whenthen.sources.parsing.json_body import text_id
from whenthen.sources.signing.schemes import FORM_SCHEMES, SIGNED
from whenthen.sources.webhook.body import fields_of, read_body
from whenthen.sources.webhook.default_mappings import mappings_of
from whenthen.sources.webhook.field_mapping import (
    MAX_DATA_BYTES,
    data_of,
    encoded_size,
    identities_found,
    subject_of,
    time_of,
)
from whenthen.sources.webhook.mapping import EventMapping, Source, may_report
from whenthen.sources.webhook.mapping_result import EventDraft, Item, MappingResult
from whenthen.sources.webhook.mapping_session import MappingSession
from whenthen.sources.webhook.reason_codes import (
    EACH_FINDS_NO_LIST,
    HONEYPOT,
    ID_NOT_SIGNED,
    NOT_REPORTABLE,
    TOLD_BY_RECORD,
    TOO_MANY_ITEMS,
)
from whenthen.sources.webhook.record_mapping import RecordUpsert, record_of

if TYPE_CHECKING:
    from whenthen.domain.temporal.written_dates import DateOrder
    from whenthen.sources.parsing.forms import Form, Upload

MAX_ITEMS = 500
"""Items that `each` may find in one body."""

UNMAPPED = "webhook.received"
"""Type of the event of a body that no mapping takes."""

_SECRET_HEADERS = frozenset({"authorization", "proxy-authorization", "cookie"})


class Delivery(Struct, frozen=True):
    """Hold an authenticated delivery. `external_id` is the sender's own id of it, the same over retries, or None.

    Only some schemes prove that id (`proves`).
    """

    source: Source
    headers: Mapping[str, str]
    raw: bytes
    external_id: str | None
    now: datetime
    default_country: str | None = None
    cause: Cause = Cause()

    @property
    def country(self) -> str | None:
        """Return the country of numbers without a country code: the source's own, else the installation's."""
        return self.source.default_country or self.default_country

    @property
    def date_order(self) -> DateOrder | None:
        """Return the order of day and month in written dates: the source's own, else that of its country."""
        return self.source.date_order or order_of(self.country)

    @property
    def base_id(self) -> str:
        """Identify events without an id of their own: by the delivery's id if it is proven, else by its bytes."""
        proven = self.external_id if self.proves("delivery_id") else None
        return proven or _hash_of(self.raw)

    def proves(self, part: str) -> bool:
        """Tell whether the scheme proves a part of the delivery, such as `delivery_id`: the signature covers it."""
        signed = SIGNED.get(self.source.scheme.kind)
        return signed is None or part in signed

    def root(self, body: Any) -> dict[str, Any]:
        """Return the values that expressions see."""
        hidden = {*_SECRET_HEADERS, self.source.scheme.header}
        return {
            "body": body,
            "headers": {name: value for name, value in self.headers.items() if name not in hidden},
            "delivery_id": self.external_id,
            "source": self.source.name,
        }


def map_delivery(delivery: Delivery) -> MappingResult:
    """Map a delivery by its content type, as JSON or as a form.

    Expressions see the fields of a form in `body.fields`, and its files without their contents in `body.files`.
    Raises Malformed for a body that is neither, TooLarge for too many fields or items.
    """
    content = read_body(delivery.source.scheme, delivery.headers, delivery.raw)
    if content.form is None:
        return _map_body(delivery, content.value, delivery.base_id)
    return _map_form(delivery, content.form)


def _map_form(delivery: Delivery, form: Form) -> MappingResult:
    """Map a form without its token; it makes nothing if its honeypot was filled in, as only programs do."""
    source = delivery.source
    if source.scheme.kind not in FORM_SCHEMES:  # a program repeats its deliveries byte by byte
        return _map_body(delivery, fields_of(form), delivery.base_id)
    if source.form.honeypot and form.text(source.form.honeypot):
        return MappingResult(faults=(Problem("", HONEYPOT()),))
    body = fields_of(form, frozenset({source.form.honeypot, source.scheme.field}))
    return _map_body(delivery, body, _form_id(body, form.files, delivery.now))


def _form_id(body: dict[str, Any], files: Sequence[Upload], now: datetime) -> str:
    """Identify a form's event by its fields and files, not by its bytes: browsers invent their boundaries.

    The same form posted again is a duplicate on the same day (UTC) only: a browser does not retry, and a customer
    may ask the same again.
    """
    filled_in = json.dumps([body, [_hash_of(file.content) for file in files]], sort_keys=True)
    return f"{_hash_of(filled_in.encode())}:{now.astimezone(UTC):%Y-%m-%d}"


def _hash_of(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _map_body(delivery: Delivery, body: Any, base_id: str) -> MappingResult:
    """Map a body that is read already. Raises TooLarge for more than MAX_ITEMS items."""
    each = delivery.source.each
    if each is None:
        return MappingResult((_map_item(delivery, body, base_id),))
    try:
        items = each.value(delivery.root(body))
    except Malformed as error:
        return MappingResult((_unmapped(delivery, body, base_id),), (Problem("each", error.reason),))
    if not isinstance(items, list):
        fault = Problem("each", EACH_FINDS_NO_LIST(expression=each.text))
        return MappingResult((_unmapped(delivery, body, base_id),), (fault,))
    if len(items) > MAX_ITEMS:
        raise TooLarge(TOO_MANY_ITEMS(count=MAX_ITEMS, found=len(items)))
    return MappingResult(
        tuple(_map_item(delivery, item, f"{base_id}#{position}") for position, item in enumerate(items))
    )


def _map_item(delivery: Delivery, body: Any, base_id: str) -> Item:
    root = delivery.root(body)
    problems: list[Problem] = []
    for position, mapping in enumerate(mappings_of(delivery.source)):
        session = MappingSession(f"mappings[{position}]", root, problems)
        if mapping.when is not None and not session.holds(mapping.when):
            continue
        event_type = mapping.type or session.value("type_from", mapping.type_from)
        if _is_allowed(mapping, event_type):
            draft, record = _take(delivery, mapping, event_type, session, base_id)
            if record is not None and _comes_twice(record, event_type):
                session.report("type_from", TOLD_BY_RECORD(type=event_type))
                draft = _unmapped(delivery, body, base_id).draft
            return Item(body, draft, record, position, tuple(problems))
        name = "type" if mapping.type else "type_from"
        session.report(name, NOT_REPORTABLE(type=str(event_type)[:100]))
    return _unmapped(delivery, body, base_id, problems)


def _is_allowed(mapping: EventMapping, event_type: Any) -> bool:
    """Tell whether the source may report the type.

    A fixed type was checked when the source was saved; one of messages is checked again, against today's catalogue.
    """
    fixed = mapping.type and not mapping.type.startswith(tuple(RECEIVERS.values()))
    return bool(fixed) or may_report(event_type)


def _comes_twice(record: RecordUpsert, event_type: str) -> bool:
    """Tell whether the change of the record, which is written too, makes events of this kind.

    A fixed `type` that does is refused when the source is saved; a type that `type_from` finds is known only now.
    """
    return event_type.partition(".")[0] == record.kind


def _unmapped(delivery: Delivery, body: Any, base_id: str, problems: Sequence[Problem] = ()) -> Item:
    data = {"source": delivery.source.name, "body": body}
    if encoded_size(data) > MAX_DATA_BYTES:
        data = {"source": delivery.source.name, "omitted": ["body"]}
    return Item(body, _draft(delivery, UNMAPPED, base_id, delivery.now, data), problems=tuple(problems))


def _take(
    delivery: Delivery, mapping: EventMapping, event_type: str, session: MappingSession, base_id: str
) -> tuple[EventDraft, RecordUpsert | None]:
    external_id = _external_id(delivery, mapping, session)
    record = record_of(delivery.source.name, delivery.country, delivery.date_order, mapping.record, session)
    told = time_of(mapping, session)
    happened = told and min(told, delivery.now)  # the sender's clock may be fast
    draft = _draft(
        delivery,
        event_type,
        f"{event_type}:{external_id}" if external_id else base_id,
        happened or delivery.now,
        data_of(mapping, session),
        subject=subject_of(mapping, record, session),
        identities=identities_found(delivery.country, mapping, session),
    )
    return draft, record and replace(record, event=draft.id, at=happened)


def _external_id(delivery: Delivery, mapping: EventMapping, session: MappingSession) -> str | None:
    """Find the sender's id of the event, among the parts of the delivery that are proven."""
    told = text_id(session.value("id", mapping.id))
    if told is None:
        return None
    proven = {name: value for name, value in session.root.items() if name == "source" or delivery.proves(name)}
    found = text_id(replace(session, root=proven, problems=[]).value("id", mapping.id))
    if found != told:
        session.report("id", ID_NOT_SIGNED())
    return found


def _draft(
    delivery: Delivery, event_type: str, external_id: str, time: datetime, data: Mapping[str, Any], **who: Any
) -> EventDraft:
    name = delivery.source.name
    return EventDraft(ids.event_id(f"hook/{name}", external_id), name, event_type, time, data, **who)
