"""What is wrong with a rule, or looks wrong, before it is switched on. Errors refuse it, warnings inform.

never_holds       a condition that no event can satisfy                              error
only_for_lists    a condition that only a field with several values can satisfy      warning, or error
wrong_type        an operator that does not suit what the field holds                error
unknown_field     a field that events of the trigger's types do not have             warning
unreachable_step  a step whose own condition, or the rule's exit, keeps it away      error
same_field        another rule on the same events writes the same field              warning
cycle             rules that start one another, and so this one again                warning
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from whenthen.domain.conditions import AllOf, AnyOf, Condition, Not, leaves, parse_condition
from whenthen.domain.contradictions import Verdict, verdict
from whenthen.domain.effects import ANYTHING, Effect, effects_of, events_of, kind_of
from whenthen.domain.leaves import Leaf
from whenthen.domain.operators import OPERATORS
from whenthen.domain.rules import Mode, Rule
from whenthen.domain.values import Choice

FieldTypes = Mapping[str, str]
"""What a field holds, by its path: `text`, `number`, `flag`, `time`, `date`, `texts`, `list`, `object`, `any`."""

_MANY = frozenset({"texts", "list", "any", "object"})
_SUITS: Mapping[str, frozenset[str]] = {
    "text": frozenset({"text", "texts", "list", "record", "any"}),
    "pattern": frozenset({"text", "texts", "list", "record", "any"}),
    "number": frozenset({"number", "text", "texts", "list", "any"}),
    "when": frozenset({"time", "date", "text", "any"}),
    "duration": frozenset({"time", "date", "text", "any"}),
}
"""What an operator takes → the types of fields that it suits. What is not listed suits all."""


class Severity(StrEnum):
    """Whether the rule is refused."""

    ERROR = "error"
    WARNING = "warning"


class Finding(Struct, frozen=True):
    """One thing found. `field` is a path in the rule's document; `rules` are the ids of others involved, in order."""

    severity: Severity
    code: str
    field: str
    message: str
    rules: tuple[str, ...] = ()


def lint(rule: Rule, others: Iterable[Rule] = (), fields: FieldTypes | None = None) -> list[Finding]:
    """Everything found about `rule`, errors first.

    others  the rules that are switched on beside it
    fields  what is known of the fields of the trigger's events; a root that has no field here is not judged
    """
    beside = [other for other in others if other.id != rule.id and other.mode is Mode.ON]
    known = fields or {}
    findings = [
        *_conditions(rule, known),
        *_steps(rule),
        *_same_field(rule, beside),
        *_cycles(rule, beside),
    ]
    return sorted(findings, key=lambda finding: finding.severity is not Severity.ERROR)


def _conditions(rule: Rule, known: FieldTypes) -> Iterator[Finding]:
    parts = [part for part in (rule.trigger.condition, rule.conditions) if part is not None]
    if parts:
        yield from _never(AllOf(tuple(parts)), "conditions", known)
    for name, condition in (("trigger", rule.trigger.condition), ("conditions", rule.conditions)):
        for path, leaf in _with_paths(condition, name):
            yield from _leaf(leaf, path, known)


def _never(condition: Condition, field: str, known: FieldTypes, code: str = "never_holds") -> Iterator[Finding]:
    judged = verdict(condition)
    if judged is Verdict.NEVER:
        yield Finding(Severity.ERROR, code, field, "these conditions can never hold together")
    if judged is Verdict.ONLY_FOR_LISTS:
        single = all(known.get(leaf.field, "any") not in _MANY for leaf in leaves(condition))
        severity = Severity.ERROR if single else Severity.WARNING
        yield Finding(severity, "only_for_lists", field, "only a field with several values can satisfy all of these")


def _with_paths(condition: Condition | None, path: str) -> Iterator[tuple[str, Leaf]]:
    match condition:
        case Leaf():
            yield path, condition
        case Not(item):
            yield from _with_paths(item, f"{path}.not")
        case AllOf(items) | AnyOf(items):
            group = "all" if isinstance(condition, AllOf) else "any"
            for position, item in enumerate(items):
                yield from _with_paths(item, f"{path}.{group}[{position}]")


def _leaf(leaf: Leaf, path: str, known: FieldTypes) -> Iterator[Finding]:
    held = known.get(leaf.field)
    if held is None:
        judged = ".".join(leaf.field.split(".")[: 2 if leaf.path.root == "event" else 1])
        if any(name.startswith(f"{judged}.") for name in known):
            message = f"{leaf.field} is not known of these events; it may be misspelt"
            yield Finding(Severity.WARNING, "unknown_field", f"{path}.field", message)
        return
    takes = OPERATORS[leaf.op].takes
    if takes == "range":
        takes = "number" if isinstance(leaf.value[0], int | float) else "when"
    if held not in _SUITS.get(takes, {held}):
        yield Finding(Severity.ERROR, "wrong_type", f"{path}.op", f"{leaf.field} holds a {held}: {leaf.op} never holds")


def _steps(rule: Rule) -> Iterator[Finding]:
    for position, step in enumerate(rule.steps):
        field = f"steps[{position}].only_if"
        if step.only_if is None:
            continue
        if verdict(step.only_if) is Verdict.NEVER:
            yield Finding(Severity.ERROR, "unreachable_step", field, f"{step.id} is never performed: this never holds")
        elif step.only_if == rule.exit.when:
            message = f"{step.id} is never performed: where this holds, the rule's exit ends the run"
            yield Finding(Severity.ERROR, "unreachable_step", field, message)


def _same_field(rule: Rule, beside: Iterable[Rule]) -> Iterator[Finding]:
    own = _written(rule)
    for other in beside:
        if not set(rule.trigger.event_types) & set(other.trigger.event_types) or _exclude(rule, other):
            continue
        for name, value in _written(other).items():
            if name in own and (own[name] is ANYTHING or value is ANYTHING or own[name] != value):
                message = f"{other.name} writes {name} on the same events: the last to run wins"
                yield Finding(Severity.WARNING, "same_field", "steps", message, (other.id,))


def _written(rule: Rule) -> dict[str, object]:
    """The fields of the run's record that are set to a value. Tags are added and taken off, not set."""
    own = (effect for effect in effects_of(rule) if effect.own)
    return {name: value for effect in own for name, value in effect.fields.items() if name != "tags"}


def _exclude(rule: Rule, other: Rule) -> bool:
    parts = (rule.trigger.condition, rule.conditions, other.trigger.condition, other.conditions)
    conditions = tuple(part for part in parts if part is not None)
    return bool(conditions) and verdict(AllOf(conditions)) is not Verdict.POSSIBLE


def _cycles(rule: Rule, beside: list[Rule]) -> Iterator[Finding]:
    """The shortest way on which the rule's effects start it again, through the others."""
    ways: list[list[Rule]] = [[rule]]
    seen: set[str] = set()
    while ways:
        way = ways.pop(0)
        for following in (rule, *beside):
            if following.id in seen or not starts(way[-1], following):
                continue
            if following is rule:
                ends = _settles(way)
                if ends and len(way) == 1:
                    return
                chain = " → ".join(f"“{link.name}”" for link in (*way, rule))
                end = "once the fields hold what they write" if ends else "at the limit on hops"
                message = f"it starts itself again: {chain}; this ends {end}"
                yield Finding(Severity.WARNING, "cycle", "steps", message, tuple(link.id for link in way[1:]))
                return
            seen.add(following.id)
            ways.append([*way, following])


def _settles(way: list[Rule]) -> bool:
    """Whether the rules only write constants, and one for each field: the second time nothing changes."""
    held: dict[str, object] = {}
    for effect in (effect for rule in way for effect in effects_of(rule)):
        for name, value in effect.fields.items():
            if effect.created or value is ANYTHING or held.setdefault(name, value) != value:
                return False
    return True


def starts(rule: Rule, other: Rule) -> bool:
    """Whether an effect of `rule` may be an event that `other` is started by."""
    return any(_starts(effect, other) for effect in effects_of(rule))


def _starts(effect: Effect, other: Rule) -> bool:
    if not events_of(effect) & set(other.trigger.event_types):
        return False
    if effect.created or effect.kind != kind_of(other):
        return True
    demands = [part for part in (other.trigger.condition, other.conditions) if part is not None]
    changes = list(_changes_demanded(demands))
    if any(leaf.path.names[0] not in effect.fields for leaf in changes):
        return False
    return verdict(AllOf((*demands, *_became(changes), *_facts_of(effect)))) is Verdict.POSSIBLE


def _changes_demanded(demands: list[Condition]) -> Iterator[Leaf]:
    """What must have changed."""
    for demand in demands:
        if isinstance(demand, AllOf):
            yield from _changes_demanded(list(demand.items))
        elif isinstance(demand, Leaf) and OPERATORS[demand.op].record and demand.operand is not False:
            yield demand


def _became(changes: list[Leaf]) -> Iterator[Condition]:
    """What the fields hold that had to become something."""
    for leaf in changes:
        if leaf.op == "changed_to":
            values = leaf.value if isinstance(leaf.value, list) else [leaf.value]
            yield replace(leaf, op="in", operand=Choice.of(values, fold=leaf.ignore_case), value=values)


def _facts_of(effect: Effect) -> Iterator[Condition]:
    """What the effect makes sure of about the record: demands that contradict it are not met."""
    for name, value in effect.fields.items():
        if isinstance(value, str | bool | int | float):
            fact = parse_condition({"field": f"record.{name}", "op": "equals", "value": value}, "", [])
            if fact is not None:
                yield fact
