"""The matcher agrees with `evaluate` on any rules and events, while rules come and go."""

from __future__ import annotations

import random
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Any
from unittest import mock

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks import matching_workload
from tests.domain.conditions.test_operators import MISSING, NOW, TABLE
from whenthen.domain.common.errors import Problem
from whenthen.domain.conditions.condition import Condition, evaluate, parse_condition
from whenthen.domain.matching import partitions
from whenthen.domain.matching import rule_set as matching
from whenthen.domain.matching.rule_set import RuleSet, compile_rules, required_condition_of
from whenthen.domain.rules.rule import parse_rule


@dataclass(frozen=True)
class Trigger:
    event_types: tuple[str, ...]
    condition: Condition | None = None


@dataclass(frozen=True)
class Rule:
    """All that the matcher wants to know of a rule."""

    id: str
    trigger: Trigger
    conditions: Condition | None = None


def condition_of(document: Any) -> Condition:
    problems: list[Problem] = []
    condition = parse_condition(document, "conditions", problems)
    assert not problems, problems
    assert condition is not None
    return condition


def naive(rules: dict[str, Rule], context: dict[str, Any]) -> list[str]:
    event_type = context["event"]["type"]
    watching = (rule for rule in rules.values() if event_type in rule.trigger.event_types)
    return sorted(rule.id for rule in watching if evaluate(required_condition_of(rule), context))


TYPES = ("lead.created", "lead.field_changed")
FIELDS = (
    "record.a",
    "record.b",
    "record.c.d",
    "record.c.d.0",
    "event.data.a",
    "event.data.e.d.a",
    "event.data.e.0",
    "before.a",
    "related.owner.a",
    "event.origin",
)
TEXTS = (
    "",
    "a",
    "A",
    "ab",
    "abc",
    "bc",
    "1",
    "1.0",
    "0",
    "5",
    "5.0000000000000000001",
    "5.5",
    "05",
    "K",
    "\u212a",
    "1;K;K",
    "İ",
    "i",
    "ı",
    "straße",
    "STRASSE",
    "caf\u00e9",
    "cafe\u0301",
    "שלום",
)
NUMBERS = (0, 1, 1.0, 2, 5, 5.5, -1, 0.1, 2**53 + 1)
scalars = st.one_of(st.sampled_from(TEXTS), st.sampled_from(NUMBERS), st.booleans())
values = st.one_of(
    scalars,
    st.none(),
    st.lists(st.one_of(scalars, st.none()), max_size=3),
    st.just({}),
    st.just([["a"]]),
    st.dictionaries(st.sampled_from(["a", "d", "0"]), st.one_of(scalars, st.lists(scalars, max_size=2)), max_size=2),
    st.lists(st.dictionaries(st.sampled_from(["d", "0"]), scalars, max_size=2), max_size=2),
    st.sampled_from([float("nan"), float("inf"), 1e300, "2026-03-14", "2026-03-13T23:00:00Z"]),
)
nothing = st.just({})
fold = st.one_of(st.just({}), st.just({"ignore_case": True}))
numbers = st.sampled_from([*NUMBERS, "5", "0.1"])


def _leaf(ops: list[str], value: st.SearchStrategy[Any], options: st.SearchStrategy[Any] = nothing) -> Any:
    return st.builds(
        lambda field, op, value, options: {"field": field, "op": op, "value": value, **options},
        st.sampled_from(FIELDS),
        st.sampled_from(ops),
        value,
        options,
    )


needles = st.sampled_from([text for text in TEXTS if text])
predicates = st.one_of(
    _leaf(["equals", "not_equals", "has"], scalars, fold),
    _leaf(["in", "not_in", "has_any", "has_all"], st.lists(scalars, min_size=1, max_size=3), fold),
    _leaf(["contains", "starts_with", "ends_with"], needles, fold),
    _leaf(["matches"], st.sampled_from(["*", "a*", "*c", "*b*", "a*c", "abc", "*İ*", "*a*b*", "**", "str*e"]), fold),
    _leaf([">", ">=", "<", "<="], numbers),
    _leaf(["between"], st.sampled_from([[0, 5], [1, 1], [5, 5.5], ["2026-03-01", "2026-03-31"]])),
    _leaf(["exists", "is_empty"], st.booleans()),
    _leaf(["before", "after"], st.sampled_from(["2026-03-14", "now"])),
    st.builds(
        lambda name, op, value: {"field": f"record.{name}", "op": op, "value": value},
        st.sampled_from(["a", "b", "c.d"]),
        st.sampled_from(["changed_to", "changed_from"]),
        st.one_of(scalars, st.lists(scalars, min_size=1, max_size=2)),
    ),
    st.builds(
        lambda name, flag: {"field": f"record.{name}", "op": "changed", "value": flag},
        st.sampled_from(["a", "b", "c.d"]),
        st.booleans(),
    ),
    st.sampled_from(
        [
            {"field": "now.weekday", "op": "in", "value": ["fri", "sat"]},
            {"field": "now.hour", "op": "between", "value": [9, 17]},
            {"field": "history.lead.created", "op": ">=", "value": 2, "within": {"days": 7}},
        ]
    ),
)
conditions = st.recursive(
    predicates,
    lambda inner: st.one_of(
        st.builds(lambda items: {"all": items}, st.lists(inner, min_size=1, max_size=4)),
        st.builds(lambda items: {"any": items}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda item: {"not": item}, inner),
    ),
    max_leaves=6,
)
rules = st.builds(
    lambda number, types, trigger, own: Rule(
        f"rule_{number}",
        Trigger(types, trigger and condition_of(trigger)),
        own and condition_of(own),
    ),
    st.integers(0, 30),
    st.sampled_from([TYPES[:1], TYPES[1:], TYPES]),
    st.one_of(st.none(), predicates),
    st.one_of(st.none(), conditions, conditions, conditions),
)
records = st.one_of(
    st.none(),
    st.fixed_dictionaries(
        {}, optional={"a": values, "b": values, "c": st.one_of(values, st.fixed_dictionaries({"d": values}))}
    ),
)
contexts = st.builds(
    lambda type_, record, before, data, changes, owner, now, history: {
        "event": {
            "type": type_,
            "time": "2026-03-14T09:00:00Z",
            "origin": "human",
            "data": data,
            **({"changes": changes} if changes else {}),
        },
        "record": record,
        "before": before,
        "related": {"owner": owner} if owner is not None else {},
        "now": now,
        "history": history,
    },
    st.sampled_from(TYPES),
    records,
    records,
    st.one_of(st.fixed_dictionaries({}, optional={"a": values, "e": values}), values),
    st.dictionaries(
        st.sampled_from(["a", "b", "c"]), st.fixed_dictionaries({}, optional={"from": values, "to": values})
    ),
    st.one_of(st.none(), st.fixed_dictionaries({"a": values})),
    st.sampled_from(["2026-03-14T12:00:00+03:00", "2026-03-16T23:00:00Z"]),
    st.sampled_from([{}, {"lead.created": ["2026-03-13T00:00:00Z", "2026-01-01T00:00:00Z"]}]),
)
LAYOUTS = (0, 2, 8)
"""After how many rules of a node others are found by a further one: at once, soon, and as it is."""


@settings(max_examples=700, suppress_health_check=list(HealthCheck), derandomize=True)
@given(
    pool=st.lists(rules, min_size=6, max_size=12, unique_by=lambda rule: rule.id),
    later=st.lists(rules, max_size=3),
    gone=st.sets(st.integers(0, 11), max_size=6),
    events=st.lists(contexts, min_size=4, max_size=6),
)
def test_the_matcher_agrees_with_evaluate(
    pool: list[Rule], later: list[Rule], gone: set[int], events: list[dict[str, Any]]
) -> None:
    """However deep the nodes stand, and with rules removed, replaced and added between the events."""
    for few in LAYOUTS:
        with mock.patch.object(partitions, "TRIED", few):
            ruleset, known = compile_rules(pool), {rule.id: rule for rule in pool}
            agree(ruleset, known, events)
            for position in gone & set(range(len(pool))):
                ruleset.remove(pool[position].id)
                del known[pool[position].id]
            agree(ruleset, known, events)
            for rule in later:
                ruleset.add(rule)
                known[rule.id] = rule
            agree(ruleset, known, events)


def agree(ruleset: RuleSet, known: dict[str, Rule], events: list[dict[str, Any]]) -> None:
    for context in events:
        assert ruleset.match(context) == naive(known, context)
    assert len(ruleset) == len(known)


@pytest.mark.parametrize("few", LAYOUTS)
def test_every_row_of_the_operator_tables(few: int) -> None:
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
    with mock.patch.object(partitions, "TRIED", few):
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
    assert not ruleset._partitions


def test_an_added_rule_takes_the_place_of_its_earlier_version() -> None:
    new = Rule("r", Trigger(("a.b",)), condition_of({"field": "record.x", "op": "equals", "value": 1}))
    ruleset = compile_rules([Rule("r", Trigger(("a.b", "a.c")))])
    assert ruleset.match({"event": {"type": "a.c"}}) == ["r"]
    ruleset.add(new)
    assert ruleset.match({"event": {"type": "a.c"}}) == []
    assert ruleset.match({"event": {"type": "a.b"}}) == []
    assert ruleset.match({"event": {"type": "a.b"}, "record": {"x": 1.0}}) == ["r"]


@pytest.mark.parametrize(
    ("wanted", "value"), [(5, "5"), (False, False), ("0", 0), (0, 0), (0, "0"), (1, True), ("", [])]
)
def test_a_rule_that_comes_after_events_of_texts_alone_is_found(wanted: Any, value: Any) -> None:
    def asks(external_id: str, value: Any) -> Rule:
        return Rule(external_id, Trigger(("a.b",)), condition_of({"field": "record.x", "op": "equals", "value": value}))

    known = {rule.id: rule for rule in (asks("r1", "a"), asks("r2", wanted))}
    ruleset = compile_rules([known["r1"]])
    assert ruleset.match({"event": {"type": "a.b"}, "record": {"x": "a"}}) == ["r1"]
    ruleset.add(known["r2"])
    context = {"event": {"type": "a.b"}, "record": {"x": value}}
    assert ruleset.match(context) == naive(known, context)


@pytest.mark.parametrize(
    "context", [{}, {"event": None}, {"event": {}}, {"event": {"type": 5}}, {"event": {"type": ["a.b"]}}]
)
def test_an_event_without_a_type_matches_nothing(context: dict[str, Any]) -> None:
    assert compile_rules([Rule("r", Trigger(("a.b",)))]).match(context) == []


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


def test_rules_that_are_the_same_stand_in_few_places() -> None:
    """A rule with several values for each of several fields would stand in all combinations of them, were it let."""
    wanted = {"all": [{"field": f"record.f{n}", "op": "in", "value": ["a", "b", "c", "d"]} for n in range(8)]}
    known = {f"rule_{n}": Rule(f"rule_{n}", Trigger(("a.b",)), condition_of(wanted)) for n in range(100)}
    for n in range(8):
        one = condition_of({"field": f"record.f{n}", "op": "equals", "value": "a"})
        known[f"one_{n}"] = Rule(f"one_{n}", Trigger(("a.b",)), one)
    ruleset = compile_rules(known.values())
    record = {f"f{n}": "b" for n in range(8)}
    agree(ruleset, known, [{"event": {"type": "a.b"}, "record": record}, {"event": {"type": "a.b"}, "record": {}}])
    assert max(len(places) for places in ruleset._partitions["a.b"]._places.values()) <= 2 * partitions.MAX_PLACES


def test_rules_with_several_values_each_are_found_by_further_nodes() -> None:
    """Each rule asks for a pair of values of each of two fields that all rules ask for: few are looked at."""
    known = {
        f"rule_{a}_{b}": Rule(
            f"rule_{a}_{b}",
            Trigger(("a.b",)),
            condition_of(
                {
                    "all": [
                        {"field": "record.a", "op": "in", "value": [f"a{a}", f"a{a + 1}"]},
                        {"field": "record.b", "op": "in", "value": [f"b{b}", f"b{b + 1}"]},
                    ]
                }
            ),
        )
        for a in range(30)
        for b in range(30)
    }
    for own in ("a", "b"):
        one = condition_of({"field": f"record.{own}", "op": "equals", "value": "other"})
        known[f"one_{own}"] = Rule(f"one_{own}", Trigger(("a.b",)), one)
    ruleset = compile_rules(known.values())
    agree(ruleset, known, [{"event": {"type": "a.b"}, "record": {"a": f"a{n}", "b": f"b{n}"}} for n in range(31)])
    nodes = {node for places in ruleset._partitions["a.b"]._places.values() for node in places}
    assert max(len(node.tests) for node in nodes) <= 2 * partitions.TRIED


def test_the_fields_of_a_removed_rule_are_not_looked_up() -> None:
    far = condition_of({"field": "related.owner.team", "op": "equals", "value": "a"})
    ruleset = compile_rules([Rule("far", Trigger(("a.b",)), far), Rule("near", Trigger(("a.b",)))])
    related = Stored(owner={"team": "a"})
    assert ruleset.match({"event": {"type": "a.b"}, "related": related}) == ["far", "near"]
    ruleset.remove("far")
    reads = related.reads
    assert ruleset.match({"event": {"type": "a.b"}, "related": related}) == ["near"]
    assert related.reads == reads


def test_a_rule_that_names_an_event_type_twice_comes_and_goes() -> None:
    ruleset = compile_rules([Rule("r", Trigger(("a.b", "a.b")))])
    assert ruleset.match({"event": {"type": "a.b"}}) == ["r"]
    ruleset.remove("r")
    assert ruleset.match({"event": {"type": "a.b"}}) == []


def test_a_record_that_is_no_object_has_not_changed() -> None:
    known = {"r": Rule("r", Trigger(("a.b",)), condition_of({"field": "record.a", "op": "changed"}))}
    agree(compile_rules(known.values()), known, [{"event": {"type": "a.b"}, "before": {}, "record": [{"a": 1}]}])


def test_rules_that_do_not_match_are_not_asked() -> None:
    """10,000 keywords on one event type: only the rule whose keyword is in the text is looked at."""
    rules = [
        Rule(
            f"rule_{n}",
            Trigger(("whatsapp.message_received",)),
            condition_of(
                {
                    "all": [
                        {"field": "event.data.text", "op": "contains", "value": f"keyword{n:05}", "ignore_case": True},
                        {"field": "record.blocked", "op": "is_empty"},
                    ]
                }
            ),
        )
        for n in range(10_000)
    ]
    ruleset = compile_rules(rules)
    context = {"event": {"type": "whatsapp.message_received", "data": {"text": "Hi, KEYWORD04711 please"}}}
    assert ruleset.match(context) == ["rule_4711"]


class Stored(dict[str, Any]):
    """A record that is read from a store when it is first asked for."""

    reads = 0

    def get(self, key: str, default: Any = None) -> Any:
        self.reads += 1
        return super().get(key, default)


@pytest.mark.parametrize(
    "condition",
    [
        {
            "all": [
                {"field": "related.owner.team", "op": "equals", "value": "a"},
                {"field": "record.x", "op": "not_equals", "value": 1},
            ]
        },
        {
            "all": [
                {"field": "related.owner.team", "op": "equals", "value": "a"},
                {"field": "record.x", "op": ">", "value": 1},
            ]
        },
        {
            "any": [
                {"field": "related.owner.team", "op": "not_equals", "value": "b"},
                {"field": "record.x", "op": "is_empty", "value": False},
            ]
        },
    ],
)
def test_related_records_and_history_are_looked_up_last_and_only_if_they_decide(condition: dict[str, Any]) -> None:
    ruleset = compile_rules([Rule("r", Trigger(("a.b",)), condition_of(condition))])
    decided = 1 if "all" in condition else 2
    related = Stored(owner={"team": "a"})
    assert ruleset.match({"event": {"type": "a.b"}, "record": {"x": decided}, "related": related}) == ["r"] * (
        "any" in condition
    )
    assert related.reads == 0
    assert ruleset.match(
        {"event": {"type": "a.b"}, "record": {"x": 5} if "all" in condition else {}, "related": related}
    ) == ["r"]
    assert related.reads


def test_a_long_list_of_rules_is_prepared_as_it_comes() -> None:
    """Conditions weigh more than what is made of them, so that not all of a long list wait for a first event."""
    rules = [
        Rule(
            f"rule_{n:02}",
            Trigger((f"a.b{n % 2}",)),
            condition_of({"field": "record.x", "op": "in", "value": [n, f"t{n}"]}),
        )
        for n in range(50)
    ]
    with mock.patch.object(matching, "MANY", 20):
        ruleset = compile_rules(rules)
    assert sum(len(partition._pending) for partition in ruleset._partitions.values()) == 10
    assert ruleset.match({"event": {"type": "a.b1"}, "record": {"x": [5, 5.0, "t5", "t47", True]}}) == [
        "rule_05",
        "rule_47",
    ]
    assert len(ruleset) == len(rules)


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
