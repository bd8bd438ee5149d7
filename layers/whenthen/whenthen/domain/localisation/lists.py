"""Join the items of a list as a sentence of a locale does."""
# ruff: noqa: PLC0415 - see `locales`

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from whenthen.domain.localisation.locales import locale_of

STYLES: Mapping[str, Literal["standard", "or"]] = {"and": "standard", "or": "or"}
"""Word before the last item → Babel's style."""


def sentence_in(items: Sequence[str], word: str, tag: str) -> str:
    """Join texts: `a, b ve c`; with `or`, `a, b veya c`."""
    from babel.lists import format_list

    return format_list(items, STYLES[word], locale_of(tag)) if items else ""
