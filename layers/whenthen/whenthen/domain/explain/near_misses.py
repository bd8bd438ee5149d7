"""Near misses: a trigger whose event came, but not as the trigger wants it: the right type, and another field."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from whenthen.domain.conditions.condition import evaluate, holds, predicates
from whenthen.domain.conditions.operators import OPERATORS
from whenthen.domain.rules.triggers import On

if TYPE_CHECKING:
    from whenthen.domain.conditions.field_access import Facts
    from whenthen.domain.conditions.predicate import Predicate
    from whenthen.domain.rules.rule import Rule


class NearMiss(Struct, frozen=True):
    """What was wanted and what there was; `code` and `details` are for its phrase."""

    code: str
    expected: Any
    actual: Any
    details: tuple[object, ...] = ()


def near_misses(rule: Rule, facts: Facts) -> tuple[NearMiss, ...]:
    """How the event missed the rule's trigger; none where it hit it, or where the trigger wants its type alone.

    Where the item stands that a trigger moves is no matter of the event: that is told as conditions are.
    """
    demand = rule.trigger.own
    if demand is None or holds(demand, facts):
        return ()
    return tuple(_MISSES[rule.trigger.on](rule, facts))


def _change(rule: Rule, facts: Facts) -> Iterator[NearMiss]:
    """A field that is to change, or to become something."""
    changed = sorted(facts.changed_names())
    for predicate in predicates(rule.trigger.own):
        if not OPERATORS[predicate.op].record or holds(predicate, facts):
            continue
        name = ".".join(predicate.path.names)
        if predicate.path.names[0] not in changed:
            # Whatever else is demanded of this field is no news.
            yield NearMiss("other_field", name, changed, ([name], changed))
            return
        before, after = facts.change(predicate.path)
        if predicate.op == "changed_to":
            yield NearMiss("other_value", predicate.value, after, (name, after))
        elif predicate.op == "changed_from":
            yield NearMiss("other_value_before", predicate.value, before, (name, before))


def _for_rule(rule: Rule, facts: Facts) -> Iterator[NearMiss]:
    yield NearMiss("for_another_rule", rule.id, _data(facts).get("rule"))


def _after_rule(rule: Rule, facts: Facts) -> Iterator[NearMiss]:
    for predicate in predicates(rule.trigger.own):
        if not holds(predicate, facts):
            yield _finished(predicate, facts)
            return


def _finished(predicate: Predicate, facts: Facts) -> NearMiss:
    actual = _data(facts).get(predicate.path.names[-1])
    if predicate.path.names[-1] == "rule":
        return NearMiss("after_another_rule", predicate.value, actual)
    return NearMiss("another_outcome", predicate.value, actual, (actual,))


def _view(rule: Rule, facts: Facts) -> Iterator[NearMiss]:
    view = rule.trigger.view
    inside = view is not None and evaluate(view.filter, facts.context)
    enters = rule.trigger.on is On.ENTERS
    code = ("was_inside" if inside else "not_inside") if enters else ("still_inside" if inside else "was_outside")
    yield NearMiss(code, view.id if view else None, inside)


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
