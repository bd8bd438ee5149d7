"""Connections on the config table, and the rules that name them."""

from __future__ import annotations

from datetime import timedelta
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
        connections.delete(CRM, NOW)
    connections.delete(second, NOW)
    with pytest.raises(NotFound):
        connections.get("crm")


def test_a_connection_that_was_created_again_is_another_one(connections: DynamoConnections) -> None:
    first, again = (replace(CRM, secret=f"connections/crm/{each}") for each in ("a", "b"))
    _saved_with_secret(connections, first)
    connections.delete(first, NOW)
    _saved_with_secret(connections, again)
    for write in (lambda: connections.save(replace(first, version=2), first), lambda: connections.delete(first, NOW)):
        with pytest.raises(Stale):
            write()
    assert connections.get("crm") == again


def _saved_with_secret(connections: DynamoConnections, connection: StoredConnection) -> None:
    connections.note_unused(connection.secret, NOW)
    connections.save(connection, None)


def test_a_secret_is_noted_as_unused_whenever_no_connection_names_it(connections: DynamoConnections) -> None:
    def unused() -> list[str]:
        return sorted(connections.unused_secrets(NOW + timedelta(seconds=1)))

    first, second = replace(CRM, secret="a"), replace(CRM, secret="b", version=2)
    connections.note_unused("a", NOW)
    assert (unused(), connections.unused_secrets(NOW)) == (["a"], ())
    connections.save(first, None)
    assert unused() == []
    with pytest.raises(Stale):  # "b" was not noted, so a crash could leave it behind
        connections.save(second, first)
    connections.note_unused("b", NOW)
    with pytest.raises(Stale):
        connections.save(second, replace(first, version=7))
    assert unused() == ["b"]
    connections.save(second, first)
    assert unused() == ["a"]
    third = replace(second, version=3, updated_by="another")
    connections.save(third, second)
    connections.forget_unused("a")
    assert unused() == []
    connections.delete(third, NOW)
    assert unused() == ["b"]


def test_a_connection_that_was_stored_without_the_name_of_its_secret_is_read_and_changed(
    dynamodb: Any, connections: DynamoConnections
) -> None:
    for name in ("a", "b", "c"):
        former = replace(CRM, name=name)
        connections.save(former, None)
        key = {"pk": {"S": "connections"}, "sk": {"S": name}}
        dynamodb.update_item(TableName=CONFIG, Key=key, UpdateExpression="REMOVE secret")
        assert connections.get(name) == replace(former, secret=f"connections/{name}")
    connections.delete(connections.get("a"), NOW)
    kept = replace(connections.get("b"), version=2)
    connections.save(kept, connections.get("b"))
    connections.save(replace(kept, version=3), kept)
    connections.note_unused("connections/c/2", NOW)
    connections.save(replace(CRM, name="c", version=2, secret="connections/c/2"), connections.get("c"))
    assert sorted(connections.unused_secrets(NOW + timedelta(seconds=1))) == ["connections/a", "connections/c"]


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
