"""Read the installation's calendar: its time zone, country and language, its working hours and its holidays.

Zone and language are written into a rule when it is saved, so that a version of a rule goes by the same clocks for
ever. Working hours and holidays are read when a wait is counted by them: a holiday that is added today counts today.
"""
# ruff: noqa: PLC0415 - the matcher reads LANGUAGES here, and needs no working hours

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from whenthen.domain.common.document_reader import Reader
from whenthen.domain.common.errors import Invalid, Problem
from whenthen.domain.common.reason_codes import BAD_ZONE
from whenthen.domain.temporal.time_zones import parse_zone

if TYPE_CHECKING:
    from whenthen.domain.temporal.business_time import BusinessCalendar
    from whenthen.domain.temporal.public_holidays import Holidays
    from whenthen.domain.temporal.working_hours import Week

SUBJECT = "calendar"
"""Name these settings among those of the installation."""

LANGUAGES = ("en", "he", "hu", "id", "tr")
"""List the languages in which whenthen writes words of its own."""

DEFAULTED = ("time_zone", "language")
"""Name the fields of a rule that have the calendar's value where the admin writes none."""


class CalendarSettings(Struct, frozen=True):
    """Hold the calendar of the installation; None where it says nothing.

    time_zone      IANA name
    country        ISO 3166 alpha-2
    language       one of LANGUAGES
    working_hours  the spans of each weekday
    holidays       the days on which nobody works
    """

    time_zone: str | None = None
    country: str | None = None
    language: str | None = None
    working_hours: Week | None = None
    holidays: Holidays | None = None

    @property
    def business(self) -> BusinessCalendar:
        """Return when people work: without working hours, from 09:00 to 18:00 on the days that are no weekend."""
        from whenthen.domain.temporal.business_time import BusinessCalendar
        from whenthen.domain.temporal.public_holidays import Holidays
        from whenthen.domain.temporal.working_hours import usual_week

        holidays = self.holidays or Holidays()
        return BusinessCalendar(self.working_hours or usual_week(holidays.weekend), holidays)


def read_calendar_settings(document: Mapping[str, Any]) -> CalendarSettings:
    """Read the document of the calendar, as it is described in docs/reference/api.md. Raises Invalid naming each field.

    Whether a country has a calendar of holidays is not asked here, but in `check_calendar_settings`.
    """
    from whenthen.domain.temporal.public_holidays import BAD_COUNTRY, COUNTRY, read_holidays
    from whenthen.domain.temporal.working_hours import read_working_hours

    problems: list[Problem] = []
    reader = Reader(document, "", problems)
    country, hours, holidays = reader.text("country") or None, reader.child("working_hours"), reader.child("holidays")
    settings = CalendarSettings(
        time_zone=reader.text("time_zone") or None,
        country=country,
        language=reader.choice("language", LANGUAGES, "") or None,
        working_hours=read_working_hours(hours) if hours else None,
        holidays=read_holidays(holidays, country) if holidays else None,
    )
    if settings.time_zone is not None and parse_zone(settings.time_zone) is None:
        reader.report("time_zone", BAD_ZONE())
    if country is not None and not COUNTRY.fullmatch(country):
        reader.report("country", BAD_COUNTRY())
    reader.finish()
    if problems:
        raise Invalid(problems)
    return settings


def check_calendar_settings(document: Mapping[str, Any]) -> CalendarSettings:
    """Read the document, and ask whether the holidays of its country are known. Raises Invalid naming each field."""
    from whenthen.domain.temporal.public_holidays import unknown_to_library

    settings = read_calendar_settings(document)
    if settings.holidays is not None and (problems := list(unknown_to_library(settings.holidays, "holidays"))):
        raise Invalid(problems)
    return settings


def with_defaults(document: Mapping[str, Any], settings: CalendarSettings) -> dict[str, Any]:
    """Return a rule's document with the calendar's values for the fields of DEFAULTED that it leaves out."""
    given = {name: value for name in DEFAULTED if (value := getattr(settings, name))}
    return {**document, **{name: value for name, value in given.items() if _is_left_out(document.get(name))}}


def without_defaults(document: Mapping[str, Any], written: Mapping[str, Any]) -> dict[str, Any]:
    """Return a saved document without the fields of DEFAULTED that `written` leaves out."""
    return {
        name: value for name, value in document.items() if name not in DEFAULTED or not _is_left_out(written.get(name))
    }


def _is_left_out(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())
