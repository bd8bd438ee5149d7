"""The glossary has each word once, and says it in one line."""

from __future__ import annotations

import re

from tests.docs.pages import DOCS

ROW = re.compile(r"^\| (?P<word>[a-z][a-z ]+) \| (?P<meaning>.+?) \| (?P<called>.+?) \|$", re.M)


def rows() -> list[re.Match[str]]:
    return list(ROW.finditer((DOCS / "glossary.md").read_text()))


def words() -> list[str]:
    """List the words of the rows, and those that a row defines beside its own (in italics)."""
    found = [row["word"] for row in rows() if row["word"] != "word"]
    return found + [beside for row in rows() for beside in re.findall(r"\*([a-z ]+)\*", row["meaning"])]


def test_each_word_is_listed_once() -> None:
    listed = words()
    lines = [line for line in (DOCS / "glossary.md").read_text().splitlines() if line.startswith("| ")]
    assert len(rows()) == len(lines) >= 40, "a row has another form"
    assert sorted(listed) == sorted(set(listed))


def test_a_meaning_is_short() -> None:
    long = {row["word"]: row["meaning"] for row in rows() if len(row["meaning"].split()) > 30}
    assert long == {}


def test_every_package_that_the_glossary_names_exists() -> None:
    named = {path for row in rows() for path in re.findall(r"`((?:domain|sources)/[\w/]+)`", row["called"])}
    package = DOCS.parent / "layers/whenthen/whenthen"
    assert len(named) >= 5
    assert {path for path in named if not ((package / path).exists() or (package / f"{path}.py").exists())} == set()
