"""Each kind of trigger in plain words. See `phrases`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from whenthen.domain.dates import DateField
from whenthen.domain.event_names import FIELD_CHANGED
from whenthen.domain.events import format_time
from whenthen.domain.phrase_events import KINDS
from whenthen.domain.phrase_table import FRAME, OUTCOMES, TRIGGERS
from whenthen.domain.schedules import Schedule
from whenthen.domain.triggers import On, waited_for

if TYPE_CHECKING:
    from whenthen.domain.phrases import Speaker
    from whenthen.domain.rules import Rule
    from whenthen.domain.views import View


def trigger_said(speaker: Speaker, rule: Rule) -> str:
    """When the rule is considered."""
    return _SAID[rule.trigger.on](speaker, rule)


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
    return speaker.word(TRIGGERS, rule.trigger.on).format(_kind(speaker, view.kind), _view(speaker, view))


def _date(speaker: Speaker, rule: Rule) -> str:
    timer = rule.trigger.timer
    assert isinstance(timer, DateField)  # noqa: S101 - such a trigger has one
    said = speaker.word(TRIGGERS, "yearly" if timer.yearly else "once")
    parts = [said.format(_kind(speaker, timer.kind), speaker.quoted(timer.field))]
    if timer.days:
        which = f"day{'' if abs(timer.days) == 1 else 's'}_{'after' if timer.days > 0 else 'before'}"
        parts.append(speaker.word(TRIGGERS, which).format(abs(timer.days)))
    if timer.at is not None:
        parts.append(speaker.word(FRAME, "at").format(timer.at.strftime("%H:%M")))
    return ", ".join(parts)


def _schedule(speaker: Speaker, rule: Rule) -> str:
    timer = rule.trigger.timer
    assert isinstance(timer, Schedule)  # noqa: S101 - such a trigger has one
    if timer.cron is not None:
        said = speaker.word(TRIGGERS, "cron").format(speaker.quoted(timer.cron.text))
    else:
        moment = format_time(timer.at) if timer.at else ""
        said = speaker.word(TRIGGERS, "moment").format(speaker.isolated(moment))
    view = rule.trigger.view
    if view is None:
        return said
    each = speaker.word(TRIGGERS, "for_each").format(_kind(speaker, view.kind), _view(speaker, view))
    return f"{said}, {each}"


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


def _kind(speaker: Speaker, kind: str) -> str:
    return speaker.word(KINDS, kind) if kind in KINDS else speaker.quoted(kind)


def _view(speaker: Speaker, view: View) -> str:
    return f"({speaker.word(TRIGGERS, 'every') if view.filter is None else speaker.condition(view.filter)})"
