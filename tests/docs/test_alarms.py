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


PARTS = ("**You see**", "**It means**", "**First command", "**It is over**")
OF_MANY_SYMPTOMS = {
    "dead-letters": "has a table of what is seen, the commands, and when it is over",
    "a-sources-deliveries-do-not-arrive": "leads to the guide of sources",
    "mail": "leads to the guide of deployment",
}


def sections() -> dict[str, str]:
    """Return the page's sections by their anchors."""
    found = {}
    for part in PAGE.split("\n## ")[1:]:
        title, _, body = part.partition("\n")
        found[re.sub(r"[^a-z0-9 -]", "", title.lower()).strip().replace(" ", "-")] = body
    return found


def named() -> list[str]:
    """List the sections to which the table of alarms leads."""
    table = PAGE.partition("## Which alarm means what")[2].partition("\n## ")[0]
    return sorted(set(re.findall(r"\]\(#([a-z0-9-]+)\)", table)))


@pytest.mark.parametrize("anchor", sorted(set(named()) - OF_MANY_SYMPTOMS.keys()))
def test_a_section_says_what_is_seen_and_meant_the_first_command_and_when_it_is_over(anchor: str) -> None:
    text = sections()[anchor]
    places = [text.find(part) for part in PARTS]
    assert -1 not in places, [part for part, place in zip(PARTS, places, strict=True) if place == -1]
    assert places == sorted(places), "in this order"


def test_each_variable_of_a_command_is_set_at_the_beginning() -> None:
    setup = sections()["before-you-need-it"]
    used = {name for text in sections().values() for name in re.findall(r"\$([A-Z]+)", text)}
    assert used == {name for name in used if f"\n{name}=" in setup}


def logged() -> set[str]:
    """List the texts of all lines that functions log."""
    code = (
        path.read_text(encoding="utf-8")
        for name in ("layers/whenthen/whenthen", "functions")
        for path in (DOCS.parent / name).rglob("*.py")
    )
    return {text for each in code for text in re.findall(r'(?:logger\.\w+|noted)\(\s*"([^"]+)"', each)} | {
        "run",
        "job",
        "event",
    }


@pytest.mark.parametrize(
    ("how", "text"), re.findall(r'message (=|like) "([^"]+)"', PAGE), ids=lambda each: each.replace(" ", "-")
)
def test_a_query_asks_for_lines_that_functions_log(how: str, text: str) -> None:
    assert any(line == text if how == "=" else line.startswith(text) for line in logged())
