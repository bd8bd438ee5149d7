"""Read `Retry-After`: seconds, or an HTTP date in any of its three forms (RFC 9110, 5.6.7 and 10.2.3)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime

LONGEST_HOURS = 10
LONGEST = LONGEST_HOURS * 3_600.0
"""Seconds to which a longer wish is cut: somebody who answers "next year" does not park a job for a year."""

_CENTURY = 100
_FUTURE_YEARS = 50
"""A date of two digits that seems to lie further ahead is of the past century."""

_MONTHS: Mapping[str, int] = {
    name: number
    for number, name in enumerate("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(), start=1)  # noqa: SIM905
}
_MONTH = f"(?P<month>{'|'.join(_MONTHS)})"
_CLOCK = r"(?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d)"
_SHORT = "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)"
_LONG = "(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day"

_FORMS = tuple(
    re.compile(form, re.ASCII)
    for form in (
        rf"{_SHORT}, (?P<day>\d\d) {_MONTH} (?P<year>\d{{4}}) {_CLOCK} GMT",  # Sun, 06 Nov 1994 08:49:37 GMT
        rf"{_LONG}, (?P<day>\d\d)-{_MONTH}-(?P<year>\d\d) {_CLOCK} GMT",  # Sunday, 06-Nov-94 08:49:37 GMT
        rf"{_SHORT} {_MONTH} (?P<day>[ \d]\d) {_CLOCK} (?P<year>\d{{4}})",  # Sun Nov  6 08:49:37 1994
    )
)
"""The form that is sent today, then the two obsolete ones that a recipient must still read."""


def retry_after(text: str, now: datetime) -> float | None:
    """Return the seconds that a provider asks to wait, from 0 to LONGEST. None if the header is absent or unreadable.

    now   aware; a date in the past is 0
    """
    written = text.strip()
    if written.isascii() and written.isdigit():
        return min(float(written[:12]), LONGEST)
    at = read_http_date(written, now)
    return None if at is None else min(max((at - now).total_seconds(), 0.0), LONGEST)


def read_http_date(text: str, now: datetime) -> datetime | None:
    """Read an HTTP date, in UTC. None if it is none. `now` tells the century of a year of two digits."""
    found = next((match for form in _FORMS if (match := form.fullmatch(text))), None)
    if found is None:
        return None
    year = int(found["year"])
    if len(found["year"]) == 2:
        year += now.year - now.year % _CENTURY
        year -= _CENTURY if year - now.year > _FUTURE_YEARS else 0
    second = min(int(found["second"]), 59)  # a leap second
    try:
        return datetime(
            year,
            _MONTHS[found["month"]],
            int(found["day"]),
            int(found["hour"]),
            int(found["minute"]),
            second,
            tzinfo=UTC,
        )
    except ValueError:
        return None
