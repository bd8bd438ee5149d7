"""Read triggers: the event types that a rule watches, and the condition on them.

An admin writes one of the kinds of `TRIGGERS`. Each kind comes down to event types and a condition, which is all that
the matcher knows. A trigger that waits for the clock also has a `timer`, one about many records also a `view`.

Only rules with a timer load the modules of the clock (half a dozen): no other makes a cold start pay for them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Any, cast

from msgspec import Struct
from msgspec.structs import force_setattr, replace

from whenthen.domain.common.document_reader import Reader
from whenthen.domain.common.reason_codes import BAD_EVENT_TYPE, NOT_EXACTLY_ONE, NOT_TRUE, REQUIRED, UNKNOWN_VALUE
from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.conditions.condition import AllOf, Condition, parse_condition, predicates, required_condition
from whenthen.domain.events.event import EVENT_TYPE
from whenthen.domain.events.types import (
    BIRTHDAY_REACHED,
    DATE_REACHED,
    FIELD_CHANGED,
    FINISHED,
    SCHEDULE_REACHED,
    STARTED_MANUALLY,
)
from whenthen.domain.rules import views
from whenthen.domain.temporal.time_zones import parse_zone, utc

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from whenthen.domain.common.errors import Problem
    from whenthen.domain.rules.stage_moves import Moves
    from whenthen.domain.rules.views import View
    from whenthen.domain.scheduling.date_triggers import DateField
    from whenthen.domain.scheduling.schedules import Schedule

MAX_TYPES = 20
"""Bound the event types that a rule may watch: it leaves its old ones and enters the new ones in one transaction."""
MAX_RULES = 20
NO_EVENT_TYPE = ReasonCode("trigger_event.missing")
# The type is made for single rules: the trigger `instead` makes it.
MADE_FOR_RULES = ReasonCode("trigger_event.made_for_rules", "type", "instead")
TOO_MANY_TYPES = ReasonCode("trigger_event.too_many", "count", "alias")
STANDS_ALONE = ReasonCode("trigger_event.not_alone", "type")
NO_CHANGED_FIELD = ReasonCode("change.no_field")
NO_RULE = ReasonCode("after_rule.missing")
WAITS_FOR_ITSELF = ReasonCode("after_rule.itself")

OUTCOMES = ("done", "failed", "skipped", "unknown", "stopped")
PUBLISHED_FOR = {DATE_REACHED: "date", SCHEDULE_REACHED: "schedule", STARTED_MANUALLY: "manual"}


class On(StrEnum):
    """Name the kinds of trigger as an admin writes them."""

    EVENT = "event"
    ENTERS = "enters"
    LEAVES = "leaves"
    DATE = "date"
    SCHEDULE = "schedule"
    MANUAL = "manual"
    AFTER_RULE = "after_rule"


class Trigger(Struct, frozen=True):
    """Tell when a rule is considered.

    event_types   the rule is evaluated on events of these types
    condition     what the trigger demands beyond the type
    own           the same without what `moves` demands
    view          the records that it is about: whose entering or leaving it is, or that a schedule runs over
    timer         when the clock makes its events
    moves         of a stage trigger
    """

    on: On
    event_types: tuple[str, ...]
    own: Condition | None = None
    view: View | None = None
    timer: DateField | Schedule | None = None
    moves: Moves | None = None
    condition: Condition | None = None

    def __post_init__(self) -> None:
        """Join the conditions of the parts. The result is read for each event, so it is worked out once."""
        required = () if self.moves is None else self.moves.demands
        parts = required if self.own is None else (self.own, *required)
        force_setattr(self, "condition", AllOf(parts) if len(parts) > 1 else next(iter(parts), None))


class _Owner(Struct, frozen=True):
    """Hold the facts about its rule that a trigger needs."""

    id: str
    kind: str | None
    zone: ZoneInfo


def read_trigger(rule: Reader, kind: str | None) -> Trigger:
    """Read the `trigger` of a rule about records of `kind`."""
    reader = rule.child("trigger")
    if reader is None:
        rule.report("trigger", REQUIRED())
        return Trigger(On.EVENT, ())
    given = [on for on in On if on in reader]
    if len(given) != 1:
        for on in On:
            reader.value(on)
        reader.report("", NOT_EXACTLY_ONE(options=[on.value for on in On]))
        reader.finish()
        return Trigger(On.EVENT, ())
    zone, external_id = rule.value("time_zone"), rule.value("id")
    owner = _Owner(str(external_id or "draft"), kind, (parse_zone(zone) if isinstance(zone, str) else None) or utc())
    trigger = _moving(TRIGGERS[given[0]].read(reader, owner), reader)
    reader.finish()
    return trigger


def watched(types: tuple[str, ...]) -> tuple[str, ...]:
    """Return the types and those that they stand for: `<kind>.field_changed` is published as `updated`."""
    aliased = (f"{name.partition('.')[0]}.updated" for name in types if name.endswith(f".{FIELD_CHANGED}"))
    return tuple(dict.fromkeys((*types, *aliased)))


def waited_for(trigger: Trigger) -> tuple[list[str], list[str]]:
    """Return (the rules that an `after_rule` trigger waits for, the outcomes of theirs that it wants)."""
    named, outcomes = predicates(trigger.own)
    return cast("list[str]", named.value), cast("list[str]", outcomes.value)


def _read_event(reader: Reader, owner: _Owner) -> Trigger:
    types = reader.texts("event", most=MAX_TYPES)
    if reader.value("event") in ([], ""):
        reader.report("event", NO_EVENT_TYPE())
    for event_type in types:
        if not EVENT_TYPE.fullmatch(event_type):
            reader.report("event", BAD_EVENT_TYPE(value=event_type))
        elif event_type in PUBLISHED_FOR:
            reader.report("event", MADE_FOR_RULES(type=event_type, instead=PUBLISHED_FOR[event_type]))
    if BIRTHDAY_REACHED in types:
        return _birthday(reader, types, owner)
    both = watched(types)
    if len(both) > MAX_TYPES >= len(types):
        reader.report("event", TOO_MANY_TYPES(count=MAX_TYPES, alias=FIELD_CHANGED))
    return Trigger(On.EVENT, both, _read_change(reader))


def _birthday(reader: Reader, types: tuple[str, ...], owner: _Owner) -> Trigger:
    """Read `birthday.reached`, short for a yearly date trigger on birth_date, at nine o'clock."""
    if len(types) > 1:
        reader.report("event", STANDS_ALONE(type=BIRTHDAY_REACHED))
    from whenthen.domain.rules.timer_triggers import birthday  # noqa: PLC0415 - see above

    timer = birthday(owner.kind, owner.zone)
    return Trigger(On.DATE, (timer.event_type,), _for_rule(owner), timer=timer)


def _read_change(reader: Reader) -> Condition | None:
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


def _read_enters(reader: Reader, owner: _Owner) -> Trigger:
    return _edge(reader, owner, On.ENTERS, views.entering)


def _read_leaves(reader: Reader, owner: _Owner) -> Trigger:
    return _edge(reader, owner, On.LEAVES, views.leaving)


def _edge(
    reader: Reader, owner: _Owner, on: On, edge: Callable[[View], tuple[tuple[str, ...], Condition | None]]
) -> Trigger:
    part = _part(reader, on)
    view = views.read_view(part, owner.kind, owner.zone.key)
    part.finish()
    types, condition = edge(view)
    return Trigger(on, types, condition, view)


def _read_date(reader: Reader, owner: _Owner) -> Trigger:
    from whenthen.domain.rules.timer_triggers import read_date_field  # noqa: PLC0415 - see above

    timer = read_date_field(_part(reader, On.DATE), owner.kind, owner.zone)
    return Trigger(On.DATE, (timer.event_type,), _for_rule(owner), timer=timer)


def _read_schedule(reader: Reader, owner: _Owner) -> Trigger:
    from whenthen.domain.rules.timer_triggers import read_schedule  # noqa: PLC0415 - see above

    timer, view = read_schedule(_part(reader, On.SCHEDULE), owner.kind, owner.zone)
    return Trigger(On.SCHEDULE, (SCHEDULE_REACHED,), _for_rule(owner), view, timer)


def _read_manual(reader: Reader, owner: _Owner) -> Trigger:
    if not reader.flag("manual"):
        reader.report("manual", NOT_TRUE())
    return Trigger(On.MANUAL, (STARTED_MANUALLY,), _for_rule(owner))


def _read_after_rule(reader: Reader, owner: _Owner) -> Trigger:
    rules = reader.texts("after_rule", most=MAX_RULES)
    outcomes = reader.texts("outcome", most=len(OUTCOMES)) or ("done",)
    for outcome in outcomes:
        if outcome not in OUTCOMES:
            reader.report("outcome", UNKNOWN_VALUE(value=outcome, options=OUTCOMES))
    if not rules:
        reader.report("after_rule", NO_RULE())
    if owner.id in rules:
        reader.report("after_rule", WAITS_FOR_ITSELF())
    named = required_condition("event.data.rule", "in", list(rules or ("?",)))
    ended = required_condition("event.data.status", "in", list(outcomes))
    return Trigger(On.AFTER_RULE, (FINISHED,), AllOf((named, ended)))


def _moving(trigger: Trigger, reader: Reader) -> Trigger:
    """Add `moves_to` to the trigger: the item must also stand elsewhere, in a stage that it may leave."""
    part = reader.child("moves_to")
    if part is None:
        return trigger
    from whenthen.domain.rules.stage_moves import read_moves  # noqa: PLC0415 - few rules have one

    return replace(trigger, moves=read_moves(part))


def _part(reader: Reader, on: On) -> Reader:
    return Reader(reader.value(on), reader.field(on), reader.problems)


def _for_rule(owner: _Owner) -> Condition:
    """Require that the event names this rule: the clock and people start single rules."""
    return required_condition("event.data.rule", "equals", owner.id)


class TriggerKind(Struct, frozen=True):
    """Describe a kind of trigger, as the API's catalogue shows it."""

    on: On
    description: str
    read: Callable[[Reader, _Owner], Trigger]
    example: Mapping[str, Any]


_VIPS = {"kind": "contact", "filter": {"field": "record.tags", "op": "has", "value": "vip"}}

TRIGGERS: Mapping[On, TriggerKind] = {
    row.on: row
    for row in (
        TriggerKind(On.EVENT, "Something happened: one of these types, with a field's change where one is named; with "
                    "moves_to it moves the item to the rule's stage.", _read_event,
                    {"event": ["deal.updated"], "field": "stage", "to": "won"}),
        TriggerKind(On.ENTERS, "A record begins to fit a filter or saved view.", _read_enters, {"enters": _VIPS}),
        TriggerKind(On.LEAVES, "A record stops fitting a filter or saved view, or is deleted.", _read_leaves,
                    {"leaves": _VIPS}),
        TriggerKind(On.DATE, "A date field of a record, yearly or once, so many days before or after it.", _read_date,
                    {"date": {"kind": "contact", "field": "birth_date", "yearly": True, "days": -3, "at": "09:00",
                              "time_zone": "record"}}),
        TriggerKind(On.SCHEDULE, "A cron expression or one moment, once or for each record of a view.", _read_schedule,
                    {"schedule": {"cron": "0 9 * * mon-fri", **_VIPS}}),
        TriggerKind(On.MANUAL, "A person starts the rule, for one record or for all of a view.", _read_manual,
                    {"manual": True}),
        TriggerKind(On.AFTER_RULE, "A run of another rule has its outcome.", _read_after_rule,
                    {"after_rule": ["rule_a1"], "outcome": ["done"]}),
    )
}  # fmt: skip


def written_types(types: Iterable[str]) -> list[str]:
    """List the types as an admin writes them: without the one that `<kind>.field_changed` is published as."""
    given = list(types)
    aliases = {f"{name.partition('.')[0]}.updated" for name in given if name.endswith(f".{FIELD_CHANGED}")}
    return [name for name in given if name not in aliases]
