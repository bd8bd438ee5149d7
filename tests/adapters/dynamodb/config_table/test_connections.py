"""Connections on the config table, and the rules that name them."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from tests.adapters.samples import NOW
from tests.adapters.samples import rule as a_rule
from tests.adapters.tables import CONFIG
from whenthen.adapters.dynamodb.config_table.connections import DynamoConnections
from whenthen.adapters.dynamodb.config_table.rules import DynamoRules
from whenthen.domain.common.errors import NotFound, Stale
from whenthen.domain.rules.rule import parse_rule
from whenthen.ports.administration import StoredConnection
from whenthen.ports.values import StoredRule

CRM = StoredConnection("crm", 1, {"name": "crm", "base_url": "https://a.example"}, NOW, "key_1", "made_of", "made_by")


@pytest.fixture
def connections(dynamodb: Any) -> DynamoConnections:
    return DynamoConnections(dynamodb, CONFIG)


def test_a_connection_comes_back_as_it_was_saved(connections: DynamoConnections) -> None:
    connections.save(CRM, None)
    assert connections.get("crm") == CRM
    for missing in ("none", ""):
        with pytest.raises(NotFound):
            connections.get(missing)


def test_of_two_writers_one_is_stale(connections: DynamoConnections) -> None:
    connections.save(CRM, None)
    with pytest.raises(Stale):
        connections.save(replace(CRM, updated_by="another"), None)
    second = replace(CRM, version=2)
    connections.save(second, CRM)
    with pytest.raises(Stale):
        connections.save(replace(second, updated_by="another"), CRM)
    with pytest.raises(Stale):
        connections.delete(CRM)
    connections.delete(second)
    with pytest.raises(NotFound):
        connections.get("crm")


def test_connections_are_listed_page_by_page(connections: DynamoConnections) -> None:
    for name in ("b", "a", "c"):
        connections.save(replace(CRM, name=name), None)
    first = connections.list(limit=2, cursor=None)
    second = connections.list(limit=2, cursor=first.cursor)
    assert [each.name for each in (*first.items, *second.items)] == ["a", "b", "c"]


def _saved(rules: DynamoRules, version: int, replaces: StoredRule | None, *names: str) -> StoredRule:
    calls = [{"id": name, "action": "call_api", "with": {"connection": name, "url": "/x"}} for name in names]
    tag = {"id": "t", "action": "add_tags", "with": {"tags": ["x"]}}
    stored, parsed = a_rule("rule_1", version, steps=[tag, *calls])
    rules.save(stored, parsed, replaces)
    return stored


def test_the_rules_that_name_a_connection_follow_their_current_version(dynamodb: Any) -> None:
    rules = DynamoRules(dynamodb, CONFIG)
    first = _saved(rules, 1, None, "crm", "sms")
    assert rules.naming_connection("crm") == rules.naming_connection("sms") == ["rule_1"]
    second = _saved(rules, 2, first, "sms")
    assert (rules.naming_connection("crm"), rules.naming_connection("sms")) == ([], ["rule_1"])
    rules.delete(second, parse_rule(second.document))
    assert rules.naming_connection("sms") == []
