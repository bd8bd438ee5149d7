"""Read timelines from the runs table: the events and the runs about a record, in one order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from whenthen.adapters.dynamodb.common.cursors import cursor_of, start_of
from whenthen.adapters.dynamodb.common.pages import within_bytes
from whenthen.adapters.dynamodb.common.table import Table
from whenthen.adapters.dynamodb.runs_table.event_log import SIBLINGS, place_of, plan_of_item, record_events_pk
from whenthen.adapters.dynamodb.runs_table.run_items import RUN, run_of
from whenthen.domain.events.siblings import main_id
from whenthen.ports.values import Page, Plan

if TYPE_CHECKING:
    from collections.abc import Sequence

    from whenthen.adapters.aws.client import AwsClient
    from whenthen.adapters.dynamodb.common.items import Item
    from whenthen.domain.runs.run import Run

_INDEX = "gsi2"
_SK = f"{_INDEX}sk"
MAX_SIBLINGS = 32
"""Events of one change, at most: so many entries of the index may stand between a cursor and its change's end."""


class DynamoTimelines:
    """Merge two partitions of one index for each ref, sorted by time; a cursor is the place in that common order.

    Events of one change that nothing came of stand in the plan of its main event, whose key comes before theirs.
    """

    def __init__(self, client: AwsClient, runs_table: str) -> None:
        self._table = Table(client, runs_table)

    def read(self, refs: Sequence[str], *, limit: int, cursor: str | None) -> Page[Run | Plan]:
        """Read events and runs of a record, newest first; eventually consistent. Raises Invalid naming `cursor`.

        `refs`: its own first, then those of the records that were merged into it.
        """
        pk = f"record#{refs[0]}"
        start = start_of(cursor, pk)
        before = start["sk"] if start else ""
        keys = self._keys(refs, limit + 1 + (MAX_SIBLINGS if before else 1), before)
        read, unread = keys[: limit + 1], keys[limit + 1 :]
        items = self._table.get_all((key["pk"], key["sk"]) for key in read)
        entries = sorted((each for item in items.values() for each in _entries(item)), key=_place, reverse=True)
        # What stands behind a key that is not read yet comes with that.
        end = str(unread[0][_SK]) if unread else ""
        found = [each for each in entries if each[0] > end and (not before or each[0] < before)]
        shown = found[: min(limit, within_bytes([item for _, _, item in found]))]
        more = {"pk": pk, "sk": shown[-1][0]} if shown and (unread or len(found) > len(shown)) else None
        return Page(tuple(entry for _, entry, _ in shown), cursor_of(more))

    def _keys(self, refs: Sequence[str], limit: int, before: str) -> list[Item]:
        """Return the newest keys before a place, and with them that of a change that is not told to its end."""
        time, _, last = before.partition("#")
        bound = f"{time}#{main_id(last)}{SIBLINGS * 2}" if before else ""
        keys: list[Item] = []
        for partition in (name for ref in refs for name in (f"record#{ref}", record_events_pk(ref))):
            found, _ = self._table.query(partition, index=_INDEX, limit=limit, before=bound, backwards=True)
            keys += found
        keys = [key for key in keys if not before or str(key[_SK]).removesuffix(SIBLINGS) < before]
        return sorted(keys, key=lambda key: str(key[_SK]), reverse=True)


def _entries(item: Item) -> Iterator[tuple[str, Run | Plan, Item]]:
    """Yield what an item tells, each with its place and the item."""
    if item["sk"] == RUN:
        yield str(item[_SK]), run_of(item), item
        return
    plan = plan_of_item(item)
    yield place_of(plan), plan, item
    for each in plan.also:
        sibling = plan.of_sibling(each.id)
        if sibling is not None:
            yield place_of(sibling), sibling, item


def _place(entry: tuple[str, Run | Plan, Item]) -> str:
    return entry[0]
