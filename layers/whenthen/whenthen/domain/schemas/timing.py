"""Schemas of time: waits, durations, hours, weekdays, time zones."""

from __future__ import annotations

from whenthen.domain.schemas.parts import (
    BLANK,
    NULL,
    Schema,
    choice,
    filled_text,
    integer,
    noted,
    nullable,
    one_or_list,
    patterned,
    record,
    ref,
    text,
    when,
)
from whenthen.domain.steps.branches import ELSE, LONGEST_STEP_ID
from whenthen.domain.steps.event_waits import FOR_EVENT, MAX_AWAITED, MAX_TIMEOUT_DAYS, THEN
from whenthen.domain.temporal.clocks import HOUR, WEEKDAYS
from whenthen.domain.temporal.time_values import MAX_DURATION_DAYS, UNITS
from whenthen.domain.temporal.waits import (
    MAX_BUSINESS_DAYS,
    MAX_BUSINESS_HOURS,
    MAX_WAIT_DAYS,
    MAX_WAIT_SECONDS,
    Past,
)

_MINUTES_A_DAY = UNITS["days"]
_BUSINESS = ("business_days", "business_hours")

_WAIT = {
    "days": noted(
        integer(MAX_WAIT_DAYS), "Calendar days of the rule's time zone; the clock time stays.", default=0, examples=[3]
    ),
    "hours": noted(integer(24 * MAX_WAIT_DAYS), "Hours of elapsed time.", default=0, examples=[12]),
    "minutes": noted(integer(_MINUTES_A_DAY * MAX_WAIT_DAYS), "Minutes of elapsed time.", default=0, examples=[30]),
    "seconds": noted(integer(MAX_WAIT_SECONDS), "Seconds of elapsed time.", default=0),
    "business_days": noted(
        integer(MAX_BUSINESS_DAYS), "Days on which the installation works; counted after the units above.", default=0
    ),
    "business_hours": noted(
        integer(MAX_BUSINESS_HOURS), "Hours in which the installation works; counted after business days.", default=0
    ),
    "since": noted(
        choice(("previous", "entry")),
        "Count from the end of the previous step, or from the run's entry.",
        default="previous",
    ),
    "at": noted(
        ref("Hour"), "Wait on until clocks of the rule's time zone show this hour; that of the day itself after days."
    ),
    "weekdays": noted(
        one_or_list(ref("Weekday"), len(WEEKDAYS)),
        "Wait on until one of these days; none means every day.",
        examples=[["mon", "tue", "wed", "thu", "fri"]],
    ),
    "until": noted(ref("Until"), "Count from a date of the record instead."),
    "past": noted(
        choice(Past),
        "What is done if the moment is over when the step is entered: skip the step, run it now (when hour and days"
        " allow it), or wait for the next such moment. By default a moment of a date of the record skips, others run.",
        examples=["next"],
    ),
    FOR_EVENT: noted(ref("EventWait"), "Wait for an event instead; then no other part may be given."),
}
_NO_OTHER: Schema = {
    "properties": {
        **{unit: {"enum": [0, None]} for unit in ("days", "hours", "minutes", "seconds", *_BUSINESS)},
        "at": BLANK,
        "weekdays": {"anyOf": [NULL, {"type": "array", "maxItems": 0}]},
        "until": NULL,
    }
}

_EVENT_WAIT = {
    "on": noted(
        one_or_list(ref("EventType"), MAX_AWAITED, least=1),
        "Event types about the run's record or customer, of which one is enough.",
        examples=[["contact.replied"]],
    ),
    "timeout": noted(ref("Duration"), f"How long the run waits at most: up to {MAX_TIMEOUT_DAYS} days."),
    THEN: noted(text(LONGEST_STEP_ID), "The later step to go on with once an event came; by default this one."),
    ELSE: noted(text(LONGEST_STEP_ID), "The later step to go on with if none came in time; by default this one."),
}

_UNTIL = {
    "field": noted(
        {**filled_text(), "pattern": r"^(?!\s*record\.\s*$)[\s\S]*\S"},
        "The record's date field, with or without `record.` before it.",
        examples=["renewal_date"],
    ),
    **{
        unit: noted(integer(most, -most), f"How many {words} after the date; negative: before it.", default=0)
        for unit, most, words in (
            ("days", MAX_WAIT_DAYS, "days"),
            ("hours", 24 * MAX_WAIT_DAYS, "hours"),
            ("minutes", _MINUTES_A_DAY * MAX_WAIT_DAYS, "minutes"),
            ("business_days", MAX_BUSINESS_DAYS, "days on which the installation works"),
        )
    },
}

_DURATION = {
    unit: noted(integer(MAX_DURATION_DAYS * _MINUTES_A_DAY // minutes), description)
    for (unit, minutes), description in zip(
        UNITS.items(),
        ("Weeks, as calendar days.", "Calendar days.", "Hours of elapsed time.", "Minutes of elapsed time."),
        strict=True,
    )
}

DEFINITIONS: dict[str, Schema] = {
    "Hour": {
        "title": "Hour",
        "description": "A wall-clock time, HH:MM.",
        **nullable(patterned(HOUR.pattern, empty=True)),
        "examples": ["09:30"],
    },
    "Weekday": {"title": "Weekday", "description": "A day of the week.", **choice(WEEKDAYS)},
    "TimeZone": {
        "title": "TimeZone",
        "description": "An IANA time zone.",
        **patterned(r"[A-Za-z0-9_+/-]+", longest=200),
        "examples": ["Europe/Istanbul", "UTC"],
    },
    "Wait": record(
        "Wait",
        f"How long a step waits before it is due: at most {MAX_WAIT_DAYS} days.",
        _WAIT,
        examples=[{"days": 3, "at": "10:00", "weekdays": ["mon", "tue", "wed", "thu", "fri"]}],
        allOf=[when({FOR_EVENT: {"type": "object"}}, _NO_OTHER, given=(FOR_EVENT,))],
    ),
    "EventWait": record(
        "EventWait",
        "A wait for an event about the run's record or customer, with two ways on.",
        _EVENT_WAIT,
        required=("on", "timeout"),
        examples=[{"on": ["contact.replied"], "timeout": {"days": 3}, "else": "remind"}],
    ),
    "Until": record(
        "Until", "A date of the record from which a wait counts.", _UNTIL, required=("field",),
        examples=[{"field": "renewal_date", "days": -7}, {"field": "meeting_at", "hours": -2}],
    ),
    "Duration": record(
        "Duration",
        f"A length of time, more than nothing and at most {MAX_DURATION_DAYS} days.",
        _DURATION,
        never_null=tuple(_DURATION),
        examples=[{"days": 3}, {"hours": 12}],
        **{"not": {"additionalProperties": {"const": 0}}},
    ),
}  # fmt: skip
