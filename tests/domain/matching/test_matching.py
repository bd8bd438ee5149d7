"""Corner cases of the matcher, as rules come and go."""

from __future__ import annotations

import random
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest

from benchmarks import matching_workload
from tests.domain.conditions.test_operators import MISSING, NOW, TABLE
from tests.domain.matching.rules import Rule, Trigger, agree, condition_of, naive
from whenthen.domain.matching.rule_set import RuleSet, compile_rules
from whenthen.domain.rules.rule import parse_rule


def test_every_row_of_the_operator_tables() -> None:
    """All rules of the tables stand side by side, then every other one is removed."""
    predicates = [{"field": "record.it", "op": op, "value": value, **options} for op, value, options, _, _ in TABLE]
    documents = [
        *predicates,
        *({"not": predicate} for predicate in predicates),
        *({"any": pair} for pair in pairwise(predicates)),
    ]
    known = {
        f"rule_{position:03}": Rule(f"rule_{position:03}", Trigger(("a.b",)), condition_of(document))
        for position, document in enumerate(documents)
    }
    values = [value for _, _, _, matching, others in TABLE for value in (*matching, *others)]
    events = [
        {"event": {"type": "a.b"}, "record": {} if value is MISSING else {"it": value}, "now": NOW} for value in values
    ]
    ruleset = compile_rules(known.values())
    agree(ruleset, known, events)
    for rule_id in list(known)[::2]:
        ruleset.remove(rule_id)
        del known[rule_id]
    agree(ruleset, known, events)


@pytest.mark.parametrize("count", [50, 3_000])
def test_the_workload_of_the_benchmark(count: int) -> None:
    types = ("lead.created",)
    known = {rule.id: rule for rule in map(parse_rule, matching_workload.make_rules(count, 3, types))}
    ruleset = compile_rules(known.values())
    for context in matching_workload.make_contexts(30, 3, types):
        assert ruleset.match(context) == naive(known, context)


def test_rules_come_and_go_in_any_order_and_leave_nothing_behind() -> None:
    types = ("lead.created",)
    shuffled = random.Random(5)  # noqa: S311
    documents = matching_workload.make_rules(600, 5, types)
    ruleset, known = RuleSet(), {}
    contexts = matching_workload.make_contexts(5, 5, types)
    for document in documents:
        rule = parse_rule(document)
        ruleset.add(rule)
        known[rule.id] = rule
        if shuffled.random() < 0.3:
            gone = shuffled.choice(list(known))
            ruleset.remove(gone)
            del known[gone]
        if shuffled.random() < 0.1:
            context = shuffled.choice(contexts)
            assert ruleset.match(context) == naive(known, context)
    for rule_id in list(known):
        ruleset.remove(rule_id)
    assert len(ruleset) == 0
    assert not ruleset._indexes


def test_an_added_rule_takes_the_place_of_its_earlier_version() -> None:
    new = Rule("r", Trigger(("a.b",)), condition_of({"field": "record.x", "op": "equals", "value": 1}))
    ruleset = compile_rules([Rule("r", Trigger(("a.b", "a.c")))])
    assert ruleset.match({"event": {"type": "a.c"}}) == {"r"}
    ruleset.add(new)
    assert ruleset.match({"event": {"type": "a.c"}}) == set()
    assert ruleset.match({"event": {"type": "a.b"}}) == set()
    assert ruleset.match({"event": {"type": "a.b"}, "record": {"x": 1.0}}) == {"r"}


@pytest.mark.parametrize(
    ("wanted", "value"), [(5, "5"), (False, False), ("0", 0), (0, 0), (0, "0"), (1, True), ("", [])]
)
def test_a_rule_that_comes_after_events_of_texts_alone_is_found(wanted: Any, value: Any) -> None:
    def asks(external_id: str, value: Any) -> Rule:
        return Rule(external_id, Trigger(("a.b",)), condition_of({"field": "record.x", "op": "equals", "value": value}))

    known = {rule.id: rule for rule in (asks("r1", "a"), asks("r2", wanted))}
    ruleset = compile_rules([known["r1"]])
    assert ruleset.match({"event": {"type": "a.b"}, "record": {"x": "a"}}) == {"r1"}
    ruleset.add(known["r2"])
    context = {"event": {"type": "a.b"}, "record": {"x": value}}
    assert ruleset.match(context) == naive(known, context)


@pytest.mark.parametrize(
    "context", [{}, {"event": None}, {"event": {}}, {"event": {"type": 5}}, {"event": {"type": ["a.b"]}}]
)
def test_an_event_without_a_type_matches_nothing(context: dict[str, Any]) -> None:
    assert compile_rules([Rule("r", Trigger(("a.b",)))]).match(context) == set()


@pytest.mark.parametrize(
    ("wanted", "value"),
    [
        ("1125899906842624.25", 1125899906842624.25),
        ("1125899906842624.2", 1125899906842624.25),
        ("1125899906842624.2", Decimal("1125899906842624.25")),
        ("0.1000000000000000055511151231257827021181583404541015625", 0.1),
        ("0.1", Decimal("0.1")),
        ("0.1", 0.1),
        ("5", Decimal("5.0")),
        ("5", 5.0),
    ],
)
def test_numbers_are_compared_as_written_and_not_as_floats(wanted: str, value: Any) -> None:
    known = {
        op: Rule(op, Trigger(("a.b",)), condition_of({"field": "record.x", "op": op, "value": wanted}))
        for op in ("equals", "not_equals", "has")
    }
    events = [{"event": {"type": "a.b"}, "record": {"x": given}} for given in (value, [value], ["a", value])]
    agree(compile_rules(known.values()), known, events)


@pytest.mark.parametrize(
    ("wanted", "value"),
    [
        (["1", 1], "1"),
        (["1", 1], 1),
        ([1, "1.0"], "1.0"),
        (["a", "b"], ["b", "a"]),
        ([True, 1, "1"], [True, 1, "1"]),
        (["caf\u00e9", "cafe\u0301"], "cafe\u0301"),
    ],
)
@pytest.mark.parametrize("op", ["in", "has_any"])
def test_a_rule_that_is_found_twice_is_answered_once(op: str, wanted: Any, value: Any) -> None:
    condition = condition_of({"field": "record.x", "op": op, "value": wanted})
    either = condition_of({"any": [{"field": "record.x", "op": "equals", "value": each} for each in wanted]})
    known = {"r1": Rule("r1", Trigger(("a.b",)), condition), "r2": Rule("r2", Trigger(("a.b",)), either)}
    found = list(compile_rules(known.values()).match({"event": {"type": "a.b"}, "record": {"x": value}}))
    assert sorted(found) == ["r1", "r2"]


def test_items_of_an_any_that_demand_the_same_value_leave_nothing_behind() -> None:
    items = [
        {
            "all": [
                {"field": "record.x", "op": "equals", "value": "a"},
                {"field": "record.y", "op": "equals", "value": y},
            ]
        }
        for y in ("b", "c")
    ]
    known = {"r": Rule("r", Trigger(("a.b",)), condition_of({"any": items}))}
    ruleset = compile_rules(known.values())
    events = [{"event": {"type": "a.b"}, "record": {"x": x, "y": y}} for x in ("a", "b") for y in ("a", "b", "c")]
    agree(ruleset, known, events)
    ruleset.remove("r")
    agree(ruleset, {}, events)


def test_rules_that_come_and_go_leave_no_keys_behind() -> None:
    stays = Rule("stays", Trigger(("a.b",)), condition_of({"field": "record.x", "op": "equals", "value": "a"}))
    ruleset = compile_rules([stays])
    context = {"event": {"type": "a.b"}, "record": {"x": "a"}}
    for op, value in (
        ("equals", "{}"),
        ("contains", "{}"),
        (">", "{}"),
        ("not_equals", "{}"),
        ("has_any", ["{}", "z{}"]),
    ):
        for number in range(50):
            filled = [each.format(number) for each in value] if isinstance(value, list) else value.format(number)
            ruleset.add(Rule("r", Trigger(("a.b",)), condition_of({"field": "record.x", "op": op, "value": filled})))
            ruleset.match(context)
    ruleset.remove("r")
    buckets = [bucket for table in ruleset._indexes["a.b"]._tables.values() for bucket in table.buckets.values()]
    assert buckets == [["stays"]]


def test_a_rule_that_names_an_event_type_twice_comes_and_goes() -> None:
    ruleset = compile_rules([Rule("r", Trigger(("a.b", "a.b")))])
    assert ruleset.match({"event": {"type": "a.b"}}) == {"r"}
    ruleset.remove("r")
    assert ruleset.match({"event": {"type": "a.b"}}) == set()


def test_a_record_that_is_no_object_has_not_changed() -> None:
    known = {"r": Rule("r", Trigger(("a.b",)), condition_of({"field": "record.a", "op": "changed"}))}
    agree(compile_rules(known.values()), known, [{"event": {"type": "a.b"}, "before": {}, "record": [{"a": 1}]}])


@pytest.mark.parametrize("text", ["5.00000000000000000001", 2**53 + 1, [1, "9007199254740993"], 1e300])
def test_numbers_that_no_float_stands_for_are_compared_exactly(text: Any) -> None:
    bounds = [(op, bound) for op in (">", ">=", "<", "<=") for bound in (1, 5, "5.000000000000001", 2**53, 2**53 + 1)]
    known = {
        f"rule_{op}_{bound}": Rule(
            f"rule_{op}_{bound}", Trigger(("a.b",)), condition_of({"field": "record.x", "op": op, "value": bound})
        )
        for op, bound in bounds
    }
    agree(compile_rules(known.values()), known, [{"event": {"type": "a.b"}, "record": {"x": text}}])
