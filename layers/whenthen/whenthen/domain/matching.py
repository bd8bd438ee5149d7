"""Which rules match an event. `compile_rules` prepares rules once; `RuleSet.match` is asked for each event."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from whenthen.domain.conditions import AllOf, Condition, holds
from whenthen.domain.facts import Context, Facts


class Watched(Protocol):
    """What a trigger tells the matcher: the event types to watch, and what it demands beyond the type."""

    @property
    def event_types(self) -> tuple[str, ...]: ...

    @property
    def condition(self) -> Condition | None: ...


class Matchable(Protocol):
    """What a rule tells the matcher."""

    @property
    def id(self) -> str: ...

    @property
    def trigger(self) -> Watched: ...

    @property
    def conditions(self) -> Condition | None: ...


def demand_of(rule: Matchable) -> Condition | None:
    """All that the rule demands of an event of its types: its trigger's condition and its own."""
    demands = tuple(part for part in (rule.trigger.condition, rule.conditions) if part is not None)
    return AllOf(demands) if demands else None


class RuleSet:
    """Rules, ready to be matched."""

    def __init__(self, rules: Iterable[Matchable]) -> None:
        self._rules: dict[str, Matchable] = {}
        for rule in rules:
            self.add(rule)

    def add(self, rule: Matchable) -> None:
        """Match `rule` from now on; it takes the place of an earlier rule with its id."""
        self._rules[rule.id] = rule

    def remove(self, rule_id: str) -> None:
        """Match the rule no more. A rule that is not there is no error."""
        self._rules.pop(rule_id, None)

    def match(self, context: Context) -> list[str]:
        """The ids of the rules that match the context's event, sorted."""
        event, facts = context.get("event"), Facts(context)
        event_type = event.get("type") if isinstance(event, dict) else None
        return sorted(
            rule.id
            for rule in self._rules.values()
            if event_type in rule.trigger.event_types and ((demand := demand_of(rule)) is None or holds(demand, facts))
        )


def compile_rules(rules: Iterable[Matchable]) -> RuleSet:
    """The rules as a set that can be matched, added to and removed from."""
    return RuleSet(rules)
