"""Read until when messages were sent of which the tables, set back to an earlier time, know nothing. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct

from whenthen.domain.common.document_reader import Reader
from whenthen.domain.common.errors import Invalid, Problem
from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.events.event import parse_time

SUBJECT = "restore"
"""Name these settings among those of the installation."""

# A restored table does not know whether this was sent until then.
RESTORED = ReasonCode("sending.restored", "until")


class RestoreSettings(Struct, frozen=True):
    """Hold until when messages were sent of which restored tables know nothing; None: no table was restored."""

    unknown_until: datetime | None = None


def read_restore_settings(document: Mapping[str, Any]) -> RestoreSettings:
    """Read `{"unknown_until": "2026-11-30T10:00:00Z"}`. Raises Invalid naming each field."""
    problems: list[Problem] = []
    reader = Reader(document, "", problems)
    written, until = reader.text("unknown_until"), None
    if written:
        try:
            until = parse_time(written, "unknown_until")
        except Invalid as error:
            problems.extend(error.problems)
    reader.finish()
    if problems:
        raise Invalid(problems)
    return RestoreSettings(until)
