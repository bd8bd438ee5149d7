"""The locales that the deployed layer carries are all that a text is ever written in."""

from __future__ import annotations

from pathlib import Path

import babel
import pytest

from whenthen.domain.localisation.locales import locale_of
from whenthen.domain.temporal.calendar_settings import LANGUAGES


@pytest.mark.parametrize(
    ("tag", "found"),
    [("tr", "tr"), ("tr-TR", "tr_TR"), ("en-GB", "en_GB"), ("en-XX", "en"), ("de", "en"), ("de-AT", "en"), ("", "en")],
)
def test_an_unknown_territory_has_the_locale_of_its_language(tag: str, found: str) -> None:
    assert str(locale_of(tag)) == found


def test_each_language_has_its_data() -> None:
    folder = Path(babel.__file__).parent / "locale-data"
    assert [language for language in LANGUAGES if not (folder / f"{language}.dat").is_file()] == []
