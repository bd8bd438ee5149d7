"""List the events of records, one row for each that is derived from the record before and after a change.

The rows of every kind come first, then those of single kinds. `derivation` derives events by this table, the
API shows it. No row is about a value that only time changes: those are the clock's.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from msgspec import Struct, field

from whenthen.domain.event_catalog.change_predicates import (
    Becomes,
    Changes,
    ChangesBeside,
    Created,
    Deleted,
    Gains,
    Gets,
    Loses,
    Merged,
    Test,
    Updated,
)
from whenthen.domain.event_catalog.event_types import DataField, DataType, EventType, Maker
from whenthen.domain.event_catalog.record_kinds import KINDS
from whenthen.domain.events.types import CHILD_ADDED, FIELD_CHANGED, MERGED


class RecordEvent(Struct, frozen=True):
    """Describe one row. `kinds`: those that have it, empty for every kind. `test`: None if not derived by a test."""

    verb: str
    description: str
    test: Test | None
    kinds: tuple[str, ...] = ()
    data: tuple[DataField, ...] = ()
    example: Mapping[str, Any] = field(default_factory=dict)


_F, _T = DataField, DataType

_CARRIED = (
    _F("fields", _T.OBJECT, "The record's fields right after the change (of a deleted one: right before)."),
    _F("version", _T.NUMBER, "The record's version."),
    _F("created_at", _T.TIME, "When the record was created."),
    _F("before", _T.OBJECT, "Of a changed record: its `version` and `updated_at` before the change."),
    _F("via", _T.TEXT, "How the change came about: human, form, import, integration or rule."),
    _F("absorbed", _T.TEXTS, "The refs of the records that were merged into it, where there are any."),
    _F("automation", _T.OBJECT, "What rules may do with it, where that was said: `paused_until`, `excluded_rules`."),
    _F("omitted", _T.TEXTS, "What was too large for the event and was left out."),
)
_FROM_TO = (
    _F("field", _T.TEXT, "The field that changed."),
    _F("from", _T.ANY, "What it held."),
    _F("to", _T.ANY, "What it holds."),
)
_CHILD = (
    _F("child", _T.OBJECT, "The child: its kind, ref and fields.", required=True),
    _F("via", _T.TEXT, "How the child came: human, form, import, integration or rule."),
)
_DATES = ("starts_at", "date", "start", "begins_at", "time", "ends_at")
_CANCELLED = ("cancelled", "canceled", "void", "voided")
_DATED = ("reservation", "calendar_event", "meeting")


def _tags(which: str) -> tuple[DataField, ...]:
    return (_F("tags", _T.TEXTS, f"The tags that were {which}, all of one change."),)


def _moved(verb: str, name: str, description: str, before: str, after: str) -> RecordEvent:
    example = {"field": name, "from": before, "to": after}
    return RecordEvent(verb, description, Changes((name,)), (), _FROM_TO, example)


def _reached(kind: str, verb: str, values: tuple[str, ...], description: str) -> RecordEvent:
    example = {"field": "status", "from": "open", "to": values[0]}
    return RecordEvent(verb, description, Becomes("status", values), (kind,), _FROM_TO, example)


_R = RecordEvent

OF_EVERY_KIND: tuple[RecordEvent, ...] = (
    _R("created", "A record was created; `via` says how.", Created(),
       example={"fields": {"full_name": "Ayşe Yılmaz"}, "version": 1, "via": "form"}),
    _R("created_manually", "A team member created a record by hand.", Created("human"),
       example={"fields": {"full_name": "Ayşe Yılmaz"}, "version": 1, "via": "human"}),
    _R("updated", "A record changed; `changes` has every field with what it was and is.", Updated(),
       example={"fields": {"city": "Budapest"}, "version": 4, "via": "human"}),
    _R(FIELD_CHANGED, "One named field changed. A name for triggers: name the field beside it.", None, data=_FROM_TO,
       example={"field": "email", "from": "a@example.com", "to": None}),
    _R("deleted", "A record was deleted.", Deleted(),
       example={"fields": {"full_name": "Ayşe Yılmaz"}, "version": 4, "via": "human"}),
    _R(MERGED, "Another record was merged into this one, which knows what either knew.", Merged(),
       data=(_F("from", _T.TEXT, "The ref of the record that is part of this one now."),),
       example={"from": "contact:8", "fields": {"full_name": "Ayşe Yılmaz"}, "version": 5, "via": "human"}),
    _R(CHILD_ADDED, "A sub-customer was added: this record became the parent of another.", None,
       data=_CHILD, example={"child": {"kind": "contact", "ref": "contact:8", "fields": {"full_name": "Budi"}}}),
    _moved("status_changed", "status", "The main status changed.", "new", "active"),
    _moved("internal_status_changed", "internal_status", "The team's own status changed.", "review", "ready"),
    _moved("internal_sub_status_changed", "internal_sub_status", "The team's sub-status changed.",
           "waiting", "escalated"),
    _R("tag_added", "Tags were added.", Gains("tags"), data=_tags("added"), example={"tags": ["vip"]}),
    _R("tag_removed", "Tags were taken off.", Loses("tags"), data=_tags("taken off"),
       example={"tags": ["vip"]}),
    _moved("folder_changed", "folder", "The record moved to another folder.", "inbox", "customers"),
    _moved("stage_changed", "stage", "The record moved to another stage.", "new", "negotiation"),
    _moved("pipeline_changed", "pipeline", "The record moved to another pipeline.", "retail", "partners"),
    _moved("owner_changed", "owner", "Another employee is responsible.", "agent:ayse", "agent:budi"),
)  # fmt: skip

OF_SOME_KINDS: tuple[RecordEvent, ...] = (
    _reached("quote", "signed", ("signed", "accepted"), "The customer signed a quote."),
    _reached("quote", "cancelled", _CANCELLED, "A quote was withdrawn."),
    _reached("invoice", "paid", ("paid",), "An invoice was paid."),
    _reached("invoice", "cancelled", _CANCELLED, "An invoice was cancelled."),
    _reached("payment", "received", ("received", "succeeded", "paid", "completed"), "A payment was received."),
    _reached("invoice", "payment_failed", ("payment_failed",), "An attempt to pay an invoice failed."),
    _reached("payment", "refunded", ("refunded",), "A payment was given back."),
    _reached("payment", "failed", ("failed", "declined"), "A payment attempt failed."),
    _reached("ticket", "closed", ("closed", "solved", "resolved"), "A ticket was closed."),
    _reached("ticket", "reopened", ("reopened",), "A closed ticket was opened again."),
    _R("replied", "A ticket has a new reply.", Changes(("last_reply_at",)), ("ticket",), _FROM_TO,
       {"field": "last_reply_at", "from": None, "to": "2026-03-14T09:30:00Z"}),
    _reached("task", "completed", ("completed", "done"), "A task was completed."),
    _reached("meeting", "cancelled", _CANCELLED, "A meeting was cancelled."),
    _R("edited", "A meeting's time, place, people or content changed.",
       Changes((*_DATES, "title", "location", "url", "participants", "agenda", "description", "duration")),
       ("meeting",), _FROM_TO, {"field": "location", "from": "Room 1", "to": "Room 2"}),
    _R("series_created", "A recurring series of meetings was created.", Gets("recurrence", first=True), ("meeting",),
       _FROM_TO, {"field": "recurrence", "from": None, "to": "FREQ=WEEKLY;BYDAY=MO"}),
    _R("date_changed", "It was moved to another date or time.", Changes(_DATES), _DATED, _FROM_TO,
       {"field": "starts_at", "from": "2026-03-14T09:30:00Z", "to": "2026-03-15T09:30:00Z"}),
    _R("edited", "Something other than its date or status changed.", ChangesBeside((*_DATES, "status")),
       ("reservation", "calendar_event")),
    _reached("reservation", "cancelled", _CANCELLED, "A reservation was cancelled."),
    _reached("calendar_event", "cancelled", _CANCELLED, "A calendar entry was cancelled."),
    _reached("chat", "lost", ("lost", "abandoned", "disappeared"), "A chat was lost."),
    _reached("chat", "closed", ("closed", "finished"), "A chat ended."),
    _R("assigned", "A chat or ticket was given to an agent.", Gets("owner"), ("chat", "ticket"), _FROM_TO,
       {"field": "owner", "from": None, "to": "agent:ayse"}),
)  # fmt: skip


@cache
def rows_of(kind: str) -> tuple[RecordEvent, ...]:
    """Return the rows of records of `kind`: those of every kind, then its own."""
    return OF_EVERY_KIND + tuple(row for row in OF_SOME_KINDS if kind in row.kinds)


@cache
def find_record_event(event_type: str) -> EventType | None:
    """Return the row for an event of a known kind of record. None if no change derives such an event."""
    kind, _, verb = event_type.partition(".")
    row = next((row for row in rows_of(kind) if row.verb == verb), None) if kind in KINDS else None
    return None if row is None else described(row, kind)


def described(row: RecordEvent, kind: str) -> EventType:
    """Return the row as the catalogue shows it for one kind of record (or for `<kind>`, any)."""
    known = KINDS.get(kind)
    reported = row.verb != FIELD_CHANGED and known is not None and known.elsewhere
    return EventType(
        type=f"{kind}.{row.verb}",
        description=row.description,
        makers=(Maker.STORE, Maker.REPORT, Maker.SOURCE) if reported else (Maker.STORE,),
        derived=row.test.description if row.test else _DESCRIBED[row.verb],
        data=(*row.data, *(() if row.verb == CHILD_ADDED else _CARRIED)),
        example=row.example,
        about="the parent" if row.verb == CHILD_ADDED else "the record",
    )


_DESCRIBED = {
    CHILD_ADDED: "a customer, or a record of the same kind, gets this record as its parent",
    FIELD_CHANGED: "a trigger reads it as <kind>.updated where the field differs; no such event is published",
}
