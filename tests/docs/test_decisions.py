"""Every decision can be found by its number, and says whether it still holds."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.pages import DECISIONS, decisions, links, name_of

STATUS = re.compile(r"accepted(, refined by (?P<refined>\d+(?:( and |, )\d+)*))?|superseded by (?P<by>\d+)")
PARTS = ["Decision", "Why", "Alternatives considered"]


def number_of(page: Path) -> int:
    return int(page.name[:4])


def field(page: Path, name: str) -> str:
    """Return the value of a line such as `Status: accepted`."""
    (value,) = re.findall(rf"^{name}: (.+)$", page.read_text(), flags=re.M)
    return str(value)


def test_numbers_are_unique_and_without_gaps() -> None:
    assert [page.name for page in decisions() if not re.fullmatch(r"\d{4}-[a-z0-9-]+\.md", page.name)] == []
    assert [number_of(page) for page in decisions()] == list(range(1, len(decisions()) + 1))


@pytest.mark.parametrize("page", decisions(), ids=name_of)
def test_a_decision_has_number_title_status_date_and_its_parts(page: Path) -> None:
    text = page.read_text()
    assert re.match(rf"# {number_of(page)}\. \S", text)
    assert STATUS.fullmatch(field(page, "Status"))
    assert re.fullmatch(r"20\d\d-\d\d-\d\d", field(page, "Date"))
    assert re.findall(r"^## (.+)$", text, flags=re.M) == PARTS
    assert all(part.strip() for part in re.split(r"^## .+$", text, flags=re.M))


@pytest.mark.parametrize("page", decisions(), ids=name_of)
def test_a_status_names_later_decisions_that_exist(page: Path) -> None:
    named = [int(number) for number in re.findall(r"\d+", field(page, "Status"))]
    assert all(number_of(page) < number <= len(decisions()) for number in named)


def test_the_index_lists_every_decision_once_with_its_title_and_status() -> None:
    index = (DECISIONS / "README.md").read_text()
    rows = re.findall(r"^\| (\d+) \| \[(.+)\]\((.+)\) \| (.+) \|$", index, flags=re.M)
    listed = sorted((int(number), title, file, status) for number, title, file, status in rows)
    titles = {page: page.read_text().splitlines()[0].partition(". ")[2] for page in decisions()}
    assert listed == [(number_of(page), titles[page], page.name, field(page, "Status")) for page in decisions()]
    assert {link for link in links(DECISIONS / "README.md") if "/" not in link} == {page.name for page in decisions()}
