"""Only events of messages call for reactions: no reaction may wait for another."""

from __future__ import annotations

import pytest

from whenthen.domain.events.types import SPEAKING
from whenthen.domain.records.consent import _WORDS
from whenthen.domain.records.sender_profile import _WRITERS
from whenthen.domain.runs.delivery_reports import REPORTS


@pytest.mark.parametrize("event_type", sorted({*_WORDS, *_WRITERS, *REPORTS}))
def test_what_reacts_reacts_to_messages(event_type: str) -> None:
    assert event_type.startswith(SPEAKING)
