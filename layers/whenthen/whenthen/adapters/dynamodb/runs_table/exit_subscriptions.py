"""Store subscriptions: the open runs of a customer, and the last exits seen, for runs that start later.

Both stand under each key (ref or identity) by which the customer is known. A run that no event of the customer ends,
but changes of its record concern, is subscribed under its record alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from whenthen.adapters.dynamodb.common.table import ConditionFailed, Expression, Table
from whenthen.adapters.dynamodb.common.transactions import Write, check, delete, put
from whenthen.domain.events.event import Event, format_time, parse_time
from whenthen.domain.events.ordering import order_key
from whenthen.domain.runs.awaiting import Mark
from whenthen.ports.values import Subscription

if TYPE_CHECKING:
    from whenthen.adapters.dynamodb.common.items import Item
    from whenthen.domain.runs.run import Run

LAST_EXIT = "last_exit"
LAST_EXIT_KEPT_FOR = timedelta(days=35)
"""Time for which an exit is remembered for runs that start later: far longer than a message takes to arrive."""

_OPEN = "open#"
_NAMES_NO_RECORD = "~"
"""Stands behind the type of an exit whose event names no record: it is about every record of the customer."""


def subscription_pk(key: str) -> str:
    """Return the partition of a key that runs subscribe under."""
    return f"subscription#{key}"


def subscribed_under(run: Run) -> tuple[str, ...]:
    """Return the keys under which events look for the run, if it is open. Empty if none concerns it."""
    if run.exits_on or run.awaits_on:
        return tuple(dict.fromkeys(run.watch))
    return (run.record,) if run.record is not None and run.signals else ()


def subscription_writes(table: Table, run: Run) -> list[Write]:
    """Return the writes by which events find the open run."""
    marker = {
        "sk": f"{_OPEN}{run.id}",
        "run_id": run.id,
        "types": list(run.signals),
        "entered": format_time(run.entered),
    }
    return [put(table, {"pk": subscription_pk(key), **marker}) for key in subscribed_under(run)]


def unsubscribe_writes(table: Table, run: Run, but: Iterable[str] = ()) -> list[Write]:
    """Return the writes that delete the run's subscriptions, but for those under some keys."""
    keys = [key for key in subscribed_under(run) if key not in but]
    return [delete(table, subscription_pk(key), f"{_OPEN}{run.id}") for key in keys]


def last_exit_checks(table: Table, run: Run) -> list[Write]:
    """Return the checks that none of the run's exits was seen after its event, or at its moment behind its place."""
    return [
        check(table, subscription_pk(key), LAST_EXIT, _unseen(run, exits))
        for key in dict.fromkeys(run.watch)
        if (exits := _exits_under(run, key))
    ]


def _unseen(run: Run, exits: Iterable[str]) -> Expression:
    numbered = list(enumerate(exits))
    return Expression(
        condition=" AND ".join(
            f"(attribute_not_exists(#at{n}) OR #at{n} < :entered OR (#at{n} = :entered AND #by{n} <= :place))"
            for n, _ in numbered
        ),
        values={"entered": format_time(run.entered), "place": run.place},
        names={f"at{n}": _at(each) for n, each in numbered} | {f"by{n}": _by(each) for n, each in numbered},
    )


def _exits_under(run: Run, key: str) -> list[str]:
    """Return the exits, as they are noted under the key, that stop the run.

    An exit that must be about the run's record is not looked for under the customer's other keys, unless its event
    names no record.
    """
    elsewhere = () if key == run.record else run.exits_of_record
    named = [event_type for event_type in dict.fromkeys(run.exits_on) if event_type not in elsewhere]
    return [*named, *(f"{event_type}{_NAMES_NO_RECORD}" for event_type in dict.fromkeys(run.exits_on))]


def last_exit(table: Table, run: Run) -> str | None:
    """Return the type of an exit seen after the run's event, or at its moment behind its place; None if none was."""
    keys = {(subscription_pk(key), LAST_EXIT): key for key in run.watch}
    marks = table.get_all(keys)
    entered = format_time(run.entered)
    for place, mark in marks.items():
        for exit_ in _exits_under(run, keys[place]):
            at, by = mark.get(_at(exit_)), mark.get(_by(exit_))
            if at is not None and (at, by) > (entered, run.place):
                return exit_.removesuffix(_NAMES_NO_RECORD)
    return None


def noted(table: Table, keys: Iterable[str], types: Sequence[str]) -> list[Mark]:
    """Return the newest event of each of these types that was noted under each key."""
    marks = [mark for key in dict.fromkeys(keys) if (mark := table.get(subscription_pk(key), LAST_EXIT)) is not None]
    return [
        Mark(each, parse_time(mark[_at(exit_)], "at"), mark[_by(exit_)])
        for mark in marks
        for each in types
        for exit_ in (each, f"{each}{_NAMES_NO_RECORD}")
        if _at(exit_) in mark
    ]


def note(table: Table, keys: Iterable[str], event: Event, now: datetime) -> None:
    """Note the event under each key, unless a later one of its type is noted already."""
    noted = event.type if event.subject is not None else f"{event.type}{_NAMES_NO_RECORD}"
    values = {
        "at": format_time(event.time),
        "by": order_key(event),
        "expires_at": int((now + LAST_EXIT_KEPT_FOR).timestamp()),
    }
    later = Expression(
        condition="attribute_not_exists(#at) OR #at < :at OR (#at = :at AND #by < :by)",
        update="SET #at = :at, #by = :by, #expires_at = :expires_at",
        values=values,
        names={"at": _at(noted), "by": _by(noted)},
    )
    for key in dict.fromkeys(keys):
        with suppress(ConditionFailed):
            table.update(subscription_pk(key), LAST_EXIT, later)


def watching(table: Table, keys: Sequence[str]) -> list[Subscription]:
    """Return the open runs under any of the keys, each once."""
    found: dict[str, Item] = {}
    for key in dict.fromkeys(keys):
        found |= {item["run_id"]: item for item in table.collection(subscription_pk(key), _OPEN)}
    return [
        Subscription(run_id, tuple(item["types"]), parse_time(item["entered"], "entered"))
        for run_id, item in found.items()
    ]


def _at(event_type: str) -> str:
    return f"at:{event_type}"


def _by(event_type: str) -> str:
    return f"by:{event_type}"
