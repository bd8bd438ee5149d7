"""What all tests share: tables of rows that tests went through, printed when all tests have run.

A test says which row it is about with `record_property(TABLE, [table, row, what, how])`. The properties travel
with the reports, so the tables are whole under pytest-xdist too, and a row that failed is in them as well.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

TABLE = "row of a table"


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print each table: its rows, whether each passed, and how many did. A row in parts passes with all of them."""
    tables: dict[str, dict[tuple[str, str, str], bool]] = defaultdict(dict)
    for outcome in ("passed", "failed", "error"):
        for report in terminalreporter.stats.get(outcome, ()):
            for name, value in getattr(report, "user_properties", ()):
                if name == TABLE:
                    title, *line = value
                    tables[title][tuple(line)] = report.passed and tables[title].get(tuple(line), True)
    for title, lines in sorted(tables.items()):
        _print(terminalreporter, title, lines)


def _print(terminalreporter: Any, title: str, lines: dict[tuple[str, str, str], bool]) -> None:
    widths = [max(len(line[column]) for line in lines) for column in range(2)]
    terminalreporter.section(title)
    rows: dict[str, bool] = {}
    for (row, what, how), passed in sorted(lines.items()):
        shown = f"{row:<{widths[0]}}  {what:<{widths[1]}}  {how}"
        terminalreporter.line(f"{'✔' if passed else '✘'} {shown}", **{"green" if passed else "red": True})
        rows[row[:3]] = rows.get(row[:3], True) and passed
    terminalreporter.line(f"rows passed: {sum(rows.values())} of {len(rows)}", bold=True)
