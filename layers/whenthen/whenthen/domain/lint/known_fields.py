"""Know the fields that a condition can ask for, by the types of its rule's events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from whenthen.domain.event_catalog import catalog
from whenthen.domain.event_catalog.event_attributes import ATTRIBUTES
from whenthen.domain.event_catalog.event_types import Maker
from whenthen.domain.event_catalog.record_events import rows_of
from whenthen.domain.event_catalog.record_kinds import KINDS

if TYPE_CHECKING:
    from whenthen.domain.conditions.predicate import Predicate
    from whenthen.domain.event_catalog.event_types import EventType

_OF_EVERY_RECORD: Mapping[str, str] = {
    "kind": "text",
    "id": "text",
    "ref": "text",
    "version": "number",
    "created_at": "time",
    "updated_at": "time",
    "tags": "texts",
    "consent": "object",
}
"""Field of every record → the type of its value. Other fields are free in name and value."""

_NOW: Mapping[str, str] = {"date": "date", "time": "time", "moment": "time", "weekday": "text"}


class Known(Struct, frozen=True):
    """Hold the known fields of a rule's events.

    data      the fields of `event.data` and what they hold
    complete  whether these are all: the catalogue has every one of the types, and none is of those that other systems
              report of records with facts of their own, such as `payment.received` with an amount
    """

    data: Mapping[str, str]
    complete: bool

    def holds(self, predicate: Predicate) -> str:
        """Return the type of the predicate's field; `any` if unknown."""
        held: str | None = None
        match (predicate.path.root, *predicate.path.names):
            case ("history", *_) | ("event", "cause", "depth"):
                held = "number"
            case ("now", name):
                held = _NOW.get(name, "number")
            case ("record" | "before", name):
                held = _OF_EVERY_RECORD.get(name)
            case ("event", name):
                held = ATTRIBUTES.get(name)
            case ("event", "data", name):
                held = self.data.get(name)
        return held or "any"

    def lacks(self, root: str, names: Sequence[str]) -> bool:
        """Tell whether this is a field of the event's data that the catalogue does not have."""
        in_data = root == "event" and len(names) > 1 and names[0] == "data"
        return in_data and self.complete and names[1] not in self.data


def known_of(event_types: Iterable[str]) -> Known:
    """Return the catalogue's fields of these events' data."""
    rows = [catalog.find(event_type) for event_type in event_types]
    data: dict[str, str] = {}
    for field in (field for row in rows if row is not None for field in row.data):
        same = data.setdefault(field.name, field.type) == field.type
        data[field.name] = field.type if same else "any"
    return Known(data, bool(rows) and not any(row is None or _has_own_facts(row) for row in rows))


def _has_own_facts(row: EventType) -> bool:
    """Tell whether the store makes such events, and other systems report them as well."""
    return Maker.STORE in row.makers and row.reported


def is_strange_type(event_type: str) -> bool:
    """Tell whether the catalogue knows the kind and has no such event of it. Kinds that it does not know are free."""
    return event_type.partition(".")[0] in _kinds() and catalog.find(event_type) is None


def is_derived(event_type: str) -> bool:
    """Tell whether whenthen makes the event itself from a change of a record."""
    kind, _, verb = event_type.partition(".")
    return any(row.verb == verb and row.test is not None for row in rows_of(kind))


def _kinds() -> frozenset[str]:
    return frozenset(KINDS) | {row.kind for row in catalog.types()}
