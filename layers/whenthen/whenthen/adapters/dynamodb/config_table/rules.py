"""Store rules and all their versions on the config table for admins (`ports.rules.RuleStore`)."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from msgspec import Struct

from whenthen.adapters.aws.client import AwsClient, pauses
from whenthen.adapters.dynamodb.common.pages import Listing, page_of
from whenthen.adapters.dynamodb.common.table import NEW, Expression, Table
from whenthen.adapters.dynamodb.common.transactions import TransactionRefused, Write, delete, put, transact, update
from whenthen.adapters.dynamodb.config_table.rule_items import (
    EXITS,
    GENERATION,
    RULES,
    Generation,
    callers_pk,
    generation_item,
    generation_of,
    generation_pk,
    places_of,
    rule_head_item,
    rule_item,
    rule_of,
    template_users_pk,
    trigger_pk,
    triggers_of,
    users_pk,
    version_key,
)
from whenthen.adapters.dynamodb.config_table.snapshots import Snapshots, is_due
from whenthen.domain.common.errors import NotFound, Stale, Temporary, WhenthenError
from whenthen.domain.rules.steps import connections_of
from whenthen.domain.runs.subscriptions import signals_of_rule
from whenthen.domain.stored_templates.uses import templates_named
from whenthen.ports.reason_codes import CONTENDED, MOVED_ON, RULE_NOT_FOUND, RULE_VERSION_NOT_FOUND

if TYPE_CHECKING:
    from whenthen.adapters.dynamodb.common.items import Item
    from whenthen.domain.rules.rule import Rule
    from whenthen.ports.values import Page, StoredRule

_ATTEMPTS = 8
"""How often a save is tried again when another rule of the same event types is saved at the same time."""


_UNTIL = "until"
"""Attribute of a row of a template's users: the rule's last version that named it; runs of it may still need it."""


class _Standing(Struct, frozen=True):
    """Say where a rule stands after a change: its event types, its collections, and what it names of others."""

    in_force: frozenset[str] = frozenset()
    places: frozenset[str] = frozenset()
    view: str | None = None
    templates: frozenset[str] = frozenset()
    connections: frozenset[str] = frozenset()

    @property
    def users(self) -> frozenset[str]:
        """Return the partitions in which the rule stands as a user of views, templates and connections."""
        return _users(self.view, self.templates, self.connections)


def _users(view: str | None, templates: Iterable[str], connections: Iterable[str]) -> frozenset[str]:
    of_view = [users_pk(view)] if view else []
    return frozenset((*of_view, *map(template_users_pk, templates), *map(callers_pk, connections)))


class DynamoRules:
    """Change a rule in one transaction, together with the matcher's collections and generations."""

    def __init__(self, client: AwsClient, config_table: str) -> None:
        self._table = Table(client, config_table)
        self._snapshots = Snapshots(self._table)

    def get(self, rule_id: str) -> StoredRule:
        """Read the current version. Raises NotFound."""
        item = self._table.get(RULES, rule_id)
        if item is None:
            raise NotFound(RULE_NOT_FOUND(rule=rule_id))
        return rule_of(item)

    def get_version(self, rule_id: str, version: int) -> StoredRule:
        """Read one version. Raises NotFound."""
        item = self._table.get(*version_key(rule_id, version))
        if item is None:
            raise NotFound(RULE_VERSION_NOT_FOUND(rule=rule_id, version=version))
        return rule_of(item)

    def list(
        self, *, limit: int, cursor: str | None, takes: Callable[[StoredRule], bool] | None = None
    ) -> Page[StoredRule]:
        """List the current versions that `takes` selects, by id."""
        listing = Listing(self._table, RULES)
        return page_of(listing, limit=limit, cursor=cursor, read=rule_of, takes=takes or (lambda _: True))

    def save(self, rule: StoredRule, parsed: Rule, replaces: StoredRule | None) -> None:
        """Make `rule` the current version, for the matcher too. Raises Stale unless `replaces` is current."""
        expected = replaces.version if replaces else None
        in_force = triggers_of(parsed)
        view = parsed.trigger.view.id if parsed.trigger.view else None
        places, templates, connections = places_of(parsed), templates_named(parsed), connections_of(parsed.steps)
        standing = _Standing(in_force, places, view, templates, connections)
        known = {
            "triggers": in_force or None,
            "places": places or None,
            "view": view,
            "templates": templates or None,
            "connections": connections or None,
        }
        current = {**rule_item(rule, RULES, rule.id), **known}
        held = Expression("#version = :expected", values={"expected": expected}) if expected else NEW
        writes = [
            put(self._table, current, held),
            put(self._table, rule_item(rule, *version_key(rule.id, rule.version)), NEW),
            *(put(self._table, rule_head_item(rule, parsed, each)) for each in sorted(places)),
            *(put(self._table, {"pk": each, "sk": rule.id}) for each in sorted(standing.users)),
            *self._new_signals(signals_of_rule(parsed)),
        ]
        self._change(rule.id, expected, standing, writes)

    def delete(self, rule: StoredRule, parsed: Rule) -> None:
        """Delete the rule; its versions stay for the runs that they started. Raises Stale."""
        held = Expression("#version = :expected", values={"expected": rule.version})
        self._change(rule.id, rule.version, _Standing(), [delete(self._table, RULES, rule.id, held)])

    def watching(self, event_type: str, *, limit: int) -> Sequence[StoredRule]:
        """List rules that watch the type and are on or in shadow: at most `limit` current versions, by id."""
        items, _ = self._table.query(trigger_pk(event_type), limit=limit)
        places = [(RULES, item["rule_id"]) for item in items]
        current = self._table.get_all(places)
        return [rule_of(current[place]) for place in places if place in current]

    def naming_view(self, view_id: str) -> builtins.list[str]:
        """List the ids of the rules whose current version names this saved view."""
        return [item["sk"] for item in self._table.collection(users_pk(view_id))]

    def naming_template(self, template_id: str) -> builtins.list[str]:
        """List the ids of the rules whose current version names this stored template."""
        return [item["sk"] for item in self._table.collection(template_users_pk(template_id)) if _UNTIL not in item]

    def once_naming_template(self, template_id: str) -> Mapping[str, int]:
        """Return the rules that named this stored template, each with the last version that did."""
        items = self._table.collection(template_users_pk(template_id))
        return {item["sk"]: int(item[_UNTIL]) for item in items if _UNTIL in item}

    def naming_connection(self, name: str) -> builtins.list[str]:
        """List the ids of the rules whose current version names this connection."""
        return [item["sk"] for item in self._table.collection(callers_pk(name))]

    def _change(self, rule_id: str, expected: int | None, standing: _Standing, writes: Sequence[Write]) -> None:
        """Carry out `writes`, delete the rule from collections that it leaves, and advance their generations."""
        for _ in pauses(_ATTEMPTS, first=0.02):
            current = self._current(rule_id, expected)
            before: frozenset[str] = current.get("triggers", frozenset())
            generations = self._generations(before | standing.in_force)
            moved = [
                self._advance_generation(event_type, generation, rule_id)
                for event_type, generation in generations.items()
            ]
            places: frozenset[str] = current.get("places", frozenset())
            left = [delete(self._table, each, rule_id) for each in sorted(places - standing.places)]
            users = _users(current.get("view"), current.get("templates", ()), current.get("connections", ()))
            once = {template_users_pk(each): {_UNTIL: expected} for each in current.get("templates", ())}
            left += [
                put(self._table, {"pk": each, "sk": rule_id, **once[each]})
                if each in once
                else delete(self._table, each, rule_id)
                for each in sorted(users - standing.users)
            ]
            try:
                transact(self._table.client, [*writes, *left, *moved])
            except TransactionRefused:
                continue  # a generation or the rule changed: the next read of the rule tells
            self._renew_snapshots(event_type for event_type, generation in generations.items() if is_due(generation))
            return
        raise Temporary(CONTENDED(subject=rule_id), retry_after=1)

    def _renew_snapshots(self, event_types: Iterable[str]) -> None:
        for event_type in event_types:
            # The rule is saved and in force. Without a snapshot, the matcher only takes longer to start.
            with suppress(WhenthenError):
                self._snapshots.renew(event_type)

    def _current(self, rule_id: str, expected: int | None) -> Item:
        """Read the current version's item; empty for a new rule. Raises Stale if it is not `expected`."""
        item = self._table.get(RULES, rule_id) or {}
        if item.get("version") != expected:
            raise Stale(MOVED_ON(subject=rule_id))
        return item

    def _generations(self, event_types: Iterable[str]) -> Mapping[str, Generation]:
        keys = {event_type: (generation_pk(event_type), GENERATION) for event_type in sorted(event_types)}
        found = self._table.get_all(keys.values())
        return {event_type: generation_of(found.get(key)) for event_type, key in keys.items()}

    def _advance_generation(self, event_type: str, generation: Generation, rule_id: str) -> Write:
        held = Expression("#count = :count", values={"count": generation.count}) if generation.count else NEW
        return put(self._table, generation_item(event_type, generation.then(rule_id)), held)

    def _new_signals(self, signals: frozenset[str]) -> Sequence[Write]:
        """Return the write that adds signals; none if all are known, so that saves do not contend for one item."""
        item = self._table.get(EXITS, EXITS)
        new = signals - (item["types"] if item else frozenset())
        return (
            [update(self._table, EXITS, EXITS, Expression(update="ADD #types :new", values={"new": new}))]
            if new
            else []
        )
