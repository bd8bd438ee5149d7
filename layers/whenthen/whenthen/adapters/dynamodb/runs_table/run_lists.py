"""List runs by status. The index has each status in shards, so that no partition bounds the whole stack."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from whenthen.adapters.dynamodb.common.cursors import cursor_of, start_of
from whenthen.adapters.dynamodb.runs_table.run_items import (
    OPEN,
    held_partitions,
    jobs_of,
    partitions,
    place_in_index,
    run_of,
    swept_partitions,
    withheld_partitions,
)
from whenthen.domain.runs.run import RunStatus
from whenthen.ports.values import Page

if TYPE_CHECKING:
    from whenthen.adapters.dynamodb.common.items import Item
    from whenthen.adapters.dynamodb.common.table import Table
    from whenthen.domain.runs.run import Job, Run
    from whenthen.domain.work.selection import Selection

_INDEX = "gsi3"
_SK = f"{_INDEX}sk"
_MORE = "more"
MAX_ROUNDS = 10
"""How often a page is filled on, where runs of other statuses stand between those that are wanted."""


def by_status(table: Table, status: str, limit: int, cursor: str | None) -> Page[Run]:
    """List runs with a status, merged from all shards; a cursor is the place in their common order.

    Open runs come soonest due first, others newest first. A page is short, with a cursor, where others stand between
    them that fill MAX_ROUNDS. Raises Invalid naming `cursor`.
    """
    name = f"status#{status}"
    start = start_of(cursor, name)
    at = start["sk"] if start else ""
    runs: list[Run] = []
    for _ in range(MAX_ROUNDS):
        wanted = limit - len(runs)
        keys = _merged(table, status, at, wanted + 1, soonest_first=status in OPEN)
        shown = keys[:wanted]
        items = table.get_all((key["pk"], key["sk"]) for key in shown)
        found = [run_of(items[place]) for key in shown if (place := (key["pk"], key["sk"])) in items]
        runs += [run for run in found if run.status == status]
        if len(keys) <= wanted:
            return Page(tuple(runs))
        at = str(shown[-1][_SK])
        if len(runs) == limit:
            break
    return Page(tuple(runs), cursor_of({"pk": name, "sk": at}))


def open_runs(table: Table, selection: Selection, limit: int, cursor: str | None) -> Page[Run]:
    """List about `limit` runs among which those of the selection are: collection after collection.

    cursor   `<number of the collection>#<sort key of its last run>`
    """
    collections = _collections(selection)
    number, after = int((cursor or "0#").partition("#")[0]), (cursor or "0#").partition("#")[2]
    keys: list[Item] = []
    while number < len(collections) and len(keys) < limit:
        index, pk = collections[number]
        found, _ = table.query(pk, index=index, limit=limit, after=after)
        keys += found
        number, after = (number, str(found[-1][f"{index}sk"])) if len(found) == limit else (number + 1, "")
    items = table.get_all({(key["pk"], key["sk"]) for key in keys})
    return Page(tuple(map(run_of, items.values())), f"{number}#{after}" if number < len(collections) else None)


def open_jobs(table: Table, limit: int) -> Page[Job]:
    """List the jobs without an outcome of `limit` runs that go on, those that are longest under way first."""
    keys = _merged(table, RunStatus.RUNNING, "", limit + 1, soonest_first=True)
    items = table.get_all((key["pk"], key["sk"]) for key in keys[:limit])
    going = [item for item in items.values() if item["status"] == RunStatus.RUNNING]
    jobs = tuple(job for item in going for job in jobs_of(item) if not job.status.final)
    return Page(jobs, _MORE if len(keys) > limit else None)


def _collections(selection: Selection) -> list[tuple[str, str]]:
    """Return the collections in which the selected runs are: (index, partition)."""
    if selection.held:
        return [(_INDEX, pk) for pk in held_partitions()]
    if selection.outcome:
        return [(_INDEX, pk) for pk in partitions(selection.outcome)]
    if selection.withheld:
        return [(_INDEX, pk) for pk in withheld_partitions()]
    if selection.refs:
        return [("gsi2", f"record#{ref}") for ref in selection.refs]
    statuses = [selection.status] if selection.status else OPEN
    return [(_INDEX, pk) for pk in dict.fromkeys(pk for status in statuses for pk in partitions(status))]


def overdue(table: Table, before: datetime, limit: int) -> list[str]:
    """Return the ids of open runs that were to be looked at before this time, the longest overdue first."""
    until = place_in_index("", before)
    found: list[Item] = []
    for partition in swept_partitions():
        found += table.query(partition, index=_INDEX, limit=limit, before=until)[0]
    found.sort(key=lambda key: str(key[_SK]))
    return [str(key["pk"]).removeprefix("run#") for key in found[:limit]]


def _merged(table: Table, status: str, start: str, limit: int, *, soonest_first: bool) -> list[Item]:
    """Return the keys of the next runs behind `start`, of all shards, in their common order."""
    after, before = (start, "") if soonest_first else ("", start)
    keys: list[Item] = []
    for partition in partitions(status):
        found, _ = table.query(
            partition, index=_INDEX, limit=limit, after=after, before=before, backwards=not soonest_first
        )
        keys += found
    keys.sort(key=lambda key: str(key[_SK]), reverse=not soonest_first)
    return keys[:limit]
