"""Describe event types: their data, the makers of such events, and the checks of reported data."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from msgspec import Struct, field

from whenthen.domain.common.errors import Invalid, Problem
from whenthen.domain.common.reason_codes import (
    NOT_FLAG,
    NOT_LIST,
    NOT_NUMBER,
    NOT_OBJECT,
    NOT_TEXT,
    NOT_TEXT_LIST,
    REQUIRED,
)
from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.events.event import BAD_TIME, parse_time
from whenthen.domain.records.record import BAD_REF, parse_ref

BAD_DATE = ReasonCode("date.malformed")


class DataType(StrEnum):
    """Tell what a field of an event's data holds."""

    TEXT = "text"
    NUMBER = "number"
    FLAG = "flag"
    TIME = "time"
    DATE = "date"
    RECORD = "record"
    TEXTS = "texts"
    LIST = "list"
    OBJECT = "object"
    ANY = "any"


class Maker(StrEnum):
    """Name the makers of events.

    `source`: sources that an admin configured; `receiver`: our own receivers of WhatsApp, mail and Meta's leads;
    `report`: other systems, through the API and the bus.
    """

    STORE = "store"
    RECEIVER = "receiver"
    SOURCE = "source"
    CLOCK = "clock"
    ENGINE = "engine"
    REPORT = "report"


class DataField(Struct, frozen=True):
    """Describe one field of an event's data. Other fields are allowed: those that a source adds are stored."""

    name: str
    type: DataType
    description: str
    required: bool = False


class EventType(Struct, frozen=True):
    """Describe one type of event.

    makers   who makes such events; `report`: other systems may, through the API and the bus
    derived  what has to happen for one to be made, in a sentence
    about    what its subject is
    """

    type: str
    description: str
    makers: tuple[Maker, ...]
    derived: str
    data: tuple[DataField, ...] = ()
    example: Mapping[str, Any] = field(default_factory=dict)
    about: str = "the person that it came from, where known"

    @property
    def kind(self) -> str:
        """Return the part of the type before the dot."""
        return self.type.partition(".")[0]

    @property
    def reported(self) -> bool:
        """Tell whether other systems may send it."""
        return Maker.REPORT in self.makers

    def to_json(self) -> dict[str, Any]:
        """Return the row as the API shows it."""
        return {
            "type": self.type,
            "description": self.description,
            "makers": list(self.makers),
            "derived": self.derived,
            "about": self.about,
            "data": [
                {"name": row.name, "type": row.type, "description": row.description, "required": row.required}
                for row in self.data
            ],
            "example": dict(self.example),
        }


def problems_of(fields: Sequence[DataField], data: Mapping[str, Any], path: str) -> list[Problem]:
    """Return the problems of `data`, each with its field under `path`."""
    problems = []
    for row in fields:
        value = data.get(row.name)
        if value is None:
            if row.required:
                problems.append(Problem(f"{path}.{row.name}", REQUIRED()))
        elif not _HOLDS[row.type](value):
            problems.append(Problem(f"{path}.{row.name}", _REQUIRED[row.type]()))
    return problems


def _reads(read: Callable[[Any], object]) -> Callable[[Any], bool]:
    def holds(value: Any) -> bool:
        try:
            read(value)
        except (Invalid, ValueError, TypeError):
            return False
        return True

    return holds


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _read_date(value: Any) -> date:
    """Read a date alone. `date.fromisoformat` takes 20260314 too, which no condition would read as a date."""
    read = datetime.strptime(value, "%Y-%m-%d").date()  # noqa: DTZ007 - a date has no zone
    if len(value) != len("2026-03-14"):
        raise ValueError(value)
    return read


_HOLDS: Mapping[DataType, Callable[[Any], bool]] = {
    DataType.TEXT: lambda value: isinstance(value, str),
    DataType.NUMBER: lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    DataType.FLAG: lambda value: isinstance(value, bool),
    DataType.TIME: _reads(lambda value: parse_time(value, "time")),
    DataType.DATE: _reads(_read_date),
    DataType.RECORD: _reads(parse_ref),
    DataType.TEXTS: _is_texts,
    DataType.LIST: lambda value: isinstance(value, list),
    DataType.OBJECT: lambda value: isinstance(value, Mapping),
    DataType.ANY: lambda value: True,
}

_REQUIRED: Mapping[DataType, ReasonCode] = {
    DataType.TEXT: NOT_TEXT,
    DataType.NUMBER: NOT_NUMBER,
    DataType.FLAG: NOT_FLAG,
    DataType.TIME: BAD_TIME,
    DataType.DATE: BAD_DATE,
    DataType.RECORD: BAD_REF,
    DataType.TEXTS: NOT_TEXT_LIST,
    DataType.LIST: NOT_LIST,
    DataType.OBJECT: NOT_OBJECT,
}
"""Type → the reason against a value that is not of it. Any value is an ANY."""
