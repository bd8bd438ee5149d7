"""Read triggers that name events: their types, and the change of a field that they require."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from whenthen.domain.common.reason_codes import BAD_EVENT_TYPE
from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.conditions.condition import AllOf, Condition, parse_condition
from whenthen.domain.events.event import EVENT_TYPE
from whenthen.domain.events.types import DATE_REACHED, ENROLLED, FIELD_CHANGED, SCHEDULE_REACHED, STARTED_MANUALLY

if TYPE_CHECKING:
    from whenthen.domain.common.document_reader import Reader
    from whenthen.domain.common.errors import Problem

MAX_TYPES = 20
"""Bound the event types that a rule may watch: it leaves its old ones and enters the new ones in one transaction."""

PUBLISHED_FOR = {DATE_REACHED: "date", SCHEDULE_REACHED: "schedule", STARTED_MANUALLY: "manual", ENROLLED: "enters"}
"""Map each type that is published for a single rule to the kind of trigger that makes it."""

NO_EVENT_TYPE = ReasonCode("trigger_event.missing")
# The type is made for single rules: the trigger `instead` makes it.
MADE_FOR_RULES = ReasonCode("trigger_event.made_for_rules", "type", "instead")
TOO_MANY_TYPES = ReasonCode("trigger_event.too_many", "count", "alias")
NO_CHANGED_FIELD = ReasonCode("change.no_field")


def read_event_types(reader: Reader) -> tuple[str, ...]:
    """Read the `event` of a trigger: the types as an admin writes them."""
    types = reader.texts("event", most=MAX_TYPES)
    if reader.value("event") in ([], ""):
        reader.report("event", NO_EVENT_TYPE())
    for event_type in types:
        if not EVENT_TYPE.fullmatch(event_type):
            reader.report("event", BAD_EVENT_TYPE(value=event_type))
        elif event_type in PUBLISHED_FOR:
            reader.report("event", MADE_FOR_RULES(type=event_type, instead=PUBLISHED_FOR[event_type]))
    return types


def watched_by(reader: Reader, types: tuple[str, ...]) -> tuple[str, ...]:
    """Return the types to watch for those that an admin wrote, and report if they are too many."""
    both = watched(types)
    if len(both) > MAX_TYPES >= len(types):
        reader.report("event", TOO_MANY_TYPES(count=MAX_TYPES, alias=FIELD_CHANGED))
    return both


def watched(types: tuple[str, ...]) -> tuple[str, ...]:
    """Return the types and those that they stand for: `<kind>.field_changed` is published as `updated`."""
    aliased = (f"{name.partition('.')[0]}.updated" for name in types if name.endswith(f".{FIELD_CHANGED}"))
    return tuple(dict.fromkeys((*types, *aliased)))


def written_types(types: Iterable[str]) -> list[str]:
    """List the types as an admin writes them: without the one that `<kind>.field_changed` is published as."""
    given = list(types)
    aliases = {f"{name.partition('.')[0]}.updated" for name in given if name.endswith(f".{FIELD_CHANGED}")}
    return [name for name in given if name not in aliases]


def read_change(reader: Reader) -> Condition | None:
    """Read `field`, `from` and `to`: the change of a record's field that the trigger requires."""
    whole = reader.text("field")
    name = whole.removeprefix("record.")
    before, after = reader.value("from"), reader.value("to")
    if not whole:
        if before is not None or after is not None:
            reader.report("field", NO_CHANGED_FIELD())
        return None
    required = [("field", "changed", True)]
    required += [("from", "changed_from", before)] if before is not None else []
    required += [("to", "changed_to", after)] if after is not None else []
    read: list[Condition] = []
    for written, op, value in required:
        problems: list[Problem] = []
        condition = parse_condition({"field": f"record.{name}", "op": op, "value": value}, "", problems)
        if condition is None:
            for problem in problems:
                reader.report(written, problem.reason)
            return None  # the field's own problem is reported once, not again for `from` and `to`
        read.append(condition)
    return AllOf(tuple(read))
