"""Every page can be read: its links lead somewhere, its beginning is short, its examples are valid."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from dev.paths import ROOT
from tests.docs.pages import DOCS, all_pages, anchors, blocks, first_paragraph, links, name_of, prose, sentences
from whenthen.domain.rules import parse_rule

OPENING = re.compile(r"After reading this page,? you (can|know)\b")
WITHOUT_OPENING = {"README.md", "CHANGELOG.md", "docs/performance.md"}
"""The first greets a visitor, the second has the form of Keep a Changelog, the third is a report of figures."""

SOURCES = ["layers/whenthen", "functions", "dev", "tests", "benchmarks"]
"""Folders whose comments and docstrings name pages."""


def problems_of_links(page: Path) -> list[str]:
    """Return each link of the page that leads nowhere."""
    broken = []
    for target in links(page):
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        if not file.exists() or (anchor and anchor not in anchors(file)):
            broken.append(target)
    return broken


@pytest.mark.parametrize("page", all_pages(), ids=name_of)
def test_every_link_leads_somewhere(page: Path) -> None:
    assert problems_of_links(page) == []


@pytest.mark.parametrize("page", all_pages(), ids=name_of)
def test_no_two_sections_of_a_page_have_one_name(page: Path) -> None:
    sections = [line for line in prose(page).splitlines() if line.startswith("## ")]
    assert len(set(sections)) == len(sections), "a link leads to the first of them alone"


def test_a_broken_link_and_a_broken_anchor_are_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "# A page\n\n## Two words\n\n[a](gone.md) [b](#two-words) [c](#three-words) [d](https://example.com)\n"
    )
    assert problems_of_links(page) == ["gone.md", "#three-words"]


@pytest.mark.parametrize("page", all_pages(), ids=name_of)
def test_the_first_paragraph_has_at_most_three_sentences(page: Path) -> None:
    assert len(sentences(first_paragraph(page))) <= 3


def test_sentences_are_counted_without_the_stops_of_code_and_links() -> None:
    assert len(sentences("Read `a. B. C` and [x. Y](z.md). Then go on, e.g. here. **Stop.**")) == 3


@pytest.mark.parametrize("page", all_pages(), ids=name_of)
def test_a_page_begins_with_what_its_reader_can_do(page: Path) -> None:
    own = name_of(page)
    if own in WITHOUT_OPENING or re.fullmatch(r"docs/decisions/\d{4}-.*", own):
        return
    assert OPENING.match(first_paragraph(page))


def test_every_page_of_the_docs_is_in_the_index() -> None:
    index = {(DOCS / target.partition("#")[0]).resolve() for target in links(DOCS / "README.md")}
    pages = {page for page in DOCS.rglob("*.md") if page.parent.name != "decisions"} - {DOCS / "README.md"}
    assert pages - index == set()


def examples() -> list[Any]:
    """Return every complete rule in the pages, by page and name."""
    found = []
    for page in all_pages():
        for block in blocks(page, "json"):
            document = json.loads(block) if "…" not in block else {}
            if "trigger" in document and "name" in document:
                found.append(pytest.param(document, id=f"{name_of(page)}: {document['name']}"))
    return found


@pytest.mark.parametrize("rule", examples())
def test_every_rule_in_the_pages_can_be_parsed(rule: dict[str, Any]) -> None:
    assert parse_rule(rule).name == rule["name"]


def test_the_readme_shows_the_rule_that_the_demo_loads() -> None:
    loaded = json.loads((ROOT / "dev/demo/rules/1_welcome_spring_lead.json").read_text())
    del loaded["description"]
    assert [json.loads(block) for block in blocks(ROOT / "README.md", "json")] == [loaded]


def test_every_guarantee_names_tests_that_exist() -> None:
    rows = re.findall(r"^\| \*\*.*\| (.*) \|$", prose(ROOT / "README.md"), flags=re.M)
    assert len(rows) >= 8
    for row in rows:
        named = re.findall(r"`([^`]+)`", row)
        assert named
        assert [path for path in named if not (ROOT / path).exists()] == []


def test_pages_that_the_sources_name_exist() -> None:
    files = [ROOT / "template.yaml", ROOT / "layers/dependencies/requirements.txt"]
    files += [file for folder in SOURCES for file in (ROOT / folder).rglob("*.py")]
    named = {page for file in files for page in re.findall(r"\bdocs/[\w/-]+\.(?:md|json)", file.read_text())}
    assert len(named) >= 4
    assert {page for page in named if not (ROOT / page).exists()} == set()
