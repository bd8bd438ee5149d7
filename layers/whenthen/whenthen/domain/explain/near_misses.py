"""Find near misses: an event of the trigger's type came, but a detail of it was not as the trigger requires."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from whenthen.domain.common.reasons import Reason, ReasonCode, param_of
from whenthen.domain.conditions.condition import evaluate, holds, predicates
from whenthen.domain.conditions.operators import OPERATORS
from whenthen.domain.rules.triggers import On

if TYPE_CHECKING:
    from whenthen.domain.conditions.field_access import Facts
    from whenthen.domain.conditions.predicate import Predicate
    from whenthen.domain.rules.rule import Rule


OTHER_FIELD = ReasonCode("near_miss.other_field", "field", "values")
OTHER_VALUE = ReasonCode("near_miss.other_value", "field", "value")
OTHER_VALUE_BEFORE = ReasonCode("near_miss.other_value_before", "field", "value")
FOR_ANOTHER_RULE = ReasonCode("near_miss.for_another_rule")
AFTER_ANOTHER_RULE = ReasonCode("near_miss.after_another_rule")
ANOTHER_OUTCOME = ReasonCode("near_miss.another_outcome", "outcome")
WAS_INSIDE = ReasonCode("near_miss.was_inside")
NOT_INSIDE = ReasonCode("near_miss.not_inside")
STILL_INSIDE = ReasonCode("near_miss.still_inside")
WAS_OUTSIDE = ReasonCode("near_miss.was_outside")


class NearMiss(Struct, frozen=True):
    """Say how the event missed the trigger, with what was expected and what there was."""

    reason: Reason
    expected: Any
    actual: Any


def near_misses(rule: Rule, facts: Facts) -> tuple[NearMiss, ...]:
    """Return how the event missed the rule's trigger. Empty if it hit it, or if the trigger requires its type alone.

    Where the item stands that a trigger moves is no matter of the event: that is told as conditions are.
    """
    wanted = rule.trigger.own
    if wanted is None or holds(wanted, facts):
        return ()
    return tuple(_MISSES[rule.trigger.on](rule, facts))


def _change(rule: Rule, facts: Facts) -> Iterator[NearMiss]:
    """Find a field that did not change, or did not change from or to the required value."""
    changed = sorted(facts.changed_names())
    for predicate in predicates(rule.trigger.own):
        if not OPERATORS[predicate.op].record or holds(predicate, facts):
            continue
        name = ".".join(predicate.path.names)
        if predicate.path.names[0] not in changed:
            # The other predicates on this field say nothing new.
            yield NearMiss(OTHER_FIELD(field=name, values=[*changed]), name, changed)
            return
        before, after = facts.change(predicate.path)
        if predicate.op == "changed_to":
            yield NearMiss(OTHER_VALUE(field=name, value=param_of(after)), predicate.value, after)
        elif predicate.op == "changed_from":
            yield NearMiss(OTHER_VALUE_BEFORE(field=name, value=param_of(before)), predicate.value, before)


def _for_rule(rule: Rule, facts: Facts) -> Iterator[NearMiss]:
    yield NearMiss(FOR_ANOTHER_RULE(), rule.id, _data(facts).get("rule"))


def _after_rule(rule: Rule, facts: Facts) -> Iterator[NearMiss]:
    for predicate in predicates(rule.trigger.own):
        if not holds(predicate, facts):
            yield _finished(predicate, facts)
            return


def _finished(predicate: Predicate, facts: Facts) -> NearMiss:
    actual = _data(facts).get(predicate.path.names[-1])
    if predicate.path.names[-1] == "rule":
        return NearMiss(AFTER_ANOTHER_RULE(), predicate.value, actual)
    return NearMiss(ANOTHER_OUTCOME(outcome=param_of(actual)), predicate.value, actual)


def _view(rule: Rule, facts: Facts) -> Iterator[NearMiss]:
    view = rule.trigger.view
    inside = view is not None and evaluate(view.filter, facts.context)
    enters = rule.trigger.on is On.ENTERS
    code = (WAS_INSIDE if inside else NOT_INSIDE) if enters else (STILL_INSIDE if inside else WAS_OUTSIDE)
    yield NearMiss(code(), view.id if view else None, inside)


def _data(facts: Facts) -> Mapping[str, Any]:
    event = facts.context.get("event")
    data = event.get("data") if isinstance(event, Mapping) else None
    return data if isinstance(data, Mapping) else {}


_MISSES: Mapping[On, Callable[[Rule, Facts], Iterator[NearMiss]]] = {
    On.EVENT: _change,
    On.ENTERS: _view,
    On.LEAVES: _view,
    On.DATE: _for_rule,
    On.SCHEDULE: _for_rule,
    On.MANUAL: _for_rule,
    On.AFTER_RULE: _after_rule,
}
