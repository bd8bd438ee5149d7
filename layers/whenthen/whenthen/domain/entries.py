"""Entry: may this record enter this rule, and how often."""

from __future__ import annotations

from typing import TYPE_CHECKING

from whenthen.domain.rules import Again, Rule

if TYPE_CHECKING:
    from whenthen.domain.records import Record
    from whenthen.domain.runs import Run


def refusal(rule: Rule, record: Record | None) -> str | None:
    """Why the record may not enter, or None if it may."""
    if not rule.entry.only_new:
        return None
    if record is None or record.created_at is None:
        return "only new records enter, and there is none"
    if rule.activated_at is None or record.created_at < rule.activated_at:
        return "only records created after the rule was switched on enter"
    return None


def once_key(rule: Rule, run: Run) -> str | None:
    """The key that only one run may hold, for a rule that a record enters once."""
    if rule.entry.again is Again.ALWAYS or run.record is None or run.shadow:
        return None
    return f"{rule.id}#{run.record}"
