"""Retry-After: seconds, and HTTP dates in their three forms."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from whenthen.domain.sending.retry_after import LONGEST, read_http_date, retry_after

NOW = datetime(2026, 3, 14, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("7", 7.0),
        (" 120 ", 120.0),
        ("0", 0.0),
        ("99999999999999999999", LONGEST),
        ("Sat, 14 Mar 2026 09:31:00 GMT", 60.0),
        ("Saturday, 14-Mar-26 09:31:00 GMT", 60.0),
        ("Sat Mar 14 09:31:00 2026", 60.0),
        ("Mon Mar  2 09:31:00 2026", 0.0),
        ("Sun, 06 Nov 1994 08:49:37 GMT", 0.0),
        ("Sunday, 06-Nov-94 08:49:37 GMT", 0.0),
        ("Thu, 31 Dec 2099 23:59:60 GMT", LONGEST),
        ("", None),
        ("-5", None),
        ("1.5", None),
        ("٣", None),
        ("tomorrow", None),
        ("2026-03-14T09:31:00Z", None),
        ("Sat, 14 Mar 2026 09:31:00 CET", None),
        ("Sat, 30 Feb 2026 09:31:00 GMT", None),
        ("Sat, 14 Mar 2026 25:31:00 GMT", None),
        ("sat, 14 mar 2026 09:31:00 gmt", None),
    ],
)
def test_what_a_provider_asks_for(text: str, seconds: float | None) -> None:
    assert retry_after(text, NOW) == seconds


@pytest.mark.parametrize(("year", "found"), [("76", 2076), ("77", 1977), ("00", 2000), ("26", 2026)])
def test_a_year_of_two_digits_is_at_most_fifty_years_ahead(year: str, found: int) -> None:
    date = read_http_date(f"Friday, 02-Jan-{year} 08:49:37 GMT", NOW)
    assert date is not None
    assert date.year == found
