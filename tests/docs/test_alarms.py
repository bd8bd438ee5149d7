"""Each alarm's description leads its reader to a row of the operations page."""

from __future__ import annotations

import re

import pytest

from tests.docs.pages import DOCS
from tests.template.reading import resources, text

PAGE = (DOCS / "guides" / "operations.md").read_text(encoding="utf-8")


def descriptions() -> list[str]:
    """List the descriptions of all alarms in the template."""
    alarms = resources("AWS::CloudWatch::Alarm").values()
    found = {text(alarm["Properties"]["AlarmDescription"]) for alarm in alarms}
    assert len(found) >= 12
    return sorted(found)


def said_by(row: str, description: str) -> bool:
    """Tell whether the row quotes the beginning of the description. An ellipsis stands for any text."""
    return re.match(".*".join(map(re.escape, row.split("…"))), description) is not None


def rows() -> list[str]:
    """List the texts of the first column."""
    section = PAGE.partition("## Which alarm means what")[2].partition("\n## ")[0]
    table = [line for line in section.splitlines() if line.startswith("| ")]
    return [line.split("|")[1].strip() for line in table[1:]]


def test_a_description_that_no_row_quotes_is_found() -> None:
    assert [row for row in rows() if said_by(row, "The moon throttled")] == []


@pytest.mark.parametrize("description", descriptions())
def test_the_page_has_a_row_for_the_alarm(description: str) -> None:
    assert [row for row in rows() if said_by(row, description)], "add a row that quotes the description"


@pytest.mark.parametrize("machine", ["Sequence", "Enrolment", "Import", "Work"])
def test_the_page_has_a_row_for_each_state_machine(machine: str) -> None:
    assert any(row.startswith(f"An execution of {machine} ended") for row in rows())
