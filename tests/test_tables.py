"""The tables that are printed after the tests."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.tables import FIGURE, ROW, figures_of, shown, tables_of


@dataclass
class Report:
    passed: bool
    user_properties: list[tuple[str, Any]] = field(default_factory=list)


def report(row: str, *, passed: bool = True) -> Report:
    return Report(passed, [("other", 1), (ROW, ["Triggers", row, f"what {row} is", "POST"])])


def test_a_table_has_a_line_for_each_row_and_says_how_many_passed() -> None:
    [(title, lines)] = tables_of([report("T02"), report("T01"), Report(passed=True)]).items()
    assert title == "Triggers"
    assert [text for text, _ in shown(lines)] == [
        "✔ T01  what T01 is  POST",
        "✔ T02  what T02 is  POST",
        "rows passed: 2 of 2",
    ]


def test_a_row_passes_with_all_its_parts() -> None:
    [lines] = tables_of([report("T01"), report("T01a", passed=False), report("T02")]).values()
    assert [(text.split()[:2], passed) for text, passed in shown(lines)] == [
        (["✔", "T01"], True),
        (["✘", "T01a"], False),
        (["✔", "T02"], True),
        (["rows", "passed:"], False),
    ]
    assert shown(lines)[-1][0] == "rows passed: 1 of 2"


def test_what_failed_once_has_failed() -> None:
    [lines] = tables_of([report("T01", passed=False), report("T01")]).values()
    assert list(lines.values()) == [False]


def test_figures_are_told_apart_from_rows() -> None:
    reports = [report("T01"), *(Report(passed=True, user_properties=[(FIGURE, text)]) for text in ("2 s", "1 s"))]
    assert figures_of(reports) == ["1 s", "2 s"]
    assert list(tables_of(reports)) == ["Triggers"]
