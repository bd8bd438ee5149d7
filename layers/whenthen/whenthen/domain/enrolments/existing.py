"""Tell who fits a rule already when it is switched on, and ask the rule about such a record."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from whenthen.domain.conditions.condition import predicates
from whenthen.domain.events.types import ENROLLED
from whenthen.domain.rules.triggers import On, Trigger
from whenthen.domain.views.view import ROOTS, View

if TYPE_CHECKING:
    from whenthen.domain.rules.rule import Rule


def existing_view(rule: Rule) -> View | None:
    """Return the view of records that fit a rule already, as far as their own fields tell. None: nobody can tell.

    A continuous rule has a view. One that waits for events takes all records of its kind that its conditions let in.
    """
    if rule.trigger.on is On.ENTERS:
        return rule.trigger.view
    if rule.trigger.on is not On.EVENT or rule.kind is None:
        return None
    asks_for_more = any(predicate.path.root not in ROOTS for predicate in predicates(rule.conditions))
    return View(rule.kind, None if asks_for_more else rule.conditions)


def as_existing(rule: Rule) -> Rule:
    """Return the rule as it is asked about a record that may fit already: its trigger demands no change and no event.

    What is left of a trigger is the filter of its view, and that the item may move to the rule's stage.
    """
    trigger = rule.trigger
    demanded = trigger.view.filter if trigger.view is not None else None
    return replace(rule, trigger=Trigger(trigger.on, (ENROLLED,), demanded, trigger.view, moves=trigger.moves))
