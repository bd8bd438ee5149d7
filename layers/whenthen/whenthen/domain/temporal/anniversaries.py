"""Find the day on which a month and day come round each year.

29 February: in common years the anniversary is on 28 February, or on 1 March where the rule says `leap: mar1`.
"""

from __future__ import annotations

import re
from datetime import date
from enum import StrEnum

BIRTHDAYS = frozenset({"birth_date", "birthday", "date_of_birth"})
"""Name the fields whose yearly day is a birthday."""

_YEARLESS = re.compile(r"(?:--)?(\d\d)-(\d\d)", re.ASCII)
_YEARLY = re.compile(r"(.+_)?(birth_date|birthday|date_of_birth|anniversary)")
_ANY_LEAP_YEAR = 2000


class Leap(StrEnum):
    """Choose the anniversary of 29 February in a common year."""

    FEB28 = "feb28"
    MAR1 = "mar1"


def anniversary(month: int, day: int, year: int, leap: Leap = Leap.FEB28) -> date:
    """Return the day of `year` on which month and day come round."""
    try:
        return date(year, month, day)
    except ValueError:  # 29 February of a common year
        return date(year, 2, 28) if leap is Leap.FEB28 else date(year, 3, 1)


def read_yearless(text: str) -> date | None:
    """Read month and day alone (`--03-14`, `03-14`), as a day of some leap year. None for other texts."""
    found = _YEARLESS.fullmatch(text)
    if found is None:
        return None
    try:
        return date(_ANY_LEAP_YEAR, int(found[1]), int(found[2]))
    except ValueError:
        return None


def comes_yearly(field: str) -> bool:
    """Tell by its name whether the day of a field comes round each year: birthdays, anniversaries."""
    return _YEARLY.fullmatch(field) is not None
