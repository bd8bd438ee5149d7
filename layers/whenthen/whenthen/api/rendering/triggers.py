"""Render each kind of trigger: when a rule is considered."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta, tzinfo
from typing import TYPE_CHECKING

from whenthen.api.rendering.conditions import render_condition
from whenthen.api.rendering.sentences import CONDITIONS, TRIGGERS, WAITS
from whenthen.api.rendering.vocabulary import STATUSES
from whenthen.domain.conditions.condition import Condition, predicates
from whenthen.domain.events.event import format_time
from whenthen.domain.rules.event_triggers import written_types
from whenthen.domain.rules.triggers import On, waited_for
from whenthen.domain.scheduling.date_triggers import DateField
from whenthen.domain.scheduling.schedules import Schedule
from whenthen.domain.scheduling.sweep_window import Lateness
from whenthen.domain.temporal.anniversaries import Leap

if TYPE_CHECKING:
    from whenthen.api.rendering.phrasebook import Phrasebook
    from whenthen.domain.rules.rule import Rule
    from whenthen.domain.views.view import View


def render_trigger(book: Phrasebook, rule: Rule) -> str:
    """Say when a rule is considered."""
    return _RENDER[rule.trigger.on](book, rule)


def names_kind(rule: Rule) -> bool:
    """Tell whether the trigger is about records of the rule's kind alone, and its text says of which."""
    return rule.trigger.view is not None or isinstance(rule.trigger.timer, DateField)


def demanded_besides(rule: Rule) -> list[Condition]:
    """List what the trigger demands that its text does not say: a field's change, and where an item must stand."""
    trigger = rule.trigger
    # What an `event` trigger demands reads well as a condition; what the others demand says their own text.
    own = [*predicates(trigger.own)] if trigger.on is On.EVENT else []
    # What a field became, or was until now, says that it changed.
    told = [predicate for predicate in own if predicate.op != "changed"] or own
    return [*told, *(trigger.moves.where if trigger.moves else ())]


def _event(book: Phrasebook, rule: Rule) -> str:
    return book.any(map(book.event, written_types(rule.trigger.event_types)))


def _edge(book: Phrasebook, rule: Rule) -> str:
    view = rule.trigger.view
    assert view is not None  # noqa: S101 - such a trigger has one
    return book.phrase(TRIGGERS, rule.trigger.on, kind=book.kind(view.kind), view=_view(book, rule, view))


def _date(book: Phrasebook, rule: Rule) -> str:
    timer = rule.trigger.timer
    assert isinstance(timer, DateField)  # noqa: S101 - such a trigger has one
    key = "yearly" if timer.yearly else "once"
    parts = [book.phrase(TRIGGERS, key, kind=book.kind(timer.kind), field=book.quoted(timer.field))]
    if timer.days:
        parts.append(book.phrase(TRIGGERS, "days_after" if timer.days > 0 else "days_before", count=abs(timer.days)))
    if timer.at is not None:
        parts.append(book.phrase(WAITS, "at", time=timer.at.strftime("%H:%M")))
    if timer.own_zone:
        parts.append(book.phrase(TRIGGERS, "own_zone"))
    if timer.yearly and timer.leap is Leap.MAR1:
        parts.append(book.phrase(TRIGGERS, "mar1"))
    return book.listed([*parts, *_zone_and_lateness(book, rule, timer.zone, timer.late)])


def _schedule(book: Phrasebook, rule: Rule) -> str:
    timer = rule.trigger.timer
    assert isinstance(timer, Schedule)  # noqa: S101 - such a trigger has one
    if timer.cron is not None:
        parts = [book.phrase(TRIGGERS, "cron", schedule=book.quoted(timer.cron.text))]
    else:
        moment = format_time(timer.at) if timer.at else ""
        parts = [book.phrase(TRIGGERS, "moment", time=book.isolated(moment))]
    # One moment is the same in all zones.
    parts += _zone_and_lateness(book, rule, timer.zone if timer.cron else rule.zone, timer.late)
    if (view := rule.trigger.view) is not None:
        parts.append(book.phrase(TRIGGERS, "for_each", kind=book.kind(view.kind), view=_view(book, rule, view)))
    return book.listed(parts)


def _zone_and_lateness(book: Phrasebook, rule: Rule, zone: tzinfo, late: Lateness) -> Iterator[str]:
    """Say by whose clocks, where that is not the rule's zone, and how late it may run, where the trigger says so."""
    if zone != rule.zone:
        yield book.phrase(CONDITIONS, "in_zone", zone=book.quoted(zone))
    if late != Lateness():
        days, hours = divmod(late.most // timedelta(hours=1), 24)
        lengths = {unit: amount for unit, amount in (("days", days), ("hours", hours)) if amount}
        yield book.phrase(TRIGGERS, "late", length=book.lengths(lengths))


def _manual(book: Phrasebook, _: Rule) -> str:
    return book.phrase(TRIGGERS, "manual")


def _after_rule(book: Phrasebook, rule: Rule) -> str:
    named, outcomes = waited_for(rule.trigger)
    ends = book.any(book.phrase(STATUSES, outcome) for outcome in outcomes)
    return book.phrase(TRIGGERS, "after_rule", rule=book.any(map(book.quoted, named)), outcome=ends)


_RENDER: Mapping[On, Callable[[Phrasebook, Rule], str]] = {
    On.EVENT: _event,
    On.ENTERS: _edge,
    On.LEAVES: _edge,
    On.DATE: _date,
    On.SCHEDULE: _schedule,
    On.MANUAL: _manual,
    On.AFTER_RULE: _after_rule,
}


def _view(book: Phrasebook, rule: Rule, view: View) -> str:
    if view.filter is None:
        return f"({book.phrase(TRIGGERS, 'every')})"
    return f"({render_condition(book, view.filter, rule.zone.key)})"
