"""When a wait is over, by the documents: written apart from the engine, for one zone without changes of its clocks."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from tests.simulation.model.spans import Span
from tests.simulation.story import Wait

ISTANBUL = ZoneInfo("Europe/Istanbul")
_OPENS, _CLOSES, _WEEKEND = time(9), time(18), 5
_GRACE = timedelta(minutes=10)
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def end_of_wait(wait: Wait | None, since: datetime) -> datetime:
    """Return the moment at which a wait is over that began at `since`."""
    if wait is None:
        return since
    local = since.astimezone(ISTANBUL) + timedelta(days=wait.days, minutes=wait.minutes)
    if wait.business_days:
        local = _business_days_after(local, wait.business_days)
    if wait.at is not None:
        hour = time.fromisoformat(wait.at)
        only_days = (wait.days or wait.business_days) and not wait.minutes
        at = datetime.combine(local.date(), hour, ISTANBUL)
        local = at if only_days or at >= local else at + timedelta(days=1)
    while wait.weekdays and _DAYS[local.weekday()] not in wait.weekdays:
        local += timedelta(days=1)
    return local.astimezone(since.tzinfo)


def next_allowed(wait: Wait, since: datetime) -> datetime:
    """Return the next moment that has the hour and is on a day of the wait: for one that ended late."""
    local = since.astimezone(ISTANBUL)
    if wait.at is not None:
        at = datetime.combine(local.date(), time.fromisoformat(wait.at), ISTANBUL)
        kept = at <= local <= at + _GRACE
        local = local if kept and _is_wanted(wait, local) else at if at >= local else at + timedelta(days=1)
    while not _is_wanted(wait, local):
        local += timedelta(days=1)
    return local.astimezone(since.tzinfo)


def _is_wanted(wait: Wait, local: datetime) -> bool:
    worked = not wait.business_days or local.weekday() < _WEEKEND
    return worked and (not wait.weekdays or _DAYS[local.weekday()] in wait.weekdays)


def _business_days_after(local: datetime, count: int) -> datetime:
    """Return the nth day from Monday to Friday after this one, at the same time, from 09:00 to 18:00.

    A day off counts as the end of the day of work before it.
    """
    clock = local.time() if local.weekday() < _WEEKEND else _CLOSES
    while count:
        local += timedelta(days=1)
        count -= local.weekday() < _WEEKEND
    return datetime.combine(local.date(), min(max(clock, _OPENS), _CLOSES), ISTANBUL)


def over(wait: Wait | None, since: Span) -> Span:
    """Return the span in which a wait is over that began in a span."""
    return Span(end_of_wait(wait, since.earliest), end_of_wait(wait, since.latest))
