"""Render the reason of an error in the caller's language, from the catalogues. Loaded only when an error is answered.

Functions without the API answer few errors, whose parameters are names and numbers: they need none of what
`api.rendering` can do besides.
"""

from __future__ import annotations

import gettext
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import whenthen
from whenthen.domain.common.reasons import Reason

if TYPE_CHECKING:
    from whenthen.domain.common.reasons import ReasonValue

ENGLISH = "en"
_DOMAIN = "whenthen"
_LOCALES = Path(whenthen.__file__).parent / "locales"
_COUNT = "count"
"""The parameter that picks the plural form."""

_FORMER_TAGS = {"iw": "he", "in": "id"}
"""Tags that old systems use for Hebrew and Indonesian."""

_LONGEST_HEADER = 500


def text_of(reason: Reason, language: str) -> str:
    """Render a reason in one of `languages()`; in its compact form if the catalogues have no text for its code."""
    parameters = {name: _rendered(value, language) for name, value in reason.params.items()}
    count = reason.params.get(_COUNT)
    catalogue = _catalogue(language)
    if isinstance(count, int):
        found = catalogue.ngettext(reason.code, reason.code, count)
    else:
        found = catalogue.gettext(reason.code)
    try:
        return str(reason) if found == reason.code else found.format_map(parameters)
    except (KeyError, ValueError, IndexError):  # the text has other parameters
        return str(reason)


def _rendered(value: ReasonValue, language: str) -> str:
    if isinstance(value, Reason):
        return text_of(value, language)
    if isinstance(value, list | tuple):
        return ", ".join(_rendered(item, language) for item in value)
    return "" if value is None else str(value)


@cache
def _catalogue(language: str) -> gettext.NullTranslations:
    return gettext.translation(_DOMAIN, _LOCALES, [language, ENGLISH], fallback=True)


@cache
def languages() -> frozenset[str]:
    """List the languages that have a catalogue, and English."""
    folders = _LOCALES.iterdir() if _LOCALES.is_dir() else ()
    return frozenset({ENGLISH, *(path.name for path in folders if path.is_dir())})


def language_of(headers: Mapping[str, str]) -> str:
    """Pick the language that Accept-Language prefers, of `languages()`; English if none is known.

    headers   of the request, names in lower case
    """
    found = map(known_language, _preferred(headers.get("accept-language", "")))
    return next((language for language in found if language), ENGLISH)


def known_language(tag: str) -> str | None:
    """Return which of `languages()` a tag such as `tr-TR` asks for; None if none of them."""
    name = tag.strip().replace("_", "-").partition("-")[0].lower()
    language = _FORMER_TAGS.get(name, name)
    return language if language in languages() else None


def _preferred(header: str) -> list[str]:
    """List the tags of an Accept-Language header, the most preferred first; q=0 excludes a tag."""
    parts = [part.partition(";") for part in header[:_LONGEST_HEADER].split(",")]
    weighted = [(_weight(parameters), tag) for tag, _, parameters in parts]
    return [tag for weight, tag in sorted(weighted, key=lambda pair: -pair[0]) if weight > 0]


def _weight(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    try:
        return float(value) if name.strip() == "q" else 1.0
    except ValueError:
        return 0.0
