"""Sealed links: nobody reads, changes or makes one, and one use of links is not another."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whenthen.domain.sending.sealed_links import (
    MAX_TOKEN,
    PREFERENCES,
    UNSUBSCRIBE,
    LinkedPerson,
    linked_person,
    seal,
    unseal,
)

KEY, OTHER = "k" * 43, "o" * 43
IDENTITY = "email#ayse@example.com"
TOKEN = seal(KEY, UNSUBSCRIBE, IDENTITY)


@given(st.text(st.characters(codec="utf-8"), max_size=500))
def test_what_is_sealed_is_read_again(text: str) -> None:
    token = seal(KEY, UNSUBSCRIBE, text)
    if len(text) >= 2 and len(token) <= MAX_TOKEN:
        assert unseal([KEY], UNSUBSCRIBE, token) == text


def test_a_link_is_the_same_each_time_and_shows_nothing() -> None:
    assert seal(KEY, UNSUBSCRIBE, IDENTITY) == TOKEN
    sealed = base64.urlsafe_b64decode(TOKEN + "=" * (-len(TOKEN) % 4))
    assert not any(part in sealed for part in (b"ayse", b"example", b"email"))
    assert TOKEN.replace("-", "").replace("_", "").isalnum()


@pytest.mark.parametrize("place", range(len(TOKEN)))
def test_no_character_can_be_changed(place: int) -> None:
    changed = TOKEN[:place] + ("A" if TOKEN[place] != "A" else "B") + TOKEN[place + 1 :]
    same = base64.urlsafe_b64decode(changed + "=" * (-len(changed) % 4)) == base64.urlsafe_b64decode(
        TOKEN + "=" * (-len(TOKEN) % 4)
    )
    assert same or unseal([KEY], UNSUBSCRIBE, changed) is None


@pytest.mark.parametrize(
    "token",
    ["", "x", TOKEN[:-1], TOKEN[:24], TOKEN + "A", TOKEN + "=", f" {TOKEN}", "é" * 30, "A" * 901, "A" * 5_000_000],
)
def test_what_is_no_token_says_nothing(token: str) -> None:
    assert unseal([KEY], UNSUBSCRIBE, token) is None


@pytest.mark.parametrize("length", range(24, 60))
def test_a_token_of_any_length_is_read_without_an_error(length: int) -> None:
    assert unseal([KEY], UNSUBSCRIBE, (TOKEN * 3)[1 : length + 1]) is None


def test_a_token_of_one_use_is_none_of_another() -> None:
    assert unseal([KEY], PREFERENCES, TOKEN) is None


def test_a_former_key_still_reads_and_a_foreign_one_does_not() -> None:
    assert unseal([OTHER, KEY], UNSUBSCRIBE, TOKEN) == IDENTITY
    assert unseal([OTHER], UNSUBSCRIBE, TOKEN) is None
    assert unseal([], UNSUBSCRIBE, TOKEN) is None


@pytest.mark.parametrize(
    ("identity", "channel", "text"),
    [
        ("email#ayse@example.com", "email", "email#ayse@example.com"),
        ("phone#+36201234567", "sms", "sms phone#+36201234567"),
        ("whatsapp#HU.9", "whatsapp", "whatsapp whatsapp#HU.9"),
        ("phone#+36201234567", "email", "phone#+36201234567"),
        ("email#a b#c d@example.com", "email", "email#a b#c d@example.com"),
    ],
)
def test_a_link_says_by_which_channel_it_came_and_an_older_one_came_by_mail(
    identity: str, channel: str, text: str
) -> None:
    person = LinkedPerson(identity, channel)
    assert (person.text, linked_person(text)) == (text, person)
