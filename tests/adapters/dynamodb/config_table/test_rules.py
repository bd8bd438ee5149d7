"""Rules and their versions on DynamoDB, and the matcher's cache of them."""

from __future__ import annotations

import zlib
from typing import Any

import pytest

from tests.adapters.interventions import Intervening
from tests.adapters.samples import NOW, event, rule
from tests.adapters.tables import CONFIG
from whenthen.adapters.dynamodb.config_table import rule_items
from whenthen.adapters.dynamodb.config_table.rule_book import DynamoRuleBook
from whenthen.adapters.dynamodb.config_table.rules import DynamoRules
from whenthen.domain.common.errors import Invalid, NotFound, Stale
from whenthen.domain.rules import compact_form
from whenthen.domain.rules.context import context_of
from whenthen.domain.rules.rule import Rule, parse_rule, parse_rule_head
from whenthen.ports.values import StoredRule

LEAD = "meta_lead.created"
PAID = "payment.received"


@pytest.fixture
def store(dynamodb: Any) -> DynamoRules:
    """The rules as admins manage them."""
    return DynamoRules(dynamodb, CONFIG)


@pytest.fixture
def client(dynamodb: Any) -> Intervening:
    """The matcher's client."""
    return Intervening(dynamodb)


@pytest.fixture
def book(client: Intervening) -> DynamoRuleBook:
    """The rules as the matcher sees them."""
    return DynamoRuleBook(client, CONFIG)


def _save(store: DynamoRules, rule_id: str = "rule_1", version: int = 1, **more: Any) -> StoredRule:
    """Save a version in the place of the one before it."""
    stored, parsed = rule(rule_id, version, **more)
    store.save(stored, parsed, store.get(rule_id) if version > 1 else None)
    return stored


def _matches(book: DynamoRuleBook, event_type: str = LEAD) -> list[str]:
    found = sorted(book.rules_of(event_type).match(context_of(event(event_type=event_type), None, NOW)))
    assert [each.id for each in book.considered(event_type)] == found, "these rules have no conditions"
    return found


def _dump(dynamodb: Any) -> list[Any]:
    return sorted(dynamodb.scan(TableName=CONFIG)["Items"], key=str)


def _item(dynamodb: Any, pk: str, sk: str = "rule_1") -> dict[str, Any]:
    found: dict[str, Any] = dynamodb.get_item(TableName=CONFIG, Key={"pk": {"S": pk}, "sk": {"S": sk}})["Item"]
    return found


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The ids of the rules whose documents the matcher parsed."""
    ids: list[str] = []

    def parse(document: Any) -> Rule:
        ids.append(document["id"])
        return parse_rule_head(document)

    monkeypatch.setattr(rule_items, "parse_rule_head", parse)
    return ids


# --- the store ---------------------------------------------------------------------------------------


def test_a_rule_and_its_versions_are_given_back_as_they_were_saved(store: DynamoRules) -> None:
    first = _save(store)
    second = _save(store, version=2, name="Ayşe'nin kuralı")
    assert store.get("rule_1") == second
    assert store.get_version("rule_1", 1) == first
    assert store.get_version("rule_1", 2) == second


def test_who_named_a_template_and_does_no_longer_is_remembered_with_the_last_version(store: DynamoRules) -> None:
    naming = {"steps": [{"id": "mail", "action": "send_email", "with": {"template": "t1"}}]}
    _save(store, **naming)
    _save(store, version=2, **naming)
    assert (store.naming_template("t1"), store.once_naming_template("t1")) == (["rule_1"], {})
    _save(store, version=3)
    assert (store.naming_template("t1"), store.once_naming_template("t1")) == ([], {"rule_1": 2})
    last = _save(store, version=4, **naming)
    assert (store.naming_template("t1"), store.once_naming_template("t1")) == (["rule_1"], {})
    store.delete(last, parse_rule(last.document))
    assert (store.naming_template("t1"), store.once_naming_template("t1")) == ([], {"rule_1": 4})


def test_what_is_not_there_is_not_found(store: DynamoRules, book: DynamoRuleBook) -> None:
    _save(store)
    for ask in (
        lambda: store.get("rule_x"),
        lambda: store.get_version("rule_1", 2),
        lambda: book.version("rule_1", 2),
        lambda: book.current("rule_1", LEAD),
    ):
        with pytest.raises(NotFound):
            ask()


def test_of_two_saves_of_one_version_one_is_stale(store: DynamoRules, dynamodb: Any) -> None:
    first = _save(store)
    _save(store, version=2)
    before = _dump(dynamodb)
    stored, parsed = rule(version=2, name="Mine")
    with pytest.raises(Stale, match=r"store\.moved_on"):
        store.save(stored, parsed, first)
    with pytest.raises(Stale):
        store.save(*rule(), None)
    with pytest.raises(Stale):
        store.delete(first, rule()[1])
    assert _dump(dynamodb) == before


def test_a_save_that_is_overtaken_is_stale(dynamodb: Any, store: DynamoRules) -> None:
    first = _save(store)
    client = Intervening(dynamodb)
    client.before["transact_write_items"] = [lambda: _save(store, version=2, name="Theirs")]
    stored, parsed = rule(version=2, name="Mine")
    with pytest.raises(Stale):
        DynamoRules(client, CONFIG).save(stored, parsed, first)
    assert store.get("rule_1").document["name"] == "Theirs"


def test_a_rule_that_is_deleted_under_a_save_stays_deleted(dynamodb: Any, store: DynamoRules) -> None:
    first = _save(store, mode="off")
    client = Intervening(dynamodb)
    client.before["transact_write_items"] = [lambda: store.delete(first, rule(mode="off")[1])]
    stored, parsed = rule(version=2, mode="off")
    with pytest.raises(Stale, match=r"store\.moved_on"):
        DynamoRules(client, CONFIG).save(stored, parsed, first)
    assert store.list(limit=10, cursor=None).items == ()


def test_saves_of_two_rules_of_one_event_both_succeed(
    dynamodb: Any, store: DynamoRules, book: DynamoRuleBook, client: Intervening
) -> None:
    assert _matches(book) == []
    racing = Intervening(dynamodb)
    racing.before["transact_write_items"] = [lambda: _save(store, "rule_2")]
    DynamoRules(racing, CONFIG).save(*rule("rule_1"), None)
    assert racing.calls.count("transact_write_items") == 2
    assert _matches(book) == ["rule_1", "rule_2"]


def test_lists_by_id_page_by_page(store: DynamoRules) -> None:
    for number in range(5):
        _save(store, f"rule_{number}", mode="off")
    first = store.list(limit=3, cursor=None)
    rest = store.list(limit=3, cursor=first.cursor)
    assert [found.id for found in (*first.items, *rest.items)] == [f"rule_{number}" for number in range(5)]
    assert rest.cursor is None
    with pytest.raises(Invalid, match="cursor"):
        store.list(limit=3, cursor="bm9uZQ")


def test_the_versions_of_a_deleted_rule_stay(store: DynamoRules, book: DynamoRuleBook) -> None:
    stored = _save(store)
    store.delete(stored, rule()[1])
    with pytest.raises(NotFound):
        store.get("rule_1")
    assert store.list(limit=10, cursor=None).items == ()
    assert store.get_version("rule_1", 1) == stored
    assert book.version("rule_1", 1).name == "Rule rule_1"


# --- the matcher's view ------------------------------------------------------------------------------


def test_a_rule_is_in_force_the_moment_its_save_returns(store: DynamoRules, book: DynamoRuleBook) -> None:
    assert _matches(book) == []
    _save(store)
    assert _matches(book) == ["rule_1"]
    assert book.current("rule_1", LEAD).version == 1
    _save(store, version=2, trigger={"event": [LEAD, PAID]})
    assert (_matches(book), _matches(book, PAID)) == (["rule_1"], ["rule_1"])
    assert book.current("rule_1", LEAD).version == 2
    _save(store, version=3, trigger={"event": PAID}, mode="shadow")
    assert (_matches(book), _matches(book, PAID)) == ([], ["rule_1"])
    stored = _save(store, version=4, trigger={"event": PAID}, mode="off")
    assert _matches(book, PAID) == []
    _save(store, version=5, trigger={"event": PAID})
    assert _matches(book, PAID) == ["rule_1"]
    store.delete(store.get("rule_1"), rule()[1])
    assert _matches(book, PAID) == []
    assert stored.version == 4


def test_a_fresh_matcher_sees_the_same(store: DynamoRules, dynamodb: Any) -> None:
    for number in range(4):
        _save(store, f"rule_{number}", mode="off" if number == 2 else "on")
    assert _matches(DynamoRuleBook(dynamodb, CONFIG)) == ["rule_0", "rule_1", "rule_3"]


def test_while_nothing_changes_an_event_costs_one_small_read(
    store: DynamoRules, book: DynamoRuleBook, client: Intervening
) -> None:
    _save(store)
    book.rules_of(LEAD)
    client.calls.clear()
    book.rules_of(LEAD)
    assert client.calls == ["get_item"]


def test_after_a_change_only_that_rule_is_fetched(
    store: DynamoRules, book: DynamoRuleBook, client: Intervening
) -> None:
    _save(store)
    book.rules_of(LEAD)
    kept = book.current("rule_1", LEAD)
    _save(store, "rule_2")
    client.calls.clear()
    assert book.rules_of(LEAD) is book.rules_of(LEAD)
    assert client.calls == ["get_item", "batch_get_item", "get_item"]
    assert book.current("rule_1", LEAD) is kept


def test_after_too_many_changes_all_are_loaded_anew(
    store: DynamoRules, book: DynamoRuleBook, client: Intervening
) -> None:
    _save(store, "rule_gone")
    assert _matches(book) == ["rule_gone"]
    store.delete(store.get("rule_gone"), rule("rule_gone")[1])
    for version in range(1, 52):
        _save(store, version=version)
    client.calls.clear()
    assert _matches(book) == ["rule_1"]
    assert client.calls[:2] == ["get_item", "query"]
    assert book.current("rule_1", LEAD).version == 51


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("operation", ["get_item", "query"])
def test_a_rule_that_is_saved_while_the_rules_are_loaded_is_seen_at_the_next_event_at_the_latest(
    store: DynamoRules, book: DynamoRuleBook, client: Intervening, moment: str, operation: str
) -> None:
    _save(store, "rule_1")
    getattr(client, moment)[operation] = [lambda: _save(store, "rule_2")]
    book.rules_of(LEAD)
    assert operation not in getattr(client, moment), "it did happen in the middle"
    assert _matches(book) == ["rule_1", "rule_2"]


def test_signals_grow_and_stay(store: DynamoRules, book: DynamoRuleBook) -> None:
    assert book.signals() == frozenset()
    _save(store, exit={"on": ["contact.replied"]})
    assert book.signals() == {"contact.replied"}
    when = {"field": "record.status", "op": "equals", "value": "customer"}
    _save(store, version=2, exit={"on": ["call.answered"], "when": when})
    wait = {"until": {"field": "visit_date", "days": -1}}
    _save(store, version=3, steps=[{"id": "x", "action": "add_tags", "with": {"tags": ["x"]}, "wait": wait}])
    _save(store, version=4, mode="off")
    store.delete(store.get("rule_1"), rule()[1])
    known = {"contact.replied", "call.answered", "lead.updated:*", "lead.updated:visit_date"}
    assert book.signals() == known
    book.listen(frozenset({"deal.updated:*", "call.answered"}))
    assert book.signals() == {*known, "deal.updated:*"}


def test_signals_are_listened_to_before_any_rule_is_saved(book: DynamoRuleBook) -> None:
    book.listen({"deal.updated:ends_at"})
    assert book.signals() == {"deal.updated:ends_at"}


def test_a_version_is_read_once(store: DynamoRules, book: DynamoRuleBook, client: Intervening) -> None:
    _save(store)
    assert book.version("rule_1", 1) is book.version("rule_1", 1)
    assert client.calls == ["get_item"]


def test_twenty_types_may_go_and_twenty_come(store: DynamoRules, book: DynamoRuleBook) -> None:
    _save(store, trigger={"event": [f"a.t{number}" for number in range(20)]})
    _save(store, version=2, trigger={"event": [f"b.t{number}" for number in range(20)]})
    assert (_matches(book, "a.t19"), _matches(book, "b.t0")) == ([], ["rule_1"])


def test_the_kinds_that_rules_are_about_are_those_of_the_rules_in_force(
    store: DynamoRules, book: DynamoRuleBook
) -> None:
    def kinds() -> frozenset[str]:
        book.rules_of(LEAD)
        return book.kinds_of(LEAD)

    assert book.kinds_of(LEAD) == frozenset()
    saved = [rule("rule_1"), rule("rule_2"), rule("rule_3", kind="contact"), rule("rule_4", kind=None)]
    for stored, parsed in saved:
        store.save(stored, parsed, None)
    assert kinds() == {"lead", "contact"}
    store.delete(*saved[0])
    assert kinds() == {"lead", "contact"}
    second = rule("rule_2", version=2, kind="contact")
    store.save(*second, saved[1][0])
    assert kinds() == {"contact"}


# --- rules that are off, and neighbours --------------------------------------------------------------


def _off(book: DynamoRuleBook, event_type: str = LEAD, limit: int = 10) -> list[str]:
    return [found.id for found in book.switched_off(event_type, limit=limit)]


def test_rules_that_are_off_are_found_by_the_types_that_they_would_watch(
    store: DynamoRules, book: DynamoRuleBook
) -> None:
    for number in range(3):
        _save(store, f"rule_{number}", mode="off")
    assert (_off(book), _off(book, limit=2), _off(book, PAID)) == (
        ["rule_0", "rule_1", "rule_2"],
        ["rule_0", "rule_1"],
        [],
    )
    _save(store, "rule_0", version=2, mode="on")
    _save(store, "rule_1", version=2, mode="off", trigger={"event": PAID})
    store.delete(store.get("rule_2"), rule("rule_2", mode="off")[1])
    assert (_off(book), _off(book, PAID), _matches(book)) == ([], ["rule_1"], ["rule_0"])
    _save(store, "rule_0", version=3, mode="off")
    assert (_off(book), _matches(book)) == (["rule_0"], [])


def test_one_rule_that_is_off_is_found_by_its_id(store: DynamoRules, book: DynamoRuleBook) -> None:
    _save(store, "rule_0", mode="off")
    _save(store, "rule_1", mode="on")
    found = book.one_switched_off("rule_0", LEAD)
    assert found is not None
    assert (found.id, found.mode) == ("rule_0", "off")
    asked = [("rule_0", PAID), ("rule_1", LEAD), ("rule_x", LEAD)]
    assert [book.one_switched_off(*each) for each in asked] == [None, None, None]


def test_neighbours_are_the_current_versions_of_rules_in_force(store: DynamoRules) -> None:
    for number in range(3):
        _save(store, f"rule_{number}", mode="off" if number == 1 else "on")
    second = _save(store, "rule_0", version=2, name="Second")
    assert [found.id for found in store.watching(LEAD, limit=10)] == ["rule_0", "rule_2"]
    assert store.watching(LEAD, limit=1) == [second]
    assert store.watching(PAID, limit=10) == []


# --- compact forms -----------------------------------------------------------------------------------

RICH: dict[str, Any] = {
    "trigger": {"event": LEAD, "moves_to": {"stage": "new", "from": ["cold", "lost"]}},
    "conditions": {
        "any": [{"field": "record.a", "op": "in", "value": [1, 1.0, "x"]}, {"field": "now.hour", "op": ">", "value": 8}]
    },
    "time_zone": "Europe/Istanbul",
    "entry": {"again": "once_per_record"},
}


def _head(**more: Any) -> Rule:
    return parse_rule_head(rule(**more)[0].document)


def test_the_matcher_decodes_what_was_parsed_when_it_was_saved(
    store: DynamoRules, book: DynamoRuleBook, parsed: list[str]
) -> None:
    _save(store, **RICH)
    _save(store, "rule_2", **{**RICH, "mode": "off"})
    assert book.considered(LEAD) == [_head(**RICH)]
    assert book.switched_off(LEAD, limit=9) == [_head(rule_id="rule_2", **{**RICH, "mode": "off"})]
    assert parsed == []


@pytest.mark.parametrize(
    "compact", [None, b"nonsense", zlib.compress(b"nonsense"), zlib.compress(b"[1,[],[],[],[],[]]")]
)
def test_a_rule_without_a_readable_compact_form_is_parsed_from_its_document(
    store: DynamoRules, book: DynamoRuleBook, dynamodb: Any, parsed: list[str], compact: bytes | None
) -> None:
    _save(store, **RICH)
    item = _item(dynamodb, f"trigger#{LEAD}")
    del item["compact"]
    dynamodb.put_item(TableName=CONFIG, Item={**item, **({"compact": {"B": compact}} if compact else {})})
    assert book.considered(LEAD) == [_head(**RICH)]
    assert parsed == ["rule_1"]


def test_a_rule_in_the_format_of_other_code_is_parsed_from_its_document(
    store: DynamoRules, book: DynamoRuleBook, parsed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _save(store, **RICH)
    monkeypatch.setattr(compact_form, "FORMAT", compact_form.FORMAT + 1)
    assert book.considered(LEAD) == [_head(**RICH)]
    assert parsed == ["rule_1"]
    _save(store, version=2, **RICH)
    assert book.considered(LEAD) == [_head(version=2, **RICH)]
    assert parsed == ["rule_1"], "it was saved in the new format"


@pytest.mark.parametrize(
    "more",
    [
        {"name": "half of a pair: \ud83d"},
        {
            "conditions": {
                "field": "record.a",
                "op": "in",
                "value": [f"{number:x}" * 100 for number in range(10**9, 10**9 + 200)],
            }
        },
    ],
)
def test_a_rule_that_has_no_compact_form_or_a_large_one_is_in_force_by_its_document(
    store: DynamoRules, book: DynamoRuleBook, dynamodb: Any, more: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rule_items, "MAX_COMPACT_BYTES", 1_000)
    _save(store, **more)
    assert "compact" not in _item(dynamodb, f"trigger#{LEAD}")
    assert book.considered(LEAD) == [_head(**more)]
