"""Find steps whose messages limits of sending hold as a rule, and limits that hold nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, time, timedelta
from itertools import islice
from typing import TYPE_CHECKING

from whenthen.domain.lint.findings import (
    ALWAYS_QUIET,
    DAY_OFF,
    LIMITS_WITHOUT_MESSAGE,
    LOOSER_CAP,
    QUIET_HOUR,
    Finding,
    found,
)
from whenthen.domain.rules.steps import MOVING_STEP, Step
from whenthen.domain.scheduling.date_triggers import DateField
from whenthen.domain.scheduling.schedules import Schedule
from whenthen.domain.sending.limits import NO_LIMITS, Limits
from whenthen.domain.temporal.clocks import WEEKDAYS

if TYPE_CHECKING:
    from whenthen.domain.rules.rule import Rule
    from whenthen.domain.sending.quiet_hours import QuietHours
    from whenthen.domain.temporal.working_hours import Week

_LOOKED_AHEAD = timedelta(days=7)
_MOMENTS = 50
"""How many moments of a schedule are looked at."""


def message_limits(rule: Rule, installation: Limits, now: datetime | None = None) -> Iterator[Finding]:
    """Yield what is odd about the limits that hold for a rule's messages.

    now   from when on the moments of a schedule are looked at; None: they are not
    """
    own = rule.limits or NO_LIMITS
    messages = [(place, step) for place, step in enumerate(_own(rule)) if step.messages]
    if not messages:
        fields = [name for name, given in (("limits", bool(own)), ("priority", rule.priority != 0)) if given]
        yield from (found(LIMITS_WITHOUT_MESSAGE, field) for field in fields)
        return
    spans = (*installation.quiet_hours, *own.quiet_hours)
    if _is_always_quiet(spans):
        yield found(ALWAYS_QUIET, "limits.quiet_hours")
        return
    yield from _hours(messages, spans)
    if any(not step.urgent for step in _at_once(rule)):
        yield from _trigger(rule, spans, now)
    yield from _looser(own, installation)


def days_off(rule: Rule, week: Week) -> Iterator[Finding]:
    """Yield waits that end on days of the week on which nobody works, so that they never end."""
    for place, step in enumerate(_own(rule)):
        wait = step.wait
        if wait is None or not wait.by_business or not wait.weekdays:
            continue
        if not any(week[WEEKDAYS.index(day)] for day in wait.weekdays):
            yield found(DAY_OFF, f"steps[{place}].wait.weekdays", step=step.id)


def _own(rule: Rule) -> list[Step]:
    return [step for step in rule.steps if step.id != MOVING_STEP]


def _hours(messages: Iterable[tuple[int, Step]], spans: tuple[QuietHours, ...]) -> Iterator[Finding]:
    for place, step in messages:
        hour = step.wait.at if step.wait is not None else None
        if hour is not None and not step.urgent and (quiet := _quiet(hour, spans)):
            yield _at_hour(f"steps[{place}].wait.at", hour, quiet)


def _at_once(rule: Rule) -> list[Step]:
    """Return the messages that go the moment the rule starts."""
    first = rule.step_groups[0] if rule.step_groups else ()
    return [step for step in first if step.messages and (step.wait is None or step.wait.immediate)]


def _trigger(rule: Rule, spans: tuple[QuietHours, ...], now: datetime | None) -> Iterator[Finding]:
    timer = rule.trigger.timer
    if isinstance(timer, DateField) and timer.at is not None and (quiet := _quiet(timer.at, spans)):
        yield _at_hour("trigger.date.at", timer.at, quiet)
    if isinstance(timer, Schedule) and now is not None:
        hours = [moment.astimezone(timer.zone).time() for moment in islice(_moments(timer, now), _MOMENTS)]
        if hours and all(_quiet(hour, spans) for hour in hours) and (quiet := _quiet(hours[0], spans)):
            yield _at_hour(f"trigger.schedule.{'at' if timer.at else 'cron'}", hours[0], quiet)


def _moments(timer: Schedule, now: datetime) -> Iterator[datetime]:
    return timer.between(now, timer.at or now + _LOOKED_AHEAD)


def _quiet(hour: time, spans: tuple[QuietHours, ...]) -> QuietHours | None:
    return next((each for each in spans if each.hold(hour)), None)


def _at_hour(field: str, hour: time, quiet: QuietHours) -> Finding:
    at, start, end = (each.strftime("%H:%M") for each in (hour, quiet.start, quiet.end))
    return found(QUIET_HOUR, field, time=at, start=start, end=end)


def _is_always_quiet(spans: tuple[QuietHours, ...]) -> bool:
    """Tell whether spans leave no moment of the day: then some span holds the end of each."""
    return bool(spans) and all(_quiet(each.end, spans) for each in spans)


def _looser(own: Limits, installation: Limits) -> Iterator[Finding]:
    for place, cap in enumerate(own.marketing):
        if any(
            other.counts(cap.channel) and other.most <= cap.most and other.window >= cap.window
            for other in installation.marketing
        ):
            yield found(LOOSER_CAP, f"limits.marketing[{place}]")
