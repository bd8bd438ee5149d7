"""The switch that stops all sending: how it is read."""

from __future__ import annotations

from typing import Any

import pytest

from whenthen.domain.common.errors import Invalid
from whenthen.domain.sending.switch import MAX_RATE, RATE, SendingSettings, read_sending_settings


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ({}, SendingSettings()),
        ({"paused": None}, SendingSettings()),
        ({"paused": True}, SendingSettings(paused=True, rate=RATE)),
        ({"paused": False, "rate_per_minute": 30}, SendingSettings(paused=False, rate=30)),
    ],
)
def test_sending_goes_on_unless_it_is_paused(written: Any, expected: SendingSettings) -> None:
    assert read_sending_settings(written) == expected


@pytest.mark.parametrize(
    ("written", "field"),
    [
        ({"paused": "yes"}, "paused"),
        ({"paused": 1}, "paused"),
        ({"rate_per_minute": 0}, "rate_per_minute"),
        ({"rate_per_minute": MAX_RATE + 1}, "rate_per_minute"),
        ({"rate_per_minute": 1.5}, "rate_per_minute"),
        ({"pause": True}, "pause"),
    ],
)
def test_what_is_not_understood_is_refused(written: Any, field: str) -> None:
    with pytest.raises(Invalid) as error:
        read_sending_settings(written)
    assert [problem.field for problem in error.value.problems] == [field]
