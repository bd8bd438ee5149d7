"""Render a rule as one paragraph: when, for which records, under which conditions, and what it does."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from whenthen.api.rendering.conditions import render_condition, render_length
from whenthen.api.rendering.limits import render_limits
from whenthen.api.rendering.phrasebook import Phrasebook
from whenthen.api.rendering.sentences import JOINS, RULE
from whenthen.api.rendering.steps import render_step
from whenthen.api.rendering.triggers import demanded_besides, names_kind, render_trigger
from whenthen.domain.conditions.condition import AllOf, predicates
from whenthen.domain.conditions.operands import Range
from whenthen.domain.event_catalog.record_kinds import KINDS
from whenthen.domain.rules.event_triggers import written_types
from whenthen.domain.rules.exits import exit_scope
from whenthen.domain.rules.rule import Entry, Mode, ReentryPolicy, Rule, Step, WhileRunning
from whenthen.domain.scheduling.date_triggers import DateField
from whenthen.domain.scheduling.schedules import Schedule
from whenthen.domain.steps.branches import branches_of
from whenthen.domain.temporal.time_zones import UTC

_CLOCKED = frozenset({"before", "after", "between"})
"""Operators that compare with dates and clock times."""


def render_rule(book: Phrasebook, rule: Rule) -> str:
    """Say what a rule does, when, for which records and under which conditions. Defaults are left out."""
    zone = rule.zone.key
    demands = [*demanded_besides(rule), *([] if rule.conditions is None else [rule.conditions])]
    ends = [
        *(_exit(book, rule, event_type) for event_type in written_types(rule.exit.on)),
        *([render_condition(book, rule.exit.when, zone)] if rule.exit.when else []),
    ]
    semicolon = book.phrase(JOINS, "semicolon")
    targets = {branch.target for step in rule.steps for branch in branches_of(step)}
    parts = {
        "when": render_trigger(book, rule),
        "kind": book.kind(rule.kind) if rule.kind and not names_kind(rule) else "",
        "if": render_condition(book, AllOf(tuple(demands)), zone) if demands else "",
        "entry": semicolon.join(_entry(book, rule.entry)),
        "order": "" if rule.order is None else str(rule.order),
        "then": semicolon.join(render_step(book, step, zone, named=step.id in targets) for step in rule.steps),
        "ends": book.any(ends),
        "goal": render_condition(book, rule.exit.goal, zone) if rule.exit.goal else "",
        "limits": semicolon.join(render_limits(book, rule.limits)) if rule.limits else "",
        "priority": str(rule.priority) if rule.priority else "",
        "time_zone": book.quoted(zone) if zone != UTC or _goes_by_clocks(rule) else "",
    }
    said = [book.phrase(JOINS, "part", label=book.phrase(RULE, key), text=text) for key, text in parts.items() if text]
    return " ".join(said if rule.mode is Mode.ON else [*said, f"({book.phrase(RULE, rule.mode)})"])


def _exit(book: Phrasebook, rule: Rule, event_type: str) -> str:
    """Name an event that ends a run, and say whether it must be about the run's record, or about its customer."""
    scope = exit_scope(rule.exit, event_type, _kind_of_runs(rule))
    return book.detailed(book.event(event_type), [book.phrase(RULE, f"of_{scope}")])


def _kind_of_runs(rule: Rule) -> str | None:
    """Return the kind of record that runs are about; of a rule that names none, that of the events that start it."""
    kinds = {event_type.partition(".")[0] for event_type in rule.trigger.event_types}
    kind = next(iter(kinds)) if len(kinds) == 1 else None
    return rule.record_kind or (kind if kind in KINDS else None)


def _entry(book: Phrasebook, entry: Entry) -> Iterator[str]:
    if entry.every is not None:
        yield book.phrase(RULE, "every", length=render_length(book, entry.every))
    elif entry.again is not ReentryPolicy.ALWAYS:
        yield book.phrase(RULE, entry.again)
    if entry.while_running is not WhileRunning.PARALLEL:
        yield book.phrase(RULE, entry.while_running)
    if entry.debounce:
        yield book.phrase(RULE, "debounce", length=book.lengths({"seconds": entry.debounce}))
    if entry.only_new:
        yield book.phrase(RULE, "only_new")


def _goes_by_clocks(rule: Rule) -> bool:
    """Tell whether the rule names hours, days or dates, which are those of its time zone."""
    timer = rule.trigger.timer
    if isinstance(timer, DateField) or (isinstance(timer, Schedule) and timer.cron is not None):
        return True
    if rule.limits is not None and rule.limits.quiet_hours:
        return True
    conditions = (
        rule.conditions,
        rule.trigger.condition,
        *rule.exit.conditions,
        *(step.only_if for step in rule.steps),
    )
    return any(map(_waits_for_clocks, rule.steps)) or any(
        predicate.path.root == "now" or (predicate.op in _CLOCKED and predicate.zone is not None)
        for condition in conditions
        for predicate in predicates(condition)
        if not isinstance(predicate.operand, Range) or not isinstance(predicate.operand.low, int | Decimal)
    )


def _waits_for_clocks(step: Step) -> bool:
    wait = step.wait
    if wait is None:
        return False
    return wait.at is not None or bool(wait.weekdays) or wait.until is not None or wait.by_business
