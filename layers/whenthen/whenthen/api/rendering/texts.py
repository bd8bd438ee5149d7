"""Look up texts by code in the catalogues, with gettext; declare the codes that the sentences here are made of."""

from __future__ import annotations

import gettext
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import whenthen

ENGLISH = "en"
COUNT = "count"
"""The parameter that picks the plural form."""

_DOMAIN = "whenthen"
_LOCALES = Path(whenthen.__file__).parent / "locales"

LANGUAGES = tuple(
    sorted((path.name for path in _LOCALES.iterdir() if path.is_dir()), key=lambda name: (name != ENGLISH, name))
)
"""The languages that have a folder, English first."""


class Phrases(dict[str, str]):
    """Declare the texts of one group: key → the code, which is `group.key`.

    Phrases("sentence.wait", {"until_before": "field length"})   key → names of the parameters, separated by spaces
    """

    def __init__(self, group: str, parameters: Mapping[str, str]) -> None:
        super().__init__({key: f"{group}.{key}" for key in parameters})


class Words(dict[str, str]):
    """Declare texts of one group that take no parameters: Words("weekday", "mon tue")."""

    def __init__(self, group: str, keys: str) -> None:
        super().__init__({key: f"{group}.{key}" for key in keys.split()})


class Texts:
    """Give the texts of one language; those that it lacks, in English."""

    def __init__(self, language: str, locales: Path = _LOCALES) -> None:
        self._translations = gettext.translation(_DOMAIN, locales, [language, ENGLISH])
        self._locales = locales

    def get(self, code: str, parameters: Mapping[str, Any], count: object = None) -> str | None:
        """Return the text of a code with its parameters put in; None if no catalogue has a text that they fit.

        count   the number that picks the plural form, where the text has several
        """
        if isinstance(count, int):
            text = self._translations.ngettext(code, code, count)
        else:
            text = self._translations.gettext(code)
        if text == code:
            return None
        try:
            return text.format_map(parameters)
        except (KeyError, ValueError, IndexError):  # stored under an older text, with other parameters
            return None


@cache
def texts_of(language: str) -> Texts:
    """Return the texts of one of LANGUAGES, read once. Raises KeyError for another."""
    if language not in LANGUAGES:
        raise KeyError(language)
    return Texts(language)
