"""What a change of a record is called: one row for each event that is derived from the record before and after it.

The rows of every kind come first, then those of single kinds. `changes` derives events by this table, the
API shows it. No row is about a value that only time changes: those are the clock's.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from msgspec import Struct, field

from whenthen.domain.event_catalog.change_tests import (
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
    """One row. `kinds`: those that have it, none for every kind. `test`: None where it is not derived by a test."""

    verb: str
    description: str
    test: Test | None
    kinds: tuple[str, ...] = ()
    rows: str = ""
    data: tuple[DataField, ...] = ()
    example: Mapping[str, Any] = field(default_factory=dict)


_F, _T = DataField, DataType

_CARRIED = (
    _F("fields", _T.OBJECT, "The record's fields right after the change (of a deleted one: right before)."),
    _F("version", _T.NUMBER, "The record's version."),
    _F("created_at", _T.TIME, "When the record was created."),
    _F("via", _T.TEXT, "How the change came about: human, form, import, integration or rule."),
    _F("absorbed", _T.TEXTS, "The refs of the records that were merged into it, where there are any."),
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


def _moved(verb: str, name: str, description: str, rows: str, before: str, after: str) -> RecordEvent:
    example = {"field": name, "from": before, "to": after}
    return RecordEvent(verb, description, Changes((name,)), (), rows, _FROM_TO, example)


def _reached(kind: str, verb: str, values: tuple[str, ...], description: str, rows: str) -> RecordEvent:
    example = {"field": "status", "from": "open", "to": values[0]}
    return RecordEvent(verb, description, Becomes("status", values), (kind,), rows, _FROM_TO, example)


_R = RecordEvent

OF_EVERY_KIND: tuple[RecordEvent, ...] = (
    _R("created", "A record was created; `via` says how.", Created(), rows="T01 T01a T01b T01c T01d T13 T14 T17 T23 "
       "T28 T31 T36 T37 T44 T50 C20", example={"fields": {"full_name": "Ayşe Yılmaz"}, "version": 1, "via": "form"}),
    _R("created_manually", "A team member created a record by hand.", Created("human"), rows="T02 U43",
       example={"fields": {"full_name": "Ayşe Yılmaz"}, "version": 1, "via": "human"}),
    _R("updated", "A record changed; `changes` has every field with what it was and is.", Updated(),
       rows="T03 T18 T29 T32 C08", example={"fields": {"city": "Budapest"}, "version": 4, "via": "human"}),
    _R(FIELD_CHANGED, "One named field changed. A name for triggers: name the field beside it.", None,
       rows="T04 C08 U05 U08", data=_FROM_TO, example={"field": "email", "from": "a@example.com", "to": None}),
    _R("deleted", "A record was deleted.", Deleted(), rows="T05 T19",
       example={"fields": {"full_name": "Ayşe Yılmaz"}, "version": 4, "via": "human"}),
    _R(MERGED, "Another record was merged into this one, which knows what either knew.", Merged(),
       data=(_F("from", _T.TEXT, "The ref of the record that is part of this one now."),),
       example={"from": "contact:8", "fields": {"full_name": "Ayşe Yılmaz"}, "version": 5, "via": "human"}),
    _R(CHILD_ADDED, "A sub-customer was added: this record became the parent of another.", None, rows="T06 C21",
       data=_CHILD, example={"child": {"kind": "contact", "ref": "contact:8", "fields": {"full_name": "Budi"}}}),
    _moved("status_changed", "status", "The main status changed.", "T07 T33 C03 C19", "new", "active"),
    _moved("internal_status_changed", "internal_status", "The team's own status changed.", "T08", "review", "ready"),
    _moved("internal_sub_status_changed", "internal_sub_status", "The team's sub-status changed.", "T09",
           "waiting", "escalated"),
    _R("tag_added", "Tags were added.", Gains("tags"), rows="T10 C04", data=_tags("added"), example={"tags": ["vip"]}),
    _R("tag_removed", "Tags were taken off.", Loses("tags"), rows="C04", data=_tags("taken off"),
       example={"tags": ["vip"]}),
    _moved("folder_changed", "folder", "The record moved to another folder.", "T11 C02", "inbox", "customers"),
    _moved("stage_changed", "stage", "The record moved to another stage.", "T26 T54 C13", "new", "negotiation"),
    _moved("pipeline_changed", "pipeline", "The record moved to another pipeline.", "T54 C14", "retail", "partners"),
    _moved("owner_changed", "owner", "Another employee is responsible.", "T03", "agent:ayse", "agent:budi"),
)  # fmt: skip

OF_SOME_KINDS: tuple[RecordEvent, ...] = (
    _reached("quote", "signed", ("signed", "accepted"), "The customer signed a quote.", "T40"),
    _reached("quote", "cancelled", _CANCELLED, "A quote was withdrawn.", ""),
    _reached("invoice", "paid", ("paid",), "An invoice was paid.", "T38"),
    _reached("invoice", "cancelled", _CANCELLED, "An invoice was cancelled.", "T39"),
    _reached("payment", "received", ("received", "succeeded", "paid", "completed"), "A payment was received.", "T41"),
    _reached("invoice", "payment_failed", ("payment_failed",), "An attempt to pay an invoice failed.", ""),
    _reached("payment", "refunded", ("refunded",), "A payment was given back.", ""),
    _reached("payment", "failed", ("failed", "declined"), "A payment attempt failed.", "T42"),
    _reached("ticket", "closed", ("closed", "solved", "resolved"), "A ticket was closed.", "T34"),
    _reached("ticket", "reopened", ("reopened",), "A closed ticket was opened again.", ""),
    _R("replied", "A ticket has a new reply.", Changes(("last_reply_at",)), ("ticket",), "T32", _FROM_TO,
       {"field": "last_reply_at", "from": None, "to": "2026-03-14T09:30:00Z"}),
    _reached("task", "completed", ("completed", "done"), "A task was completed.", "T30"),
    _reached("meeting", "cancelled", _CANCELLED, "A meeting was cancelled.", "T52"),
    _R("edited", "A meeting's time, place, people or content changed.",
       Changes((*_DATES, "title", "location", "url", "participants", "agenda", "description", "duration")),
       ("meeting",), "T51", _FROM_TO, {"field": "location", "from": "Room 1", "to": "Room 2"}),
    _R("series_created", "A recurring series of meetings was created.", Gets("recurrence", first=True), ("meeting",),
       "T53", _FROM_TO, {"field": "recurrence", "from": None, "to": "FREQ=WEEKLY;BYDAY=MO"}),
    _R("date_changed", "It was moved to another date or time.", Changes(_DATES), _DATED, "T15", _FROM_TO,
       {"field": "starts_at", "from": "2026-03-14T09:30:00Z", "to": "2026-03-15T09:30:00Z"}),
    _R("edited", "Something other than its date or status changed.", ChangesBeside((*_DATES, "status")),
       ("reservation", "calendar_event"), "T16"),
    _reached("reservation", "cancelled", _CANCELLED, "A reservation was cancelled.", "T16"),
    _reached("calendar_event", "cancelled", _CANCELLED, "A calendar entry was cancelled.", "T16"),
    _reached("chat", "lost", ("lost", "abandoned", "disappeared"), "A chat was lost.", "T24"),
    _reached("chat", "closed", ("closed", "finished"), "A chat ended.", "T26"),
    _R("assigned", "A chat or ticket was given to an agent.", Gets("owner"), ("chat", "ticket"), "T25", _FROM_TO,
       {"field": "owner", "from": None, "to": "agent:ayse"}),
)  # fmt: skip

_COMMON_VERBS = frozenset(row.verb for row in OF_EVERY_KIND)


@cache
def rows_of(kind: str) -> tuple[RecordEvent, ...]:
    """The rows that records of `kind` have: those of every kind, then its own."""
    return OF_EVERY_KIND + tuple(row for row in OF_SOME_KINDS if kind in row.kinds)


@cache
def find_record_event(event_type: str) -> EventType | None:
    """The catalogue's row for an event of a known kind of record; None where the store derives no such event."""
    kind, _, verb = event_type.partition(".")
    row = next((row for row in rows_of(kind) if row.verb == verb), None) if kind in KINDS else None
    return None if row is None else described(row, kind)


def described(row: RecordEvent, kind: str) -> EventType:
    """The row as the catalogue shows it for one kind of record (or for `<kind>`, any)."""
    known = KINDS.get(kind)
    reported = row.verb != FIELD_CHANGED and known is not None and known.elsewhere
    return EventType(
        type=f"{kind}.{row.verb}",
        description=row.description,
        makers=(Maker.STORE, Maker.REPORT, Maker.SOURCE) if reported else (Maker.STORE,),
        derived=row.test.said if row.test else _SAID[row.verb],
        data=(*row.data, *(() if row.verb == CHILD_ADDED else _CARRIED)),
        example=row.example,
        about="the parent" if row.verb == CHILD_ADDED else "the record",
        rows=row.rows,
    )


_SAID = {
    CHILD_ADDED: "a customer, or a record of the same kind, gets this record as its parent",
    FIELD_CHANGED: "a trigger reads it as <kind>.updated where the field differs; no such event is published",
}


def is_common(verb: str) -> bool:
    """Whether records of every kind have an event of this name."""
    return verb in _COMMON_VERBS
