"""Read the request that notes a colleague's notices as read."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from msgspec import Struct

from whenthen.domain.common.document_reader import Reader
from whenthen.domain.common.errors import Invalid, Problem
from whenthen.domain.events.event import parse_time

MAX_AGENT = 200


class ReadOrder(Struct, frozen=True):
    """Say whose notices were read. `until`: those that came later stay unread; None: none did."""

    agent: str
    until: datetime | None = None


def parse_read_order(document: Any) -> ReadOrder:
    """Read `{"agent": "agent:ayse", "until": "2026-03-14T09:00:00Z"}`. Raises Invalid naming each problem."""
    problems: list[Problem] = []
    reader = Reader(document, "", problems)
    agent, written = reader.text("agent", required=True, longest=MAX_AGENT), reader.text("until")
    reader.finish()
    until = None
    try:
        until = parse_time(written, "until") if written else None
    except Invalid as error:
        problems.extend(error.problems)
    if problems:
        raise Invalid(problems)
    return ReadOrder(agent, until)
