"""Dates and hours as each of our languages writes them."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from whenthen.domain.localisation.dates import by_pattern, date_in, moment_in, time_in

DAY, MOMENT = date(2026, 3, 5), datetime(2026, 3, 5, 17, 7, 9)  # noqa: DTZ001 - as a clock on the wall shows it


@pytest.mark.parametrize(
    ("tag", "short", "long", "moment"),
    [
        ("en", "3/5/26", "March 5, 2026", "Mar 5, 2026, 5:07\u202fPM"),
        ("en-GB", "05/03/2026", "5 March 2026", "5 Mar 2026, 17:07"),
        ("tr", "5.03.2026", "5 Mart 2026", "5 Mar 2026 17:07"),
        ("hu", "2026. 03. 05.", "2026. március 5.", "2026. márc. 5. 17:07"),
        ("id", "5/3/26", "5 Maret 2026", "5 Mar 2026 17.07"),
        ("he", "5.3.2026", "5 במרץ 2026", "5 במרץ 2026, 17:07"),
    ],
)
def test_a_date_and_a_moment(tag: str, short: str, long: str, moment: str) -> None:
    assert (date_in(DAY, "short", tag), date_in(DAY, "long", tag)) == (short, long)
    assert moment_in(MOMENT, "medium", tag) == moment


def test_names_in_a_pattern_are_in_the_language_and_the_rest_is_as_written() -> None:
    assert by_pattern(DAY, "%d %B %Y %A (%b, %a) 100%%B", "tr") == "05 Mart 2026 Perşembe (Mar, Per) 100%B"
    assert by_pattern(DAY, "%d %B", "en") == "05 March"


@pytest.mark.parametrize("style", ["", "EEEE" * 1000, "%Y", "shorter"])
def test_a_style_that_is_none_is_no_pattern_of_babel_s(style: str) -> None:
    for write in (
        lambda: date_in(DAY, style, "tr"),
        lambda: time_in(MOMENT, style, "tr"),
        lambda: moment_in(MOMENT, style, "tr"),
    ):
        with pytest.raises(LookupError):
            write()
