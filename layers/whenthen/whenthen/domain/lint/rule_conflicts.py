"""Find conflicts between rules: they write one field on the same events, or they start one another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec.structs import replace

from whenthen.domain.common.values import Choice
from whenthen.domain.conditions.condition import AllOf, Condition, parse_condition
from whenthen.domain.conditions.operators import OPERATORS
from whenthen.domain.conditions.predicate import Predicate
from whenthen.domain.entry.entry import ReentryPolicy
from whenthen.domain.events.types import FINISHED
from whenthen.domain.lint.findings import CYCLE, CYCLE_THAT_SETTLES, ENDLESS_CYCLE, SAME_FIELD, Finding, found
from whenthen.domain.lint.satisfiability import Verdict, verdict
from whenthen.domain.lint.step_effects import Effect, effects_of, events_of, kind_of, skippable_steps
from whenthen.domain.rules.actions import ANYTHING
from whenthen.domain.rules.rule import Exit, Rule
from whenthen.domain.rules.steps import MOVING_STEP
from whenthen.domain.rules.triggers import On, waited_for


def same_field(rule: Rule, beside: Iterable[Rule]) -> Iterator[Finding]:
    """Find fields that another rule writes too, on the same events and the same record."""
    own = _written(rule)
    for other in beside:
        if not own or not set(rule.trigger.event_types) & set(other.trigger.event_types) or _exclude(rule, other):
            continue
        for name, (_, value) in _written(other).items():
            if name not in own:
                continue
            place, own_value = own[name]
            if own_value is ANYTHING or value is ANYTHING or own_value != value:
                yield found(SAME_FIELD, place, rules=(other.id,), rule=other.name, field=name)


def _written(rule: Rule) -> Mapping[str, tuple[str, object]]:
    """Return the fields of the run's record that steps set: where, and to what. Tags are added and removed, not set."""
    own = [effect for effect in effects_of(rule) if effect.own]
    return {name: (_place(rule, effect), value) for effect in own for name, value in effect.fields.items()
            if name != "tags"}  # fmt: skip


def _place(rule: Rule, effect: Effect) -> str:
    """Return the path of the effect's step in the rule's document."""
    if effect.step == MOVING_STEP:
        return "trigger.moves_to"
    own = [step.id for step in rule.steps if step.id != MOVING_STEP]
    return f"steps[{own.index(effect.step)}]"


def _exclude(rule: Rule, other: Rule) -> bool:
    """Tell whether no event starts both for the same record."""
    if rule.kind and other.kind and rule.kind != other.kind:
        return True
    parts = (rule.trigger.condition, rule.conditions, other.trigger.condition, other.conditions)
    conditions = tuple(part for part in parts if part is not None)
    return bool(conditions) and verdict(AllOf(conditions)) is not Verdict.POSSIBLE


def cycles(rule: Rule, beside: Sequence[Rule]) -> Iterator[Finding]:
    """Find the shortest chain on which the rule's effects start it again, through the others."""
    ways: list[list[Rule]] = [[rule]]
    seen: set[str] = set()
    while ways:
        way = ways.pop(0)
        for following in (rule, *beside):
            if following.id in seen or not starts(way[-1], following):
                continue
            if following is rule:
                yield from _cycle(way)
                return
            seen.add(following.id)
            ways.append([*way, following])


def _cycle(way: Sequence[Rule]) -> Iterator[Finding]:
    settles = _settles(way)
    if settles and len(way) == 1:
        return
    endless = not _traced(way) and _unstopped(way)
    code = CYCLE_THAT_SETTLES if settles else ENDLESS_CYCLE if endless else CYCLE
    chain = [link.name for link in (*way, way[0])]
    yield found(code, "steps", rules=tuple(link.id for link in way[1:]), chain=chain)


def _settles(way: Iterable[Rule]) -> bool:
    """Tell whether the rules only write constants, and one for each field: the second time nothing changes."""
    held: dict[str, object] = {}
    links = list(way)
    if any(link.trigger.on is On.AFTER_RULE for link in links):
        return False
    for effect in (effect for link in links for effect in effects_of(link)):
        if effect.created or effect.reports:
            return False
        for name, value in effect.fields.items():
            if value is ANYTHING or held.setdefault(name, value) != value:
                return False
    return True


def _traced(way: Sequence[Rule]) -> bool:
    """Tell whether each link carries its cause, so that hops are counted. A provider's report carries none."""
    following = [*way[1:], way[0]]
    return all(_traced_link(link, after) for link, after in zip(way, following, strict=True))


def _unstopped(way: Sequence[Rule]) -> bool:
    """Tell whether nothing in the rules can end it: each link starts the next one every time, for any record."""
    following = [*way[1:], way[0]]
    return all(_always_enters(link) and _always_starts(link, after) for link, after in zip(way, following, strict=True))


def _always_enters(rule: Rule) -> bool:
    """Tell whether the rule asks nothing of an event or its record beyond what the link before it makes sure of."""
    # Its run is over by the time at which what it sent is reported: AFTER_EXIT lets the record in again.
    often = rule.entry.again in (ReentryPolicy.ALWAYS, ReentryPolicy.AFTER_EXIT)
    if not often or rule.conditions is not None:
        return False
    if rule.trigger.on is not On.AFTER_RULE:
        return rule.trigger.condition is None
    _, outcomes = waited_for(rule.trigger)
    return rule.trigger.moves is None and "done" in outcomes


def _always_starts(rule: Rule, other: Rule) -> bool:
    """Tell whether each run of `rule` makes an event that `other` watches. A written value may be there already."""
    if rule.exit != Exit():
        return False
    if other.trigger.on is On.AFTER_RULE:
        return True
    skippable = skippable_steps(rule)
    return any(
        effect.step not in skippable and (effect.created or effect.reports) and _starts(effect, other)
        for effect in effects_of(rule)
    )


def _traced_link(rule: Rule, other: Rule) -> bool:
    if other.trigger.on is On.AFTER_RULE:
        return True
    return any(not effect.reports and _starts(effect, other) for effect in effects_of(rule))


def starts(rule: Rule, other: Rule) -> bool:
    """Tell whether an effect of `rule`, or its end, may be an event that starts `other`."""
    if other.trigger.on is On.AFTER_RULE:
        named, _ = waited_for(other.trigger)
        return rule.id in named
    return any(_starts(effect, other) for effect in effects_of(rule))


def times_started(rule: Rule, other: Rule) -> int:
    """Count how often one run of `rule` may start `other`: once for each record that it writes, and for its end."""
    if other.trigger.on is On.AFTER_RULE:
        return int(starts(rule, other))
    return sum(1 for effect in effects_of(rule) if not effect.reports and _starts(effect, other))


def made_by(rule: Rule) -> frozenset[str]:
    """Return the types of the events that the rule may make, its end among them."""
    return frozenset().union(*map(events_of, effects_of(rule)), {FINISHED})


def _starts(effect: Effect, other: Rule) -> bool:
    if not events_of(effect) & set(other.trigger.event_types):
        return False
    if effect.created or effect.reports or effect.kind != kind_of(other):
        return True
    requirements = [part for part in (other.trigger.condition, other.conditions) if part is not None]
    changes = list(_changes_required(requirements))
    if any(predicate.path.names[0] not in effect.fields for predicate in changes):
        return False
    return verdict(AllOf((*requirements, *_became(changes), *_facts_of(effect)))) is Verdict.POSSIBLE


def _changes_required(requirements: list[Condition]) -> Iterator[Predicate]:
    """Yield the changes that are required."""
    for requirement in requirements:
        if isinstance(requirement, AllOf):
            yield from _changes_required(list(requirement.items))
        elif (
            isinstance(requirement, Predicate) and OPERATORS[requirement.op].record and requirement.operand is not False
        ):
            yield requirement


def _became(changes: list[Predicate]) -> Iterator[Condition]:
    """Yield conditions on the values of the fields that had to become something."""
    for predicate in changes:
        if predicate.op == "changed_to":
            values = predicate.value if isinstance(predicate.value, list) else [predicate.value]
            yield replace(predicate, op="in", operand=Choice.of(values, fold=predicate.ignore_case), value=values)


def _facts_of(effect: Effect) -> Iterator[Condition]:
    """Yield conditions that the effect makes true of the record. Requirements that contradict one are not met."""
    for name, value in effect.fields.items():
        if isinstance(value, str | bool | int | float):
            fact = parse_condition({"field": f"record.{name}", "op": "equals", "value": value}, "", [])
            if fact is not None:
                yield fact
