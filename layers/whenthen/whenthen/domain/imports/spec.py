"""Read an import's order as an admin writes it, and convert it to and from the stored form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from whenthen.domain.common.document_reader import Reader
from whenthen.domain.common.errors import Invalid, Problem
from whenthen.domain.common.reason_codes import BAD_RECORD_KIND, REQUIRED, TOO_MANY
from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.imports.job import MAX_COLUMNS, MAX_ENROL_RULES, Column, ColumnType, FileFormat, Order, RuleSwitch
from whenthen.domain.records.record import FIELD, KIND, RESERVED

DELIMITERS = (",", ";", "\t", "|")
OWN_ID = "id"
"""Name the column or field that holds a record's id."""


ENROL_NOT_CHOSEN = ReasonCode("import.enrol_not_chosen")
NO_RULES = ReasonCode("import.no_rules")
BAD_DELIMITER = ReasonCode("import.unknown_delimiter")
NOT_CSV = ReasonCode("import.not_csv")
BAD_TARGET = ReasonCode("import.malformed_field", "name")


def read_order(written: Mapping[str, Any]) -> Order:
    """Read `{"kind": "contact", "format": "csv", "rules": "skip"}`. Raises Invalid naming each field.

    `rules` has no default: whether twenty thousand customers are written to is for a person to say.
    """
    problems: list[Problem] = []
    reader = Reader(written, "", problems)
    kind = reader.text("kind", required=True)
    if kind and not KIND.fullmatch(kind):
        reader.report("kind", BAD_RECORD_KIND())
    for name in ("format", "rules"):
        if name not in reader:
            reader.report(name, REQUIRED())
    chosen = reader.choice("format", [*FileFormat], FileFormat.CSV)
    switch = RuleSwitch(reader.choice("rules", [*RuleSwitch], RuleSwitch.SKIP))
    enrol = reader.texts("enrol", most=MAX_ENROL_RULES)
    if (switch is RuleSwitch.ENROL) != bool(enrol):
        reader.report("enrol", ENROL_NOT_CHOSEN() if enrol else NO_RULES())
    order = Order(kind, FileFormat(chosen), switch, enrol, _delimiter(reader, chosen), _columns(reader, chosen))
    reader.finish()
    if problems:
        raise Invalid(problems)
    return order


def _delimiter(reader: Reader, chosen: str) -> str:
    value = reader.value("delimiter")
    if value is None:
        return ","
    if value not in DELIMITERS or chosen != FileFormat.CSV:
        reader.report("delimiter", BAD_DELIMITER())
        return ","
    return str(value)


def _columns(reader: Reader, chosen: str) -> dict[str, Column]:
    written = reader.mapping("columns")
    if written and chosen != FileFormat.CSV:
        reader.report("columns", NOT_CSV())
    if len(written) > MAX_COLUMNS:
        reader.report("columns", TOO_MANY(count=MAX_COLUMNS, found=len(written)))
        return {}
    return {header: _column(reader, header, target) for header, target in written.items()}


def _column(reader: Reader, header: str, target: Any) -> Column:
    """Read `"email"`, `{"field": "amount", "type": "number"}`, or null for a column that is left out."""
    if target is None:
        return Column("")
    if isinstance(target, str):
        return _checked(reader, f"columns.{header}", column_of(target))
    child = Reader(target, reader.field(f"columns.{header}"), reader.problems)
    name = child.text("field", required=True)
    column = Column(name, ColumnType(child.choice("type", [*ColumnType], column_of(name).type)))
    child.finish()
    return _checked(reader, f"columns.{header}", column)


def _checked(reader: Reader, path: str, column: Column) -> Column:
    if not is_target(column.field):
        reader.report(path, BAD_TARGET(name=column.field))
    return column


def column_of(name: str) -> Column:
    """Return the column that goes to the field of this name, with the field's usual type."""
    return Column(name, ColumnType.LIST if name == "tags" else ColumnType.TEXT)


def is_target(name: str) -> bool:
    """Tell whether a column may go to the field of this name."""
    return name == OWN_ID or (FIELD.fullmatch(name) is not None and name not in RESERVED)


def to_json(order: Order) -> dict[str, Any]:
    """Return the order as it is stored and shown."""
    return {
        "kind": order.kind,
        "format": order.format.value,
        "rules": order.rules.value,
        "enrol": list(order.enrol),
        "delimiter": order.delimiter,
        "columns": {
            header: {"field": column.field, "type": column.type.value} if column.field else None
            for header, column in order.columns.items()
        },
    }


def from_json(document: Mapping[str, Any]) -> Order:
    """Read an order that `to_json` wrote."""
    columns = {
        header: Column(column["field"], ColumnType(column["type"])) if column else Column("")
        for header, column in document["columns"].items()
    }
    return Order(
        kind=document["kind"],
        format=FileFormat(document["format"]),
        rules=RuleSwitch(document["rules"]),
        enrol=tuple(document["enrol"]),
        delimiter=document["delimiter"],
        columns=columns,
    )
