"""Comparisons in templates: any values can be compared, as in conditions."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whenthen.domain.conditions.condition import evaluate, parse_condition
from whenthen.domain.templating.templates import check, render

NOW = datetime(2026, 3, 14, 9, 30, tzinfo=UTC)
MISSING = object()
OPERATORS = ("==", "!=", "<", "<=", ">", ">=", "in", "not in")


def says(source: str, context: dict[str, Any]) -> bool:
    """Whether the comparison is true in a template."""
    return render("{% if " + source + " %}yes{% endif %}", context) == "yes"


def compares(one: Any, op: str, other: Any) -> bool:
    fields = {name: value for name, value in (("a", one), ("b", other)) if value is not MISSING}
    return says(f"record.a {op} record.b", {"record": fields, "now": NOW, "zone": ZoneInfo("Europe/Istanbul")})


TABLE: list[tuple[Any, Any, str]] = [
    # two values, and which comparisons of them are true
    (5, 5, "== <= >="),
    (5, 6.5, "!= < <="),
    (5, Decimal("5.0"), "== <= >="),
    (0.1, Decimal("0.1"), "== <= >="),
    (10**30, 10**30 + 1, "!= < <="),
    # a text that spells a number
    ("1500", 5, "!= > >="),
    (5, "1500", "!= < <="),
    ("5.0", 5, "== <= >="),
    (" 5 ", 5, "== <= >="),
    ("9", "10", "!= < <="),
    ("5", "5.0", "!= <= >= in"),
    ("1,500", 5, "!="),
    ("five", 5, "!="),
    ("", 0, "!="),
    # texts
    ("b", "a", "!= > >="),
    ("new", "new", "== <= >= in"),
    ("caf\u00e9", "cafe\u0301", "== <= >= in"),
    ("a", "abc", "!= < <= in"),
    ("", "abc", "!= < <= in"),
    # truths are nothing else
    (True, True, "=="),
    (True, 1, "!="),
    (True, "true", "!="),
    (False, 0, "!="),
    (False, MISSING, "!="),
    # what is missing is the same as what is missing, and as nothing else
    (MISSING, 5, "!="),
    (None, 5, "!="),
    (5, MISSING, "!="),
    (MISSING, "", "!="),
    (None, "new", "!="),
    ("new", None, "!="),
    (MISSING, MISSING, "=="),
    (None, MISSING, "=="),
    (MISSING, ["a"], "!="),
    (None, [None], "!="),
    ("a", MISSING, "!="),
    # points in time
    ("2026-03-14", "2026-03-15", "!= < <="),
    ("2026-03-14", "2026-03-14", "== <= >= in"),
    ("2026-03-14T09:30:00Z", "2026-03-14T11:00:00+03:00", "!= > >="),
    ("2026-03-14T12:00:00", "2026-03-14T09:00:00Z", "!= <= >="),
    ("2026-03-14", "2026-03-14T23:59:59", "!= <= >= in"),
    ("2026-03-14", "2026-03-14T21:00:00Z", "!= < <= in"),
    ("9999-12-31", "2026-03-14T09:00:00Z", "!= > >="),
    ("09:30", "18:00", "!= < <="),
    ("18:00", "2026-03-14T15:30:00Z", "!= < <="),
    ("2026-03-14", "18:00", "!="),
    ("2026-03-14", 5, "!="),
    # lists and objects
    ("vip", ["vip", "new"], "!= in"),
    (5, ["5", None], "!= in"),
    ("x", ["vip", None, ["x"], {"x": 1}], "!="),
    (["vip"], ["vip"], "=="),
    (["vip"], ["vip", "new"], "!="),
    (["vip"], [["vip"]], "!= in"),
    (["vip"], "vip", "!="),
    (["vip"], 5, "!="),
    ({"a": 1}, {"a": 1.0}, "=="),
    ("a", {"a": None}, "!= in"),
    ("b", {"a": 1}, "!="),
    (5, {"a": 1}, "!="),
    ({"a": 1}, {"b": 1}, "!="),
    (5, "15", "!= < <="),
    ("a", 5, "!="),
    ("a", True, "!="),
    (float("nan"), float("nan"), "!="),
]


@pytest.mark.parametrize(("one", "other", "true"), TABLE, ids=range(len(TABLE)))
def test_compares(one: Any, other: Any, true: str) -> None:
    expected = {*true.split(), *(() if "in" in true.split() else ("not in",))}
    assert {op for op in OPERATORS if compares(one, op, other)} == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("record.amount > 5", False),
        ("record.text > 5", True),
        ("record.missing.deeper <= 5", False),
        ("before.name < 'x'", False),
        ("not record.amount > 5", True),
        ("record.amount > 5 or record.text == 1500", True),
        ("1 < record.text < 2000", True),
        ("1 < record.text < 1000", False),
        ("2000 > record.text >= 1500 == record.text != record.amount", True),
        ("(record.text > 5) == (record.amount > 5)", False),
        ("(1 < 2) == true", True),
        ("'5' == 5", True),
        ("'a' > 5", False),
        ("1 in 5", False),
        ("record.amount == none", True),
        ("record.nothing == none", True),
        ("record.text != none", True),
        ("record.amount|default(7) > 5", True),
        ("record.amount|int > -1", True),
        ("-record.amount > 5", False),
        ("record.tags|first == 'vip'", True),
        ("'vip' in record.tags and 'new' not in record.tags", True),
        ("record.text|length > 3", True),
        ("record.due < now", True),
        ("now >= record.due", True),
        ("record.due|date('%Y') < 2027", True),
        ("now > record.missing", False),
        ("now == now", True),
        ("record.name|e == '&lt;b&gt;'", True),
        ("record.name == '<b>'", True),
    ],
)
def test_in_a_template(source: str, expected: bool) -> None:
    record = {"text": "1500", "nothing": None, "tags": ["vip"], "due": "2026-03-13", "name": "<b>"}
    context = {"event": {}, "record": record, "before": None, "related": {}, "now": NOW, "zone": UTC}
    text = "{{ 'x' if " + source + " else 'y' }}{% if not (" + source + ") %}y{% elif " + source + " %}x{% endif %}"
    assert check(text, "text") == []
    for escaping in (True, False):
        assert render(text, context, escaping=escaping) == ("xx" if expected else "yy")


def test_a_comparison_is_written_for_people() -> None:
    assert render("{{ record.a > 5 }} {{ 2 > 1 }}", {"record": {"a": "x"}}) == "no yes"


def test_long_and_nested_comparisons_are_compared() -> None:
    chain = " < ".join(map(str, range(500)))
    assert says(chain, {})
    assert not says(f"{chain} < 7", {})
    deep = "1"
    for _ in range(20):
        deep = f"({deep} == 1)"
    assert says(f"{deep} != 1", {})


ODD: list[Any] = [MISSING, None, True, 1, -2.5, float("nan"), float("inf"), Decimal("1.50"), 10**400, "", "1", "1e999",
                  "x", "2026-03-14", "9999-12-31T23:59:59-12:00", "0001-01-01", "09:30", [], ["x", None], {}, {"x": []},
                  NOW]  # fmt: skip


@pytest.mark.parametrize("one", ODD, ids=range(len(ODD)))
def test_any_two_values_can_be_compared(one: Any) -> None:
    for other in ODD:
        true = {op for op in OPERATORS if compares(one, op, other)}
        assert ("==" in true) is not ("!=" in true)
        assert ("in" in true) is not ("not in" in true)
        assert "<" not in true or ">" not in true
        assert "<=" in true or "<" not in true
        assert ">=" in true or ">" not in true
        assert ("<" in true) is compares(other, ">", one)
        assert ("<=" in true) is compares(other, ">=", one)
        assert ("==" in true) is compares(other, "==", one)


NUMBERS = st.one_of(st.integers(-12, 12), st.floats(-2, 2).map(lambda number: round(number, 1)))
SCALARS = st.one_of(NUMBERS, NUMBERS.map(str), st.booleans(), st.sampled_from(["a", "b", " 1", "1.0", "07", "é"]))
MOMENTS = st.one_of(
    st.dates(datetime(2026, 3, 13).date(), datetime(2026, 3, 15).date()).map(str),  # noqa: DTZ001
    st.integers(0, 47).map(lambda hour: f"2026-03-{13 + hour // 24}T{hour % 24:02}:00:00Z"),
)


def holds(one: Any, op: str, other: Any) -> bool:
    predicate = parse_condition({"field": "record.a", "op": op, "value": other}, "conditions", [], "Europe/Istanbul")
    assert predicate is not None
    return evaluate(predicate, {"record": {"a": one}, "now": NOW})


@given(SCALARS, SCALARS)
def test_values_are_the_same_where_conditions_say_so(one: Any, other: Any) -> None:
    assert compares(one, "==", other) is holds(one, "equals", other)
    assert compares(one, "!=", other) is holds(one, "not_equals", other)
    assert compares(one, "in", [other]) is holds(one, "in", [other])


@given(SCALARS, NUMBERS)
def test_numbers_are_ordered_as_conditions_order_them(one: Any, other: Any) -> None:
    for op in ("<", "<=", ">", ">="):
        assert compares(one, op, other) is holds(one, op, other)


@given(MOMENTS, MOMENTS)
def test_points_in_time_are_ordered_as_conditions_order_them(one: str, other: str) -> None:
    assert compares(one, "<", other) is holds(one, "before", other)
    assert compares(one, ">", other) is holds(one, "after", other)
    assert compares(one, "<=", other) is not holds(one, "after", other)
    assert compares(one, ">=", other) is not holds(one, "before", other)
