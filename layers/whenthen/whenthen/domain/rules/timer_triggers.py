"""Read triggers that wait for the clock: a record's date field, or a schedule."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from whenthen.domain.common.document_reader import LONGEST_TEXT
from whenthen.domain.common.errors import InvalidValue
from whenthen.domain.common.reason_codes import NOT_EXACTLY_ONE
from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.records.date_index import is_dated
from whenthen.domain.records.record import RESERVED
from whenthen.domain.scheduling.date_triggers import DateField
from whenthen.domain.scheduling.schedules import MAX_CRON_LATE, Cron, Schedule, parse_cron
from whenthen.domain.scheduling.sweep_window import Lateness
from whenthen.domain.temporal.anniversaries import Leap
from whenthen.domain.temporal.clocks import in_utc, read_hour
from whenthen.domain.temporal.time_values import read_point
from whenthen.domain.temporal.time_zones import parse_zone
from whenthen.domain.views import view as views

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from whenthen.domain.common.document_reader import Reader
    from whenthen.domain.views.view import View

MAX_DAYS = 366
"""Bound the days before or after its date at which a rule may be due."""

OWN_ZONE = "record"
"""Stand for the record's own time zone, where it has one."""

NOT_DATED = ReasonCode("date_trigger.not_dated", "field")
# Only the record's own fields are indexed by date, not its attributes such as created_at, and nothing within a field.
NOT_INDEXED = ReasonCode("date_trigger.not_indexed", "field")
BAD_ZONE_OR_OWN = ReasonCode("time_zone.unknown_or_own", "own")
ONE_ZONE = ReasonCode("schedule.one_zone")
BAD_MOMENT = ReasonCode("schedule.malformed_moment")

_BIRTHDAY = "birth_date"


def birthday(kind: str | None, zone: ZoneInfo) -> DateField:
    """Make the trigger that `{"event": "birthday.reached"}` is short for: yearly on the birth date, at nine o'clock."""
    return DateField(kind or "contact", _BIRTHDAY, yearly=True, zone=zone)


def read_date_field(part: Reader, kind: str | None, zone: ZoneInfo) -> DateField:
    """Read the `date` of a trigger: a kind's date field, yearly or once, with offset, hour and time zone."""
    written = part.text("field", required=True)
    name = written.removeprefix("record.")
    if name in RESERVED or "." in name:
        part.report("field", NOT_INDEXED(field=name))
    elif written and not is_dated(name):
        part.report("field", NOT_DATED(field=name))
    zone, own_zone = _read_zone(part, zone)
    field = DateField(
        kind=views.read_kind(part, kind),
        field=name,
        yearly=part.flag("yearly"),
        zone=zone,
        days=part.integer("days", least=-MAX_DAYS, most=MAX_DAYS),
        at=read_hour(part, "at"),
        own_zone=own_zone,
        leap=Leap(part.choice("leap", list(Leap), Leap.FEB28)),
        late=Lateness.read(part),
    )
    part.finish()
    return field


def read_schedule(part: Reader, kind: str | None, zone: ZoneInfo) -> tuple[Schedule, View | None]:
    """Read the `schedule` of a trigger, and the view that it runs over, if any."""
    zone, own_zone = _read_zone(part, zone)
    if own_zone:
        part.report("time_zone", ONE_ZONE())
    cron, at = _read_cron(part), _read_moment(part, zone)
    if ("cron" in part) == ("at" in part):
        part.report("", NOT_EXACTLY_ONE(options=["cron", "at"]))
    named = [part.value(name) for name in ("view", "filter", "kind")]
    view = None if named == [None] * len(named) else views.read_view(part, kind, zone.key)
    late = Lateness.read(part, MAX_CRON_LATE) if cron else Lateness.read(part)
    part.finish()
    return Schedule(zone, cron, at, late), view


def _read_zone(part: Reader, default: ZoneInfo) -> tuple[ZoneInfo, bool]:
    """Read the zone. Return (the zone, whether the record's own goes before it)."""
    name = part.text("time_zone")
    if name in ("", OWN_ZONE):
        return default, name == OWN_ZONE
    zone = parse_zone(name)
    if zone is None:
        part.report("time_zone", BAD_ZONE_OR_OWN(own=OWN_ZONE))
    return zone or default, False


def _read_cron(part: Reader) -> Cron | None:
    text, written = part.text("cron"), part.value("cron")
    if not isinstance(written, str) or len(written) > LONGEST_TEXT:  # absent, or a problem that the reader has reported
        return None
    try:
        return parse_cron(text)
    except InvalidValue as error:
        part.report("cron", error.reason)
        return None


def _read_moment(part: Reader, zone: ZoneInfo) -> datetime | None:
    text = part.text("at")
    point = read_point(text) if text else None
    if isinstance(point, datetime):
        return point if point.tzinfo else in_utc(point, zone)
    if isinstance(part.value("at"), str):
        part.report("at", BAD_MOMENT())
    return None
