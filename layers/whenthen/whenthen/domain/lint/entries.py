"""Find parts of a rule's `entry` that decide nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from whenthen.domain.entry.entry import Entry, ReentryPolicy, WhileRunning
from whenthen.domain.lint.findings import ENTRY_WITHOUT_EFFECT, ENTRY_WITHOUT_RECORD, Finding, found
from whenthen.domain.rules.triggers import On

if TYPE_CHECKING:
    from whenthen.domain.rules.rule import Rule


def entries(rule: Rule) -> Iterator[Finding]:
    """Find what a rule says of records that enter again, though none of its events has a record, or none may."""
    said = _said(rule.entry)
    if said and rule.trigger.on is On.SCHEDULE and rule.trigger.view is None:
        yield found(ENTRY_WITHOUT_RECORD, f"entry.{said[0]}")
    elif rule.entry.again is ReentryPolicy.ONCE_PER_RECORD and rule.entry.while_running is not WhileRunning.PARALLEL:
        yield found(ENTRY_WITHOUT_EFFECT, "entry.while_running")


def _said(entry: Entry) -> list[str]:
    """Name the keys by which a record's last run decides."""
    default = Entry()
    return [name for name in ("again", "while_running", "debounce") if getattr(entry, name) != getattr(default, name)]
