"""try_source: what a source would make of a sample body. Nothing is written, published or remembered."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from msgspec import Struct
from msgspec.structs import replace

from whenthen.domain.common.document_reader import Reader
from whenthen.domain.common.errors import Invalid, Problem, Refused, handling_of
from whenthen.domain.events.event import to_json
from whenthen.sources.signing.schemes import FORM_SCHEMES
from whenthen.sources.webhook.delivery import Delivery, map_form, map_json
from whenthen.sources.webhook.mapping import parse_source
from whenthen.sources.webhook.trial import passed_over

if TYPE_CHECKING:
    from collections.abc import Mapping

    from whenthen.ports.administration import SourceStore
    from whenthen.ports.clock import Clock
    from whenthen.sources.webhook.delivery import Item, MappingResult
    from whenthen.sources.webhook.mapping import Source
    from whenthen.usecases.records.save_record import SaveRecord

MAX_HEADERS = 100
_FORM_TYPE = "application/x-www-form-urlencoded"


class TrySource(Struct, frozen=True):
    """Reads a sample as a delivery of the source whose proof holds."""

    sources: SourceStore
    save_record: SaveRecord
    clock: Clock

    def __call__(self, name: str, written: Mapping[str, Any]) -> dict[str, Any]:
        """What would become of a sample. Raises Invalid naming each field; NotFound where no source is given or saved.

        `body` is the sample as JSON (of a form: `{"fields": {…}}`), or `raw` its text as it is sent; `headers`
        and `delivery_id` are what comes with it. `source` is a source that is not saved yet, in place of the one
        that is. The answer has the `items` that the sample holds, `problems` with whatever could not be read, and
        in `refused` how the sender would be refused.
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
        answer: dict[str, Any] = {"source": name, "items": [], "problems": [], "refused": None}
        try:
            mapped = map_form(delivery) if source.scheme.kind in FORM_SCHEMES else map_json(delivery)
            return answer | self._made(delivery, mapped)
        except Refused as error:
            return answer | {"refused": _refusal(error)}

    def _source(self, name: str, reader: Reader) -> Source | None:
        """The source of the sample, or else the saved one; None where it does not hold, which is reported."""
        written = reader.value("source")
        if written is None:
            return parse_source(self.sources.get(name), saved=True)
        if not isinstance(written, dict):
            reader.report("source", "an object is required")
            return None
        secrets = ("secret", "previous_secret")  # so that what is tried can be what will be saved
        try:
            return parse_source({key: value for key, value in written.items() if key not in secrets} | {"name": name})
        except Invalid as error:
            for problem in error.problems:
                reader.report(f"source.{problem.field}", problem.message)
            return None

    def _made(self, delivery: Delivery, mapped: MappingResult) -> dict[str, Any]:
        written = [self._written(item) for item in mapped.items]
        items = [
            {
                "mapping": None if item.mapping is None else f"mappings[{item.mapping}]",
                "passed_over": [{"mapping": path, "reason": reason} for path, reason in passed_over(delivery, item)],
                "event": to_json(item.event),
                "record": record,
                "problems": list(item.problems),
            }
            for item, record in written
        ]
        return {"items": items, "problems": list(replace(mapped, items=tuple(item for item, _ in written)).problems)}

    def _written(self, item: Item) -> tuple[Item, dict[str, Any] | None]:
        """The item and its record, as they would stand once that was written."""
        upsert = item.record
        if upsert is None:
            return item, None
        try:
            found, changed = self.save_record.preview(upsert.kind, upsert.id, upsert.fields)
        except Refused as error:
            return item.without_record(error.reason), None
        record = {"ref": changed.ref, "exists": found is not None, "fields": dict(changed.fields)}
        return item.about(changed), record


def _headers(reader: Reader) -> dict[str, str]:
    """The sample's headers, their names in lower case."""
    written = reader.mapping("headers")
    if len(written) > MAX_HEADERS:
        reader.report("headers", f"at most {MAX_HEADERS} are allowed")
    for name, value in written.items():
        if not isinstance(value, str):
            reader.report(f"headers.{name}", "a string is required")
    return {name.lower(): value for name, value in written.items() if isinstance(value, str)}


def _sample(reader: Reader, source: Source | None, headers: dict[str, str]) -> bytes:
    """The sample's bytes; `headers` gain the content type of a form that is given as JSON."""
    body, raw = reader.value("body"), reader.value("raw")
    if (body is None) == (raw is None):
        reader.report("body", "either the sample as JSON in body, or its text in raw, is required")
    elif raw is not None:
        if isinstance(raw, str):
            return raw.encode()
        reader.report("raw", "a string is required")
    elif source is not None and source.scheme.kind in FORM_SCHEMES:
        headers["content-type"] = _FORM_TYPE
        return _form(reader, body)
    elif isinstance(body, dict | list):
        return json.dumps(body).encode()
    else:
        reader.report("body", "an object or a list is required")
    return b""


def _form(reader: Reader, body: Any) -> bytes:
    """The fields of `{"fields": {…}}` as a browser posts them."""
    fields = body.get("fields") if isinstance(body, dict) else None
    if not isinstance(fields, dict):
        reader.report("body.fields", "an object with the texts of the form's fields is required")
        return b""
    for name, value in fields.items():
        texts = value if isinstance(value, list) and value else [value]
        if not all(isinstance(text, str) for text in texts):
            reader.report(f"body.fields.{name}", "a string, or a list of them, is required")
    return urlencode(fields, doseq=True).encode()


def _refusal(error: Refused) -> dict[str, Any]:
    """How the sender would be answered."""
    row = handling_of(error)
    return {"status": row.status, "title": row.title, "reason": error.reason}
