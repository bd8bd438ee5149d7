"""Decide whether a record may enter a rule, and how often."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from whenthen.domain.rules.rule import ReentryPolicy, Rule

if TYPE_CHECKING:
    from whenthen.domain.records.record import Record
    from whenthen.domain.runs.run import Run


class EntryDenied(StrEnum):
    """Name the cause for which a matching rule was not started."""

    NO_RECORD = "only_new_no_record"
    NOT_NEW = "only_new"
    ENTERED_BEFORE = "entered_before"
    OCCASION_TAKEN = "occasion_taken"
    BUDGET = "budget_used_up"


def entry_denied(rule: Rule, record: Record | None) -> EntryDenied | None:
    """Return the cause against the record's entry. None if it may enter; the ledger knows whether it entered before."""
    if not rule.entry.only_new:
        return None
    if record is None or record.created_at is None:
        return EntryDenied.NO_RECORD
    if rule.activated_at is None or record.created_at < rule.activated_at:
        return EntryDenied.NOT_NEW
    return None


def enrolment_key(rule: Rule, run: Run) -> str | None:
    """Return the key that only one run may hold, for a rule that a record enters once."""
    if rule.entry.again is ReentryPolicy.ALWAYS or run.record is None or run.shadow:
        return None
    return _key(rule, run.record)


def earlier_enrolment_keys(rule: Rule, run: Run, record: Record | None) -> tuple[str, ...]:
    """Return the keys that records hold which were merged into this one: each may have used the rule up."""
    if record is None or run.record != record.ref or enrolment_key(rule, run) is None:
        return ()
    return tuple(_key(rule, ref) for ref in record.absorbed)


def _key(rule: Rule, ref: str) -> str:
    return f"{rule.id}#{ref}"
