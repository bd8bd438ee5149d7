"""Read for whom a preview is made, and build what the texts of a template may name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from whenthen.domain.common.document_reader import Reader
from whenthen.domain.common.errors import Invalid, NotFound, Problem
from whenthen.domain.common.json_bounds import MOST
from whenthen.domain.records.record import Record, as_context, check_fields, parse_ref
from whenthen.domain.rules.context import context_of
from whenthen.domain.stored_templates.message_template import Channel
from whenthen.domain.temporal.calendar_settings import SUBJECT, read_calendar_settings
from whenthen.domain.temporal.time_zones import UTC, zone_of
from whenthen.ports.reason_codes import EVENT_NOT_FOUND, RECORD_NOT_FOUND
from whenthen.usecases.context.related import Related

if TYPE_CHECKING:
    from whenthen.ports.administration import SettingStore
    from whenthen.ports.clock import Clock
    from whenthen.ports.events import EventLog
    from whenthen.ports.records import RecordStore
    from whenthen.ports.values import Plan


SAMPLES: dict[str, Any] = {
    "unsubscribe_url": "https://example.com/unsubscribe",
    "preferences_url": "https://example.com/preferences",
}
"""Stand in for what only a message that is sent has."""


class Asked(Struct, frozen=True):
    """Say for whom a preview is made.

    record    a ref; empty: only `fields` stand for the record
    fields    replace those of the record, or make one that there need not be
    event     the id of an event that is kept; empty: `data` is that of an event that there need not be
    language  in place of the record's own
    channel   whose bounds are looked at; None: the template's own
    version   of the template; None: the current one
    """

    record: str = ""
    fields: Mapping[str, Any] = {}
    event: str = ""
    data: Mapping[str, Any] = {}
    language: str = ""
    channel: Channel | None = None
    version: int | None = None


def read_asked(written: Mapping[str, Any]) -> Asked:
    """Read the request of a preview. Raises Invalid naming each field."""
    problems: list[Problem] = []
    reader = Reader(written, "", problems)
    channel = reader.choice("channel", tuple(Channel), "")
    asked = Asked(
        record=reader.text("record"),
        fields=dict(reader.mapping("fields")),
        event=reader.text("event"),
        data=dict(reader.mapping("data")),
        language=reader.text("language"),
        channel=Channel(channel) if channel else None,
        version=reader.integer("version", least=1, most=MOST) if "version" in reader else None,
    )
    reader.value("version")
    reader.finish()
    if problems:
        raise Invalid(problems)
    check_fields(asked.fields, "fields")
    return asked


class PreviewContext(Struct, frozen=True):
    """Build the context of a preview, as that of a run would be now."""

    records: RecordStore
    events: EventLog
    settings: SettingStore
    clock: Clock

    def __call__(self, asked: Asked) -> dict[str, Any]:
        """Return the context. Raises NotFound if there is no such record or event, Invalid for a bad ref."""
        calendar = read_calendar_settings(self.settings.get(SUBJECT))
        plan = self._plan(asked.event)
        record = self._record(asked, plan)
        zone, now, related = zone_of(calendar.time_zone or UTC), self.clock.now(), Related(self.records, record)
        if plan is not None:
            return context_of(plan.event, record, now, zone, related, language=calendar.language) | SAMPLES
        return SAMPLES | {
            "event": {"data": asked.data},
            "record": as_context(record) if record else None,
            "before": None,
            "related": related,
            "now": now.astimezone(zone),
            "zone": zone,
            "language": calendar.language,
        }

    def _plan(self, event_id: str) -> Plan | None:
        plan = self.events.plan_of(event_id) if event_id else None
        if event_id and plan is None:
            raise NotFound(EVENT_NOT_FOUND(event=event_id))
        return plan

    def _record(self, asked: Asked, plan: Plan | None) -> Record | None:
        """Return the record that is asked for, else the event's, with the fields that are given in place of its own."""
        record = self._stored(asked.record) if asked.record else (plan.record if plan is not None else None)
        fields = {**asked.fields, **({"language": asked.language} if asked.language else {})}
        if not fields:
            return record
        if record is None:
            return Record("preview", "1", fields, 1)
        return replace(record, fields={**record.fields, **fields})

    def _stored(self, ref: str) -> Record:
        parse_ref(ref, "record")
        found = self.records.get(ref)
        if found is None:
            raise NotFound(RECORD_NOT_FOUND(ref=ref))
        return found
