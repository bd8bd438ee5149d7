"""Define the filters of templates. Each reads values as people write them, and pays for its work before it runs.

A text that was escaped for HTML (by `e`, or by `nl2br`) stays so through the filters behind it: they work on the text
that people see, and their result is escaped once.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from jinja2 import TemplateError, Undefined, pass_context
from jinja2.filters import do_title
from jinja2.runtime import Context
from markupsafe import Markup, escape

from whenthen.domain.common.errors import Invalid
from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.common.values import is_blank
from whenthen.domain.templating import arguments, locale_filters, number_filters
from whenthen.domain.templating.budget import MAX_RENDERED, budget_of
from whenthen.domain.templating.number_filters import canonical
from whenthen.domain.templating.plain_text import PlainText

# A filter would lengthen its text beyond so many characters.
FILTER_TOO_LONG = ReasonCode("template.filter_too_long", "filter", "count")

UNFIT = (TemplateError, TypeError, ValueError, ArithmeticError, LookupError, AttributeError)
"""Errors of filters for values that they do not fit."""

LAST = "nl2br"
"""Name the filter that makes HTML tags: no filter stands behind it."""


class Encoded(str):
    """Hold a text that is encoded for a URL already."""

    __slots__ = ()


def _replace(words: PlainText, value: Any, old: Any, new: Any) -> str:
    """Replace every `old` of the text by `new`."""
    text, old, new = words(value), words(old), words(new)
    _bound("replace", len(text) + text.count(old) * len(new))
    return text.replace(old, new)


def _join(words: PlainText, value: Any, between: Any = "") -> str:
    """Join the items of a list with a text between them. A single value stays as it is."""
    items = [words(item) for item in (value if isinstance(value, list | tuple) else [value])]
    _bound("join", sum(len(item) for item in items) + len(items) * len(words(between)))
    return words(between).join(items)


def _truncate(words: PlainText, value: Any, length: Any = 255, killwords: Any = False, end: Any = "...") -> str:
    """Cut a text to this many characters, `end` included; between words, unless `killwords` is set."""
    text, most, ending = words(value), max(int(length), 0), words(end)
    if len(text) <= most:
        return text
    kept = text[: max(most - len(ending), 0)]
    if not killwords and " " in kept:
        kept = kept.rsplit(" ", 1)[0]
    return (kept + ending)[:most]


def _end_of(place: int) -> Callable[..., Any]:
    def end(words: PlainText, value: Any) -> Any:
        """Return the first or last item of a list, or character of a text. None if it is empty."""
        items = value if isinstance(value, list | tuple) else words(value)
        return items[place] if items else None

    return end


def _length(words: PlainText, value: Any) -> int:
    return len(words(value) if isinstance(value, str) else value)


def _default(words: PlainText, value: Any, default_value: Any = "", boolean: Any = None) -> Any:
    """Return the default for a missing or blank value. `boolean` true: also for 0 and false; false: only if missing."""
    if boolean is None:
        return default_value if _missing(value) or is_blank(value) else value
    return default_value if _missing(value) or (boolean and not value) else value


def _or_else(words: PlainText, value: Any, other: Any) -> Any:
    """Return the value, or the other one if it is missing or blank."""
    return other if _missing(value) or is_blank(value) else value


def _first_of(words: PlainText, value: Any, *others: Any) -> Any:
    """Return the first value that is neither missing nor blank; of a list before it, the first such item."""
    options = [*(value if isinstance(value, list | tuple) else [value]), *others]
    return next((each for each in options if not (_missing(each) or is_blank(each))), None)


def _missing(value: Any) -> bool:
    return value is None or isinstance(value, Undefined)


def _nl2br(words: PlainText, value: Any) -> Markup:
    """Escape a text for HTML and break its lines with `<br>`."""
    lines = words(value).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return Markup("<br>\n").join(lines)


def _urlencode(words: PlainText, value: Any) -> Encoded:
    """Encode a text, or the names and values of an object, for the path or the query of a URL."""
    if isinstance(value, Mapping):
        return Encoded("&".join(f"{_quoted(str(name))}={_quoted(words(item))}" for name, item in value.items()))
    return _quoted(words(value))


def _quoted(text: str) -> Encoded:
    return Encoded(quote(text, safe=""))


def _json(words: PlainText, value: Any) -> str:
    return json.dumps(None if isinstance(value, Undefined) else value, ensure_ascii=False, default=_as_json)


def _as_json(value: Any) -> Any:
    number = canonical(value) if isinstance(value, Decimal) else None
    return str(value) if number is None else number if isinstance(number, int) else float(number)


def _bound(name: str, length: int) -> None:
    if length > MAX_RENDERED:
        raise Invalid.field("template", FILTER_TOO_LONG(filter=name, count=MAX_RENDERED))


def _plain_filter(change: Callable[[str], str]) -> Callable[..., str]:
    return lambda words, value: change(words(value))


_TEXT_FILTERS: Mapping[str, Callable[..., Any]] = {
    "capitalize": _plain_filter(str.capitalize),
    "join": _join,
    "lower": _plain_filter(str.lower),
    "replace": _replace,
    "title": _plain_filter(do_title),
    "trim": lambda words, value, chars=None: words(value).strip(chars),
    "truncate": _truncate,
    "upper": _plain_filter(str.upper),
}
"""Filters that make a text of a text. Of one that is escaped, they make one that is escaped."""

_OTHER_FILTERS: Mapping[str, Callable[..., Any]] = {
    "default": _default,
    "first": _end_of(0),
    "first_of": _first_of,
    "int": lambda words, value, default=0: number_filters.whole(value, default),
    "json": _json,
    "last": _end_of(-1),
    "length": _length,
    LAST: _nl2br,
    "or_else": _or_else,
    "round": lambda words, value, digits=0, method="common": number_filters.round_number(value, digits, method),
    "urlencode": _urlencode,
    **locale_filters.FILTERS,
}


def _escape(words: PlainText, value: Any) -> Markup:
    return value if isinstance(value, Markup) else escape(words(value))


def _escaped(filter_: Callable[..., Any]) -> Callable[..., Any]:
    def apply(words: PlainText, value: Any, *given: Any, **named: Any) -> Any:
        text = filter_(words, value, *given, **named)
        return escape(text) if isinstance(value, Markup) else text

    return apply


def _charged(name: str, filter_: Callable[..., Any]) -> Callable[..., Any]:
    @pass_context
    def apply(context: Context, value: Any, *given: Any, **named: Any) -> Any:
        budget_of(context).read((value, *given, *named.values()))
        try:
            return filter_(PlainText(context), value, *given, **named)
        except UNFIT as error:
            raise Invalid.field("template", arguments.failure(name, value, given, named)) from error

    return apply


FILTERS: Mapping[str, Callable[..., Any]] = {
    name: _charged(name, filter_)
    for name, filter_ in (
        *((name, _escaped(filter_)) for name, filter_ in _TEXT_FILTERS.items()),
        *_OTHER_FILTERS.items(),
        ("e", _escape),
        ("escape", _escape),
    )
}
"""Every filter that a template can name."""

NAMES = frozenset(FILTERS)
