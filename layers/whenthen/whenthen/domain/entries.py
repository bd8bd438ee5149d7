"""Entry: may this record enter this rule, and how often."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from whenthen.domain.rules import Again, Rule

if TYPE_CHECKING:
    from whenthen.domain.records import Record
    from whenthen.domain.runs import Run


class NoEntry(StrEnum):
    """Why a rule that matched was not started."""

    NO_RECORD = "only_new_no_record"
    NOT_NEW = "only_new"
    ENTERED_BEFORE = "entered_before"


def refusal(rule: Rule, record: Record | None) -> NoEntry | None:
    """Why the record may not enter, or None if it may; that it entered before is for the ledger to say."""
    if not rule.entry.only_new:
        return None
    if record is None or record.created_at is None:
        return NoEntry.NO_RECORD
    if rule.activated_at is None or record.created_at < rule.activated_at:
        return NoEntry.NOT_NEW
    return None


def once_key(rule: Rule, run: Run) -> str | None:
    """The key that only one run may hold, for a rule that a record enters once."""
    if rule.entry.again is Again.ALWAYS or run.record is None or run.shadow:
        return None
    return f"{rule.id}#{run.record}"
