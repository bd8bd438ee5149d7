"""Let a record enter once where a rule was switched on for who fits already, and changes let records in, too.

The event of the enrolment and those of changes may be matched in any order, however late. So both hold one entry of the
record. What the enrolment has seen of a record, it covers: a change that happened before starts nothing more.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from msgspec import Struct

from whenthen.domain.event_catalog.derivation import SOURCE
from whenthen.domain.events.event import format_time

if TYPE_CHECKING:
    from whenthen.domain.events.event import Event
    from whenthen.domain.records.record import Record
    from whenthen.domain.rules.rule import Rule


class Coverage(Struct, frozen=True):
    """Say which state of a record an enrolment let in.

    at       when that was decided
    created  when the record was created (RFC 3339), by which it is told from an earlier one of its name; or empty
    version  of the record
    """

    at: datetime
    created: str = ""
    version: int = 0


def coverage(record: Record, at: datetime) -> Coverage:
    """Return what an enrolment covers that let this record in."""
    return Coverage(at, format_time(record.created_at) if record.created_at else "", record.version)


def is_covered(event: Event, ref: str, by: Coverage) -> bool:
    """Tell whether the event happened before the enrolment let the record `ref` in.

    A change of the record itself is told by its version, any other event by its time.
    """
    version = event.data.get("version")
    own = event.source == SOURCE and event.subject == ref and (event.data.get("created_at") or "") == by.created
    return version <= by.version if own and isinstance(version, int) else event.time <= by.at


def shared_keys(rule: Rule, ref: str, absorbed: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Return the keys of the entries that the enrolment of a rule shares with changes: the record's own first."""
    return tuple(f"{rule.existing_enrolment}#{each}" for each in (ref, *absorbed))
