"""Store exit subscriptions: open runs of a customer, and the last exits seen, for runs that start later.

Both stand under each key (ref or identity) by which the customer is known.
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

if TYPE_CHECKING:
    from whenthen.adapters.dynamodb.common.items import Item
    from whenthen.domain.runs.run import Run

LAST_EXIT = "last_exit"
LAST_EXIT_KEPT_FOR = timedelta(days=35)
"""Time for which an exit is remembered for runs that start later: far longer than a message takes to arrive."""

_OPEN = "open#"
Found = tuple[str, tuple[str, ...], datetime]


def subscription_pk(key: str) -> str:
    """Return the partition of a key that runs subscribe under."""
    return f"subscription#{key}"


def watches(run: Run) -> bool:
    """Tell whether any event may end the run early, or let it go on."""
    return bool(subscribed_types(run) and run.watch and not run.status.final)


def subscribed_types(run: Run) -> tuple[str, ...]:
    """Return the event types that may end the run early, or let it go on."""
    return tuple(dict.fromkeys((*run.exits_on, *run.rechecks_on, *run.awaits_on)))


def subscription_writes(table: Table, run: Run) -> list[Write]:
    """Return the writes by which exits find the open run."""
    marker = {
        "sk": f"{_OPEN}{run.id}",
        "run_id": run.id,
        "types": list(subscribed_types(run)),
        "entered": format_time(run.entered),
    }
    return [put(table, {"pk": subscription_pk(key), **marker}) for key in dict.fromkeys(run.watch)]


def unsubscribe_writes(table: Table, run: Run) -> list[Write]:
    """Return the writes that delete the run's subscriptions."""
    return [delete(table, subscription_pk(key), f"{_OPEN}{run.id}") for key in dict.fromkeys(run.watch)]


def last_exit_checks(table: Table, run: Run) -> list[Write]:
    """Return the checks that none of the run's exits was seen after its event, or at its moment behind its place."""
    if not run.exits_on:
        return []
    types = list(enumerate(run.exits_on))
    unseen = Expression(
        condition=" AND ".join(
            f"(attribute_not_exists(#at{n}) OR #at{n} < :entered OR (#at{n} = :entered AND #by{n} <= :place))"
            for n, _ in types
        ),
        values={"entered": format_time(run.entered), "place": run.place},
        names={f"at{n}": _at(each) for n, each in types} | {f"by{n}": _by(each) for n, each in types},
    )
    return [check(table, subscription_pk(key), LAST_EXIT, unseen) for key in dict.fromkeys(run.watch)]


def last_exit(table: Table, run: Run) -> str | None:
    """Return the type of an exit seen after the run's event, or at its moment behind its place; None if none was."""
    marks = table.get_all((subscription_pk(key), LAST_EXIT) for key in run.watch)
    entered = format_time(run.entered)
    for event_type in run.exits_on:
        for mark in marks.values():
            at, by = mark.get(_at(event_type)), mark.get(_by(event_type))
            if at is not None and (at, by) > (entered, run.place):
                return event_type
    return None


def noted(table: Table, keys: Iterable[str], types: Sequence[str]) -> list[Mark]:
    """Return the newest event of each of these types that was noted under each key."""
    marks = table.get_all((subscription_pk(key), LAST_EXIT) for key in dict.fromkeys(keys))
    return [
        Mark(each, parse_time(mark[_at(each)], "at"), mark[_by(each)])
        for mark in marks.values()
        for each in types
        if _at(each) in mark
    ]


def note(table: Table, keys: Iterable[str], event: Event, now: datetime) -> None:
    """Note the event under each key, unless a later one of its type is noted already."""
    values = {
        "at": format_time(event.time),
        "by": order_key(event),
        "expires_at": int((now + LAST_EXIT_KEPT_FOR).timestamp()),
    }
    later = Expression(
        condition="attribute_not_exists(#at) OR #at < :at OR (#at = :at AND #by < :by)",
        update="SET #at = :at, #by = :by, #expires_at = :expires_at",
        values=values,
        names={"at": _at(event.type), "by": _by(event.type)},
    )
    for key in dict.fromkeys(keys):
        with suppress(ConditionFailed):
            table.update(subscription_pk(key), LAST_EXIT, later)


def watching(table: Table, keys: Sequence[str]) -> list[Found]:
    """Return the open runs under any of the keys, each once."""
    found: dict[str, Item] = {}
    for key in dict.fromkeys(keys):
        found |= {item["run_id"]: item for item in table.collection(subscription_pk(key), _OPEN)}
    return [(run_id, tuple(item["types"]), parse_time(item["entered"], "entered")) for run_id, item in found.items()]


def _at(event_type: str) -> str:
    return f"at:{event_type}"


def _by(event_type: str) -> str:
    return f"by:{event_type}"
