"""The page of reason codes is current, and has each code once."""

from __future__ import annotations

import re
from functools import cache

import pytest

from dev import reasons
from dev.reasons import PAGE
from whenthen.api.rendering.vocabulary import EXPLAINED
from whenthen.domain.common.errors import AT_FIELD
from whenthen.domain.lint.findings import NEVER_HOLDS
from whenthen.usecases.records.reason_codes import NO_PHONE

ROW = re.compile(r"^\| `([a-z0-9_.]+)` \| (.*) \| ((?:`\w+`(?:, )?)*) \|$", re.M)


@cache
def page() -> str:
    """The page as it is to be, written once: that reads all sources."""
    return reasons.page()


@cache
def rows() -> dict[str, tuple[str, str]]:
    """Return code → its text and its parameters, as the page shows them."""
    return {code: (text, parameters) for code, text, parameters in ROW.findall(page())}


def test_the_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "write it anew: python -m dev.reasons"


def test_each_code_stands_once_and_has_a_text() -> None:
    lines = [line for line in page().splitlines() if line.startswith("| `")]
    assert len(rows()) == len(lines) > 400
    assert [code for code, (text, _) in rows().items() if not text] == []


@pytest.mark.parametrize(
    ("code", "parameters"),
    [(AT_FIELD.code, "`field`, `problem`"), (NO_PHONE.code, "`value`"), (EXPLAINED["only_new"], "")],
)
def test_a_code_stands_with_its_parameters(code: str, parameters: str) -> None:
    assert rows()[code][1] == parameters


def test_a_code_stands_under_its_area() -> None:
    areas = {title: body for title, _, body in (part.partition("\n") for part in page().split("\n## ")[1:])}
    assert f"| `{NEVER_HOLDS.code}` |" in areas["Findings of lint"]
    assert f"| `{NO_PHONE.code}` |" in areas["Records and imports"]


def test_names_for_people_are_no_reasons() -> None:
    assert [code for code in rows() if code.startswith(("action.", "sentence.", "verb."))] == []


def test_a_text_with_angle_brackets_is_shown_as_it_is() -> None:
    assert r"Bearer \<key>" in rows()["api_key.required"][0]
