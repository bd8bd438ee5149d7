"""Read an import's order as an admin writes it, and convert it to and from the stored form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import convert

from whenthen.domain.common.document_reader import Reader
from whenthen.domain.common.errors import Invalid, Problem
from whenthen.domain.common.reason_codes import BAD_RECORD_KIND, REQUIRED, TOO_MANY
from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.imports.job import (
    LIST_SEPARATOR,
    MAX_COLUMNS,
    MAX_ENROL_RULES,
    Blank,
    Column,
    ColumnType,
    FileFormat,
    Language,
    Order,
    RuleSwitch,
)
from whenthen.domain.records.consent import is_consent_column
from whenthen.domain.records.record import FIELD, KIND, RESERVED
from whenthen.domain.temporal.written_dates import DateOrder

DELIMITERS = (",", ";", "\t", "|")
SEPARATORS = (";", ",", "|", "\n", "/")
"""Characters that may stand between the items of a list in one cell."""

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
    order = Order(
        kind=kind,
        format=FileFormat(chosen),
        rules=switch,
        enrol=enrol,
        delimiter=_delimiter(reader, chosen),
        columns=_columns(reader, chosen),
        blanks=Blank(_of_csv(reader, "blanks", chosen, [*Blank], Blank.KEEP)),
        language=Language(found) if (found := _of_csv(reader, "language", chosen, [*Language], "")) else None,
        date_order=_date_order(reader),
    )
    reader.finish()
    if problems:
        raise Invalid(problems)
    return order


def _of_csv(reader: Reader, name: str, chosen: str, options: Sequence[str], default: str) -> str:
    if name in reader and chosen != FileFormat.CSV:
        reader.report(name, NOT_CSV())
    return reader.choice(name, options, default)


def _date_order(reader: Reader) -> DateOrder | None:
    chosen = reader.choice("date_order", [*DateOrder], "")
    return DateOrder(chosen) if chosen else None


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
    blank = child.choice("blank", [*Blank], "")
    column = Column(
        field=name,
        type=ColumnType(child.choice("type", [*ColumnType], column_of(name).type)),
        separator=child.choice("separator", SEPARATORS, LIST_SEPARATOR),
        blank=Blank(blank) if blank else None,
    )
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
    if name == OWN_ID or is_consent_column(name):
        return True
    return FIELD.fullmatch(name) is not None and name not in RESERVED


def to_json(order: Order) -> dict[str, Any]:
    """Return the order as it is stored and shown."""
    return {
        "kind": order.kind,
        "format": order.format.value,
        "rules": order.rules.value,
        "enrol": list(order.enrol),
        "delimiter": order.delimiter,
        "columns": {header: _column_json(column) for header, column in order.columns.items()},
        "blanks": order.blanks.value,
        "language": order.language and order.language.value,
        "date_order": order.date_order.value if order.date_order else None,
        "country": order.country,
    }


def _column_json(column: Column) -> dict[str, Any] | None:
    """Return a column with those of its settings that are not the usual ones. None if it is left out."""
    if not column.field:
        return None
    document: dict[str, Any] = {"field": column.field, "type": column.type.value}
    if column.separator != LIST_SEPARATOR:
        document["separator"] = column.separator
    return document | ({"blank": column.blank.value} if column.blank else {})


def from_json(document: Mapping[str, Any]) -> Order:
    """Read an order that `to_json` wrote."""
    columns = {header: column or {"field": ""} for header, column in document["columns"].items()}
    return convert({**document, "columns": columns}, Order)
