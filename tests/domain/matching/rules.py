"""Rules as the matcher knows them, and the oracle: each rule's conditions evaluated."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from whenthen.domain.common.errors import Problem
from whenthen.domain.conditions.condition import Condition, evaluate, parse_condition
from whenthen.domain.matching.rule_set import RuleSet, required_condition_of


@dataclass(frozen=True)
class Trigger:
    event_types: tuple[str, ...]
    condition: Condition | None = None


@dataclass(frozen=True)
class Rule:
    """All that the matcher wants to know of a rule."""

    id: str
    trigger: Trigger
    conditions: Condition | None = None


def condition_of(document: Any) -> Condition:
    problems: list[Problem] = []
    condition = parse_condition(document, "conditions", problems)
    assert not problems, problems
    assert condition is not None
    return condition


def numbered(documents: Iterable[Any], *types: str) -> dict[str, Rule]:
    """Make rules of conditions, by id, on these event types."""
    return {
        f"rule_{number:03}": Rule(f"rule_{number:03}", Trigger(types), condition_of(document))
        for number, document in enumerate(documents)
    }


def naive(rules: dict[str, Rule], context: dict[str, Any]) -> set[str]:
    event_type = context["event"]["type"]
    watching = (rule for rule in rules.values() if event_type in rule.trigger.event_types)
    return {rule.id for rule in watching if evaluate(required_condition_of(rule), context)}


def agree(ruleset: RuleSet, known: dict[str, Rule], events: Iterable[dict[str, Any]]) -> None:
    """Compare what the rule set finds with the oracle. A rule that is found is answered once."""
    for context in events:
        found = list(ruleset.match(context))
        assert sorted(found) == sorted(naive(known, context))
    assert len(ruleset) == len(known)
