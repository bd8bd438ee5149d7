"""try_source: show what a source makes of a sample body. Nothing is written, published or remembered."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from msgspec import Struct
from msgspec.structs import replace

from whenthen.domain.common.document_reader import Reader
from whenthen.domain.common.errors import Invalid, Problem, Refused, handling_of
from whenthen.domain.common.reason_codes import NOT_EXACTLY_ONE, NOT_OBJECT, NOT_TEXT, NOT_TEXT_LIST, TOO_MANY
from whenthen.domain.common.reasons import ReasonCode
from whenthen.sources.signing.schemes import FORM_SCHEMES
from whenthen.sources.webhook.delivery import Delivery, map_delivery
from whenthen.sources.webhook.mapping import parse_source
from whenthen.sources.webhook.trial import PassedOver, passed_over
from whenthen.usecases.admin.trial_records import TrialRecords
from whenthen.usecases.records.write_item import write_item

if TYPE_CHECKING:
    from collections.abc import Mapping

    from whenthen.domain.common.reasons import Reason
    from whenthen.domain.events.event import Event
    from whenthen.domain.records.record import Record
    from whenthen.ports.administration import SourceStore
    from whenthen.ports.clock import Clock
    from whenthen.sources.webhook.mapping import Source
    from whenthen.sources.webhook.mapping_result import Item, MappingResult
    from whenthen.usecases.records.save_record import SaveRecord

NOT_JSON_BODY = ReasonCode("sample.not_object_or_list")
# The fields of a form that is given as JSON: {"fields": {"email": "…"}}.
FORM_FIELDS = ReasonCode("sample.form_fields")

MAX_HEADERS = 100
ORIGIN = "preview"
_FORM_TYPE = "application/x-www-form-urlencoded"


class TriedItem(Struct, frozen=True):
    """Hold what one body of a sample would become.

    mapping        the mapping that takes it, such as `mappings[0]`; None: no mapping does
    passed_over    the mappings before it, with the reasons why they do not take it
    record         the record that it would change, as it would stand then; None: it changes none
    record_exists  whether that record exists already
    """

    mapping: str | None
    passed_over: tuple[PassedOver, ...]
    event: Event
    record: Record | None
    record_exists: bool
    problems: tuple[Problem, ...]


class Refusal(Struct, frozen=True):
    """Hold the answer that the sender of a sample would get: the HTTP status, its title, and the reason."""

    status: int
    title: Reason
    reason: Reason


class Trial(Struct, frozen=True):
    """Hold what a sample would become, or in `refused` the answer that its sender would get."""

    source: str
    items: tuple[TriedItem, ...] = ()
    problems: tuple[Problem, ...] = ()
    refused: Refusal | None = None


class TrySource(Struct, frozen=True):
    """Map a sample as an authenticated delivery of a source."""

    sources: SourceStore
    save_record: SaveRecord
    clock: Clock

    def __call__(self, name: str, written: Mapping[str, Any]) -> Trial:
        """Show what would become of a sample.

        `body` is the sample as JSON (of a form: `{"fields": {…}}`), or `raw` its text as it is sent; `headers`
        and `delivery_id` come with it. `source` is a source that is not saved yet, in place of the saved one.
        Raises Invalid naming each field; NotFound if no source is given or saved.
        """
        problems: list[Problem] = []
        reader = Reader(written, "", problems)
        source = self._source(name, reader)
        headers, external_id = _headers(reader), reader.text("delivery_id", longest=256) or None
        raw = _sample(reader, source, headers)
        reader.finish()
        if problems or source is None:
            raise Invalid(problems)
        delivery = Delivery(source, headers, raw, external_id, self.clock.now(), self.save_record.default_country)
        try:
            return self._trial(delivery, map_delivery(delivery))
        except Refused as error:
            row = handling_of(error)
            return Trial(name, refused=Refusal(row.status, row.title, error.reason))

    def _source(self, name: str, reader: Reader) -> Source | None:
        """Read the source of the sample, else the saved one; None, and a problem, if it does not hold."""
        written = reader.value("source")
        if written is None:
            return parse_source(self.sources.get(name), saved=True)
        if not isinstance(written, dict):
            reader.report("source", NOT_OBJECT())
            return None
        secrets = ("secret", "previous_secret")  # so that an admin can try the very document that will be saved
        try:
            return parse_source({key: value for key, value in written.items() if key not in secrets} | {"name": name})
        except Invalid as error:
            for problem in error.problems:
                reader.report(f"source.{problem.field}", problem.reason)
            return None

    def _trial(self, delivery: Delivery, mapped: MappingResult) -> Trial:
        store = TrialRecords(self.save_record.records)
        previews = [self._preview(store, item, delivery) for item in mapped.items]
        tried = replace(mapped, items=tuple(item for item, _, _ in previews))
        items = tuple(
            TriedItem(
                mapping=None if item.mapping is None else f"mappings[{item.mapping}]",
                passed_over=tuple(passed_over(delivery, item)),
                event=item.event(record),
                record=record,
                record_exists=exists,
                problems=item.problems,
            )
            for item, record, exists in previews
        )
        return Trial(delivery.source.name, items, tried.problems)

    def _preview(self, store: TrialRecords, item: Item, delivery: Delivery) -> tuple[Item, Record | None, bool]:
        """Return the item, its record as it would stand once it was written, and whether that exists already."""
        before = self.save_record.records
        save = replace(self.save_record, records=store)
        known = store.known
        written, record = write_item(save, item, delivery, ORIGIN)
        exists = record is not None and (record.ref in known or before.get(record.ref) is not None)
        return written, record, exists


def _headers(reader: Reader) -> dict[str, str]:
    """Read the sample's headers, their names in lower case."""
    written = reader.mapping("headers")
    if len(written) > MAX_HEADERS:
        reader.report("headers", TOO_MANY(count=MAX_HEADERS, found=len(written)))
    for name, value in written.items():
        if not isinstance(value, str):
            reader.report(f"headers.{name}", NOT_TEXT())
    return {name.lower(): value for name, value in written.items() if isinstance(value, str)}


def _sample(reader: Reader, source: Source | None, headers: dict[str, str]) -> bytes:
    """Make the sample's bytes; `headers` gain the content type of a form that is given as JSON."""
    body, raw = reader.value("body"), reader.value("raw")
    if (body is None) == (raw is None):
        reader.report("body", NOT_EXACTLY_ONE(options=["body", "raw"]))
    elif raw is not None:
        if isinstance(raw, str):
            return raw.encode()
        reader.report("raw", NOT_TEXT())
    elif source is not None and source.scheme.kind in FORM_SCHEMES:
        headers["content-type"] = _FORM_TYPE
        return _form(reader, body)
    elif isinstance(body, dict | list):
        return json.dumps(body).encode()
    else:
        reader.report("body", NOT_JSON_BODY())
    return b""


def _form(reader: Reader, body: Any) -> bytes:
    """Encode the fields of `{"fields": {…}}` as a browser posts them."""
    fields = body.get("fields") if isinstance(body, dict) else None
    if not isinstance(fields, dict):
        reader.report("body.fields", FORM_FIELDS())
        return b""
    for name, value in fields.items():
        texts = value if isinstance(value, list) and value else [value]
        if not all(isinstance(text, str) for text in texts):
            reader.report(f"body.fields.{name}", NOT_TEXT_LIST())
    return urlencode(fields, doseq=True).encode()
