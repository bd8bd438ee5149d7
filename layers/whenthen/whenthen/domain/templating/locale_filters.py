"""Define the filters that write values in the customer's language: numbers, money, dates, lists, phone numbers.

The locale of a rendering is its `locale`; else the record's `language`, else the rule's. Values that a filter cannot
read stay as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from whenthen.domain.localisation import dates, lists, numbers, phones
from whenthen.domain.localisation.tags import locale_in
from whenthen.domain.templating import number_filters
from whenthen.domain.templating.number_filters import decimal_of, digits_in, rounded
from whenthen.domain.temporal.clocks import shown
from whenthen.domain.temporal.time_zones import parse_zone

if TYPE_CHECKING:
    from jinja2.runtime import Context

    from whenthen.domain.templating.plain_text import PlainText

LOCALE = "locale"
"""Name the tag of the locale in the context of a rendering. Templates cannot name it."""

_LONGEST_PATTERN = 100
_DECIMALS = 2


def locale_of(context: Context) -> str:
    """Return the tag of the locale of a rendering, such as `tr` or `en-GB`."""
    record = context.get("record")
    own = record.get("language") if isinstance(record, Mapping) else None
    return locale_in((context.get(LOCALE), own, context.get("language")))


def _tag(words: PlainText) -> str:
    return locale_of(words.context)


def _number(words: PlainText, value: Any, digits: Any = _DECIMALS) -> str:
    """Write a number with this many decimals."""
    number = decimal_of(value)
    if number is None:
        return words(value)
    most = digits_in(digits)
    return numbers.decimal_in(rounded(number, most), most, _tag(words))


def _percent(words: PlainText, value: Any, digits: Any = 0) -> str:
    """Write a share of 1 as a percentage: 0.2 is 20 %."""
    share = decimal_of(value)
    if share is None:
        return words(value)
    most = digits_in(digits)
    return numbers.percent_in(rounded(share, min(most + 2, number_filters.MAX_DIGITS)), most, _tag(words))


def _money(words: PlainText, value: Any, currency: Any = "", digits: Any = None) -> str:
    """Write an amount with its currency, by default the record's `currency`; without one, as `number` does."""
    amount, code = decimal_of(value), _currency(words, currency)
    if amount is None:
        return words(value)
    if not code:
        return _number(words, value, _DECIMALS if digits is None else digits)
    most = numbers.decimals_of(code) if digits is None else digits_in(digits)
    return numbers.money_in(rounded(amount, most), code, most, _tag(words))


def _currency(words: PlainText, given: Any) -> str:
    record = words.context.get("record")
    own = record.get("currency") if isinstance(record, Mapping) else ""
    code = (words(given) or words(own)).strip().upper()
    return code if len(code) == 3 and code.isascii() and code.isalpha() else ""


def _point(words: PlainText, value: Any, zone: Any) -> date | datetime | None:
    """Return the date or moment that a value is or spells. A moment with an offset is shown by the clocks of `zone`."""
    point: object = value
    if isinstance(value, str):
        point = _spelled(value.upper())
    if isinstance(point, datetime) and point.tzinfo is not None:
        point = shown(point, parse_zone(str(zone)) or words.context.get("zone") or UTC)
    return point if isinstance(point, date) else None


def _spelled(text: str) -> date | datetime | None:
    for read in (date.fromisoformat, datetime.fromisoformat):
        try:
            return read(text)
        except ValueError:
            continue
    return None


def _date(words: PlainText, value: Any, pattern: Any = "%Y-%m-%d", zone: Any = "") -> str:
    """Format a date or time by a strftime pattern, or in one of the styles of the locale."""
    point = _point(words, value, zone)
    if point is None:
        return words(value)
    if pattern in dates.STYLES:
        return dates.date_in(point, str(pattern), _tag(words))
    return dates.by_pattern(point, str(pattern)[:_LONGEST_PATTERN], _tag(words))


def _hour(words: PlainText, value: Any, zone: Any = "") -> str:
    return _date(words, value, "%H:%M", zone)


def _time(words: PlainText, value: Any, style: Any = "short", zone: Any = "") -> str:
    """Write the hour of a moment. A date has none: it stays as it is."""
    point = _point(words, value, zone)
    return dates.time_in(point, str(style), _tag(words)) if isinstance(point, datetime) else words(value)


def _datetime(words: PlainText, value: Any, style: Any = "medium", zone: Any = "") -> str:
    """Write the day and hour of a moment, and the day of a date."""
    point = _point(words, value, zone)
    if isinstance(point, datetime):
        return dates.moment_in(point, str(style), _tag(words))
    return words(value) if point is None else dates.date_in(point, str(style), _tag(words))


def _to_sentence(words: PlainText, value: Any, word: Any = "and") -> str:
    """Join the items of a list with commas and a word before the last. A single value stays as it is."""
    items = [text for item in (value if isinstance(value, list | tuple) else [value]) if (text := words(item))]
    return lists.sentence_in(items, str(word), _tag(words))


def _phone(words: PlainText, value: Any, style: Any = "international") -> str:
    """Write a telephone number in groups, as people of its country do."""
    number = words(value)
    return (phones.phone_in(number, str(style)) if number.startswith("+") else None) or number


FILTERS: Mapping[str, Callable[..., Any]] = {
    "date": _date,
    "datetime": _datetime,
    "hour": _hour,
    "money": _money,
    "number": _number,
    "percent": _percent,
    "phone": _phone,
    "time": _time,
    "to_sentence": _to_sentence,
}
"""Filters of this module, by name."""
