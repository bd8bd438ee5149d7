"""Join the events of one change of a record in one document, and part them again.

The first event of a change is its main one: the record was created, updated, deleted or merged. The others report the
same of one field (`deal.stage_changed`) or of a milestone (`invoice.paid`): they have all that the main one has, and
some facts more. So one document carries them all: the main event's, `types` with the type of each, and in `also` the
id, type and facts of each other one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from whenthen.domain.common.errors import Malformed
from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.events import event as events
from whenthen.domain.events.event import EVENT_TYPE, MAX_EVENT_BYTES, Event, bytes_of

# `also`, the list of a change's other events, is not one of objects with id, type and data.
NOT_SIBLINGS = ReasonCode("event.malformed_siblings")

SEPARATOR = "."
"""Stands between the id of a change's main event and the name of another event of that change."""

Group = tuple[Event, ...]
"""The events of one change, the main one first; or one event."""


def sibling_id(main: str, verb: str) -> str:
    """Return the id of another event of the change whose main event has the id `main`."""
    return f"{main}{SEPARATOR}{verb}"


def main_id(event_id: str) -> str:
    """Return the id of the main event of an event's change; that of the event itself, if it is the main one."""
    return event_id.partition(SEPARATOR)[0]


def groups(found: Iterable[Event]) -> Iterator[Group]:
    """Yield the events in their order, those of one change together while one document holds them."""
    group: list[Event] = []
    for event in found:
        if group and not (_belongs(event, group[0]) and bytes_of(to_json([*group, event])) <= MAX_EVENT_BYTES):
            yield tuple(group)
            group = []
        group.append(event)
    if group:
        yield tuple(group)


def _belongs(event: Event, main: Event) -> bool:
    """Tell whether the event is another one of the main event's change, and can be made of it."""
    return main_id(event.id) == main.id and _sibling(main, _more(event, main)) == event


def _more(event: Event, main: Event) -> dict[str, Any]:
    """Return what the event has beyond the main one."""
    facts = {name: value for name, value in event.data.items() if main.data.get(name, ...) != value}
    return {"id": event.id, "type": event.type, "data": facts}


def _sibling(main: Event, more: Mapping[str, Any]) -> Event:
    return replace(main, id=more["id"], type=more["type"], data={**main.data, **more["data"]})


def to_json(group: Sequence[Event]) -> dict[str, Any]:
    """Return one document for all events of a group: the main event's CloudEvents form, and the others' facts."""
    return _joined(events.to_json(group[0]), group)


def to_stored_json(group: Sequence[Event]) -> dict[str, Any]:
    """Return the document of a group as the store keeps it."""
    return _joined(events.to_stored_json(group[0]), group)


def _joined(main_document: dict[str, Any], group: Sequence[Event]) -> dict[str, Any]:
    main, *others = group
    document = {**main_document, "types": [each.type for each in group]}
    return {**document, "also": [_more(each, main) for each in others]} if others else document


def from_json(document: Any) -> Group:
    """Read the events of a document. Raises Malformed, or Invalid naming fields of the main event."""
    main = events.from_json(document)
    also = document.get("also", [])
    if not isinstance(also, list) or not all(map(_is_more, also)):
        raise Malformed(NOT_SIBLINGS())
    return main, *(_sibling(main, more) for more in also)


def _is_more(found: Any) -> bool:
    match found:
        case {"id": str(event_id), "type": str(event_type), "data": Mapping()}:
            return bool(event_id) and EVENT_TYPE.fullmatch(event_type) is not None
    return False
