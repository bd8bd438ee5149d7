"""Read what ends a run early: events, each about the run's record or about its customer, a condition, and a goal."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct

from whenthen.domain.common.reason_codes import BAD_EVENT_TYPE
from whenthen.domain.conditions.condition import Condition, read_condition
from whenthen.domain.events.event import EVENT_TYPE
from whenthen.domain.rules.event_triggers import watched

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from whenthen.domain.common.document_reader import Reader

MAX_EXITS = 10


class ExitScope(StrEnum):
    """Tell whose events end a run: those of its record, or those of its customer."""

    RECORD = "record"
    CUSTOMER = "customer"


class Exit(Struct, frozen=True):
    """End a run early: on one of these events, or as soon as one of these conditions holds.

    of    as written; None: see `exit_scope`
    goal  what the rule is for: a run that ends by it counts as a conversion
    """

    on: tuple[str, ...] = ()
    when: Condition | None = None
    of: ExitScope | None = None
    goal: Condition | None = None

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """Return what ends a run by holding: at each change of its record that is looked at again."""
        return tuple(each for each in (self.when, self.goal) if each is not None)


def read_exit(reader: Reader | None, zone: ZoneInfo) -> Exit:
    """Read the `exit` of a rule. The days and hours of its conditions are those of `zone`."""
    if reader is None:
        return Exit()
    types = reader.texts("on", most=MAX_EXITS)
    for event_type in types:
        if not EVENT_TYPE.fullmatch(event_type):
            reader.report("on", BAD_EVENT_TYPE(value=event_type))
    scope = reader.choice("of", list(ExitScope), "")
    found = Exit(
        on=watched(types),
        when=read_condition(reader, "when", zone.key),
        of=ExitScope(scope) if scope else None,
        goal=read_condition(reader, "goal", zone.key),
    )
    reader.finish()
    return found


def exit_scope(exits: Exit, event_type: str, kind: str | None) -> ExitScope:
    """Tell whose events of this type end a run about a record of `kind`: that record's, if the type is of its kind."""
    if exits.of is not None:
        return exits.of
    return ExitScope.RECORD if event_type.partition(".")[0] == kind else ExitScope.CUSTOMER


def exits_of_record(exits: Exit, ref: str) -> tuple[str, ...]:
    """Return the types of exits that must be about the record `ref` of a run."""
    kind = ref.partition(":")[0]
    return tuple(each for each in exits.on if exit_scope(exits, each, kind) is ExitScope.RECORD)
