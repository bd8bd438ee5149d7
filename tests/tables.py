"""Tables of rows that tests went through, and figures that they measured, printed when all tests have run.

A test says which row it is about with `record_property(ROW, [table, row, what, how])`, before it does anything that
could fail, and what it measured with `record_property(FIGURE, text)`. The properties travel with the reports, so all is
printed under pytest-xdist too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

ROW = "row of a table"

FIGURE = "figure"

Line = tuple[str, str, str]
"""A row's number, what happens, and how."""


class Report(Protocol):
    """Describe the parts of pytest's report that are read."""

    @property
    def passed(self) -> bool:
        """Whether the test passed."""

    @property
    def user_properties(self) -> Sequence[tuple[str, Any]]:
        """Return the properties that the test recorded."""


def tables_of(reports: Iterable[Report]) -> dict[str, dict[Line, bool]]:
    """Each table by its title: its lines, and whether all that was reported of each had passed."""
    tables: dict[str, dict[Line, bool]] = defaultdict(dict)
    for report in reports:
        for name, value in report.user_properties:
            if name == ROW:
                title, row, what, how = value
                line = (row, what, how)
                tables[title][line] = report.passed and tables[title].get(line, True)
    return dict(tables)


def figures_of(reports: Iterable[Report]) -> list[str]:
    """The figures, in order."""
    return sorted(value for report in reports for name, value in report.user_properties if name == FIGURE)


def shown(lines: Mapping[Line, bool]) -> list[tuple[str, bool]]:
    """Each line as text, in order, with whether it passed; at the end how many rows did.

    Rows are told apart by their first three characters: T01a is a part of T01, and T01 passes if all its parts do.
    """
    widths = [max(len(line[column]) for line in lines) for column in range(2)]
    rows: dict[str, bool] = {}
    found = []
    for (row, what, how), passed in sorted(lines.items()):
        found.append((f"{'✔' if passed else '✘'} {row:<{widths[0]}}  {what:<{widths[1]}}  {how}", passed))
        rows[row[:3]] = rows.get(row[:3], True) and passed
    return [*found, (f"rows passed: {sum(rows.values())} of {len(rows)}", all(rows.values()))]
