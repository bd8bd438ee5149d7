"""Read operands: the values that conditions compare with, as admins write them.

Each reader takes (value, fold) and raises InvalidValue with its reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta, tzinfo

from msgspec import Struct

from whenthen.domain.common.errors import InvalidValue
from whenthen.domain.common.reason_codes import NOT_FLAG, NOT_TEXT, TEXT_TOO_LONG, TOO_MANY
from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.common.values import Choice, Number, composed, folded, number_in, number_of
from whenthen.domain.temporal.clocks import shown
from whenthen.domain.temporal.time_values import Duration, Span, read_duration, read_point, span_of

MAX_TEXT = 1_000
MAX_VALUES = 200
MAX_STARS = 16
MAX_DIGITS = 40

NO_VALUES = ReasonCode("value.empty_list")
NULL_VALUE = ReasonCode("value.null")
NOT_SCALAR = ReasonCode("value.not_scalar")
# A number is required, and the value may be a date, which other operators compare.
NOT_A_QUANTITY = ReasonCode("value.not_quantity")
NOT_A_POINT = ReasonCode("value.not_point_in_time")
TOO_MANY_DIGITS = ReasonCode("number.too_long", "count")
TOO_MANY_STARS = ReasonCode("pattern.too_many_stars", "count")
NOT_A_RANGE = ReasonCode("range.malformed")
REVERSED_RANGE = ReasonCode("range.reversed")
MIXED_RANGE = ReasonCode("range.mixed")


class Text(Struct, frozen=True, gc=False):
    """Look for a piece of text: NFC, or folded when `fold`."""

    text: str
    fold: bool

    def form(self, actual: str) -> str:
        """Return `actual` in the form in which it is compared with this text."""
        return folded(actual) if self.fold else composed(actual)


class Pattern(Text, frozen=True, gc=False):
    """Match a text with wildcards. `parts`: the literal texts between the stars; one part: no star."""

    parts: tuple[str, ...]

    def fits(self, actual: str) -> bool:
        """Tell whether the whole of `actual` fits the pattern."""
        return self.fits_form(self.form(actual))

    def fits_form(self, form: str) -> bool:
        """Tell whether the whole of a text fits that is in the form of this pattern."""
        first, *middle = self.parts
        if not middle:
            return form == first
        last = middle.pop()
        if len(form) < len(first) + len(last) or not (form.startswith(first) and form.endswith(last)):
            return False
        start, end = len(first), len(form) - len(last)
        for part in middle:
            found = form.find(part, start, end)
            if found < 0:
                return False
            start = found + len(part)
        return True


class Relative(Struct, frozen=True, gc=False):
    """Count a point in time from now. `today`: the whole day, else the moment."""

    today: bool
    offset: Duration | None = None
    sign: int = 1


Point = date | datetime | time | Relative


class Range(Struct, frozen=True, gc=False):
    """Hold two bounds, both inclusive: numbers, dates and moments, or clock times, which may pass midnight."""

    low: Number | Point
    high: Number | Point


def span_at(point: Point, now: datetime, zone: tzinfo) -> Span | None:
    """Return the span that a point in time stands for at `now`. None for a clock time, which is of no day."""
    if isinstance(point, Relative):
        if not point.today:
            moment = now if point.offset is None else point.offset.from_moment(now, zone, point.sign)
            return Span(moment, moment)
        return span_of(_days_from(shown(now, zone).date(), point), zone)
    return None if isinstance(point, time) else span_of(point, zone)


def _days_from(today: date, point: Relative) -> date:
    try:
        return today + timedelta(days=point.sign * (point.offset.days if point.offset else 0))
    except OverflowError:
        return today


def clock_of(point: date | datetime | time | None, zone: tzinfo) -> time | None:
    """Return the clock time of a point: itself, or that of a moment in `zone`. A date has none."""
    if isinstance(point, datetime):
        try:
            return (point.astimezone(zone) if point.tzinfo else point).time()
        except OverflowError:  # on the first or last day that there is
            return None
    return point if isinstance(point, time) else None


def read_scalar(value: object, fold: bool) -> Choice:
    """Read one text, number, true or false."""
    _check_scalar(value)
    return Choice.of([value], fold=fold)


def read_scalars(value: object, fold: bool) -> Choice:
    """Read a list of texts, numbers, true or false."""
    return Choice.of(_list_of_scalars(value), fold=fold)


def read_each(value: object, fold: bool) -> tuple[Choice, ...]:
    """Read a list of scalars, each to be found on its own."""
    return tuple(dict.fromkeys(Choice.of([item], fold=fold) for item in _list_of_scalars(value)))


def read_one_or_more(value: object, fold: bool) -> tuple[Choice, ...]:
    """Read a scalar or a list of scalars."""
    return read_each(value if isinstance(value, list | tuple) else [value], fold)


def _list_of_scalars(value: object) -> list[object]:
    if not isinstance(value, list | tuple) or not value:
        raise InvalidValue(NO_VALUES())
    if len(value) > MAX_VALUES:
        raise InvalidValue(TOO_MANY(count=MAX_VALUES, found=len(value)))
    for item in value:
        _check_scalar(item)
    return list(value)


def _check_scalar(value: object) -> None:
    if isinstance(value, str):
        _check_length(value)
    elif value is None:
        raise InvalidValue(NULL_VALUE())
    elif not isinstance(value, bool):
        _check_number(value)


def _check_length(text: str) -> None:
    if len(text) > MAX_TEXT:
        raise InvalidValue(TEXT_TOO_LONG(count=MAX_TEXT, found=len(text)))


def _check_number(value: object) -> Number:
    number = number_of(value)
    if number is None:
        raise InvalidValue(NOT_SCALAR())
    if abs(number) >= 10**MAX_DIGITS:
        raise InvalidValue(TOO_MANY_DIGITS(count=MAX_DIGITS))
    return number


def read_text(value: object, fold: bool) -> Text:
    """Read a text that is not empty."""
    if not isinstance(value, str) or not value:
        raise InvalidValue(NOT_TEXT())
    _check_length(value)
    return Text(folded(value) if fold else composed(value), fold)


def read_pattern(value: object, fold: bool) -> Pattern:
    """Read a pattern: `*` stands for any characters or none; `\\*` and `\\\\` are the characters themselves."""
    text = read_text(value, fold).text
    parts, escaped = [""], False
    for character in text:
        if not escaped and character == "\\":
            escaped = True
        elif not escaped and character == "*":
            parts.append("")
        else:
            parts[-1] += character if not escaped or character in "*\\" else "\\" + character
            escaped = False
    if escaped:
        parts[-1] += "\\"
    if len(parts) > MAX_STARS + 1:
        raise InvalidValue(TOO_MANY_STARS(count=MAX_STARS))
    kept = (part for part in parts[1:-1] if part)
    return Pattern(text, fold, (parts[0],) if len(parts) == 1 else (parts[0], *kept, parts[-1]))


def read_number(value: object, fold: bool) -> Number:
    """Read a number, or a text that spells one."""
    number = number_in(value) if isinstance(value, str) else number_of(value)
    if number is None:
        raise InvalidValue(NOT_A_QUANTITY())
    return _check_number(number)


def read_flag(value: object, fold: bool) -> bool:
    """Read true or false. An absent value means true."""
    if value is None:
        return True
    if not isinstance(value, bool):
        raise InvalidValue(NOT_FLAG())
    return value


def read_length(value: object, fold: bool) -> Duration:
    """Read a duration."""
    return read_duration(value)


NAMED_TIMES: Mapping[str, Relative] = {
    "now": Relative(today=False),
    "today": Relative(today=True),
    "yesterday": Relative(today=True, offset=Duration(days=1), sign=-1),
    "tomorrow": Relative(today=True, offset=Duration(days=1)),
}
RELATIVE_SIGNS = {"ago": -1, "ahead": 1}


def read_when(value: object, fold: bool) -> Point:
    """Read a date, moment or clock time; now, today, yesterday, tomorrow; a duration ago or ahead."""
    if isinstance(value, str):
        point = NAMED_TIMES.get(value) or read_point(value)
        if point is not None:
            return point
    if isinstance(value, Mapping) and len(value) == 1 and (sign := RELATIVE_SIGNS.get(*value)) is not None:
        return Relative(today=False, offset=read_duration(next(iter(value.values()))), sign=sign)
    raise InvalidValue(NOT_A_POINT())


def read_range(value: object, fold: bool) -> Range:
    """Read two numbers, two dates or moments, or two clock times."""
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise InvalidValue(NOT_A_RANGE())
    spelled = [number_in(bound) if isinstance(bound, str) else number_of(bound) for bound in value]
    if None not in spelled:
        low, high = (read_number(bound, fold) for bound in value)
        if low > high:
            raise InvalidValue(REVERSED_RANGE())
        return Range(low, high)
    first, second = (read_when(bound, fold) for bound in value)
    if isinstance(first, time) != isinstance(second, time):
        raise InvalidValue(MIXED_RANGE())
    return Range(first, second)
