"""Orders of imports: valid ones are read, every problem of others is reported."""

from __future__ import annotations

import json
from typing import Any

import pytest

from whenthen.domain.common.errors import Invalid
from whenthen.domain.imports import spec
from whenthen.domain.imports.job import Blank, Column, ColumnType, FileFormat, Language, Order, RuleSwitch
from whenthen.domain.imports.spec import read_order

GOOD: dict[str, Any] = {"kind": "contact", "format": "csv", "rules": "skip"}


def test_an_order_is_read() -> None:
    columns = {"Mail": "email", "Sum": {"field": "amount", "type": "number"}, "Note": None, "Groups": "tags"}
    written = {**GOOD, "rules": "enrol", "enrol": ["rule_1"], "delimiter": ";", "columns": columns}
    order = read_order(written)
    assert order == Order(
        "contact",
        FileFormat.CSV,
        RuleSwitch.ENROL,
        ("rule_1",),
        ";",
        {
            "Mail": Column("email"),
            "Sum": Column("amount", ColumnType.NUMBER),
            "Note": Column(""),
            "Groups": Column("tags", ColumnType.LIST),
        },
    )
    assert spec.from_json(json.loads(json.dumps(spec.to_json(order)))) == order


def test_an_order_says_how_cells_are_read() -> None:
    columns = {
        "Etiket": {"field": "tags", "separator": ","},
        "E-posta izni": "consent.email",
        "Not": {"field": "note", "blank": "erase"},
    }
    order = read_order({**GOOD, "language": "tr", "blanks": "keep", "columns": columns})
    assert (order.language, order.blanks) == (Language.TR, Blank.KEEP)
    assert order.columns == {
        "Etiket": Column("tags", ColumnType.LIST, ","),
        "E-posta izni": Column("consent.email"),
        "Not": Column("note", blank=Blank.ERASE),
    }
    assert spec.from_json(json.loads(json.dumps(spec.to_json(order)))) == order


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"language": "de"}, "language"),
        ({"blanks": "zero"}, "blanks"),
        ({"format": "json_lines", "language": "tr"}, "language"),
        ({"format": "json_lines", "blanks": "erase"}, "blanks"),
        ({"columns": {"T": {"field": "tags", "separator": "ab"}}}, "columns.T.separator"),
        ({"columns": {"T": {"field": "tags", "blank": True}}}, "columns.T.blank"),
        ({"columns": {"T": "consent.e mail!"}}, "columns.T"),
        ({"columns": {"T": "other.email"}}, "columns.T"),
        ({"rules": None}, "rules"),
        ({"rules": "all"}, "rules"),
        ({"format": None}, "format"),
        ({"format": "xlsx"}, "format"),
        ({"kind": None}, "kind"),
        ({"kind": "No Kind"}, "kind"),
        ({"rules": "enrol"}, "enrol"),
        ({"enrol": ["rule_1"]}, "enrol"),
        ({"rules": "enrol", "enrol": [f"rule_{n}" for n in range(6)]}, "enrol"),
        ({"delimiter": "::"}, "delimiter"),
        ({"delimiter": ["x"]}, "delimiter"),
        ({"format": "json_lines", "delimiter": ";"}, "delimiter"),
        ({"format": "json_lines", "columns": {"a": "b"}}, "columns"),
        ({"columns": ["a"]}, "columns"),
        ({"columns": {"Mail": "no name"}}, "columns.Mail"),
        ({"columns": {"Mail": "version"}}, "columns.Mail"),
        ({"columns": {"Mail": 7}}, "columns.Mail"),
        ({"columns": {"Mail": {"type": "number"}}}, "columns.Mail.field"),
        ({"columns": {"Mail": {"field": "a", "type": "money"}}}, "columns.Mail.type"),
        ({"columns": {str(n): "a" for n in range(201)}}, "columns"),
        ({"colums": {}}, "colums"),
    ],
)
def test_every_problem_of_an_order_is_reported_by_its_field(wrong: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_order({**GOOD, **wrong})
    assert field in [problem.field for problem in refused.value.problems]
