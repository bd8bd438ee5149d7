"""Each kind of trigger in plain words. See `phrases`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import timedelta, tzinfo
from typing import TYPE_CHECKING

from whenthen.domain.conditions.condition import Condition, predicates
from whenthen.domain.events.event import format_time
from whenthen.domain.events.types import FIELD_CHANGED
from whenthen.domain.phrase_table import FRAME, OUTCOMES, TRIGGERS
from whenthen.domain.rules.triggers import On, waited_for
from whenthen.domain.scheduling.date_triggers import DateField, Leap
from whenthen.domain.scheduling.schedules import Schedule
from whenthen.domain.scheduling.sweep_window import Lateness

if TYPE_CHECKING:
    from whenthen.domain.phrases import Speaker
    from whenthen.domain.rules.rule import Rule
    from whenthen.domain.rules.views import View


def trigger_said(speaker: Speaker, rule: Rule) -> str:
    """When the rule is considered."""
    return _SAID[rule.trigger.on](speaker, rule)


def names_kind(rule: Rule) -> bool:
    """Whether the trigger is about records of the rule's kind alone, and its phrase says of which."""
    return rule.trigger.view is not None or isinstance(rule.trigger.timer, DateField)


def asked_besides(rule: Rule) -> list[Condition]:
    """What the trigger demands that its phrase does not say: a field's change, and where `moves_to` finds the item."""
    trigger = rule.trigger
    # What an `event` trigger demands reads well as a condition; what the others demand says their own phrase.
    own = [*predicates(trigger.own)] if trigger.on is On.EVENT else []
    # What a field became, or was until now, says that it changed.
    told = [predicate for predicate in own if predicate.op != "changed"] or own
    return [*told, *(trigger.moves.where if trigger.moves else ())]


def written_types(types: Iterable[str]) -> list[str]:
    """The types as an admin writes them: without the one that `<kind>.field_changed` is published as."""
    given = list(types)
    aliases = {f"{name.partition('.')[0]}.updated" for name in given if name.endswith(f".{FIELD_CHANGED}")}
    return [name for name in given if name not in aliases]


def _event(speaker: Speaker, rule: Rule) -> str:
    return speaker.any(map(speaker.event, written_types(rule.trigger.event_types)))


def _edge(speaker: Speaker, rule: Rule) -> str:
    view = rule.trigger.view
    assert view is not None  # noqa: S101 - such a trigger has one
    return speaker.word(TRIGGERS, rule.trigger.on).format(speaker.kind(view.kind), _view(speaker, rule, view))


def _date(speaker: Speaker, rule: Rule) -> str:
    timer = rule.trigger.timer
    assert isinstance(timer, DateField)  # noqa: S101 - such a trigger has one
    said = speaker.word(TRIGGERS, "yearly" if timer.yearly else "once")
    parts = [said.format(speaker.kind(timer.kind), speaker.quoted(timer.field))]
    if timer.days:
        which = f"day{'' if abs(timer.days) == 1 else 's'}_{'after' if timer.days > 0 else 'before'}"
        parts.append(speaker.word(TRIGGERS, which).format(abs(timer.days)))
    if timer.at is not None:
        parts.append(speaker.word(FRAME, "at").format(timer.at.strftime("%H:%M")))
    if timer.own_zone:
        parts.append(speaker.word(TRIGGERS, "own_zone"))
    if timer.yearly and timer.leap is Leap.MAR1:
        parts.append(speaker.word(TRIGGERS, "mar1"))
    return ", ".join([*parts, *_zone_and_lateness(speaker, rule, timer.zone, timer.late)])


def _schedule(speaker: Speaker, rule: Rule) -> str:
    timer = rule.trigger.timer
    assert isinstance(timer, Schedule)  # noqa: S101 - such a trigger has one
    if timer.cron is not None:
        parts = [speaker.word(TRIGGERS, "cron").format(speaker.quoted(timer.cron.text))]
    else:
        moment = format_time(timer.at) if timer.at else ""
        parts = [speaker.word(TRIGGERS, "moment").format(speaker.isolated(moment))]
    # One moment is the same in all zones.
    parts += _zone_and_lateness(speaker, rule, timer.zone if timer.cron else rule.zone, timer.late)
    if (view := rule.trigger.view) is not None:
        each = speaker.word(TRIGGERS, "for_each").format(speaker.kind(view.kind), _view(speaker, rule, view))
        parts.append(each)
    return ", ".join(parts)


def _zone_and_lateness(speaker: Speaker, rule: Rule, zone: tzinfo, late: Lateness) -> Iterator[str]:
    """By whose clocks, where that is not the rule's zone, and how late it may run, where the trigger says so."""
    if zone != rule.zone:
        yield speaker.word(FRAME, "in_zone").format(speaker.quoted(zone))
    if late != Lateness():
        days, hours = divmod(late.most // timedelta(hours=1), 24)
        lengths = {unit: amount for unit, amount in (("days", days), ("hours", hours)) if amount}
        yield speaker.word(TRIGGERS, "late").format(speaker.lengths(lengths))


def _manual(speaker: Speaker, _: Rule) -> str:
    return speaker.word(TRIGGERS, "manual")


def _after_rule(speaker: Speaker, rule: Rule) -> str:
    named, outcomes = waited_for(rule.trigger)
    ends = speaker.any(speaker.word(OUTCOMES, outcome) for outcome in outcomes)
    return speaker.word(TRIGGERS, "after_rule").format(speaker.any(map(speaker.quoted, named)), ends)


_SAID: Mapping[On, Callable[[Speaker, Rule], str]] = {
    On.EVENT: _event,
    On.ENTERS: _edge,
    On.LEAVES: _edge,
    On.DATE: _date,
    On.SCHEDULE: _schedule,
    On.MANUAL: _manual,
    On.AFTER_RULE: _after_rule,
}


def _view(speaker: Speaker, rule: Rule, view: View) -> str:
    if view.filter is None:
        return f"({speaker.word(TRIGGERS, 'every')})"
    return f"({speaker.condition(view.filter, zone=rule.zone.key)})"
