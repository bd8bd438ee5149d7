"""Stop words: in each language, on each channel, however they are written, and nothing else."""

from __future__ import annotations

import pytest

from whenthen.domain.events.stop_words import START, STOP, STOP_ON_SMS, agreed_by


@pytest.mark.parametrize("word", sorted({word for words in STOP.values() for word in words}))
@pytest.mark.parametrize("written", ["{}", " {} \n", "«{}»", "{}.", "\u202b{}\u202c"])
def test_a_stop_word_stops_on_every_channel(word: str, written: str) -> None:
    assert agreed_by(written.format(word)) is False
    assert agreed_by(written.format(word).upper(), on_sms=True) is False


@pytest.mark.parametrize("word", sorted({word for words in START.values() for word in words}))
def test_a_start_word_starts_again(word: str) -> None:
    assert agreed_by(word) is agreed_by(word.upper(), on_sms=True) is True


@pytest.mark.parametrize("word", sorted({word for words in STOP_ON_SMS.values() for word in words}))
def test_a_word_that_the_networks_obey_stops_on_sms_alone(word: str) -> None:
    assert agreed_by(word, on_sms=True) is False
    assert agreed_by(word) is None


@pytest.mark.parametrize("written", ["İPTAL", "iptal", "IPTAL", "İptal!"])
def test_turkish_capitals_are_read(written: str) -> None:
    assert agreed_by(written, on_sms=True) is False


@pytest.mark.parametrize(
    "text", ["", "please stop calling", "stop it", "non-stop", "durum", "הסר אותי מהרשימה בבקשה", None, 7]
)
def test_other_texts_say_nothing(text: object) -> None:
    assert agreed_by(text) is None
    assert agreed_by(text, on_sms=True) is None
