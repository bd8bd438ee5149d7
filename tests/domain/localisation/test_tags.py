"""Language tags: read in every writing, and the nearest one chosen."""

from __future__ import annotations

from typing import Any

import pytest

from whenthen.domain.localisation.tags import choose, locale_in, read_tag


@pytest.mark.parametrize(
    ("written", "tag"),
    [
        ("tr", "tr"),
        (" TR ", "tr"),
        ("tr-TR", "tr-TR"),
        ("tr_tr", "tr-TR"),
        ("tr_TR.UTF-8", "tr-TR"),
        ("de_DE@euro", "de-DE"),
        ("zh-hant-tw", "zh-Hant-TW"),
        ("es-419", "es-419"),
        ("iw", "he"),
        ("in-ID", "id-ID"),
        ("en-GB-oxendict", "en-GB"),
        ("Turkish", ""),
        ("t", ""),
        ("tr tr", ""),
        ("../tr", ""),
        ("tr\nen", ""),
        ("x" * 500, ""),
        ("", ""),
        (None, ""),
        (5, ""),
        (["tr"], ""),
    ],
)
def test_a_tag_is_read_as_records_and_phones_write_it(written: Any, tag: str) -> None:
    assert read_tag(written) == tag


@pytest.mark.parametrize(
    ("available", "wanted", "chosen"),
    [
        (("en", "tr"), ("tr",), "tr"),
        (("en", "tr"), ("tr-TR",), "tr"),
        (("en", "pt", "pt-BR"), ("pt-BR",), "pt-BR"),
        (("en", "pt-BR"), ("pt",), "pt-BR"),
        (("en", "pt-BR", "pt"), ("pt-PT",), "pt"),
        (("hu", "tr", "en"), ("de", "tr"), "tr"),
        (("hu", "tr", "en"), ("de", None), "hu"),
        (("hu", "tr"), (), "hu"),
        ((), ("tr",), ""),
    ],
)
def test_the_nearest_language_is_chosen(available: tuple[str, ...], wanted: tuple[Any, ...], chosen: str) -> None:
    assert choose(available, wanted) == chosen


def test_a_locale_is_one_of_our_languages_and_keeps_its_territory() -> None:
    assert locale_in(("de-AT", "en-gb", "tr")) == "en-GB"
    assert locale_in(("de", None, "")) == "en"
