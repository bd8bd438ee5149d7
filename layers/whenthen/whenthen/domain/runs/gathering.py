"""Let a run gather a burst of events before it begins (`entry.debounce`): it begins with the last one.

The run is written with the first event, and waits. Each newer event takes the place of the one before, and moves the
wait; an older one changes nothing, in whatever order they arrive. When no further event came for long enough, and at
the latest after LIMIT times that long, the run begins, if its record still fits the rule.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.conditions.condition import evaluate
from whenthen.domain.events.event import format_time
from whenthen.domain.events.ordering import order_key
from whenthen.domain.rules.triggers import On
from whenthen.domain.runs.run import RunStatus
from whenthen.domain.runs.subscriptions import SUBSCRIBING

if TYPE_CHECKING:
    from whenthen.domain.events.event import Event
    from whenthen.domain.rules.rule import Rule
    from whenthen.domain.runs.run import Run

LIMIT = 10
"""How many times as long as `debounce` says a run waits at most: a stream without a pause starts runs, too."""

# When no further event came, the record did not fit the rule any more.
FITS_NO_MORE = ReasonCode("entry.fits_no_more")


def place_of(event: Event) -> str:
    """Return the place of an event among all, in an order that is the same everywhere."""
    return f"{format_time(event.time)}#{order_key(event)}"


def gathers(rule: Rule, run: Run) -> bool:
    """Tell whether a run of the rule waits for further events before it begins. Without a record, none can follow."""
    return rule.entry.debounce > 0 and run.record is not None and not run.shadow


def gathering(rule: Rule, run: Run, event: Event) -> Run:
    """Return a new run as it begins to gather events."""
    wait = timedelta(seconds=rule.entry.debounce)
    return replace(
        run,
        status=RunStatus.WAITING,
        waits_until=run.started_at + wait,
        settles_by=run.started_at + LIMIT * wait,
        newest=place_of(event),
    )


def joined(rule: Rule, run: Run, event: Event, into: Run) -> Run | None:
    """Return the gathering run `into` with a newer event, of which `run` was made. None if the event is no newer.

    It stays under the record and the keys with which it was written, and so does all of which it is told.
    """
    if place_of(event) <= into.newest or into.settles_by is None:
        return None
    until = run.started_at + timedelta(seconds=rule.entry.debounce)
    return replace(
        run,
        id=into.id,
        record=into.record,
        watch=into.watch,
        **{name: getattr(into, name) for name in SUBSCRIBING},
        started_at=into.started_at,
        status=into.status,
        reason=into.reason,
        paused_until=into.paused_until,
        waits_until=min(into.settles_by, max(until, into.waits_until or until)),
        settles_by=into.settles_by,
        newest=place_of(event),
        turn=into.turn,
        follows=into.follows,
        follows_rule=into.follows_rule,
        follows_name=into.follows_name,
    )


def still_fits(rule: Rule, context: Mapping[str, Any]) -> bool:
    """Tell whether the record, as it is now, fits the rule whose event let it in."""
    trigger = rule.trigger
    if trigger.view is not None and trigger.on in (On.ENTERS, On.LEAVES):
        inside = bool(context.get("record")) and evaluate(trigger.view.filter, context)
        if inside is not (trigger.on is On.ENTERS):
            return False
    moves = trigger.moves.demands if trigger.moves is not None else ()
    return all(evaluate(demand, context) for demand in moves) and evaluate(rule.conditions, context)
