"""Count outcomes on the runs table: an item for each day, rule and shard, written once for a batch of the stream.

A batch writes one item for all runs of a rule in a shard, so even a rule that starts for everybody makes no hot key.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

from whenthen.adapters.aws.client import pauses
from whenthen.adapters.dynamodb.common.cursors import INVALID_CURSOR
from whenthen.adapters.dynamodb.common.table import NEW, ConditionFailed, Expression, Table
from whenthen.domain.common.errors import Invalid, Temporary
from whenthen.domain.figures.tally import Ending, Tally
from whenthen.ports.reason_codes import CONTENDED
from whenthen.ports.values import Page

if TYPE_CHECKING:
    from whenthen.adapters.aws.client import AwsClient
    from whenthen.adapters.dynamodb.common.items import Item
    from whenthen.ports.clock import Clock

SHARDS = 4
"""Items of one rule and day: workers that count at once write different ones, mostly."""

KEPT_FOR = timedelta(days=400)
MOST_DAYS, MOST_TALLIES = 31, 1_000
"""Bound a page: so many days, or the day with which so many tallies are reached."""

_ATTEMPTS = 6


class DynamoFigures:
    """Count and read outcomes by day."""

    def __init__(self, client: AwsClient, runs_table: str, clock: Clock) -> None:
        self._runs = Table(client, runs_table)
        self._clock = clock

    def count(self, endings: Sequence[Ending]) -> None:
        """Count those that were not counted. Raises Temporary; a repetition then counts the rest."""
        by_key: dict[tuple[date, str, int], list[Ending]] = {}
        for ending in endings:
            shard = zlib.crc32(ending.mark.encode()) % SHARDS
            by_key.setdefault((ending.day, ending.rule, shard), []).append(ending)
        for (day, rule, shard), found in by_key.items():
            self._count(day, rule, shard, found)

    def _count(self, day: date, rule: str, shard: int, endings: Sequence[Ending]) -> None:
        pk, sk = _pk(day), f"{rule}#{shard}"
        for _ in pauses(_ATTEMPTS, first=0.02):
            item = self._runs.get(pk, sk)
            tally = _tally_of(item) if item else Tally(rule, day)
            after = tally.add(endings, self._clock.now())
            if after is None:
                return
            version = int(item["version"]) if item else 0
            unchanged = Expression("#version = :was", values={"was": version}) if item else NEW
            try:
                self._runs.put(_item_of(pk, sk, after, version + 1), unchanged)
            except ConditionFailed:
                continue
            return
        raise Temporary(CONTENDED(subject=rule))

    def read(self, first: date, last: date, *, rule: str, cursor: str | None) -> Page[Tally]:
        """Read the counts of these days, the newest first, of all rules or of one. Raises Invalid naming `cursor`."""
        found: list[Tally] = []
        begin = _begin(first, last, cursor).toordinal()
        end = max(first.toordinal(), begin - MOST_DAYS + 1)
        for ordinal in range(begin, end - 1, -1):
            day = date.fromordinal(ordinal)
            found += map(_tally_of, self._runs.collection(_pk(day), prefix=f"{rule}#" if rule else ""))
            if len(found) >= MOST_TALLIES:
                end = ordinal
                break
        return Page(tuple(found), date.fromordinal(end - 1).isoformat() if end > first.toordinal() else None)


def _begin(first: date, last: date, cursor: str | None) -> date:
    """Return the day with which the page begins. A cursor is the day itself, so it must be one of those asked for."""
    if cursor is None:
        return last
    try:
        day = date.fromisoformat(cursor)
    except ValueError as error:
        raise Invalid.field("cursor", INVALID_CURSOR()) from error
    if not first <= day <= last:
        raise Invalid.field("cursor", INVALID_CURSOR())
    return day


def _pk(day: date) -> str:
    return f"figures#{day.isoformat()}"


def _item_of(pk: str, sk: str, tally: Tally, version: int) -> Item:
    ends = datetime.combine(tally.day, time(), UTC) + KEPT_FOR
    counts = {"runs": dict(tally.runs), "jobs": dict(tally.jobs), "remembered": dict(tally.remembered)}
    return {"pk": pk, "sk": sk, "version": version, **counts, "expires_at": int(ends.timestamp())}


def _tally_of(item: Item) -> Tally:
    day, rule = date.fromisoformat(item["pk"].partition("#")[2]), item["sk"].rpartition("#")[0]
    counts = ({name: int(count) for name, count in item[part].items()} for part in ("runs", "jobs", "remembered"))
    return Tally(rule, day, *counts)
