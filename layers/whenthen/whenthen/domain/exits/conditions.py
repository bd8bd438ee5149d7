"""Decide whether the conditions of a rule's exit end a run: its goal, which counts as a conversion, or its `when`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.conditions.condition import evaluate

if TYPE_CHECKING:
    from whenthen.domain.common.reasons import Reason
    from whenthen.domain.rules.rule import Rule

EXIT_CONDITION = ReasonCode("exit.condition_holds")
# The goal was reached while the run was under way: a conversion.
GOAL_REACHED = ReasonCode("exit.goal_reached")
# The goal was reached before the run began: no conversion.
GOAL_HELD_BEFORE = ReasonCode("exit.goal_held_before")


def exited(rule: Rule, context: Mapping[str, Any]) -> Reason | None:
    """Return the reason for which the exit's conditions end a run that is under way; None if they do not.

    The goal comes first: a run that reached it counts, whatever else holds.
    """
    if reached := goal_reached(rule, context):
        return reached
    return EXIT_CONDITION() if rule.exit.when is not None and evaluate(rule.exit.when, context) else None


def goal_reached(rule: Rule, context: Mapping[str, Any]) -> Reason | None:
    """Return the reason for which its goal ends a run that is under way; None if it is not reached."""
    return GOAL_REACHED() if rule.exit.goal is not None and evaluate(rule.exit.goal, context) else None


def reached_before(rule: Rule, context: Mapping[str, Any]) -> Reason | None:
    """Return the reason against beginning a run whose goal is reached already; None if it is not."""
    return None if goal_reached(rule, context) is None else GOAL_HELD_BEFORE()


def is_conversion(reason: Reason | None) -> bool:
    """Tell whether a run that ended for this reason reached its goal."""
    return reason is not None and reason.code == GOAL_REACHED.code
