"""Trigger: what makes a rule be considered, as the event types to watch and a condition on them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from whenthen.domain.conditions import Condition, parse_condition
from whenthen.domain.events import EVENT_TYPE
from whenthen.domain.reading import Reader

MAX_TYPES = 20


class On(StrEnum):
    """The kinds of trigger, named as an admin writes them."""

    EVENT = "event"
    MANUAL = "manual"


@dataclass(frozen=True, slots=True)
class Trigger:
    """When a rule is considered.

    event_types   the rule is evaluated on events of these types
    condition     what the trigger demands beyond the type
    """

    on: On
    event_types: tuple[str, ...]
    condition: Condition | None = None


def read_trigger(rule: Reader, kind: str | None) -> Trigger:
    """The `trigger` of a rule about records of `kind`."""
    reader = rule.child("trigger")
    if reader is None:
        rule.report("trigger", "is required")
        return Trigger(On.EVENT, ())
    given = [on for on in On if on in reader]
    if len(given) != 1:
        for on in On:
            reader.value(on)
        reader.report("", f"exactly one of {', '.join(On)} is required")
        reader.finish()
        return Trigger(On.EVENT, ())
    trigger = _read_event(reader) if given[0] is On.EVENT else _read_manual(reader)
    reader.finish()
    return trigger


def _read_event(reader: Reader) -> Trigger:
    types = reader.texts("event", most=MAX_TYPES)
    for event_type in types:
        if not EVENT_TYPE.fullmatch(event_type):
            reader.report("event", f"{event_type} is not an event type such as lead.created")
    return Trigger(On.EVENT, types, _read_change(reader))


def _read_change(reader: Reader) -> Condition | None:
    """`field`, `from` and `to`: the change of a record's field that the trigger demands."""
    name = reader.text("field").removeprefix("record.")
    before, after = reader.value("from"), reader.value("to")
    if not name:
        if before is not None or after is not None:
            reader.report("field", "is required where from or to is given")
        return None
    demands: list[Mapping[str, Any]] = [{"field": f"record.{name}", "op": "changed"}]
    if before is not None:
        demands.append({"field": f"record.{name}", "op": "changed_from", "value": before})
    if after is not None:
        demands.append({"field": f"record.{name}", "op": "changed_to", "value": after})
    return parse_condition({"all": demands}, reader.field("field"), reader.problems)


def _read_manual(reader: Reader) -> Trigger:
    if not reader.flag("manual"):
        reader.report("manual", "must be true")
    return Trigger(On.MANUAL, ("rule.started_manually",))
