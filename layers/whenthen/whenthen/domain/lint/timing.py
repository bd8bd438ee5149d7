"""Lint the timing of a rule: waits that are always over, and exits that never come."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from whenthen.domain.lint.findings import EXIT_OF_OTHER_KIND, YEARLY_DATE_IS_OVER, Finding, found
from whenthen.domain.lint.known_fields import is_derived
from whenthen.domain.rules.exits import ExitScope
from whenthen.domain.rules.steps import MOVING_STEP
from whenthen.domain.temporal.anniversaries import comes_yearly
from whenthen.domain.temporal.waits import Past

if TYPE_CHECKING:
    from whenthen.domain.rules.rule import Rule


def waits(rule: Rule) -> Iterator[Finding]:
    """Find steps that wait for a birthday or an anniversary, whose first day was long ago: they are skipped."""
    for position, step in enumerate(step for step in rule.steps if step.id != MOVING_STEP):
        wait = step.wait
        if wait is None or wait.until is None or wait.policy is not Past.SKIP:
            continue
        if comes_yearly(wait.until.field):
            yield found(YEARLY_DATE_IS_OVER, f"steps[{position}].wait", field=wait.until.field)


def exits(rule: Rule) -> Iterator[Finding]:
    """Find exits that must be about the run's record, and are about records of another kind."""
    if rule.exit.of is not ExitScope.RECORD or rule.record_kind is None:
        return
    for event_type in rule.exit.on:
        if is_derived(event_type) and event_type.partition(".")[0] != rule.record_kind:
            yield found(EXIT_OF_OTHER_KIND, "exit.of", name=event_type, record_kind=rule.record_kind)
