"""Each sentence of the docs with a "must", a "never" or a number is that of the code, or a test that exists holds it.

The tables in `tests/docs/claims` name a sentence by a piece of it. They fail with a page whose sentence vanishes, with
a number that is not that of the code any more, with a test that does not exist, and with a claim that nobody named.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from functools import cache
from pathlib import Path

import pytest

from tests.docs.claims import (
    bounds_of_calls,
    bounds_of_pages,
    bounds_of_rules,
    bounds_of_stack,
    tested_pages,
    tested_rules,
)
from tests.docs.claims.exempt import EXEMPT, UNREAD
from tests.docs.claims.row import PLACE, Bound, Exempt, Held
from tests.docs.claims.stated import Stated, around, named_in_rows, spans, stated
from tests.docs.pages import DOCS

TESTS = Path(__file__).parents[1]
BOUNDS = (*bounds_of_rules.BOUNDS, *bounds_of_pages.BOUNDS, *bounds_of_calls.BOUNDS, *bounds_of_stack.BOUNDS)
TESTED = (*tested_rules.TESTED, *tested_pages.TESTED, *bounds_of_calls.TESTED)
PAGES = sorted(
    name for page in DOCS.rglob("*.md") if not (name := page.relative_to(DOCS).as_posix()).startswith(tuple(UNREAD))
)


@cache
def names_in(path: Path) -> frozenset[str]:
    """Return the names of the tests in a file."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = (node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return frozenset(name for name in found if name.startswith("test_"))


@cache
def places() -> dict[str, list[tuple[int, int]]]:
    """Return what the tables name of each page, as places in its text."""
    named: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
    for row in (*BOUNDS, *TESTED, *EXEMPT):
        named[row.page] += spans(row.page, row.said)
    return named


def is_named(page: str, found: Stated) -> bool:
    """Tell whether a row of a table holds all of the claim."""
    return any(start <= found.start and found.end <= end for start, end in places()[page])


def by_said(row: Bound | Held | Exempt) -> str:
    """Name a row in a report."""
    return f"{row.page}: {row.said}"


@pytest.mark.parametrize("row", BOUNDS, ids=by_said)
def test_a_number_is_that_of_the_code(row: Bound) -> None:
    assert row.fragment.count(PLACE) == len(row.values)
    assert spans(row.page, row.said), f"docs/{row.page} does not say: {row.said}"


@pytest.mark.parametrize("row", TESTED, ids=by_said)
def test_a_sentence_is_held_by_a_test_that_exists(row: Held) -> None:
    assert spans(row.page, row.said), f"docs/{row.page} does not say: {row.said}"
    path, _, test = row.test.partition("::")
    assert test in names_in(TESTS / path)


@pytest.mark.parametrize("row", EXEMPT, ids=by_said)
def test_what_needs_no_test_is_said(row: Exempt) -> None:
    assert spans(row.page, row.said), f"docs/{row.page} does not say: {row.said}"


@pytest.mark.parametrize("page", PAGES)
def test_every_claim_of_a_page_is_named(page: str) -> None:
    assert [around(page, found) for found in stated(page) if not is_named(page, found)] == []


@pytest.mark.parametrize("page", PAGES)
def test_a_row_of_a_page_names_tests_that_exist(page: str) -> None:
    everywhere = {test for path in TESTS.rglob("test_*.py") for test in names_in(path)}
    assert named_in_rows(page) - everywhere == set()


def test_no_row_is_there_twice() -> None:
    rows = [(row.page, row.said) for row in (*BOUNDS, *TESTED, *EXEMPT)]
    assert [row for row in rows if rows.count(row) > 1] == []


def test_a_claim_that_nobody_named_is_found() -> None:
    page = PAGES[0]
    assert not is_named(page, Stated(-2, -1))
