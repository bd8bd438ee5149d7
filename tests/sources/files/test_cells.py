"""Cells say lists, numbers, truths and blanks, in the language of the file."""

from __future__ import annotations

from typing import Any

import pytest

from whenthen.domain.common.errors import Invalid
from whenthen.domain.imports.spec import read_order
from whenthen.sources.files.rows import read_header, read_row

NUMBERS: list[tuple[str, str | None, Any]] = [
    ("1234.5", None, 1234.5),
    ("1.234,5", "tr", 1234.5),
    ("1.234.567", "tr", 1234567),
    ("1234,50", "tr", 1234.5),
    ("-12,5", "id", -12.5),
    ("1 234 567,8", "hu", 1234567.8),
    ("1\u00a0234,5", "hu", 1234.5),
    ("1,234.5", "en", 1234.5),
    ("1,234.5", "he", 1234.5),
    ("+7", "en", 7),
    ("\u22127", "en", -7),
    ("007", "tr", 7),
]


def cells(text: str, **order: Any) -> dict[str, Any]:
    """The fields of the last line of a file."""
    read = read_order({"kind": "contact", "format": "csv", "rules": "skip", "delimiter": ";", **order})
    *_, header, row = text.encode().splitlines()
    return dict(read_row(row, read_header(header, read), read).fields)


@pytest.mark.parametrize(("written", "language", "number"), NUMBERS)
def test_a_number_is_read_in_the_language_of_the_file(written: str, language: str | None, number: Any) -> None:
    found = cells(f"n\n{written}", language=language, columns={"n": {"field": "n", "type": "number"}})
    assert (found["n"], type(found["n"])) == (number, type(number))


TWO_MEANINGS = [("1,5", None), ("1.234,5", None), ("12.5", "tr"), ("1.2345", "tr"), ("1,2,3", "en"), ("12,34", "en")]
NO_NUMBERS = [("x", "tr"), ("", None), ("true", "en"), ("1e5", "tr"), ("9223372036854775808", "tr"), ("٣", "en")]


@pytest.mark.parametrize(("written", "language"), [*TWO_MEANINGS, *NO_NUMBERS])
def test_what_may_mean_two_things_is_refused(written: str, language: str | None) -> None:
    order = {"language": language, "columns": {"n": {"field": "n", "type": "number"}}}
    if not written:
        assert cells("n;m\n;1", **order) == {"m": "1"}
        return
    with pytest.raises(Invalid) as refused:
        cells(f"n\n{written}", **order)
    assert [problem.field for problem in refused.value.problems] == ["n"]


TRUTHS = [("evet", True), ("Hayır", False), ("HAYIR", False), ("igen", True), ("Nem", False), ("ya", True)]
TRUTHS += [("tidak", False), ("כן", True), ("לא", False), ("TRUE", True), ("0", False), ("on", True)]


@pytest.mark.parametrize(("written", "truth"), TRUTHS)
def test_a_truth_is_read_in_all_our_languages(written: str, truth: bool) -> None:
    assert cells(f"vip\n{written}", columns={"vip": {"field": "vip", "type": "boolean"}}) == {"vip": truth}


@pytest.mark.parametrize("written", ["maybe", "2", "x", "belki"])
def test_another_word_is_no_truth(written: str) -> None:
    with pytest.raises(Invalid):
        cells(f"vip\n{written}", columns={"vip": {"field": "vip", "type": "boolean"}})


LISTS: list[tuple[str, str, list[Any]]] = [
    ('"vip; new;;vip"', ";", ["vip", "new"]),
    ("vip, new", ",", ["vip", "new"]),
    ("vip|new", "|", ["vip", "new"]),
    ('"[""vip"", 2024]"', ";", ["vip", 2024]),
]


@pytest.mark.parametrize(("written", "separator", "found"), LISTS)
def test_a_list_is_read_by_its_separator_or_as_json(written: str, separator: str, found: list[Any]) -> None:
    assert cells(f"tags\n{written}", columns={"tags": {"field": "tags", "separator": separator}}) == {"tags": found}


def test_an_empty_cell_keeps_or_erases_as_the_order_and_the_column_say() -> None:
    text = "id;city;note;consent.email;consent\na;;;;"
    assert cells(text) == {}
    assert cells(text, blanks="erase") == {"city": None, "note": None}
    assert cells(text, columns={"note": {"field": "note", "blank": "erase"}}) == {"note": None}
    assert cells(text, blanks="erase", columns={"city": {"field": "city", "blank": "keep"}}) == {"note": None}
