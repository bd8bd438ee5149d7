"""Bring texts into a form that a mail can hold: values are often what somebody typed, or another system cut in two."""

from __future__ import annotations

import re

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_HALF = re.compile(r"[\ud800-\udfff]")
_BREAK = re.compile(r"\r\n?")

REPLACEMENT = "\ufffd"
"""Stands for half of a character that UTF-16 writes in two."""


def body_text(text: str) -> str:
    """Return a text without characters that no mail may hold in its body; halves of characters are replaced."""
    return _HALF.sub(REPLACEMENT, text.replace("\x00", ""))


def calendar_text(text: str) -> str:
    """Return a text for iCalendar: without control characters, except for tabs and line breaks."""
    return _HALF.sub(REPLACEMENT, _CONTROL.sub("", _BREAK.sub("\n", text)))


def one_line(text: str) -> str:
    """Return a text on one line, without control characters: a line break in a value must not become a header."""
    return _HALF.sub(REPLACEMENT, _CONTROL.sub("", " ".join(text.split())))
