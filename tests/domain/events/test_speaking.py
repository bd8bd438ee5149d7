"""Only events of messages call for reactions: no reaction may wait for another."""

from __future__ import annotations

import pytest

from whenthen.domain.delivery.message_reports import REPORTS
from whenthen.domain.events.types import RECEIVERS, made_by_receiver
from whenthen.domain.records.consent_signals import _WORDS
from whenthen.domain.records.sender_profile import _WRITERS


@pytest.mark.parametrize("event_type", sorted({*_WORDS, *_WRITERS, *REPORTS}))
def test_what_reacts_reacts_to_messages(event_type: str) -> None:
    assert made_by_receiver(event_type.partition(".")[0], event_type)


@pytest.mark.parametrize("source", ["api", "hook/whatsapp", "meta", "records", "email.x", ""])
def test_no_other_source_is_a_receiver(source: str) -> None:
    assert source not in RECEIVERS
    assert not made_by_receiver(source, "email.complained")
    assert not made_by_receiver("whatsapp", "email.complained"), "nor is one of another channel"
