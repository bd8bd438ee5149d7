"""Orders of imports: valid ones are read, every problem of others is reported."""

from __future__ import annotations

import json
from typing import Any

import pytest

from whenthen.domain.common.errors import Invalid
from whenthen.domain.imports import spec
from whenthen.domain.imports.job import Column, ColumnType, FileFormat, Order, RuleSwitch
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


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
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
