"""Read timelines from the runs table: the events and the runs about a record, in one order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from whenthen.adapters.dynamodb.common.cursors import cursor_of, start_of
from whenthen.adapters.dynamodb.common.table import Table
from whenthen.adapters.dynamodb.runs_table.event_log import plan_of_item, record_events_pk
from whenthen.adapters.dynamodb.runs_table.run_items import RUN, run_of
from whenthen.ports.values import Page, Plan

if TYPE_CHECKING:
    from collections.abc import Sequence

    from whenthen.adapters.aws.client import AwsClient
    from whenthen.adapters.dynamodb.common.items import Item
    from whenthen.domain.runs.run import Run

_INDEX = "gsi2"


class DynamoTimelines:
    """Merge two partitions of one index for each ref, sorted by time; a cursor is the place in that common order."""

    def __init__(self, client: AwsClient, runs_table: str) -> None:
        self._table = Table(client, runs_table)

    def read(self, refs: Sequence[str], *, limit: int, cursor: str | None) -> Page[Run | Plan]:
        """Read events and runs of a record, newest first; eventually consistent. Raises Invalid naming `cursor`.

        `refs`: its own first, then those of the records that were merged into it.
        """
        pk = f"record#{refs[0]}"
        start = start_of(cursor, pk)
        before = start["sk"] if start else ""
        keys: list[Item] = []
        for partition in (name for ref in refs for name in (f"record#{ref}", record_events_pk(ref))):
            found, _ = self._table.query(partition, index=_INDEX, limit=limit + 1, before=before, backwards=True)
            keys += found
        keys.sort(key=lambda key: str(key[f"{_INDEX}sk"]), reverse=True)
        shown = keys[:limit]
        items = self._table.get_all((key["pk"], key["sk"]) for key in shown)
        there = [items[place] for key in shown if (place := (key["pk"], key["sk"])) in items]
        more = {"pk": pk, "sk": str(shown[-1][f"{_INDEX}sk"])} if len(keys) > limit else None
        return Page(tuple(_entry(item) for item in there), cursor_of(more))


def _entry(item: Item) -> Run | Plan:
    return run_of(item) if item["sk"] == RUN else plan_of_item(item)
