"""Schemas of the triggers that wait for the clock: a record's date field, a schedule, and what comes too late."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from whenthen.domain.records.date_index import DATED
from whenthen.domain.records.record import RESERVED
from whenthen.domain.rules.timer_triggers import MAX_DAYS, OWN_ZONE
from whenthen.domain.scheduling.schedules import MAX_CRON_LATE, MAX_PER_HOUR
from whenthen.domain.scheduling.sweep_window import MAX_LATE
from whenthen.domain.schemas.parts import (
    GIVEN,
    NULL,
    Schema,
    choice,
    constant,
    flag,
    integer,
    noted,
    patterned,
    record,
    ref,
    text,
    when,
)
from whenthen.domain.temporal.anniversaries import Leap
from whenthen.domain.temporal.time_values import MOMENT

_HOUR = timedelta(hours=1)
_CLOCK = "[0-9*/,-]+"
_CRON = r"\s+".join((_CLOCK, _CLOCK, "[0-9LWlw*/,-]+", "[0-9A-Za-z*/,-]+", "[0-9A-Za-z*/,#-]+"))
_LATE = noted(
    ref("LatePolicy"), "What happens to a moment that is found late; by default it is skipped after 24 hours."
)

_FLAT = DATED.pattern.replace("(.+_)", r"([^.]+_)")
"""The names of date fields, without those of something within a field."""

_DATE_FIELD = {
    "kind": noted(ref("Kind"), "The kind of record; by default the rule's."),
    "field": noted(
        {
            **patterned(rf"(?:record\.)?{_FLAT}", longest=200),
            "not": {"pattern": rf"^\s*(?:record\.)?(?:{'|'.join(sorted(RESERVED))})\s*$"},
        },
        "The date field, with or without `record.` before it. Only names that end so are indexed by date.",
        examples=["birth_date", "renewal_date"],
    ),
    "yearly": noted(flag(), "Every year on the day, or once.", default=False),
    "days": noted(integer(MAX_DAYS, -MAX_DAYS), "How many days after the date; negative: before it.", default=0),
    "at": noted(ref("Hour"), "The hour; by default that of the record's own moment, else nine o'clock."),
    "time_zone": {
        "description": f"Whose clocks are meant: an IANA time zone, or `{OWN_ZONE}`; by default the rule's zone.",
        "anyOf": [ref("TimeZone"), constant(OWN_ZONE), constant("")],
    },
    "leap": noted(
        ref("LeapDay"), "Where the anniversary of 29 February stands in a common year.", default=str(Leap.FEB28)
    ),
    "late": _LATE,
}
_SCHEDULE = {
    "cron": noted(
        patterned(rf"\s*{_CRON}\s*", longest=200),
        f"Minute, hour, day of the month, month, day of the week; at most {MAX_PER_HOUR} times an hour.",
        examples=["0 9 * * mon-fri", "*/15 * * * *", "0 9 L * *", "0 9 * * mon#1"],
    ),
    "at": noted(
        patterned(MOMENT.pattern),
        "One moment, by the clocks of the time zone or with its offset.",
        examples=["2026-05-01T09:00"],
    ),
    "time_zone": {
        "description": "Whose clocks are meant; by default those of the rule's zone.",
        "anyOf": [{**ref("TimeZone"), "not": {"const": OWN_ZONE}}, constant("")],
    },
    "kind": noted(ref("Kind"), "Start the rule for each record of this kind that fits the filter."),
    "filter": noted(ref("Filter"), "Which records of the kind are meant; by default all."),
    "view": noted(text(), "The id of a saved view, in place of kind and filter.", examples=["view_a1"]),
    "late": _LATE,
}
_LATE_MEMBERS = {
    "policy": noted(
        choice(("skip", "run")), "Skip what is found later than `hours`, or run it however late.", default="skip"
    ),
    "hours": noted(integer(int(MAX_LATE / _HOUR), 1), "Of skip: how late is too late; by default 24.", examples=[6]),
}


def _either_cron_or_at() -> list[dict[str, Any]]:
    demands: Schema = {"properties": {"at": GIVEN}, "required": ["at"]}
    soon = {"properties": {"late": {"properties": {"hours": {"maximum": int(MAX_CRON_LATE / _HOUR)}}}}}
    with_cron = {"allOf": [{"properties": {"at": NULL}}, soon]}
    return [{**when({"cron": GIVEN}, with_cron, given=("cron",)), "else": demands}]


DEFINITIONS: dict[str, Schema] = {
    "DateField": record(
        "DateField",
        "A date field of a kind of record: when a rule is due for each of them.",
        _DATE_FIELD,
        required=("field",),
        examples=[{"kind": "contact", "field": "birth_date", "yearly": True, "days": -3, "at": "09:00"}],
    ),
    "Schedule": record(
        "Schedule",
        "When a rule is due: by a cron expression or at one moment; once, or for each record of a view.",
        _SCHEDULE,
        examples=[{"cron": "0 9 * * mon-fri", "kind": "contact"}, {"at": "2026-05-01T09:00"}],
        allOf=_either_cron_or_at(),
    ),
    "LatePolicy": record(
        "LatePolicy",
        "What happens to a moment that is found late.",
        _LATE_MEMBERS,
        examples=[{"policy": "skip", "hours": 6}, {"policy": "run"}],
        allOf=[when({"policy": {"const": "run"}}, {"properties": {"hours": NULL}}, given=("policy",))],
    ),
    "LeapDay": {"title": "LeapDay", "description": "28 February or 1 March.", **choice(Leap)},
}
