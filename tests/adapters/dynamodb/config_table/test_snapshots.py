"""Snapshots of rules: a cold start makes few requests, and none ever sees other rules than those in force."""

from __future__ import annotations

import hashlib
import random
import zlib
from itertools import count
from typing import Any

import pytest

from tests.adapters.interventions import Intervening
from tests.adapters.samples import NOW, event, rule
from tests.adapters.tables import CONFIG
from whenthen.adapters.dynamodb.common.table import Table
from whenthen.adapters.dynamodb.config_table import snapshots
from whenthen.adapters.dynamodb.config_table.rule_book import DynamoRuleBook
from whenthen.adapters.dynamodb.config_table.rules import DynamoRules
from whenthen.domain.common.errors import NotFound, Temporary
from whenthen.domain.rules import compact_form
from whenthen.domain.rules.context import context_of

LEAD = "meta_lead.created"
DOCUMENTS, COMPACT = f"snapshot#{LEAD}", f"compact#{LEAD}"
EITHER = pytest.mark.parametrize("places", [(COMPACT,), (COMPACT, DOCUMENTS)])
"""The compact snapshot suffers, or both do."""


@pytest.fixture
def store(dynamodb: Any) -> DynamoRules:
    """The rules as admins manage them."""
    return DynamoRules(dynamodb, CONFIG)


def save(store: DynamoRules, *numbers: int, **more: Any) -> None:
    """Save new rules one after the other."""
    for number in numbers:
        store.save(*rule(f"rule_{number:02}", **more), None)


def delete(store: DynamoRules, number: int) -> None:
    store.delete(store.get(f"rule_{number:02}"), rule(f"rule_{number:02}")[1])


def matched(client: Any) -> list[str]:
    """Return the rules that a matcher finds when it was just started."""
    return sorted(DynamoRuleBook(client, CONFIG).rules_of(LEAD).match(context_of(event(event_type=LEAD), None, NOW)))


def names(*numbers: int) -> list[str]:
    return [f"rule_{number:02}" for number in numbers]


def kept(dynamodb: Any, *places: str) -> list[dict[str, Any]]:
    """The chunks of snapshots in these partitions; without one, in both."""
    found: list[dict[str, Any]] = []
    for place in places or (COMPACT, DOCUMENTS):
        request = {
            "TableName": CONFIG,
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": {":pk": {"S": place}},
        }
        found += dynamodb.query(**request)["Items"]
    return found


def lose(dynamodb: Any, chunk: dict[str, Any]) -> None:
    dynamodb.delete_item(TableName=CONFIG, Key={"pk": chunk["pk"], "sk": chunk["sk"]})


def counts(dynamodb: Any) -> list[int]:
    return sorted({int(chunk["count"]["N"]) for chunk in kept(dynamodb)})


def test_a_cold_start_reads_stamp_and_snapshot(store: DynamoRules, dynamodb: Any) -> None:
    save(store, *range(10))
    client = Intervening(dynamodb)
    assert matched(client) == names(*range(10))
    assert client.calls == ["get_item", "query"]
    assert {chunk["pk"]["S"] for chunk in kept(dynamodb)} == {COMPACT, DOCUMENTS}
    assert counts(dynamodb) == [10]


def test_without_the_compact_snapshot_the_documents_are_parsed(store: DynamoRules, dynamodb: Any) -> None:
    save(store, *range(10))
    compact = DynamoRuleBook(dynamodb, CONFIG).considered(LEAD)
    for chunk in kept(dynamodb, COMPACT):
        lose(dynamodb, chunk)
    client = Intervening(dynamodb)
    assert DynamoRuleBook(client, CONFIG).considered(LEAD) == compact
    assert client.calls == ["get_item", "query", "query"]


def test_what_other_code_wrote_compactly_is_parsed_from_the_documents(
    store: DynamoRules, dynamodb: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(store, *range(10))
    before = DynamoRuleBook(dynamodb, CONFIG).considered(LEAD)
    monkeypatch.setattr(compact_form, "FORMAT", compact_form.FORMAT + 1)
    client = Intervening(dynamodb)
    assert DynamoRuleBook(client, CONFIG).considered(LEAD) == before
    assert client.calls == ["get_item", "query", "query"], "the snapshot's documents"
    snapshots.Snapshots(Table(dynamodb, CONFIG)).renew(LEAD)
    client.calls.clear()
    assert DynamoRuleBook(client, CONFIG).considered(LEAD) == before
    assert client.calls == ["get_item", "query"], "the new form"


def test_rules_without_a_compact_form_have_a_snapshot_of_documents(store: DynamoRules, dynamodb: Any) -> None:
    save(store, *range(10))
    save(store, 10, name="half of a pair: \ud83d")
    save(store, *range(11, 20))
    assert kept(dynamodb, COMPACT) == []
    client = Intervening(dynamodb)
    assert matched(client) == names(*range(20))
    assert client.calls == ["get_item", "query", "query"]


def test_what_changed_since_the_snapshot_is_fetched_one_by_one(store: DynamoRules, dynamodb: Any) -> None:
    save(store, *range(12))
    delete(store, 3)
    stored = store.get("rule_04")
    store.save(*rule("rule_04", 2, mode="off"), stored)
    client = Intervening(dynamodb)
    assert matched(client) == names(0, 1, 2, *range(5, 12))
    assert client.calls == ["get_item", "query", "batch_get_item"]


def test_before_the_first_snapshot_the_collection_is_read(store: DynamoRules, dynamodb: Any) -> None:
    save(store, 1, 2)
    client = Intervening(dynamodb)
    assert matched(client) == names(1, 2)
    assert client.calls == ["get_item", "query"], "nothing is looked for that cannot be there yet"
    client.calls.clear()
    assert DynamoRuleBook(client, CONFIG).considered("other.happened") == []
    assert client.calls == ["get_item", "query"]


def test_an_older_snapshot_goes_when_a_newer_one_is_there(store: DynamoRules, dynamodb: Any) -> None:
    save(store, *range(20))
    assert counts(dynamodb) == [20]
    assert matched(dynamodb) == names(*range(20))


def test_a_large_snapshot_is_cut_and_joined(store: DynamoRules, dynamodb: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshots, "CHUNK_BYTES", 60)
    save(store, *range(10))
    assert all(len(kept(dynamodb, place)) > 2 for place in (COMPACT, DOCUMENTS))
    assert matched(dynamodb) == names(*range(10))


def test_older_snapshots_go_however_many_pages_they_take(
    store: DynamoRules, dynamodb: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    query = Table.query

    def short(table: Table, *about: Any, **how: Any) -> Any:
        return query(table, *about, **{**how, "limit": 1})

    monkeypatch.setattr(snapshots, "CHUNK_BYTES", 60)
    monkeypatch.setattr(Table, "query", short)
    save(store, *range(20))
    assert set(counts(dynamodb)) == {20}


@EITHER
@pytest.mark.parametrize("lost", [0, 1, -1])
def test_a_torn_snapshot_is_not_believed(
    store: DynamoRules, dynamodb: Any, monkeypatch: pytest.MonkeyPatch, lost: int, places: tuple[str, ...]
) -> None:
    monkeypatch.setattr(snapshots, "CHUNK_BYTES", 60)
    save(store, *range(10))
    for place in places:
        lose(dynamodb, kept(dynamodb, place)[lost])
    assert matched(dynamodb) == names(*range(10))


@EITHER
@pytest.mark.parametrize("content", [b"nonsense", zlib.compress(b"nonsense")])
@pytest.mark.parametrize("hashed", [False, True])
def test_a_damaged_snapshot_is_not_believed(
    store: DynamoRules, dynamodb: Any, places: tuple[str, ...], content: bytes, hashed: bool
) -> None:
    save(store, *range(10))
    for place in places:
        [chunk] = kept(dynamodb, place)
        digest = {"digest": {"S": hashlib.sha256(content).hexdigest()[:16]}} if hashed else {}
        dynamodb.put_item(TableName=CONFIG, Item={**chunk, **digest, "part": {"B": content}})
    assert matched(dynamodb) == names(*range(10))


def test_while_a_newer_one_is_torn_the_older_one_serves(store: DynamoRules, dynamodb: Any) -> None:
    save(store, *range(10))
    older = kept(dynamodb)
    save(store, 10)
    newer = {"sk": {"S": "0000000011#feed#0000"}, "count": {"N": "11"}, "digest": {"S": "feed"}, "chunks": {"N": "2"}}
    for chunk in older:
        dynamodb.put_item(TableName=CONFIG, Item={**chunk, **newer})
    client = Intervening(dynamodb)
    assert matched(client) == names(*range(11))
    assert client.calls == ["get_item", "query", "batch_get_item"]


def test_a_snapshot_that_the_stamp_no_longer_reaches_is_left(store: DynamoRules, dynamodb: Any) -> None:
    save(store, *range(10))
    old = kept(dynamodb)
    for number in range(10, 62):
        save(store, number)
    for chunk in kept(dynamodb):
        lose(dynamodb, chunk)
    for chunk in old:
        dynamodb.put_item(TableName=CONFIG, Item=chunk)
    assert matched(dynamodb) == names(*range(62))


def test_a_save_whose_snapshot_fails_is_saved_and_in_force(store: DynamoRules, dynamodb: Any) -> None:
    save(store, *range(9))

    def out_of_reach() -> None:
        raise Temporary("writing config: throttled")

    client = Intervening(dynamodb)
    client.before["put_item"] = [out_of_reach]
    DynamoRules(client, CONFIG).save(*rule("rule_09"), None)
    assert kept(dynamodb) == []
    assert matched(dynamodb) == names(*range(10))


def test_a_writer_that_dies_between_rule_and_snapshot_leaves_the_rule_in_force(
    store: DynamoRules, dynamodb: Any
) -> None:
    class Killed(BaseException):
        pass

    def die() -> None:
        raise Killed

    save(store, *range(19))
    client = Intervening(dynamodb)
    client.after["transact_write_items"] = [die]
    with pytest.raises(Killed):
        DynamoRules(client, CONFIG).save(*rule("rule_19"), None)
    assert counts(dynamodb) == [10]
    assert matched(dynamodb) == names(*range(20))


@pytest.mark.parametrize("operation", ["get_item", "query", "put_item"])
def test_a_rule_that_is_saved_while_a_snapshot_is_made_is_in_force(
    store: DynamoRules, dynamodb: Any, operation: str
) -> None:
    save(store, *range(10))
    client = Intervening(dynamodb)
    client.before[operation] = [lambda: save(store, 10), lambda: delete(store, 4)]
    snapshots.Snapshots(DynamoRules(client, CONFIG)._table).renew(LEAD)
    assert operation not in client.before, "it did happen in the middle"
    assert matched(dynamodb) == names(0, 1, 2, 3, *range(5, 11))


@pytest.mark.parametrize("operation", ["get_item", "query"])
def test_a_rule_that_is_saved_while_a_snapshot_is_read_is_seen_at_the_next_event(
    store: DynamoRules, dynamodb: Any, operation: str
) -> None:
    save(store, *range(9))
    client = Intervening(dynamodb)
    client.after[operation] = [lambda: save(store, 9, 10), lambda: delete(store, 4)]
    book = DynamoRuleBook(client, CONFIG)
    book.rules_of(LEAD)
    found = sorted(book.rules_of(LEAD).match(context_of(event(event_type=LEAD), None, NOW)))
    assert found == names(0, 1, 2, 3, *range(5, 11))


@pytest.mark.parametrize("seed", range(2))
def test_whatever_is_saved_and_lost_a_cold_matcher_sees_the_rules_in_force(
    store: DynamoRules, dynamodb: Any, seed: int
) -> None:
    chance, there = random.Random(seed), set()  # noqa: S311 - no secret
    for _ in range(70):
        number = chance.randrange(12)
        if number in there and chance.random() < 0.5:
            delete(store, number)
            there.discard(number)
        elif number not in there:
            store.save(*rule(f"rule_{number:02}", _next(store, number)), None)
            there.add(number)
        if chance.random() < 0.2 and kept(dynamodb):
            lose(dynamodb, chance.choice(kept(dynamodb)))
        assert matched(dynamodb) == names(*sorted(there))


def _next(store: DynamoRules, number: int) -> int:
    """The first version that the rule never had: those of a deleted rule stay."""
    for version in count(1):
        try:
            store.get_version(f"rule_{number:02}", version)
        except NotFound:
            return version
    raise AssertionError


def test_steps_are_no_part_of_it(store: DynamoRules, dynamodb: Any) -> None:
    long = [{"id": "t", "action": "add_tags", "with": {"tags": ["x" * 50]}}]
    save(store, *range(10), steps=long)
    book = DynamoRuleBook(dynamodb, CONFIG)
    assert [found.steps for found in book.considered(LEAD)] == [()] * 10
    assert book.version("rule_00", 1).steps[0].id == "t"
