"""Tell which days are holidays: those of a country, and those that the installation adds or takes out.

The library of public holidays takes half a second to load. So it is loaded with the first day that is asked for, and
only where a country is named.
"""
# ruff: noqa: PLC0415 - see above

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from whenthen.domain.common.reasons import ReasonCode

if TYPE_CHECKING:
    from collections.abc import Iterable

    from whenthen.domain.common.document_reader import Reader
    from whenthen.domain.common.errors import Problem

MAX_DAYS = 1_000
"""Bound the days that an installation adds or takes out."""

COUNTRY = re.compile(r"[A-Z]{2}")
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)

BAD_COUNTRY = ReasonCode("settings.country_code")
BAD_DAY = ReasonCode("holidays.bad_day", "value")
# No calendar of holidays is known of this country, or of this part of it.
UNKNOWN_COUNTRY = ReasonCode("holidays.unknown_country", "country")
UNKNOWN_SUBDIVISION = ReasonCode("holidays.unknown_subdivision", "subdivision", "country", "known")
SUBDIVISION_ALONE = ReasonCode("holidays.subdivision_alone")
BOTH = ReasonCode("holidays.added_and_taken_out", "day")


class Holidays(Struct, frozen=True):
    """Name the holidays of an installation.

    country      ISO 3166 alpha-2; None: only the days of `also`
    subdivision  code of ISO 3166-2 without the country, such as CA or BY
    also         further days on which nobody works
    worked       days that the country has as holidays, and that are worked here
    """

    country: str | None = None
    subdivision: str | None = None
    also: frozenset[date] = frozenset()
    worked: frozenset[date] = frozenset()

    def __contains__(self, day: date) -> bool:
        if day in self.also:
            return True
        if self.country is None or day in self.worked:
            return False
        return day in _calendar(self.country, self.subdivision)

    @property
    def weekend(self) -> frozenset[int]:
        """Return the weekdays (Monday 0) that are the country's weekend; Saturday and Sunday without a country."""
        if self.country is None:
            return frozenset((5, 6))
        return frozenset(_calendar(self.country, self.subdivision).weekend)


def read_holidays(reader: Reader, country: str | None) -> Holidays:
    """Read `{"country": "TR", "subdivision": null, "also": ["2026-12-31"], "except": []}`.

    country  that of the calendar, for holidays that name none; null in the document means no country at all
    """
    written = reader.text("country")
    own = written or (None if reader.given("country") else country)
    found = Holidays(own, reader.text("subdivision") or None, _days(reader, "also"), _days(reader, "except"))
    if written and not COUNTRY.fullmatch(written):
        reader.report("country", BAD_COUNTRY())
    if own is None and found.subdivision is not None:
        reader.report("subdivision", SUBDIVISION_ALONE())
    for day in sorted(found.also & found.worked):
        reader.report("except", BOTH(day=day.isoformat()))
    reader.finish()
    return found


def _days(reader: Reader, name: str) -> frozenset[date]:
    written = reader.texts(name, most=MAX_DAYS)
    found = {text: _day(text) for text in written}
    for text, day in found.items():
        if day is None:
            reader.report(name, BAD_DAY(value=text))
    return frozenset(day for day in found.values() if day is not None)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        return None


def unknown_to_library(holidays: Holidays, path: str) -> Iterable[Problem]:
    """Yield a problem for a country or subdivision of which the library knows no holidays. Loads the library."""
    from whenthen.domain.common.errors import Problem

    if holidays.country is None:
        return
    try:
        _calendar(holidays.country, None)
    except NotImplementedError:
        yield Problem(f"{path}.country", UNKNOWN_COUNTRY(country=holidays.country))
        return
    try:
        _calendar(holidays.country, holidays.subdivision)
    except NotImplementedError:
        known = sorted(_calendar(holidays.country, None).subdivisions)
        reason = UNKNOWN_SUBDIVISION(subdivision=holidays.subdivision, country=holidays.country, known=known)
        yield Problem(f"{path}.subdivision", reason)


@lru_cache(maxsize=8)
def _calendar(country: str, subdivision: str | None) -> Any:
    """Return the library's calendar, which works out a year when a day of it is asked for.

    Raises NotImplementedError for a country or subdivision that it does not know.
    """
    import holidays

    return holidays.country_holidays(country, subdiv=subdivision)
