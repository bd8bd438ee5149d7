"""Find the rules that match an event. `compile_rules` prepares rules once; `RuleSet.match` is called for each event."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Protocol

from whenthen.domain.conditions.condition import AllOf, Condition
from whenthen.domain.matching.partitions import Partition

if TYPE_CHECKING:
    from whenthen.domain.conditions.field_access import Context


class Watched(Protocol):
    """Tell the matcher which event types a trigger watches, and what it requires beyond the type."""

    @property
    def event_types(self) -> tuple[str, ...]: ...

    @property
    def condition(self) -> Condition | None: ...


class Matchable(Protocol):
    """Tell the matcher about one rule."""

    @property
    def id(self) -> str: ...

    @property
    def trigger(self) -> Watched: ...

    @property
    def conditions(self) -> Condition | None: ...


def required_condition_of(rule: Matchable) -> Condition | None:
    """Join all conditions of the rule on events of its types: its trigger's and its own."""
    parts = tuple(part for part in (rule.trigger.condition, rule.conditions) if part is not None)
    return AllOf(parts) if parts else None


MANY = 20_000
"""Bound the rules that wait to be prepared: conditions weigh several times as much as their index entries."""


class RuleSet:
    """Hold rules ready to be matched. Those of an event type are prepared when its first event comes."""

    def __init__(self) -> None:
        self._watched: dict[str, tuple[str, ...]] = {}
        self._types: dict[tuple[str, ...], tuple[str, ...]] = {}
        self._partitions: dict[str, Partition] = {}
        self._waiting = 0

    def __len__(self) -> int:
        return len(self._watched)

    def add(self, rule: Matchable) -> None:
        """Match `rule` from now on. It takes the place of an earlier rule with its id."""
        self.remove(rule.id)
        types = tuple(dict.fromkeys(rule.trigger.event_types))
        self._watched[rule.id] = self._types.setdefault(types, types)
        condition = required_condition_of(rule)
        for event_type in types:
            partition = self._partitions.get(event_type)
            if partition is None:
                partition = self._partitions[event_type] = Partition()
            partition.add(rule.id, condition)
        self._waiting += 1
        if self._waiting >= MANY:
            self._waiting = 0
            for partition in self._partitions.values():
                partition.prepare()

    def remove(self, rule_id: str) -> None:
        """Stop matching the rule. An unknown id is no error."""
        for event_type in self._watched.pop(rule_id, ()):
            partition = self._partitions[event_type]
            partition.remove(rule_id)
            if not len(partition):
                del self._partitions[event_type]

    def match(self, context: Context) -> list[str]:
        """Return the ids of the rules that match the context's event, sorted."""
        event = context.get("event")
        event_type = event.get("type") if type(event) is dict or isinstance(event, Mapping) else None
        partition = self._partitions.get(event_type) if isinstance(event_type, str) else None
        return [] if partition is None else partition.match(context)


def compile_rules(rules: Iterable[Matchable]) -> RuleSet:
    """Return the rules as a set that can be matched, added to and removed from."""
    compiled = RuleSet()
    for rule in rules:
        compiled.add(rule)
    return compiled
