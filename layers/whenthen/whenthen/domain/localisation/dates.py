"""Write dates and hours as a locale does, and the names of days and months in its language."""
# ruff: noqa: PLC0415 - see `locales`

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from typing import Any, cast

from whenthen.domain.localisation.locales import locale_of
from whenthen.domain.localisation.tags import FALLBACK, language_in

STYLES = ("short", "medium", "long", "full")
"""Name the ways of writing a date: from `5.03.2026` to `5 Mart 2026 Perşembe`."""

TIME_STYLES = ("short", "medium")
"""Name the ways of writing an hour: without seconds, and with."""

_NAMED = re.compile("%([%aAbB])")
_WIDTHS = {"a": "abbreviated", "A": "wide", "b": "abbreviated", "B": "wide"}


def date_in(day: date, style: str, tag: str) -> str:
    """Write a date in one of STYLES. Raises LookupError for another."""
    from babel.dates import format_date

    _known(style, STYLES)
    return format_date(day, style, locale_of(tag))


def time_in(clock: datetime | time, style: str, tag: str) -> str:
    """Write the hour that a clock shows in one of TIME_STYLES. Raises LookupError for another."""
    from babel.dates import format_time

    _known(style, TIME_STYLES)
    return format_time(clock.replace(tzinfo=None), style, locale=locale_of(tag))


def moment_in(clock: datetime, style: str, tag: str) -> str:
    """Write a day in one of STYLES and the hour without seconds, joined as the locale does. Raises LookupError."""
    from babel.dates import get_datetime_format

    _known(style, STYLES)
    joined = str(get_datetime_format(cast("Any", style), locale=locale_of(tag))).replace("'", "")
    return joined.replace("{0}", time_in(clock, "short", tag)).replace("{1}", date_in(clock, style, tag))


def _known(style: str, styles: tuple[str, ...]) -> None:
    """Check the style: Babel would take any other text, of any length, for a pattern."""
    if style not in styles:
        raise LookupError(style)


def by_pattern(day: date, pattern: str, tag: str) -> str:
    """Format by a strftime pattern; `%a %A %b %B` are in the language of the tag."""
    if language_in(tag) != FALLBACK:
        pattern = _NAMED.sub(lambda found: _name(found[0], day, tag), pattern)
    return day.strftime(pattern)


def _name(directive: str, day: date, tag: str) -> str:
    name = _NAMES.get(directive[1])
    return directive if name is None else name(day, _WIDTHS[directive[1]], tag).replace("%", "%%")


def _day_name(day: date, width: str, tag: str) -> str:
    return str(locale_of(tag).days["format"][width][day.weekday()])


def _month_name(day: date, width: str, tag: str) -> str:
    return str(locale_of(tag).months["format"][width][day.month])


_NAMES: Mapping[str, Callable[[date, str, str], str]] = {
    "a": _day_name,
    "A": _day_name,
    "b": _month_name,
    "B": _month_name,
}
