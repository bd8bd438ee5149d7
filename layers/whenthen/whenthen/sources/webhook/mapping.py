"""Read a generic source as an admin configures it: how it authenticates, and how bodies become events and records.

    {"name": "shop",
     "scheme": "standard_webhooks",
     "mappings": [
        {"when": "body.status == 'paid'",
         "type": "payment.received",
         "id": "body.payment_id",
         "time": "body.paid_at",
         "identities": "{email: body.customer.email, phone: body.customer.phone}",
         "data": "{amount: body.amount, currency: body.currency}",
         "record": {"kind": "contact", "fields": "{email: body.customer.email, full_name: body.customer.name}"}}]}

Everything but `type` and `kind` is a JMESPath expression over the same root: `body` (the JSON, or the `fields`
and `files` of a form), `headers` (names in lower case, without those that carry signatures or tokens), `delivery_id`
(the sender's own id of the delivery) and `source` (this source's name). The first mapping whose `when` holds takes
the body. Secrets are no part of the document: they are stored apart, under the source's name.
"""

from __future__ import annotations

import re
from typing import Any

from msgspec import Struct

from whenthen.domain.common.document_reader import Reader
from whenthen.domain.common.errors import Invalid, Problem
from whenthen.domain.common.reason_codes import BAD_EVENT_TYPE, BAD_RECORD_KIND, REQUIRED
from whenthen.domain.events.event import EVENT_TYPE
from whenthen.domain.expressions.expressions import Expression, compile_expression
from whenthen.domain.records.record import BAD_NAME, FIELD, KIND, MAX_FIELDS
from whenthen.domain.temporal.written_dates import DateOrder
from whenthen.sources.signing.schemes import FORM_SCHEMES, Scheme, parse_scheme
from whenthen.sources.webhook.reason_codes import (
    COUNTRY_CODE,
    RECORD_MAKES_EVENTS,
    REDIRECT,
    SOURCE_NAME,
    TAKES_NO_FORMS,
    TYPE_DERIVED,
    TYPE_OR_TYPE_FROM,
)

MAX_MAPPINGS = 50
LONGEST_NAME = 40
LONGEST_REDIRECT = 2_008

NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")
COUNTRY = re.compile(r"[A-Z]{2}")
REDIRECT_URL = re.compile(r"https://[!-~]{1,2000}")
TAKEN_NAMES = frozenset({"meta", "email"})
"""Addresses under /hooks that are whenthen's own."""


class RecordMapping(Struct, frozen=True):
    """Describe a record that a body also changes, found by `id` or by the phone or e-mail among its `fields`.

    may_replace  fields of which an unproven sender may replace what a record has; of all others it fills empty ones
    """

    kind: str
    fields: Expression
    id: Expression | None = None
    may_replace: tuple[str, ...] = ()


class EventMapping(Struct, frozen=True):
    """Describe one way from a body to an event. Its type is fixed, or `type_from` finds it. None means the default."""

    when: Expression | None = None
    type: str = ""
    type_from: Expression | None = None
    id: Expression | None = None
    time: Expression | None = None
    subject: Expression | None = None
    identities: Expression | None = None
    data: Expression | None = None
    record: RecordMapping | None = None


class FormOptions(Struct, frozen=True):
    """Name a form's honeypot, a field that people do not see, and the address their browser goes to afterwards."""

    honeypot: str | None = None
    redirect: str | None = None


class Source(Struct, frozen=True):
    """Hold a configured source. Without mappings, those of its scheme apply (`default_mappings`).

    each             finds the list whose items are each mapped as a body; None: the whole body is mapped
    date_order  of dates such as 03/04/1990; None: that of its country, else the installation's
    default_country  of phone numbers without a country code; None: the installation's
    """

    name: str
    scheme: Scheme
    mappings: tuple[EventMapping, ...] = ()
    each: Expression | None = None
    default_country: str | None = None
    date_order: DateOrder | None = None
    form: FormOptions = FormOptions()


def parse_source(document: Any, *, saved: bool = False) -> Source:
    """Read a source's configuration. Raises Invalid naming every field that does not hold.

    saved  the source was accepted before: the catalogue is not asked again which types it may report, and form
           options of a scheme that takes no forms are ignored
    """
    problems: list[Problem] = []
    reader = Reader(document, "", problems)
    name = reader.text("name", required=True, longest=LONGEST_NAME)
    if name and (not NAME.fullmatch(name) or name in TAKEN_NAMES):
        reader.report("name", SOURCE_NAME())
    country = reader.text("default_country") or None
    if country and not COUNTRY.fullmatch(country):
        reader.report("default_country", COUNTRY_CODE())
    scheme = _scheme(reader)
    source = Source(
        name=name,
        scheme=scheme or Scheme("standard_webhooks"),
        mappings=tuple(_event_mapping(item) for item in reader.children("mappings", most=MAX_MAPPINGS)),
        each=_expression(reader, "each"),
        default_country=country,
        date_order=DateOrder(chosen) if (chosen := reader.choice("date_order", [*DateOrder], "")) else None,
        form=_form(reader.child("form"), scheme, saved=saved),
    )
    reader.finish()
    for position, mapping in enumerate(() if saved else source.mappings):
        if EVENT_TYPE.fullmatch(mapping.type) and not may_report(mapping.type):
            reader.report(f"mappings[{position}].type", TYPE_DERIVED(type=mapping.type))
    if problems:
        raise Invalid(problems)
    return source


def parse_mappings(documents: list[dict[str, Any]]) -> tuple[EventMapping, ...]:
    """Read mappings that come with whenthen. Raises Invalid naming each field."""
    problems: list[Problem] = []
    reader = Reader({"mappings": documents}, "", problems)
    mappings = tuple(_event_mapping(item) for item in reader.children("mappings", most=MAX_MAPPINGS))
    if problems:
        raise Invalid(problems)
    return mappings


def may_report(event_type: Any) -> bool:
    """Tell whether a source may report this type: any but those that whenthen derives, makes or receives itself."""
    # the whole catalogue, 40 ms of a cold start, which most deliveries do not need
    from whenthen.domain.event_catalog import catalog  # noqa: PLC0415
    from whenthen.domain.event_catalog.engine_events import ENGINE_KINDS  # noqa: PLC0415
    from whenthen.domain.event_catalog.event_types import Maker  # noqa: PLC0415

    if not isinstance(event_type, str) or not EVENT_TYPE.fullmatch(event_type):
        return False
    row = catalog.find(event_type)
    if row is None:
        return event_type.partition(".")[0] not in ENGINE_KINDS
    return bool({Maker.SOURCE, Maker.REPORT} & set(row.makers))


def _scheme(reader: Reader) -> Scheme | None:
    try:
        return parse_scheme(reader.value("scheme"), reader.field("scheme"))
    except Invalid as error:
        reader.problems.extend(error.problems)
        return None


def _event_mapping(reader: Reader) -> EventMapping:
    fixed, found = reader.text("type"), _expression(reader, "type_from")
    if bool(fixed) == ("type_from" in reader):
        reader.report("type", TYPE_OR_TYPE_FROM())
    elif fixed and not EVENT_TYPE.fullmatch(fixed):
        reader.report("type", BAD_EVENT_TYPE(value=fixed))
    mapping = EventMapping(
        type=fixed,
        type_from=found,
        when=_expression(reader, "when"),
        id=_expression(reader, "id"),
        time=_expression(reader, "time"),
        subject=_expression(reader, "subject"),
        identities=_expression(reader, "identities"),
        data=_expression(reader, "data"),
        record=_record(reader.child("record")),
    )
    if mapping.record and mapping.record.kind == fixed.partition(".")[0]:
        reader.report("record", RECORD_MAKES_EVENTS(kind=mapping.record.kind))
    reader.finish()
    return mapping


def _record(reader: Reader | None) -> RecordMapping | None:
    if reader is None:
        return None
    kind = reader.text("kind", required=True)
    if kind and not KIND.fullmatch(kind):
        reader.report("kind", BAD_RECORD_KIND())
    if "fields" not in reader:
        reader.report("fields", REQUIRED())
    fields, external_id = _expression(reader, "fields"), _expression(reader, "id")
    may_replace = reader.texts("may_replace", most=MAX_FIELDS)
    if not all(FIELD.fullmatch(name) for name in may_replace):
        reader.report("may_replace", BAD_NAME())
    reader.finish()
    return RecordMapping(kind, fields, external_id, may_replace) if fields else None


def _form(reader: Reader | None, scheme: Scheme | None, *, saved: bool) -> FormOptions:
    """Read the options of a form; none if the scheme is a program's, which would take a redirect for a failure."""
    if reader is None:
        return FormOptions()
    honeypot, redirect = reader.text("honeypot") or None, reader.text("redirect", longest=LONGEST_REDIRECT) or None
    reader.finish()
    if scheme is not None and scheme.kind not in FORM_SCHEMES:
        for name in ("honeypot", "redirect"):
            if name in reader and not saved:
                reader.report(name, TAKES_NO_FORMS(scheme=scheme.kind))
        return FormOptions()
    if redirect and not REDIRECT_URL.fullmatch(redirect):
        reader.report("redirect", REDIRECT())
    return FormOptions(honeypot, redirect)


def _expression(reader: Reader, name: str) -> Expression | None:
    if name not in reader:
        reader.value(name)
        return None
    try:
        return compile_expression(reader.value(name), reader.field(name))
    except Invalid as error:
        reader.problems.extend(error.problems)
        return None
