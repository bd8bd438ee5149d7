"""Lint a rule before it is switched on: find everything at once, errors first.

This module looks at the rule by itself, `rule_conflicts` at its effects on others and theirs on it.
docs/reference/rules.md lists the codes, `findings` says which of them refuse the rule.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from msgspec.structs import replace

from whenthen.domain.common.values import number_in
from whenthen.domain.conditions.condition import AllOf, AnyOf, Condition, Not, predicates
from whenthen.domain.conditions.operands import Range
from whenthen.domain.conditions.operators import OPERATORS
from whenthen.domain.conditions.predicate import Predicate
from whenthen.domain.event_catalog.event_attributes import ATTRIBUTES
from whenthen.domain.lint import timing
from whenthen.domain.lint.entries import entries
from whenthen.domain.lint.fan_out import fan_out
from whenthen.domain.lint.findings import (
    ALWAYS_PASSED_OVER,
    EXIT_AT_ONCE,
    EXIT_BEFORE_STEP,
    EXIT_NEVER,
    NEVER_HOLDS,
    NO_SUCH_FIELD,
    ONLY_FOR_LISTS,
    SEVERAL_EVENTS,
    UNKNOWN_EVENT,
    UNKNOWN_FIELD,
    UNREACHABLE_STEP,
    WRONG_TYPE,
    Finding,
    Severity,
    found,
)
from whenthen.domain.lint.known_fields import Known, is_derived, is_strange_type, known_of
from whenthen.domain.lint.rule_conflicts import cycles, same_field
from whenthen.domain.lint.satisfiability import Verdict, verdict
from whenthen.domain.lint.step_effects import passed_over
from whenthen.domain.lint.step_results import step_results
from whenthen.domain.lint.template_fields import template_fields
from whenthen.domain.rules.actions import actions
from whenthen.domain.rules.event_triggers import written_types
from whenthen.domain.rules.rule import Mode, Rule
from whenthen.domain.rules.steps import MOVING_STEP, Step
from whenthen.domain.rules.triggers import On
from whenthen.domain.runs.happenings import OF_A_MESSAGE

_MANY = frozenset({"texts", "list", "any", "object"})
_TEXTUAL = frozenset({"text", "texts", "list", "record", "any"})
_TIMELY = frozenset({"time", "date", "text", "any"})
_SUITS = {
    "text": _TEXTUAL,
    "pattern": _TEXTUAL,
    "number": frozenset({"number", "text", "texts", "list", "any"}),
    "when": _TIMELY,
    "duration": _TIMELY,
}
"""Value that an operator takes → the types of field that it suits. An operator that is not listed suits all."""

_CHOOSING = frozenset({"equals", "in", "has", "has_any", "changed_to", "changed_from"})


def lint(rule: Rule, others: Iterable[Rule] = (), known: Known | None = None) -> list[Finding]:
    """Return every finding about `rule`, errors first.

    others  the rules that are switched on beside it
    known   of the fields of its events; by default what the catalogue says
    """
    beside = [other for other in others if other.id != rule.id and other.mode is Mode.ON]
    known = known or known_of(rule.trigger.event_types)
    findings = [
        *_events(rule),
        *_several(rule),
        *_conditions(rule, known),
        *_steps(rule, known),
        *_exit(rule, known),
        *timing.waits(rule),
        *timing.exits(rule),
        *entries(rule),
        *step_results(rule),
        *same_field(rule, beside),
        *cycles(rule, beside),
        *fan_out(rule, beside),
    ]
    return sorted(findings, key=lambda finding: finding.severity is not Severity.ERROR)


def _events(rule: Rule) -> Iterator[Finding]:
    own = [step for step in rule.steps if step.id != MOVING_STEP]
    awaited = [(f"steps[{n}].wait.for_event.on", step.awaits.on) for n, step in enumerate(own) if step.awaits]
    for field, types in (("trigger.event", rule.trigger.event_types), ("exit.on", rule.exit.on), *awaited):
        yield from (found(UNKNOWN_EVENT, field, name=each) for each in written_types(types) if is_strange_type(each))


def _several(rule: Rule) -> Iterator[Finding]:
    """Find event types of a trigger of which nobody knows whether two tell of one happening."""
    types = written_types(rule.trigger.event_types)
    kinds = {each.partition(".")[0] for each in types}
    known = all(map(is_derived, types)) and len(kinds) == 1
    if rule.trigger.on is On.EVENT and len(types) > 1 and not known and not set(types) <= OF_A_MESSAGE:
        yield found(SEVERAL_EVENTS, "trigger.event", types=list(types))


def _requirements(rule: Rule) -> tuple[Condition, ...]:
    """Return the conditions that must all hold for the rule to start."""
    return tuple(part for part in (rule.trigger.condition, rule.conditions) if part is not None)


def _conditions(rule: Rule, known: Known) -> Iterator[Finding]:
    requirements = _requirements(rule)
    if requirements:
        field = "conditions" if rule.conditions is not None else "trigger"
        yield from _never(AllOf(requirements), field, known)
    # An admin does not write the trigger's condition as conditions: its findings stand at the whole trigger.
    for predicate in predicates(rule.trigger.condition):
        yield from (replace(finding, field="trigger") for finding in _predicate(predicate, "trigger", known))
    yield from _each(rule.conditions, "conditions", known)


def _never(condition: Condition, field: str, known: Known) -> Iterator[Finding]:
    judged = verdict(condition)
    if judged is Verdict.NEVER:
        yield found(NEVER_HOLDS, field)
    if judged is Verdict.ONLY_FOR_LISTS:
        finding = found(ONLY_FOR_LISTS, field)
        single = all(known.holds(predicate) not in _MANY for predicate in predicates(condition))
        yield finding if single else replace(finding, severity=Severity.WARNING)


def _each(condition: Condition | None, path: str, known: Known) -> Iterator[Finding]:
    """Lint single predicates."""
    match condition:
        case Predicate():
            yield from _predicate(condition, path, known)
        case Not(item):
            yield from _each(item, f"{path}.not", known)
        case AllOf(items) | AnyOf(items):
            group = "all" if isinstance(condition, AllOf) else "any"
            for position, item in enumerate(items):
                yield from _each(item, f"{path}.{group}[{position}]", known)


def _predicate(predicate: Predicate, path: str, known: Known) -> Iterator[Finding]:
    root, names = predicate.path.root, predicate.path.names
    if root == "event" and names[0] not in ATTRIBUTES:
        yield found(NO_SUCH_FIELD, f"{path}.field", field=predicate.field, known=list(ATTRIBUTES))
    elif known.lacks(root, names):
        yield found(UNKNOWN_FIELD, f"{path}.field", field=predicate.field)
    elif root == "history" and is_strange_type(".".join(names)):
        yield found(UNKNOWN_EVENT, f"{path}.field", name=".".join(names))
    elif not _suits(predicate, known.holds(predicate)):
        yield found(WRONG_TYPE, f"{path}.op", field=predicate.field, field_type=known.holds(predicate), op=predicate.op)


def _suits(predicate: Predicate, held: str) -> bool:
    """Tell whether the predicate can hold for a field of this type."""
    takes = OPERATORS[predicate.op].takes
    if takes == "range" and isinstance(predicate.operand, Range):
        takes = "number" if isinstance(predicate.operand.low, int | Decimal) else "when"
    if predicate.op in _CHOOSING:
        values = predicate.value if isinstance(predicate.value, list | tuple) else [predicate.value]
        return any(_can_be(value, held) for value in values)
    return held in _SUITS.get(takes, {held})


def _can_be(value: object, held: str) -> bool:
    """Tell whether a field of this type can be the same as the value."""
    if held == "number":
        return not isinstance(value, bool) and (not isinstance(value, str) or number_in(value) is not None)
    if held == "flag":
        return isinstance(value, bool)
    return held in _MANY or not isinstance(value, bool)


def _steps(rule: Rule, known: Known) -> Iterator[Finding]:
    own = [step for step in rule.steps if step.id != MOVING_STEP]
    never = passed_over(rule)
    for position, step in enumerate(own):
        if step.id in never:
            yield found(ALWAYS_PASSED_OVER, f"steps[{position}]", step=step.id)
        yield from template_fields(step, f"steps[{position}]", known)
        yield from _channel(step, f"steps[{position}].with")
        field = f"steps[{position}].only_if"
        if step.only_if is None:
            continue
        yield from _each(step.only_if, field, known)
        beside = [part for part in _conjuncts(_requirements(rule)) if _still_holds(part, at_once=step in _first(rule))]
        if verdict(AllOf((*beside, step.only_if))) is Verdict.NEVER:
            yield found(UNREACHABLE_STEP, field, step=step.id)
        elif step.only_if in rule.exit.conditions:
            yield found(EXIT_BEFORE_STEP, field, step=step.id)


def _channel(step: Step, field: str) -> Iterator[Finding]:
    """Find what the channel of a step knows to be odd about its parameters."""
    lints = actions()[step.action].lints
    for name, reason in lints(step.parameters) if lints else ():
        yield Finding(Severity.WARNING, f"{field}.{name}", reason)


def _first(rule: Rule) -> Sequence[object]:
    """Return the steps that are due the moment the rule starts: nothing can have changed by then."""
    step_groups = rule.step_groups
    first = step_groups[0][0] if step_groups else None
    at_once = first is not None and first.awaits is None and (first.wait is None or first.wait.immediate)
    return step_groups[0] if at_once else ()


def _still_holds(condition: Condition, *, at_once: bool) -> bool:
    """Tell whether a condition still holds at a step if it held at the start: one on the event always does."""
    return at_once or all(predicate.path.root == "event" for predicate in predicates(condition))


def _conjuncts(conditions: Iterable[Condition]) -> Iterator[Condition]:
    for condition in conditions:
        if isinstance(condition, AllOf):
            yield from _conjuncts(condition.items)
        else:
            yield condition


def _exit(rule: Rule, known: Known) -> Iterator[Finding]:
    yield from _exit_condition(rule, rule.exit.when, "exit.when", known)
    yield from _exit_condition(rule, rule.exit.goal, "exit.goal", known)


def _exit_condition(rule: Rule, condition: Condition | None, field: str, known: Known) -> Iterator[Finding]:
    if condition is None:
        return
    yield from _each(condition, field, known)
    if verdict(condition) is Verdict.NEVER:
        yield found(EXIT_NEVER, field)
    elif (field == "exit.goal" or _first(rule)) and _follows(_requirements(rule), condition):
        yield found(EXIT_AT_ONCE, field)


def _follows(requirements: Sequence[Condition], condition: Condition) -> bool:
    """Tell whether the condition holds wherever the requirements do, and they do somewhere."""
    without, beside = AllOf((*requirements, Not(condition))), AllOf((*requirements, condition))
    return verdict(without) is Verdict.NEVER and verdict(beside) is not Verdict.NEVER
