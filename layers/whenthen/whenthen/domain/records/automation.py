"""Say what rules may do with one record: nothing until a moment, and some rules never. It is no field of the record."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct

from whenthen.domain.common.document_reader import Reader
from whenthen.domain.common.errors import Invalid, Problem
from whenthen.domain.events.event import format_time, parse_time

MAX_EXCLUDED = 100


class Automation(Struct, frozen=True):
    """Hold what an admin said about the rules for one record.

    paused_until    runs about the record begin no step before then; None: they do
    excluded_rules  ids of rules that do not start for it
    """

    paused_until: datetime | None = None
    excluded_rules: tuple[str, ...] = ()

    def pauses(self, now: datetime) -> bool:
        """Tell whether runs about the record are to be held now."""
        return self.paused_until is not None and self.paused_until > now


FREE = Automation()
"""Of a record with which rules may do what they say."""


def read_automation(document: Mapping[str, Any]) -> Automation:
    """Read `{"paused_until": time or null, "excluded_rules": [ids]}`. Raises Invalid naming each field."""
    problems: list[Problem] = []
    reader = Reader(document, "", problems)
    until = reader.text("paused_until")
    found = Automation(_moment(until, problems), reader.texts("excluded_rules", most=MAX_EXCLUDED))
    reader.finish()
    if problems:
        raise Invalid(problems)
    return found


def _moment(written: str, problems: list[Problem]) -> datetime | None:
    try:
        return parse_time(written, "paused_until") if written else None
    except Invalid as error:
        problems.extend(error.problems)
        return None


def to_document(automation: Automation) -> dict[str, Any]:
    """Return the automation as a document; what is not set is left out."""
    until, excluded = automation.paused_until, automation.excluded_rules
    written = {"paused_until": format_time(until) if until else None, "excluded_rules": list(excluded)}
    return {name: value for name, value in written.items() if value}


def automation_merged(mine: Automation, theirs: Automation) -> Automation:
    """Return the automation of two records of one person: the longer pause, and the rules that either excludes."""
    moments = [each.paused_until for each in (mine, theirs) if each.paused_until is not None]
    excluded = tuple(dict.fromkeys((*mine.excluded_rules, *theirs.excluded_rules)))[:MAX_EXCLUDED]
    return Automation(max(moments, default=None), excluded)
