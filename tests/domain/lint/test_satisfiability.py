"""Conditions that never hold, or only for lists; none that can hold is refused."""

from __future__ import annotations

from decimal import Decimal
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whenthen.domain.conditions.condition import Condition, evaluate, parse_condition
from whenthen.domain.lint import satisfiability
from whenthen.domain.lint.satisfiability import Verdict, verdict


def condition_of(*predicates: Any) -> Condition:
    condition = parse_condition({"all": list(predicates)}, "conditions", [])
    assert condition is not None
    return condition


def it(op: str, value: Any = None, name: str = "x", **options: Any) -> dict[str, Any]:
    return {"field": f"record.{name}", "op": op, "value": value, **options}


ABSENT = it("exists", value=False)


@pytest.mark.parametrize(
    ("predicates", "expected"),
    [
        ([it("equals", "a"), it("equals", "b")], Verdict.ONLY_FOR_LISTS),
        ([it("equals", "a"), it("not_equals", "a")], Verdict.NEVER),
        ([it("equals", "a"), it("not_equals", "b")], Verdict.POSSIBLE),
        ([it("in", ["a", "b"]), it("not_in", ["a", "b", "c"])], Verdict.NEVER),
        ([it("in", ["a", "b"]), it("not_in", ["a"])], Verdict.POSSIBLE),
        ([it("equals", "a"), {"not": it("has", "a")}], Verdict.NEVER),
        ([ABSENT, it("equals", "a")], Verdict.NEVER),
        ([ABSENT, it(">", 5)], Verdict.NEVER),
        ([it("is_empty"), it("equals", "a")], Verdict.NEVER),
        ([it("exists"), ABSENT], Verdict.NEVER),
        ([it(">", 10), it("<", 5)], Verdict.ONLY_FOR_LISTS),
        ([it(">", 10), it("<", 11)], Verdict.POSSIBLE),
        ([it(">=", 10), it("<=", 10)], Verdict.POSSIBLE),
        ([it(">", 10), it("<=", 10)], Verdict.ONLY_FOR_LISTS),
        ([it("equals", 5), it(">", 10)], Verdict.ONLY_FOR_LISTS),
        ([it("equals", 5), it("equals", "5")], Verdict.POSSIBLE),
        ([it("equals", 5), it("not_equals", "5")], Verdict.POSSIBLE),
        ([it("equals", "abc"), it("starts_with", "b")], Verdict.ONLY_FOR_LISTS),
        ([it("equals", "abc"), it("starts_with", "a")], Verdict.POSSIBLE),
        ([it("equals", "a", ignore_case=True), it("equals", "A")], Verdict.POSSIBLE),
        ([it("starts_with", "a"), it("starts_with", "b")], Verdict.POSSIBLE),
        ([it("equals", "a"), it("equals", "b", name="y")], Verdict.POSSIBLE),
        ([it("has", "a"), it("has", "b"), {"not": it("has_all", ["a", "b"])}], Verdict.NEVER),
        ([it("has_all", ["a", "b"]), {"not": it("has_all", ["b", "a", "a"])}], Verdict.NEVER),
        ([it("has_all", ["a", "b"]), {"not": it("has_all", ["a"])}], Verdict.NEVER),
        ([it("has", "a"), it("has", " "), it("is_empty")], Verdict.NEVER),
        ([it("has", ""), it("has", " "), it("is_empty")], Verdict.ONLY_FOR_LISTS),
        ([it("has", ""), it("has", " "), {"not": it("is_empty", value=False)}], Verdict.ONLY_FOR_LISTS),
        ([it("has", "a"), {"not": {"not": ABSENT}}], Verdict.NEVER),
        # a list has both `a` and `5.0`, which is no text that was given
        (
            [it("has", "a"), {"not": it("not_equals", 5)}, it("not_equals", "5"), {"not": it("starts_with", " ")}],
            Verdict.POSSIBLE,
        ),
        ([it("equals", "a"), {"any": [it("not_equals", "a"), ABSENT]}], Verdict.NEVER),
        ([it("equals", "a"), {"any": [it("not_equals", "a"), it("exists")]}], Verdict.POSSIBLE),
    ],
)
def test_verdict(predicates: list[Any], expected: Verdict) -> None:
    assert verdict(condition_of(*predicates)) is expected


@pytest.mark.parametrize(
    ("predicates", "value"),
    [
        ([it(">", 10**39), it("<", 10**39 + 2)], 10**39 + 1),
        ([it(">", 0.1), it("<", Decimal("0.1000000000000000000000000000000000001"))], Decimal("0.1" + "0" * 36 + "01")),
        ([it(">", 1e30)], 1e31),
        ([it("equals", 1), it("not_in", ["1", " 1"])], "1.0"),
        ([it("equals", 1), it("not_in", ["1", *(" " * n + "1" for n in range(1, 159))])], "1.0"),
        ([it("equals", "a"), it("matches", "\\*x")], ["a", "*x"]),
        ([it("equals", "a"), it("matches", "b*"), it("not_in", ["b", "b*"])], ["a", "bc"]),
        ([it("equals", "a"), it("contains", "b"), it("not_equals", "b")], ["a", "bc"]),
        ([it("has", "a"), it("has", "c"), {"not": it("has_all", ["a", "b"])}], ["a", "c"]),
        ([it("has_all", ["a", "b"]), {"not": it("has_all", ["c", "d"])}, it("has", "c")], ["a", "b", "c"]),
        ([it("has", "a"), {"not": it("has_all", ["a", "b"])}, {"not": it("has_all", ["c", "b"])}], "a"),
        ([it("has", "a"), it("has", ""), {"not": it("is_empty")}], ["a", ""]),
        ([it("has", ""), {"not": it("is_empty")}, it("not_equals", "x")], ["", "y"]),
        ([it("has", ""), it("is_empty", value=False)], ["", {"y": 1}]),
    ],
)  # fmt: skip
def test_conditions_that_one_value_satisfies_are_possible(predicates: list[Any], value: Any) -> None:
    condition = condition_of(*predicates)
    assert evaluate(condition, {"record": {"x": value}})
    assert verdict(condition) is (Verdict.ONLY_FOR_LISTS if isinstance(value, list) else Verdict.POSSIBLE)


def test_conditions_with_too_much_to_try_are_taken_to_be_possible(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[object] = []
    monkeypatch.setattr(satisfiability, "holds", lambda *each: tried.append(each))
    excluded = [it("not_in", [n * 1_000 + each for each in range(200)]) for n in range(98)]
    assert verdict(condition_of(*excluded, it("in", list(range(200))))) is Verdict.POSSIBLE
    assert not tried


def test_many_ways_to_lack_one_of_several_are_not_all_tried() -> None:
    lacking = [{"not": it("has_all", [f"{n}.{each}" for each in "abcdefgh"])} for n in range(8)]
    assert verdict(condition_of(it("has", "a"), it("has", "b"), *lacking)) is Verdict.ONLY_FOR_LISTS


def nested(condition: Any, times: int) -> Any:
    """The condition in so many `not`."""
    return {"not": nested(condition, times - 1)} if times else condition


VALUES = ["a", "b", "", 5, "5", " 5", True]
SINGLE = [None, *VALUES, "ab", "x", "5.0", 6, {}, {"y": 1}]
LISTS = [list(items) for size in range(4) for items in combinations([*VALUES, "x", "5.0", {"y": 1}], size)]
"""All of up to three items: neither the order of items nor how often one is there makes a difference."""

BESIDE: dict[Verdict, list[Any]] = {
    Verdict.POSSIBLE: [],
    Verdict.ONLY_FOR_LISTS: SINGLE,
    Verdict.NEVER: [*SINGLE, *LISTS],
}
"""Values that do not satisfy a condition of which this is said."""

scalars = st.sampled_from(VALUES)
several = st.lists(scalars, min_size=1, max_size=3)
of_lists = st.one_of(
    st.builds(it, st.just("has"), scalars),
    st.builds(it, st.just("has_all"), st.sets(scalars, min_size=2, max_size=2).map(list)),
    st.builds(it, st.just("is_empty"), st.booleans()),
)
predicates = st.one_of(
    st.builds(it, st.sampled_from(["equals", "not_equals", "has"]), scalars),
    st.builds(it, st.sampled_from(["in", "not_in", "has_any", "has_all"]), several),
    st.builds(it, st.sampled_from([">", ">=", "<", "<="]), st.sampled_from([5, "5", 6, 5.5])),
    st.builds(it, st.just("between"), st.sampled_from([[5, 6], ["5", 5.5]])),
    st.builds(it, st.sampled_from(["starts_with", "ends_with", "contains"]), st.sampled_from(["a", "5", ".0", " "])),
    st.builds(it, st.just("matches"), st.sampled_from(["a*", "*b", "* *", "5"])),
    st.builds(it, st.sampled_from(["exists", "is_empty"]), st.booleans()),
)
literals = st.builds(nested, predicates, st.sampled_from([0, 1, 2]))
groups = st.builds(
    lambda name, parts: {name: parts}, st.sampled_from(["any", "all"]), st.lists(literals, min_size=1, max_size=2)
)
conjunctions = st.one_of(
    st.lists(st.builds(nested, of_lists, st.sampled_from([0, 1])), min_size=2, max_size=4),
    st.lists(literals, min_size=1, max_size=5),
    st.lists(st.one_of(literals, groups, groups.map(lambda group: {"not": group})), min_size=1, max_size=4),
)


@settings(max_examples=700, derandomize=True)
@given(conjunctions)
def test_nothing_that_a_value_satisfies_is_refused(conjuncts: list[Any]) -> None:
    condition = condition_of(*conjuncts)
    for value in BESIDE[verdict(condition)]:
        assert not evaluate(condition, {"record": {"x": value}}), value
