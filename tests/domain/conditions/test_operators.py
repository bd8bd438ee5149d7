"""Each operator, its values that match and those that do not: the tables of docs/reference/rules.md."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from whenthen.domain.common.errors import Problem
from whenthen.domain.conditions.condition import evaluate, parse_condition
from whenthen.domain.conditions.operators import OPERATORS

NOW = "2026-03-14T12:00:00+03:00"
MISSING = object()


def holds(op: str, value: Any, actual: Any, **options: Any) -> bool:
    document = {"field": "record.it", "op": op, "value": value, **options}
    problems: list[Problem] = []
    condition = parse_condition(document, "conditions", problems)
    assert not problems
    record = {} if actual is MISSING else {"it": actual}
    return evaluate(condition, {"event": {"type": "lead.created"}, "record": record, "now": NOW})


TABLE: list[tuple[str, Any, dict[str, Any], list[Any], list[Any]]] = [
    # operator, value, options, should match, should not match
    (
        "equals",
        "new",
        {},
        ["new", ["old", "new"]],
        ["New", "new ", "", MISSING, None, [], [["new"]]],
    ),
    ("equals", "new", {"ignore_case": True}, ["NEW", ["Old", "New"]], ["news", 1, True]),
    ("equals", 1000, {}, [1000, 1000.0, Decimal("1000.00"), "1000", "1e3", " 1000.0\n"], ["1,000", "01000", "x", True]),
    ("equals", 1000, {}, ["1e003", "1000." + "0" * 60], ["1e0003", "1000." + "0" * 61]),
    ("equals", 0.1, {}, [0.1, Decimal("0.1"), "0.10"], [Decimal("0.10000000000000001"), 0.2, "0,1"]),
    ("equals", "1000", {}, ["1000", 1000, 1000.0, Decimal(1000)], ["1000.0", "1e3", " 1000"]),
    ("equals", "007", {}, ["007"], [7, "7"]),
    ("equals", 9007199254740993, {}, [9007199254740993, "9007199254740993"], [9007199254740992, 9007199254740992.0]),
    ("equals", True, {}, [True, [False, True]], [1, 1.0, "true", "True", "1", False, MISSING]),
    ("equals", 1, {}, [1, "1", [1]], [True, [True], float("nan"), float("inf"), "NaN", "١"]),
    ("equals", 0, {}, [0, -0.0, "0", "-0"], [False, "", None, MISSING]),
    ("equals", "caf\u00e9", {}, ["cafe\u0301", "caf\u00e9"], ["cafe", "CAF\u00c9"]),
    (
        "equals",
        "\u05e9\u05dc\u05d5\u05dd",
        {},
        ["\u05e9\u05dc\u05d5\u05dd"],
        ["\u05e9\u05dc\u05d5\u05de", "\u05dd\u05d5\u05dc\u05e9"],
    ),
    ("equals", "\ufb2a", {}, ["\u05e9\u05c1"], ["\u05e9"]),
    (
        "equals",
        "\u0130STANBUL",
        {"ignore_case": True},
        ["istanbul", "\u0130stanbul", "ISTANBUL", "i\u0307stanbul"],
        ["stanbul"],
    ),
    ("equals", "diyarbak\u0131r", {"ignore_case": True}, ["D\u0130YARBAKIR", "Diyarbak\u0131r"], ["diyarbak\u00e9r"]),
    ("equals", "title", {"ignore_case": True}, ["TITLE", "T\u0130TLE"], ["titles"]),
    ("equals", "stra\u00dfe", {"ignore_case": True}, ["STRASSE", "STRA\u1e9eE", "Strasse"], ["strase"]),
    (
        "equals",
        "\u03bf\u03b4\u03cc\u03c2",
        {"ignore_case": True},
        ["\u039f\u0394\u038c\u03a3"],
        ["\u03bf\u03b4\u03bf\u03c2"],
    ),
    ("equals", "\u00c5", {"ignore_case": True}, ["a\u030a", "\u00e5", "\u212b"], ["a"]),
    ("not_equals", "new", {}, ["old", 1, MISSING, None, [], ["old"], "NEW"], ["new", ["old", "new"]]),
    ("in", ["new", 5, True], {}, ["new", 5, "5", 5.0, True, ["x", 5]], ["old", "5.5", 1, False, MISSING, []]),
    ("in", ["A", "b"], {"ignore_case": True}, ["a", "B"], ["c"]),
    ("not_in", ["new", 5], {}, ["old", True, MISSING, []], ["new", 5, "5", ["x", "new"]]),
    (
        "contains",
        "pring",
        {},
        ["Spring 2026", "pring", ["x", "Springs"]],
        ["SPRING", "prin", "", 5, MISSING, [["pring"]]],
    ),
    ("contains", "STRASSE", {"ignore_case": True}, ["Hauptstra\u00dfe 5"], ["Hauptstr. 5"]),
    ("contains", "e", {}, ["cafe"], ["caf\u00e9", "cafe\u0301"]),
    ("starts_with", "+90", {}, ["+90555", ["+1", "+905"]], ["90555", " +90", 90, MISSING]),
    ("starts_with", "\u0130z", {"ignore_case": True}, ["izmir", "IZMIR", "\u0130ZM\u0130R"], ["zmir"]),
    ("ends_with", "@example.com", {}, ["a@example.com"], ["a@example.com.", "a@EXAMPLE.com", None]),
    ("ends_with", "@Example.com", {"ignore_case": True}, ["a@EXAMPLE.COM"], ["a@example.org"]),
    (
        "matches",
        "inv-*-2026",
        {},
        ["inv-7-2026", "inv--2026", "inv-a-b-2026"],
        ["inv-2026", "Inv-7-2026", "inv-7-2026 "],
    ),
    ("matches", "*", {}, ["", "x"], [MISSING, None, 5, []]),
    ("matches", "a*a", {}, ["aa", "aba"], ["a", "ab"]),
    ("matches", "a*bc*bc", {}, ["abcbc", "a-bc-bc"], ["abc", "abcb"]),
    ("matches", "exact", {}, ["exact"], ["exactly", "Exact"]),
    ("matches", "5 \\* 3*", {}, ["5 * 3 = 15"], ["5 x 3 = 15"]),
    ("matches", "a.c[d]?", {}, ["a.c[d]?"], ["abcd", "a.cd"]),
    ("matches", "*\u0130l*", {"ignore_case": True}, ["ailesi", "A\u0130LE"], ["ale"]),
    (
        ">",
        10,
        {},
        [10.5, "11", 10**30, Decimal("10.01"), [1, 20]],
        [10, 9, "10", "abc", True, MISSING, [], float("nan")],
    ),
    (">", "10", {}, [11], [10]),
    (">=", 0.1, {}, [0.1, Decimal("0.1"), "0.1", 1], [0.09, Decimal("0.0999")]),
    ("<", 10, {}, [9.99, "-5", -(10**30), [50, 5]], [10, 11, False, "", MISSING]),
    ("<=", 10, {}, [10, "10.0"], [10.01, "ten"]),
    ("between", [1, 5], {}, [1, 5, "3", 2.5, [9, 4]], [0.99, 5.01, True, "x", MISSING]),
    (
        "between",
        ["2026-03-01", "2026-03-31"],
        {},
        ["2026-03-01", "2026-03-31T23:59:59+03:00"],
        ["2026-04-01", "2026-03-31T23:59:59-03:00", 3],
    ),
    ("between", ["09:30", "18:00"], {}, ["09:30", "18:00", "12:00:30"], ["09:29", "18:00:01", "2026-03-14", 12]),
    (
        "between",
        ["09:00", "17:00"],
        {"zone": "America/New_York"},
        ["2026-03-14T14:00:00Z"],
        ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59-05:00"],
    ),
    ("between", ["22:00", "06:00"], {}, ["23:00", "05:59", "22:00"], ["12:00"]),
    ("has", "vip", {}, [["vip", "new"], "vip"], [["vipx"], "vip,new", [], MISSING]),
    ("has_any", ["a", "b"], {}, [["b", "c"], "a"], [["c"], [], MISSING]),
    ("has_all", ["a", "b"], {}, [["b", "c", "a"]], [["a"], "a", [], MISSING, ["A", "b"]]),
    ("has_all", ["A", "b"], {"ignore_case": True}, [["a", "B"]], [["a"]]),
    ("exists", True, {}, ["x", "", 0, False, [], {}], [MISSING, None]),
    ("exists", None, {}, ["x"], [MISSING]),
    ("exists", False, {}, [MISSING, None], ["x", "", []]),
    (
        "is_empty",
        True,
        {},
        [MISSING, None, "", " \n\u00a0", [], {}, [None], ["", []]],
        ["x", 0, False, [0], {"a": None}],
    ),
    ("is_empty", False, {}, ["x", 0], [MISSING, ""]),
    (
        "before",
        "2026-03-14",
        {},
        ["2026-03-13", "2026-03-13T20:59:59Z", "2026-03-13T23:59:59.999"],
        ["2026-03-14", "2026-03-13T21:00:00Z", "x", 5, MISSING],
    ),
    ("after", "2026-03-14", {}, ["2026-03-15", "2026-03-14T21:00:00Z"], ["2026-03-14", "2026-03-14T20:59:59Z"]),
    (
        "before",
        "2026-03-14T12:00:00Z",
        {},
        ["2026-03-14T11:59:59+0000", "2026-03-13"],
        ["2026-03-14T12:00:00Z", "2026-03-14"],
    ),
    (
        "before",
        "now",
        {},
        ["2026-03-14T11:59:59", dt.datetime(2026, 3, 14, 8, 59, tzinfo=dt.UTC)],
        ["2026-03-14T12:00:00", "2026-03-14"],
    ),
    ("before", "9999-12-31", {}, ["2026-03-14", NOW, "9999-12-30", "0001-01-01"], ["9999-12-31", "9999-12-31T12:00"]),
    ("after", "0001-01-01", {}, ["2026-03-14", NOW, "0001-01-02", "9999-12-31"], ["0001-01-01", "0001-01-01T12:00"]),
    (
        "before",
        "2026-03-14 12:00",  # the forms of a moment: as the standard has them, and no others
        {},
        [
            *("2026-03-14T11:59", "2026-03-14 11:59", "2026-03-14t11:59", "2026-03-14t08:59z", "2026-03-14 08:59:00Z"),
            *("2026-03-14 11:59:00.5+03:00", "2026-03-14T11:59:00+0300"),
        ],
        [
            *("2026-03-14  11:59", "2026-03-14_11:59", "2026-03-14T11", "2026-03-14T1159", "20260313", "2026-3-13"),
            *(" 2026-03-13", "2026-03-13 ", "2026-03-13T11:59 +03:00", "2026-03-13T11:59+03", "13.03.2026", "2026-W11"),
            *("2026-03-13T11:59:60", "2026-03-13T24:00", "2026-02-30", "٢٠٢٦-03-13"),
        ],
    ),
    ("after", "2026-03-14t08:59:59z", {}, ["2026-03-14T12:00:00+03:00"], ["2026-03-14T11:59:59"]),
    ("after", "today", {}, ["2026-03-15", dt.date(2026, 3, 15)], ["2026-03-14", "2026-03-14T23:59:59"]),
    ("before", "tomorrow", {}, ["2026-03-14"], ["2026-03-15"]),
    ("after", "yesterday", {}, ["2026-03-14"], ["2026-03-13"]),
    (
        "before",
        {"ago": {"days": 30}},
        {},
        ["2026-02-11", "2026-02-12T11:59:00"],
        ["2026-02-12", "2026-02-12T12:00:00", MISSING],
    ),
    (
        "after",
        {"ahead": {"hours": 2}},
        {},
        ["2026-03-14T14:00:01", "2026-03-15"],
        ["2026-03-14T14:00:00", "2026-03-14"],
    ),
    (
        "before",
        "18:00",
        {},
        ["17:59", "2026-03-14T17:59:00", "2026-03-14T14:59:00Z"],
        ["18:00", "2026-03-14T15:00:00Z", "2026-03-14"],
    ),
    ("before", "2026-03-14", {"zone": "America/New_York"}, ["2026-03-14T03:59:59Z"], ["2026-03-14T04:00:00Z"]),
    (
        "within_last",
        {"days": 7},
        {},
        ["2026-03-07", "2026-03-14", NOW, "2026-03-07T12:00:00"],
        ["2026-03-06", "2026-03-07T11:59:59", "2026-03-15", "2026-03-14T12:00:01", "soon"],
    ),
    (
        "within_next",
        {"days": 3},
        {},
        ["2026-03-14", "2026-03-17", NOW, "2026-03-17T12:00:00"],
        ["2026-03-13", "2026-03-18", "2026-03-17T12:00:01"],
    ),
]


@pytest.mark.parametrize(
    ("op", "value", "options", "actual", "expected"),
    [
        pytest.param(
            op,
            value,
            options,
            actual,
            expected,
            id=f"{op}-{value}-{actual if actual is not MISSING else '∅'}-{expected}"[:100],
        )
        for op, value, options, matching, others in TABLE
        for actuals, expected in ((matching, True), (others, False))
        for actual in actuals
    ],
)
def test_operator(op: str, value: Any, options: dict[str, Any], actual: Any, expected: bool) -> None:
    assert holds(op, value, actual, **options) is expected


@pytest.mark.parametrize(
    "zone", ["Europe/Istanbul", "America/New_York", "Pacific/Kiritimati", "Pacific/Pago_Pago", "UTC"]
)
def test_the_first_and_last_days_of_the_calendar_compare_alike_in_every_zone(zone: str) -> None:
    for never in ("9999-12-31", "9999-12-31T23:59:59", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59-12:00"):
        assert holds("after", "today", never, zone=zone)
        assert holds("after", {"ahead": {"days": 3_000}}, never, zone=zone)
        assert holds("between", ["today", "9999-12-31"], never, zone=zone)
        assert not holds("before", "9999-12-31", never, zone=zone)
        assert not holds("within_next", {"days": 3_000}, never, zone=zone)
    for long_ago in ("0001-01-01", "0001-01-01T00:00:00", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00"):
        assert holds("before", "today", long_ago, zone=zone)
        assert holds("before", {"ago": {"days": 3_000}}, long_ago, zone=zone)
        assert not holds("after", "0001-01-01", long_ago, zone=zone)
        assert not holds("within_last", {"days": 3_000}, long_ago, zone=zone)
    for op, point, day in (
        ("after", "9999-12-30", "9999-12-31"),
        ("before", "9999-12-31", "9999-12-30"),
        ("before", "0001-01-02", "0001-01-01"),
        ("after", "0001-01-01", "0001-01-02"),
        ("between", ["0001-01-01", "9999-12-31"], "2026-03-14"),
        ("before", "9999-12-31", "0001-01-01"),
    ):
        assert holds(op, point, day, zone=zone)


CHANGES: list[tuple[str, Any, list[tuple[Any, Any]], list[tuple[Any, Any]]]] = [
    (
        "changed",
        None,
        [("a", "b"), (None, "a"), ("a", None), (1, "1"), (1, True), (["a"], ["b"])],
        [("a", "a"), (1, 1.0), (0.1, Decimal("0.1")), ("e\u0301", "\u00e9")],
    ),
    ("changed", False, [("a", "a")], [("a", "b")]),
    (
        "changed",
        True,
        [([1], [True]), (["a"], ["b"]), (["a"], ["a", "a"]), ({"a": 1}, {"a": True}), (["1"], [1])],
        [(["e\u0301"], ["\u00e9"]), ([1, [2]], [1.0, [2]]), ({"a": "e\u0301"}, {"a": "\u00e9", "b": None})],
    ),
    (
        "changed_to",
        "b",
        [("a", "b"), (None, "b"), (["a"], ["a", "b"])],
        [("b", "a"), ("b", "b"), ("a", "c"), (["b"], ["b", "c"])],
    ),
    ("changed_to", ["b", "c"], [("b", "c"), ("a", "c")], [("c", "a")]),
    ("changed_to", 5, [("4", "5"), (4, 5.0)], [("5", 5)]),
    ("changed_from", "a", [("a", "b"), ("a", None), (["a", "b"], ["b"])], [("b", "a"), (None, "a")]),
]


@pytest.mark.parametrize("given", ["changes", "before"])
@pytest.mark.parametrize(
    ("op", "value", "before", "after", "expected"),
    [
        (op, value, before, after, expected)
        for op, value, matching, others in CHANGES
        for pairs, expected in ((matching, True), (others, False))
        for before, after in pairs
    ],
)
def test_change_operator(given: str, op: str, value: Any, before: Any, after: Any, expected: bool) -> None:
    condition = parse_condition({"field": "record.it", "op": op, "value": value}, "conditions", [])
    event = {"type": "lead.field_changed"}
    if given == "changes":
        context = {"event": {**event, "changes": {"it": {"from": before, "to": after}}}, "record": {"it": "other"}}
    else:
        context = {"event": event, "before": {"it": before}, "record": {"it": after}}
    assert evaluate(condition, context) is expected


@pytest.mark.parametrize(
    "context",
    [{}, {"event": {"type": "x.y"}}, {"event": None, "record": None, "before": None, "related": None, "now": None}],
)
@pytest.mark.parametrize("row", OPERATORS.values(), ids=lambda row: row.name)
def test_nothing_known_is_never_an_error(row: Any, context: dict[str, Any]) -> None:
    value = {
        "scalar": "a",
        "scalars": "a",
        "list": ["a"],
        "text": "a",
        "pattern": "a*",
        "number": 1,
        "range": [1, 2],
        "flag": True,
        "when": "today",
        "duration": {"days": 1},
    }[row.takes]
    condition = parse_condition({"field": "record.it", "op": row.name, "value": value}, "conditions", [])
    assert evaluate(condition, context) is (row.name in {"not_equals", "not_in", "is_empty"})


def test_every_operator_has_a_table() -> None:
    assert {row[0] for row in [*TABLE, *CHANGES]} == set(OPERATORS)
