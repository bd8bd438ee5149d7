"""Read the installation's calendar: the time zone, the country and the language of those who name none themselves.

They are written into a rule when it is saved, so that a version of a rule goes by the same clocks for ever.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from whenthen.domain.common.document_reader import Reader
from whenthen.domain.common.errors import Invalid, Problem
from whenthen.domain.common.reason_codes import BAD_ZONE
from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.temporal.time_zones import parse_zone

SUBJECT = "calendar"
"""Name these settings among those of the installation."""

LANGUAGES = ("en", "he", "hu", "id", "tr")
"""List the languages in which whenthen writes words of its own."""

DEFAULTED = ("time_zone", "language")
"""Name the fields of a rule that have the calendar's value where the admin writes none."""

_COUNTRY = re.compile(r"[A-Z]{2}")

BAD_COUNTRY = ReasonCode("settings.country_code")


class CalendarSettings(Struct, frozen=True):
    """Hold the defaults of the installation; None where it has none.

    time_zone  IANA name
    country    ISO 3166 alpha-2
    language   one of LANGUAGES
    """

    time_zone: str | None = None
    country: str | None = None
    language: str | None = None


def read_calendar_settings(document: Mapping[str, Any]) -> CalendarSettings:
    """Read `{"time_zone": "Europe/Istanbul", "country": "TR", "language": "tr"}`. Raises Invalid naming each field."""
    problems: list[Problem] = []
    reader = Reader(document, "", problems)
    settings = CalendarSettings(
        time_zone=reader.text("time_zone") or None,
        country=reader.text("country") or None,
        language=reader.choice("language", LANGUAGES, "") or None,
    )
    if settings.time_zone is not None and parse_zone(settings.time_zone) is None:
        reader.report("time_zone", BAD_ZONE())
    if settings.country is not None and not _COUNTRY.fullmatch(settings.country):
        reader.report("country", BAD_COUNTRY())
    reader.finish()
    if problems:
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
