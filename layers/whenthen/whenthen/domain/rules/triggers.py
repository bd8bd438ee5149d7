"""Read triggers: the event types that a rule watches, and the condition on them.

An admin writes one of the kinds of `TRIGGERS`. Each kind comes down to event types and a condition, which is all that
the matcher knows. A trigger that waits for the clock also has a `timer`, one about many records also a `view`.

Only rules with a timer load the modules of the clock (half a dozen): no other makes a cold start pay for them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Any, cast

from msgspec import Struct
from msgspec.structs import force_setattr, replace

from whenthen.domain.common.document_reader import Reader
from whenthen.domain.common.reason_codes import NOT_EXACTLY_ONE, NOT_TRUE, REQUIRED, UNKNOWN_VALUE
from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.conditions.condition import AllOf, Condition, predicates, required_condition
from whenthen.domain.events.types import BIRTHDAY_REACHED, FINISHED, SCHEDULE_REACHED, STARTED_MANUALLY
from whenthen.domain.rules.event_triggers import read_change, read_event_types, watched_by
from whenthen.domain.temporal.time_zones import parse_zone, utc
from whenthen.domain.views import view as views

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from whenthen.domain.rules.stage_moves import Moves
    from whenthen.domain.scheduling.date_triggers import DateField
    from whenthen.domain.scheduling.schedules import Schedule
    from whenthen.domain.views.view import View

MAX_RULES = 20
STANDS_ALONE = ReasonCode("trigger_event.not_alone", "type")
NO_RULE = ReasonCode("after_rule.missing")
WAITS_FOR_ITSELF = ReasonCode("after_rule.itself")

OUTCOMES = ("done", "failed", "skipped", "unknown", "stopped")


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


def waited_for(trigger: Trigger) -> tuple[list[str], list[str]]:
    """Return (the rules that an `after_rule` trigger waits for, the outcomes of theirs that it wants)."""
    named, outcomes = predicates(trigger.own)
    return cast("list[str]", named.value), cast("list[str]", outcomes.value)


def _read_event(reader: Reader, owner: _Owner) -> Trigger:
    types = read_event_types(reader)
    if BIRTHDAY_REACHED in types:
        return _birthday(reader, types, owner)
    return Trigger(On.EVENT, watched_by(reader, types), read_change(reader))


def _birthday(reader: Reader, types: tuple[str, ...], owner: _Owner) -> Trigger:
    """Read `birthday.reached`, short for a yearly date trigger on birth_date, at nine o'clock."""
    if len(types) > 1:
        reader.report("event", STANDS_ALONE(type=BIRTHDAY_REACHED))
    from whenthen.domain.rules.timer_triggers import birthday  # noqa: PLC0415 - see above

    timer = birthday(owner.kind, owner.zone)
    return Trigger(On.DATE, (timer.event_type,), _for_rule(owner), timer=timer)


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
