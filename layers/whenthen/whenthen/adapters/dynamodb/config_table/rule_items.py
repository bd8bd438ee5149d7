"""Convert rules to items of the config table and back. docs/architecture.md lists the keys."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from whenthen.adapters.dynamodb.common.items import Item, pack, unpack
from whenthen.domain.events.event import format_time, parse_time
from whenthen.domain.rules.compact_form import decode_rules, encode_rules
from whenthen.domain.rules.rule import RULE_HEAD, Mode, Rule, parse_rule, parse_rule_head
from whenthen.ports.values import StoredRule

RULES = "rules"
GENERATION = "generation"
EXITS = "exits"
MAX_COMPACT_BYTES = 32_000
"""Of a single rule's compact form. Larger ones are left out: a save writes it up to 20 times, in one transaction."""

MAX_CHANGES = 50
"""Last changes that a generation names; a cache that is further behind is loaded anew."""


def version_key(rule_id: str, version: int) -> tuple[str, str]:
    """Return (pk, sk) of one version of a rule."""
    return f"rule#{rule_id}", f"v#{version:010d}"


def trigger_pk(event_type: str) -> str:
    """Return the partition of the rules in force for an event type."""
    return f"trigger#{event_type}"


def off_pk(event_type: str) -> str:
    """Return the partition of the rules that would be in force for an event type if they were not switched off."""
    return f"off#{event_type}"


def users_pk(view_id: str) -> str:
    """Return the partition of the rules that name a saved view."""
    return f"view#{view_id}"


def template_users_pk(template_id: str) -> str:
    """Return the partition of the rules that name a stored template."""
    return f"template_users#{template_id}"


def callers_pk(connection: str) -> str:
    """Return the partition of the rules that name a connection."""
    return f"connection#{connection}"


def generation_pk(event_type: str) -> str:
    """Return the partition of an event type's generation."""
    return f"generation#{event_type}"


def rule_item(rule: StoredRule, pk: str, sk: str) -> Item:
    """Make the item of a rule under a key."""
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
    """Read the rule of its item."""
    return StoredRule(
        id=item["rule_id"],
        version=item["version"],
        document=unpack(item["document"]),
        updated_at=parse_time(item["updated_at"], "updated_at"),
        updated_by=item["updated_by"],
    )


def parsed(item: Item) -> Rule:
    """Parse the rule of its item."""
    document: Mapping[str, Any] = unpack(item["document"])
    return parse_rule({**document, "id": item["rule_id"], "version": item["version"]})


def rule_head_item(rule: StoredRule, parsed: Rule, pk: str) -> Item:
    """Make the item for the matcher in a collection by event type (`trigger_pk`, `off_pk`): document and compact form.

    parsed  the rule of `rule.document`
    """
    document = {name: rule.document[name] for name in RULE_HEAD if name in rule.document}
    item = rule_item(replace(rule, document=document), pk, rule.id)
    compact = pack_rules([parsed])
    return item if compact is None or len(compact) > MAX_COMPACT_BYTES else {**item, "compact": compact}


def rule_head_of(item: Item) -> Mapping[str, Any]:
    """Read the document of `rule_head_item`, with the rule's id and version."""
    return {**unpack(item["document"]), "id": item["rule_id"], "version": item["version"]}


def entering(item: Item) -> Rule:
    """Decode the rule of `rule_head_item`; parse its document if the compact form is absent, older or unreadable."""
    found = unpack_rules(item["compact"]) if "compact" in item else None
    return found[0] if found else parse_rule_head(rule_head_of(item))


def pack_rules(rules: Iterable[Rule]) -> bytes | None:
    """Encode rules compactly and compress them; None if they have no compact form."""
    encoded = encode_rules(rules)
    return None if encoded is None else zlib.compress(encoded)


def unpack_rules(packed: bytes) -> list[Rule] | None:
    """Decode the rules of `pack_rules`; None if they are in another format, or damaged."""
    try:
        return decode_rules(zlib.decompress(packed))
    except zlib.error:
        return None


def triggers_of(rule: Rule) -> frozenset[str]:
    """Return the event types for which the rule is in force: those it watches, while it is on or in shadow."""
    return frozenset() if rule.mode is Mode.OFF else frozenset(rule.trigger.event_types)


def places_of(rule: Rule) -> frozenset[str]:
    """Return the collections by event type that hold the rule."""
    pk_of = off_pk if rule.mode is Mode.OFF else trigger_pk
    return frozenset(map(pk_of, rule.trigger.event_types))


class Generation(Struct, frozen=True):
    """Count the changes of an event type's rules, and name the rules of the last changes, oldest first."""

    count: int = 0
    changed: tuple[str, ...] = ()

    def then(self, rule_id: str) -> Generation:
        """Return the generation after one more change."""
        return Generation(self.count + 1, (*self.changed, rule_id)[-MAX_CHANGES:])

    def since(self, older: Generation) -> frozenset[str] | None:
        """Return the rules that changed since `older`; None if that is too long ago to tell."""
        return self.since_count(older.count) if self.count >= older.count else None

    def since_count(self, count: int) -> frozenset[str] | None:
        """Return the rules that changed since there were `count` changes; None if that is too long ago to tell."""
        behind = max(0, self.count - count)
        if behind > len(self.changed):
            return None
        return frozenset(self.changed[len(self.changed) - behind :])


def generation_item(event_type: str, generation: Generation) -> Item:
    """Make a generation's item."""
    return {
        "pk": generation_pk(event_type),
        "sk": GENERATION,
        "count": generation.count,
        "changed": list(generation.changed),
    }


def generation_of(item: Item | None) -> Generation:
    """Read the generation of its item; the first one for an event type that no rule ever watched."""
    return Generation(item["count"], tuple(item["changed"])) if item else Generation()
