"""Read dates as people write them in files and forms: `14.03.1990`, `3/14/1990`, `1990. 03. 14.`, `14 March 1990`.

A date that can be read in one way only is read. Which of day and month stands first in `03/04/1990`, the order says:
the import's or the source's own, else that of the installation's country. Without one, nobody guesses.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING

from whenthen.domain.common.errors import InvalidValue
from whenthen.domain.common.reasons import ReasonCode

if TYPE_CHECKING:
    from collections.abc import Iterator

# Day and month cannot be told apart, or the century is not written.
AMBIGUOUS = ReasonCode("date.ambiguous", "value")
UNREADABLE = ReasonCode("date.unreadable", "value")

_LONGEST = 40
_NUMBERS = re.compile(
    r"(?P<first>\d{1,4})\s*(?P<by>[./-])\s*(?P<second>\d{1,2})\s*(?P=by)\s*(?P<third>\d{1,4})\.?"
    r"(?:[T ,]\s*(?P<clock>\d{1,2}:\d\d(?::\d\d)?))?",
    re.ASCII,
)
_WORD = r"[^\W\d_]{3,}['’׳]?\.?"
_BETWEEN = r"[\s/,-]{0,3}"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th|\.)?(?:\s+of\b)?"
_YEAR = r"(?P<year>\d{4}|['’]?\d{2})\.?"
_MONTH = rf"(?P<month>{_WORD})"
_WEEKDAY = r"[^\W\d_]{2,}(?: [^\W\d_]{1,6})?['’׳]?\.?"
_CLOCK = r"(?:[T ,]\s*(?P<clock>\d{1,2}:\d\d(?::\d\d)?))?"
_NAMED = tuple(
    re.compile(rf"(?:(?P<before>{_WEEKDAY}),?\s+)?{form}(?:,?\s+\(?(?P<after>{_WEEKDAY})\)?)?{_CLOCK}", re.IGNORECASE)
    for form in (
        rf"{_DAY}{_BETWEEN}{_MONTH}{_BETWEEN}{_YEAR}",
        rf"{_MONTH}{_BETWEEN}{_DAY}[\s/,-]{{1,3}}{_YEAR}",
        rf"{_YEAR}{_BETWEEN}{_MONTH}{_BETWEEN}{_DAY}(?:-?[^\W\d_]{{1,3}})?",
    )
)
"""Dates with the name of their month: day, month and year; month, day and year; year, month and day."""

_HEBREW_IN = "ב"
"""Stands before the name of a month in Hebrew: `14 במרץ 1990`."""


class DateOrder(StrEnum):
    """Tell in which order day, month and year are written."""

    DMY = "dmy"
    MDY = "mdy"
    YMD = "ymd"


_MONTH_FIRST = frozenset({"US", "AS", "FM", "GU", "MH", "MP", "PH", "PR", "PW", "VI"})
_SEVERAL = frozenset({"CA", "CN", "HU", "JP", "KP", "KR", "LT", "MN", "TW", "ZA"})
"""Countries where years stand first, or where people write in several orders: behind a year nothing is certain."""


def order_of(country: str | None) -> DateOrder | None:
    """Return the order in which people of a country write dates: YMD where several are usual. None if unknown."""
    if country is None:
        return None
    if country in _SEVERAL:
        return DateOrder.YMD
    return DateOrder.MDY if country in _MONTH_FIRST else DateOrder.DMY


def read_written_date(text: str, order: DateOrder | None) -> str | None:
    """Return the date, with its clock time if one is written, in the form of ISO 8601. None for what is no date.

    Raises InvalidValue for a date that is ambiguous, or that the calendar does not have.
    """
    written = text.strip()
    if not written or len(written) > _LONGEST:
        return None
    found = _NUMBERS.fullmatch(written)
    if found is None:
        return _read_named(written)
    days = {day.isoformat() for day in _readings(found, order)}
    if len(days) != 1:
        raise InvalidValue(AMBIGUOUS(value=written) if days or _lacks_century(found) else UNREADABLE(value=written))
    return days.pop() + _clock(found["clock"])


def _read_named(written: str) -> str | None:
    """Read a date with the name of its month, in any of our languages. None for what does not look like one."""
    matches = [match for form in _NAMED if (match := form.fullmatch(unicodedata.normalize("NFC", written)))]
    if not matches:
        return None
    found = next((match for match in matches if _month(match) is not None and _has_days_only(match)), None)
    if found is None:  # such as the name of a month in another language
        raise InvalidValue(UNREADABLE(value=written))
    if len(found["year"]) < len("1990"):
        raise InvalidValue(AMBIGUOUS(value=written))
    day = next(_date(found["year"], str(_month(found)), found["day"]), None)
    if day is None:
        raise InvalidValue(UNREADABLE(value=written))
    return day.isoformat() + _clock(found["clock"])


def _month(found: re.Match[str]) -> int | None:
    """Return the number of the month that is named; None for a name in none of our languages."""
    from whenthen.domain.temporal.calendar_names import MONTHS  # noqa: PLC0415 - few dates have names

    name = plain(found["month"])
    return MONTHS.get(name) or MONTHS.get(name.removeprefix(_HEBREW_IN))


def _has_days_only(found: re.Match[str]) -> bool:
    """Tell whether the words around the date, if there are any, are days of the week."""
    from whenthen.domain.temporal.calendar_names import DAYS  # noqa: PLC0415 - few dates have names

    return DAYS.issuperset(plain(name) for name in (found["before"], found["after"]) if name)


def plain(name: str) -> str:
    """Return a name in lower case, without dots, apostrophes and marks: `ŞUBAT` and `Subat` are the same."""
    letters = unicodedata.normalize("NFD", name.replace("İ", "i").replace("I", "i").lower().replace("ı", "i"))
    return "".join(letter for letter in letters if letter.isalpha() or letter == " ").strip()


def _clock(written: str | None) -> str:
    return "" if written is None else f"T{'0' if written[1] == ':' else ''}{written}"


def _lacks_century(found: re.Match[str]) -> bool:
    return len(found["first"]) < 3 and len(found["third"]) < 3


def _readings(found: re.Match[str], order: DateOrder | None) -> Iterator[date]:
    """Yield each date that the numbers can mean."""
    first, second, third = (found[name] for name in ("first", "second", "third"))
    if len(first) == 4:
        yield from _date(first, second, third)
    elif len(third) == 4 and len(first) < 3:
        day_first, month_first = [*_date(third, second, first)], [*_date(third, first, second)]
        if found["by"] == "." and day_first:  # nobody writes the month first with dots
            month_first = []
        if day_first and month_first and order in (DateOrder.DMY, DateOrder.MDY):
            yield from day_first if order is DateOrder.DMY else month_first
        else:
            yield from (*day_first, *month_first)


def _date(year: str, month: str, day: str) -> Iterator[date]:
    try:
        yield date(int(year), int(month), int(day))
    except ValueError:
        return
