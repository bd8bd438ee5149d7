"""Write values for people: lists with commas, truths as yes and no, numbers with all their digits and no exponent."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from jinja2 import Undefined
from jinja2.runtime import Context
from markupsafe import Markup
from msgspec import Struct

from whenthen.domain.common.values import number_of

LANGUAGE = "language"
"""Name the language of a rendering in its context."""

TRUTHS: Mapping[str, tuple[str, str]] = {
    "en": ("yes", "no"),
    "tr": ("evet", "hayır"),
    "hu": ("igen", "nem"),
    "id": ("ya", "tidak"),
    "he": ("כן", "לא"),
}
"""Language → its words for true and for false."""

FOR_MACHINES = ("true", "false")
"""Words for true and false where a system reads them, as in a URL."""

_DEFAULT = "en"


def truths_of(context: Context) -> tuple[str, str]:
    """Return the words for true and false in the language of the rendering."""
    return TRUTHS.get(str(context.get(LANGUAGE) or _DEFAULT), TRUTHS[_DEFAULT])


class PlainText(Struct, frozen=True):
    """Write the values of one rendering: its words for true and false, and its context."""

    context: Context

    def __call__(self, value: Any) -> str:
        """Return the text of a value as people write it."""
        return plain(value, truths_of(self.context))


def plain(value: Any, truths: tuple[str, str] = TRUTHS[_DEFAULT]) -> str:
    """Return the text of a value as people write it. A missing value is an empty text; HTML loses its escapes."""
    if isinstance(value, str):
        return value.unescape() if isinstance(value, Markup) else value
    if value is None or isinstance(value, Undefined):
        return ""
    if isinstance(value, bool):
        return truths[0] if value else truths[1]
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {text}" for name, item in value.items() if (text := plain(item, truths)))
    if isinstance(value, list | tuple):
        return ", ".join(text for item in value if (text := plain(item, truths)))
    number = number_of(value)
    return str(value) if number is None else digits_of(number)


def digits_of(number: Decimal | int) -> str:
    """Write a number without an exponent and without zeros behind its decimals."""
    if isinstance(number, int):
        return str(number)
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
