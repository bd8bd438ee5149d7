"""Read language tags as records and phones write them: `tr`, `tr-TR`, `TR`, `tr_TR.UTF-8`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from whenthen.domain.temporal.calendar_settings import LANGUAGES

FALLBACK = "en"
"""Name the language of formats where no other is known."""

_TAG = re.compile(r"\s*([A-Za-z]{2,3})(?:[-_]([A-Za-z]{4}))?(?:[-_]([A-Za-z]{2}|[0-9]{3}))?(?:[-_.@][\w.@=-]*)?\s*")
_LONGEST = 35
_RENAMED = {"iw": "he", "in": "id"}
"""Code that ISO 639 had before → the one that it has."""


def read_tag(value: Any) -> str:
    """Return a tag in its usual form, such as `pt-BR` or `zh-Hant-TW`. Empty for what is no tag."""
    found = _TAG.fullmatch(value) if isinstance(value, str) and len(value) <= _LONGEST else None
    if found is None:
        return ""
    language, script, territory = found.groups(default="")
    language = language.lower()
    parts = (_RENAMED.get(language, language), script.capitalize(), territory.upper())
    return "-".join(part for part in parts if part)


def language_in(tag: str) -> str:
    """Return the language of a tag: `pt` of `pt-BR`."""
    return tag.partition("-")[0]


def choose(available: Iterable[str], wanted: Iterable[Any]) -> str:
    """Choose the first language that is wanted and available; else the first available. Empty if there is none.

    A tag finds itself, then its language (`tr` for `tr-TR`), then another territory of it (`pt-BR` for `pt`).
    """
    options = list(available)
    for tag in filter(None, map(read_tag, wanted)):
        language = language_in(tag)
        nearest = [*(each for each in (tag, language) if each in options), *_same(language, options)]
        if nearest:
            return nearest[0]
    return options[0] if options else ""


def _same(language: str, options: Iterable[str]) -> list[str]:
    return [each for each in options if language_in(each) == language]


def locale_in(wanted: Iterable[Any]) -> str:
    """Return the first tag whose language is one of LANGUAGES, such as `en-GB`; FALLBACK if there is none."""
    return next((tag for tag in map(read_tag, wanted) if language_in(tag) in LANGUAGES), FALLBACK)
