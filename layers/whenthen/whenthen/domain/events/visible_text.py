"""Take out of copied text the marks that nobody sees: direction marks, joiners, soft hyphens, fillers."""

from __future__ import annotations

import re
import unicodedata

JOINERS = frozenset("\u200c\u200d")
"""Invisible, but letters of some words: Persian and Indic labels of domains are written with them."""

_IGNORABLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff]"
)
"""Unicode's default ignorable code points, as far as they come along when text is copied."""


def visible(text: str, *, keep: frozenset[str] = frozenset()) -> str:
    """Return the text without invisible marks, and without white space around it. `keep`: marks that stay."""
    if text.isascii():
        return text.strip()
    return _IGNORABLE.sub(lambda found: found[0] if found[0] in keep else "", text).strip()


def spaced(text: str) -> str:
    """Return the text in compatibility form, the digits of any script as plain ones, white space as single spaces."""
    plain = unicodedata.normalize("NFKC", text)
    if not plain.isascii():
        plain = "".join(str(unicodedata.decimal(each, each)) for each in plain)
    return " ".join(plain.split())
