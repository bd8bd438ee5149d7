"""Lists as sentences."""

from __future__ import annotations

import pytest

from whenthen.domain.localisation.lists import sentence_in


@pytest.mark.parametrize(
    ("items", "word", "tag", "text"),
    [
        ((), "and", "tr", ""),
        (("a",), "and", "tr", "a"),
        (("a", "b"), "and", "tr", "a ve b"),
        (("a", "b", "c"), "or", "tr", "a, b veya c"),
        (("a", "b", "c"), "and", "hu", "a, b és c"),
        (("a", "b", "c"), "and", "id", "a, b, dan c"),
        (("{0}", "{1}"), "and", "en", "{0} and {1}"),
    ],
)
def test_items_are_joined_as_the_language_does(items: tuple[str, ...], word: str, tag: str, text: str) -> None:
    assert sentence_in(items, word, tag) == text
