"""The items of a field are prepared once for all conditions that ask for it, and are compared as they were."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whenthen.domain.common.contents import Contents
from whenthen.domain.common.values import Choice
from whenthen.domain.conditions import contents
from whenthen.domain.conditions.condition import holds, parse_condition
from whenthen.domain.conditions.field_access import Facts


class Counted(str):
    """A text that counts how often it is looked at."""

    __slots__ = ()
    looked = 0

    def isascii(self) -> bool:
        Counted.looked += 1
        return str.isascii(self)


LEAVES = [
    {"op": "has_all", "value": [f"v{number}" for number in range(200)]},
    {"op": "has_any", "value": [f"w{number}" for number in range(200)]},
    {"op": "has", "value": "w"},
    {"op": "not_in", "value": ["v1", "v2"]},
    {"op": "contains", "value": "q"},
    {"op": "starts_with", "value": "q"},
    {"op": "matches", "value": "q*q"},
    {"op": "equals", "value": "Q", "ignore_case": True},
    {"op": "ends_with", "value": "Q", "ignore_case": True},
    {"op": "has_all", "value": ["V1", "V2"], "ignore_case": True},
]


def test_each_item_of_a_list_is_prepared_once_however_many_leaves_ask_for_it() -> None:
    items = [Counted(f"v{number}") for number in range(1_000)]
    leaves = [{"field": "record.tags", **leaf} for leaf in LEAVES * 10]
    facts = Facts({"record": {"tags": items}})
    Counted.looked = 0
    for leaf in leaves:
        holds(parse_condition(leaf, "conditions", []), facts)  # type: ignore[arg-type]
    assert Counted.looked <= 4 * len(items)


def test_a_long_text_is_prepared_once_however_many_leaves_ask_for_it() -> None:
    facts = Facts({"record": {"tags": Counted("v" * 60_000)}})
    Counted.looked = 0
    for leaf in LEAVES * 10:
        holds(parse_condition({"field": "record.tags", **leaf}, "conditions", []), facts)  # type: ignore[arg-type]
    assert Counted.looked <= 4


def test_each_date_is_read_once_however_many_leaves_ask_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[object] = []
    original = contents.read_point
    monkeypatch.setattr(contents, "read_point", lambda value: read.append(value) or original(value))
    facts = Facts({"record": {"dates": [f"2026-01-{day:02}" for day in range(1, 29)]}, "now": "2026-03-01T00:00:00Z"})
    answers = []
    for _ in range(20):
        for op, value in [("before", "2025-01-01"), ("after", "today"), ("within_next", {"days": 3}),
                          ("between", ["2024-01-01", "2024-02-01"]), ("within_last", {"days": 60})]:  # fmt: skip
            predicate = parse_condition({"field": "record.dates", "op": op, "value": value}, "conditions", [])
            answers.append(holds(predicate, facts))  # type: ignore[arg-type]
    assert answers == [False, False, False, False, True] * 20
    assert len(read) == 28


SOME = st.one_of(
    st.booleans(), st.integers(-3, 3), st.floats(-2, 2).map(lambda number: round(number, 1)), st.none(),
    st.sampled_from(["a", "A", "1", "1.0", " 1", "é", "e\u0301", "", "-2"]), st.just([]), st.just({}),
)  # fmt: skip
WANTED = st.one_of(st.booleans(), st.integers(-3, 3), st.sampled_from(["a", "1", "1.0", "\u00e9", "-2"]))


@given(st.lists(SOME, max_size=6), st.lists(WANTED, min_size=1, max_size=3), st.booleans())
def test_a_list_is_compared_as_its_items_are(items: list[Any], wanted: list[Any], fold: bool) -> None:
    choice = Choice.of(wanted, fold=fold)
    alone = any(choice.accepts(item) for item in items if item is not None)
    assert Contents.of([item for item in items if item is not None], fold=fold).has(choice) is alone
