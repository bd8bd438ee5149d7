"""Read the switch that stops all sending of the installation: `{"paused": true}`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from msgspec import Struct

from whenthen.domain.common.document_reader import Reader
from whenthen.domain.common.errors import Invalid, Problem
from whenthen.domain.common.reasons import ReasonCode

SUBJECT = "sending"
"""Name these settings among those of the installation."""

SENDING = SUBJECT
"""Stands for the switch, where jobs wait for it to be on."""

RATE, MAX_RATE = 600, 60_000
"""Jobs a minute that go on when sending is switched on again: by default, and at most."""

KEPT_FOR = timedelta(seconds=5)
"""Time for which a worker remembers how the switch stands."""

# A job is held because an admin stopped all sending of the installation.
SENDING_PAUSED = ReasonCode("sending.paused")


class SendingSettings(Struct, frozen=True):
    """Hold how the switch stands. `rate`: jobs a minute that go on when it is switched on again."""

    paused: bool = False
    rate: int = RATE


def read_sending_settings(document: Mapping[str, Any]) -> SendingSettings:
    """Read `{"paused": true}` or `{"paused": false, "rate_per_minute": 600}`. Raises Invalid naming each field."""
    problems: list[Problem] = []
    reader = Reader(document, "", problems)
    settings = SendingSettings(
        paused=reader.flag("paused"),
        rate=reader.integer("rate_per_minute", default=RATE, least=1, most=MAX_RATE),
    )
    reader.finish()
    if problems:
        raise Invalid(problems)
    return settings
