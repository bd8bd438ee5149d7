"""Rules as items of the config table. docs/architecture.md lists the keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from whenthen.adapters.dynamodb.items import Item, pack, unpack
from whenthen.domain.events import format_time, parse_time
from whenthen.domain.rules import Mode, Rule, parse_rule
from whenthen.ports.values import StoredRule

RULES = "rules"
STAMP = "stamp"
EXITS = "exits"
MAX_CHANGES = 50
"""How many of its last changes a stamp names; a cache that is further behind is loaded anew."""


def version_key(rule_id: str, version: int) -> tuple[str, str]:
    """(pk, sk) of one version of a rule."""
    return f"rule#{rule_id}", f"v#{version:010d}"


def trigger_pk(event_type: str) -> str:
    """The partition of the rules in force for an event type."""
    return f"trigger#{event_type}"


def users_pk(view_id: str) -> str:
    """The partition of the rules that name a saved view."""
    return f"view#{view_id}"


def stamp_pk(event_type: str) -> str:
    """The partition of an event type's stamp."""
    return f"stamp#{event_type}"


def rule_item(rule: StoredRule, pk: str, sk: str) -> Item:
    """The rule under a key."""
    return {
        "pk": pk,
        "sk": sk,
        "rule_id": rule.id,
        "version": rule.version,
        "document": pack(dict(rule.document)),
        "updated_at": format_time(rule.updated_at),
        "updated_by": rule.updated_by,
    }


def rule_of(item: Item) -> StoredRule:
    """The rule of its item."""
    return StoredRule(
        id=item["rule_id"],
        version=item["version"],
        document=unpack(item["document"]),
        updated_at=parse_time(item["updated_at"], "updated_at"),
        updated_by=item["updated_by"],
    )


def parsed(item: Item) -> Rule:
    """The rule of its item, as the matcher needs it."""
    document: Mapping[str, Any] = unpack(item["document"])
    return parse_rule({**document, "id": item["rule_id"], "version": item["version"]})


def triggers_of(rule: Rule) -> frozenset[str]:
    """The event types in whose collections the rule belongs: those it watches, while it is switched on or in shadow."""
    return frozenset() if rule.mode is Mode.OFF else frozenset(rule.trigger.event_types)


class Stamp(Struct, frozen=True):
    """How many changes an event type's rules have had, and which rules the last of them were about, oldest first."""

    count: int = 0
    changed: tuple[str, ...] = ()

    def then(self, rule_id: str) -> Stamp:
        """The stamp after one more change."""
        return Stamp(self.count + 1, (*self.changed, rule_id)[-MAX_CHANGES:])

    def since(self, older: Stamp) -> frozenset[str] | None:
        """The rules that changed since `older`; None if that is too long ago to tell."""
        behind = self.count - older.count
        if not 0 <= behind <= len(self.changed):
            return None
        return frozenset(self.changed[len(self.changed) - behind :])


def stamp_item(event_type: str, stamp: Stamp) -> Item:
    """A stamp's item."""
    return {"pk": stamp_pk(event_type), "sk": STAMP, "count": stamp.count, "changed": list(stamp.changed)}


def stamp_of(item: Item | None) -> Stamp:
    """The stamp of its item; the first one for an event type that no rule ever watched."""
    return Stamp(item["count"], tuple(item["changed"])) if item else Stamp()
