"""The matcher agrees with `evaluate` on any rules and events, while rules come and go."""

from __future__ import annotations

import random
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks import matching_workload
from tests.domain.conditions.test_operators import MISSING, NOW, TABLE
from whenthen.domain.common.errors import Problem
from whenthen.domain.conditions.condition import Condition, evaluate, parse_condition
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


def naive(rules: dict[str, Rule], context: dict[str, Any]) -> set[str]:
    event_type = context["event"]["type"]
    watching = (rule for rule in rules.values() if event_type in rule.trigger.event_types)
    return {rule.id for rule in watching if evaluate(required_condition_of(rule), context)}


TYPES = ("lead.created", "lead.field_changed")
FIELDS = (
    "record.a",
    "record.b",
    "record.c",
    "record.c.d",
    "record.c.d.0",
    "record.c.1.d",
    "event.data",
    "event.data.a",
    "event.data.e.d.a",
    "event.data.e.0",
    "before.a",
    "before.c.d",
    "related.owner.a",
    "event.origin",
    "event.type",
)
TEXTS = (
    "",
    " ",
    "a",
    "A",
    "ab",
    "abc",
    "bc",
    "abcabcabcabcabc",
    "1",
    "1.0",
    " 1 ",
    "1e0",
    "0",
    "-0",
    "5",
    "5.0000000000000000001",
    "5.5",
    "05",
    "100",
    "1e2",
    "9007199254740993",
    "true",
    "K",
    "\u212a",
    "1;K;K",
    "1\u037eK\u212a",
    "\u1fef",
    "`",
    "İ",
    "i",
    "i\u0307",
    "I",
    "ı",
    "straße",
    "STRASSE",
    "caf\u00e9",
    "cafe\u0301",
    "CAF\u00c9",
    "\u1112\u1161\u11ab",
    "\ud55c",
    "\uff15",
    "שלום",
)
NUMBERS = (0, 1, 1.0, 2, 5, 5.5, -1, 0.1, 100, 2**53 + 1, 10**30)
scalars = st.one_of(st.sampled_from(TEXTS), st.sampled_from(NUMBERS), st.booleans())
odd = st.sampled_from(
    [
        float("nan"),
        float("inf"),
        1e300,
        -0.0,
        Decimal("5.0"),
        Decimal("5.5"),
        Decimal("NaN"),
        {},
        [],
        [None],
        [["a"]],
        [[]],
        [{}],
        ("a", "b"),
        "2026-03-14",
        "2026-03-13T23:00:00Z",
        "09:30",
    ]
)
values = st.one_of(
    scalars,
    scalars,
    st.none(),
    odd,
    st.lists(st.one_of(scalars, st.none(), odd), max_size=4),
    st.dictionaries(st.sampled_from(["a", "d", "0"]), st.one_of(scalars, st.lists(scalars, max_size=2)), max_size=2),
    st.lists(
        st.dictionaries(st.sampled_from(["d", "0"]), st.one_of(scalars, st.lists(scalars, max_size=2)), max_size=2),
        max_size=3,
    ),
)
nothing = st.just({})
fold = st.one_of(st.just({}), st.just({"ignore_case": True}))
numbers = st.sampled_from([*NUMBERS, "5", "0.1", "1e2", "9007199254740993", "5.0000000000000000001"])


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
    _leaf(["in", "not_in", "has_any", "has_all"], st.lists(scalars, min_size=1, max_size=12), fold),
    _leaf(["contains", "starts_with", "ends_with"], needles, fold),
    _leaf(
        ["matches"],
        st.sampled_from(["*", "a*", "*c", "*b*", "a*c", "abc", "*İ*", "*a*b*", "**", "str*e", "*\\**", "1*0", "*é"]),
        fold,
    ),
    _leaf([">", ">=", "<", "<="], numbers),
    _leaf(["between"], st.sampled_from([[0, 5], [1, 1], [5, 5.5], ["2026-03-01", "2026-03-31"], ["09:00", "17:00"]])),
    _leaf(["exists", "is_empty"], st.booleans()),
    _leaf(["before", "after"], st.sampled_from(["2026-03-14", "now", "10:00"])),
    _leaf(["within_last", "within_next"], st.just({"days": 2})),
    st.builds(
        lambda name, op, value, options: {"field": f"record.{name}", "op": op, "value": value, **options},
        st.sampled_from(["a", "b", "c", "c.d", "c.1.d"]),
        st.sampled_from(["changed_to", "changed_from"]),
        st.one_of(scalars, st.lists(scalars, min_size=1, max_size=3)),
        fold,
    ),
    st.builds(
        lambda name, flag: {"field": f"record.{name}", "op": "changed", "value": flag},
        st.sampled_from(["a", "b", "c", "c.d"]),
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
        st.builds(lambda items: {"any": items}, st.lists(inner, min_size=1, max_size=4)),
        st.builds(lambda item: {"not": item}, inner),
    ),
    max_leaves=8,
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
    st.sampled_from(["a", 5, [], [{"a": "a", "c": {"d": 1}}, {"a": ["b", 5]}]]),
    *[
        st.fixed_dictionaries(
            {}, optional={"a": values, "b": values, "c": st.one_of(values, st.fixed_dictionaries({"d": values}))}
        )
    ]
    * 3,
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


@settings(max_examples=600, suppress_health_check=list(HealthCheck), derandomize=True)
@given(
    pool=st.lists(rules, min_size=6, max_size=16, unique_by=lambda rule: rule.id),
    later=st.lists(rules, max_size=3),
    gone=st.sets(st.integers(0, 15), max_size=6),
    events=st.lists(contexts, min_size=4, max_size=6),
)
def test_the_matcher_agrees_with_evaluate(
    pool: list[Rule], later: list[Rule], gone: set[int], events: list[dict[str, Any]]
) -> None:
    """Also with rules removed, replaced and added between the events."""
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


def one_field(op: str, value: Any, **options: Any) -> dict[str, Any]:
    return {"field": "record.x", "op": op, "value": value, **options}


@settings(max_examples=300, suppress_health_check=list(HealthCheck), derandomize=True)
@given(
    wanted=st.lists(
        st.one_of(
            st.builds(
                one_field, st.sampled_from(["equals", "not_equals", "has", "changed_to", "changed_from"]), scalars
            ),
            st.builds(
                one_field, st.sampled_from(["in", "not_in", "has_any", "has_all"]), st.lists(scalars, min_size=1)
            ),
            st.builds(one_field, st.sampled_from([">", ">=", "<", "<="]), numbers),
            st.builds(one_field, st.sampled_from(["contains", "starts_with", "ends_with", "matches"]), needles),
        ),
        min_size=4,
        max_size=24,
    ),
    folding=st.sets(st.integers(0, 23)),
    found=st.lists(st.one_of(values, st.lists(scalars, max_size=4)), min_size=3, max_size=8),
)
def test_many_rules_about_one_field_agree_with_evaluate(
    wanted: list[dict[str, Any]], folding: set[int], found: list[Any]
) -> None:
    """Predicates, pairs of them joined by `any` and by `all`, and their opposites, all in the tables of one field."""
    for position in folding & set(range(len(wanted))):
        if wanted[position]["op"] not in {">", ">=", "<", "<=", "has", "has_any", "has_all"}:
            wanted[position]["ignore_case"] = True
    documents = [*wanted, *({"not": each} for each in wanted)]
    documents += [{group: [*pair]} for group in ("any", "all") for pair in pairwise(wanted)]
    known = {
        f"rule_{position}": Rule(f"rule_{position}", Trigger(("a.b",)), condition_of(document))
        for position, document in enumerate(documents)
    }
    before = {"x": found[0]}
    events = [{"event": {"type": "a.b"}, "record": {"x": value}, "before": before} for value in found]
    agree(compile_rules(known.values()), known, [*events, {"event": {"type": "a.b"}, "record": {}, "before": before}])


def agree(ruleset: RuleSet, known: dict[str, Rule], events: list[dict[str, Any]]) -> None:
    for context in events:
        assert ruleset.match(context) == naive(known, context)
    assert len(ruleset) == len(known)


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


def test_the_fields_of_a_removed_rule_are_not_looked_up() -> None:
    far = condition_of({"field": "related.owner.team", "op": "equals", "value": "a"})
    ruleset = compile_rules([Rule("far", Trigger(("a.b",)), far), Rule("near", Trigger(("a.b",)))])
    related = Stored(owner={"team": "a"})
    assert ruleset.match({"event": {"type": "a.b"}, "related": related}) == {"far", "near"}
    ruleset.remove("far")
    reads = related.reads
    assert ruleset.match({"event": {"type": "a.b"}, "related": related}) == {"near"}
    assert related.reads == reads


def test_a_rule_that_names_an_event_type_twice_comes_and_goes() -> None:
    ruleset = compile_rules([Rule("r", Trigger(("a.b", "a.b")))])
    assert ruleset.match({"event": {"type": "a.b"}}) == {"r"}
    ruleset.remove("r")
    assert ruleset.match({"event": {"type": "a.b"}}) == set()


def test_a_record_that_is_no_object_has_not_changed() -> None:
    known = {"r": Rule("r", Trigger(("a.b",)), condition_of({"field": "record.a", "op": "changed"}))}
    agree(compile_rules(known.values()), known, [{"event": {"type": "a.b"}, "before": {}, "record": [{"a": 1}]}])


class Stored(dict[str, Any]):
    """A record that is read from a store when it is first asked for."""

    reads = 0

    def get(self, key: str, default: Any = None) -> Any:
        self.reads += 1
        return super().get(key, default)


@pytest.mark.parametrize(
    ("op", "value", "found"),
    [
        ("contains", "keyword{:05}", "Hi, KEYWORD04711 please"),
        ("starts_with", "keyword{:05}", "KeyWord04711"),
        ("matches", "*keyword{:05}*!", "a keyword04711, please!"),
        ("equals", "keyword{:05}", "KEYWORD04711"),
        ("in", ["keyword{:05}", "word{:05}"], ["other", "Word04711"]),
    ],
)
def test_rules_that_do_not_match_are_not_checked(op: str, value: Any, found: Any) -> None:
    """10,000 keywords on one event type: only the rule whose keyword is in the text looks at the related record."""
    rules = [
        Rule(
            f"rule_{n}",
            Trigger(("whatsapp.message_received",)),
            condition_of(
                {
                    "all": [
                        {"field": "related.owner.team", "op": "is_empty"},
                        {
                            "field": "event.data.text",
                            "op": op,
                            "value": value.format(n) if isinstance(value, str) else [each.format(n) for each in value],
                            "ignore_case": True,
                        },
                    ]
                }
            ),
        )
        for n in range(10_000)
    ]
    related = Stored(owner={})
    context = {"event": {"type": "whatsapp.message_received", "data": {"text": found}}, "related": related}
    assert compile_rules(rules).match(context) == {"rule_4711"}
    assert related.reads == 1


def test_a_rule_is_looked_up_by_the_rarest_thing_that_it_demands() -> None:
    """All rules demand one of two stages, and each a company of its own: an event of one company checks one rule."""
    rules = [
        Rule(
            f"rule_{n}",
            Trigger(("a.b",)),
            condition_of(
                {
                    "all": [
                        {"field": "record.stage", "op": "equals", "value": f"stage-{n % 2}"},
                        {"field": "record.company", "op": "equals", "value": f"company-{n}"},
                        {"field": "related.owner.team", "op": "equals", "value": "a"},
                    ]
                }
            ),
        )
        for n in range(200)
    ]
    related = Stored(owner={"team": "a"})
    context = {"event": {"type": "a.b"}, "record": {"stage": "stage-1", "company": "company-77"}, "related": related}
    assert compile_rules(rules).match(context) == {"rule_77"}
    assert related.reads == 1


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
    decided, answer = (2, {"r"}) if "any" in condition else (1, set())
    related = Stored(owner={"team": "a"})
    assert ruleset.match({"event": {"type": "a.b"}, "record": {"x": decided}, "related": related}) == answer
    assert related.reads == 0
    assert ruleset.match(
        {"event": {"type": "a.b"}, "record": {"x": 5} if "all" in condition else {}, "related": related}
    ) == {"r"}
    assert related.reads


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
