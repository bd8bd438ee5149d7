"""Each sentence of the security model names tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/security-model.md"
NAMED = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")
PARTIES = ("admin", "API key", "source", "stranger", "provider", "customer", "stack")


def _rows() -> list[tuple[str, str]]:
    lines = [
        line for line in PAGE.read_text().splitlines() if line.startswith("| ") and not line.startswith("| sentence")
    ]
    return [(cells[1].strip(), cells[2]) for cells in (line.split("|") for line in lines)]


@pytest.mark.parametrize(("sentence", "tests"), _rows(), ids=lambda value: value[:60])
def test_each_row_names_tests_that_exist(sentence: str, tests: str) -> None:
    named = NAMED.findall(tests)
    assert sentence.endswith(".")
    assert named, sentence
    for file, test in named:
        text = (ROOT / file).read_text()
        assert not test or re.search(rf"^def {test}\(", text, re.MULTILINE), f"{file} has no {test}"


def test_each_party_has_a_part() -> None:
    headings = " ".join(re.findall(r"^## (.*)$", PAGE.read_text(), re.MULTILINE))
    assert [party for party in PARTIES if party not in headings] == []
