"""Read rules from the config table for the matcher: compiled once, and kept current by generations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

from msgspec import Struct, field

from whenthen.adapters.dynamodb.common.table import Expression, Table
from whenthen.adapters.dynamodb.config_table.rule_items import (
    EXITS,
    GENERATION,
    RULES,
    Generation,
    entering,
    generation_of,
    generation_pk,
    off_pk,
    parsed,
    trigger_pk,
    version_key,
)
from whenthen.adapters.dynamodb.config_table.snapshots import Snapshots
from whenthen.domain.common.errors import NotFound
from whenthen.domain.matching.rule_set import RuleSet, compile_rules
from whenthen.domain.rules.rule import Mode
from whenthen.ports.reason_codes import RULE_NOT_WATCHING, RULE_VERSION_NOT_FOUND

if TYPE_CHECKING:
    from whenthen.adapters.aws.client import AwsClient
    from whenthen.adapters.dynamodb.common.items import Item
    from whenthen.domain.rules.rule import Rule

_MAX_VERSIONS = 2_000
"""Rule versions that are kept in memory; they never change."""


class _Watching(Struct):
    """Hold the rules in force for one event type, as they stood at `generation`, or later."""

    generation: Generation
    rules: dict[str, Rule] = field(default_factory=dict)
    compiled: RuleSet = field(default_factory=lambda: compile_rules(()))
    kinds: Counter[str] = field(default_factory=Counter)

    def take(self, rules: Iterable[Rule]) -> None:
        """Add these rules, in place of older versions of them."""
        for rule in rules:
            self._count(self.rules.get(rule.id), -1)
            self._count(rule, 1)
            self.rules[rule.id] = rule
            self.compiled.add(rule)

    def drop(self, rule_ids: Iterable[str]) -> None:
        """Remove these rules."""
        for rule_id in rule_ids:
            self._count(self.rules.pop(rule_id, None), -1)
            self.compiled.remove(rule_id)

    def _count(self, rule: Rule | None, by: int) -> None:
        if rule is not None and rule.kind is not None:
            self.kinds[rule.kind] += by
            if not self.kinds[rule.kind]:
                del self.kinds[rule.kind]


class DynamoRuleBook:
    """Read one small item consistently for each event, to learn whether the compiled rules are current."""

    def __init__(self, client: AwsClient, config_table: str) -> None:
        self._table = Table(client, config_table)
        self._snapshots = Snapshots(self._table)
        self._watching: dict[str, _Watching] = {}
        self._versions: dict[tuple[str, int], Rule] = {}

    def rules_of(self, event_type: str) -> RuleSet:
        """Return the compiled rules that watch this event type."""
        return self.refreshed(event_type, self._table.get(generation_pk(event_type), GENERATION))

    def refreshed(self, event_type: str, item: Item | None) -> RuleSet:
        """Return the compiled rules, by the item of the type's generation, which was read just now.

        The generation is read first: a rule that is saved after that makes the cache look old, never new.
        """
        generation = generation_of(item)
        known = self._watching.get(event_type)
        changed = generation.since(known.generation) if known else None
        if known is None or changed is None:
            known = self._watching[event_type] = self._loaded(event_type, generation)
        elif changed:
            self._refresh(known, event_type, changed)
            known.generation = generation
        return known.compiled

    def _loaded(self, event_type: str, generation: Generation) -> _Watching:
        """Load the rules in force from a snapshot and the rules changed since; from the collection without one."""
        loaded = _Watching(generation)
        snapshot = self._snapshots.read(event_type, generation)
        if snapshot is None:
            loaded.take(map(entering, self._table.collection(trigger_pk(event_type))))
            return loaded
        loaded.take(snapshot.rules)
        changed = generation.since_count(snapshot.count)
        if changed:
            self._refresh(loaded, event_type, changed)
        return loaded

    def _refresh(self, known: _Watching, event_type: str, changed: frozenset[str]) -> None:
        found = self._table.get_all((trigger_pk(event_type), rule_id) for rule_id in changed)
        known.drop(changed - {rule_id for _, rule_id in found})
        known.take(map(entering, found.values()))

    def current(self, rule_id: str, event_type: str) -> Rule:
        """Return the rule of this id among `rules_of(event_type)`. Raises NotFound."""
        known = self._watching.get(event_type)
        if known is None or rule_id not in known.rules:
            raise NotFound(RULE_NOT_WATCHING(rule=rule_id, event_type=event_type))
        return known.rules[rule_id]

    def considered(self, event_type: str) -> list[Rule]:
        """List every rule that watches this event type, by id; without their steps, as the matcher sees them."""
        self.rules_of(event_type)
        known = self._watching[event_type]
        return [known.rules[rule_id] for rule_id in sorted(known.rules)]

    def switched_off(self, event_type: str, *, limit: int) -> list[Rule]:
        """List at most `limit` rules, by id, that would watch this event type if they were not switched off."""
        items, _ = self._table.query(off_pk(event_type), limit=limit)
        return [entering(item) for item in items]

    def one_switched_off(self, rule_id: str, event_type: str) -> Rule | None:
        """Return the rule of this id, if it would watch this event type and is switched off; None otherwise."""
        item = self._table.get(off_pk(event_type), rule_id)
        return entering(item) if item else None

    def kinds_of(self, event_type: str) -> frozenset[str]:
        """Return the kinds of record that `rules_of(event_type)` are about."""
        known = self._watching.get(event_type)
        return frozenset(known.kinds) if known else frozenset()

    def signals(self) -> frozenset[str]:
        """Return all signals that open runs may wait for."""
        item = self._table.get(EXITS, EXITS)
        return item["types"] if item else frozenset()

    def listen(self, signals: Collection[str]) -> None:
        """Add signals, before a run that waits for them starts."""
        self._table.update(EXITS, EXITS, Expression(update="ADD #types :new", values={"new": frozenset(signals)}))

    def version(self, rule_id: str, version: int) -> Rule:
        """Read one version of a rule. Raises NotFound."""
        known = self._versions.get((rule_id, version))
        if known is not None:
            return known
        item = self._table.get(*version_key(rule_id, version))
        if item is None:
            raise NotFound(RULE_VERSION_NOT_FOUND(rule=rule_id, version=version))
        if len(self._versions) >= _MAX_VERSIONS:
            self._versions.pop(next(iter(self._versions)))
        rule = self._versions[rule_id, version] = parsed(item)
        return rule

    def in_force(self, rule_id: str) -> Rule | None:
        """Read the current version of a rule; None if it is switched off, or is no more."""
        item = self._table.get(RULES, rule_id)
        rule = parsed(item) if item else None
        return None if rule is None or rule.mode is Mode.OFF else rule
