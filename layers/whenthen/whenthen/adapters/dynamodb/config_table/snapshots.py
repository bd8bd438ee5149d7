"""Store snapshots on the config table: all rules of an event type in a few items, for few requests at a cold start.

Each is written twice: as documents, which are the truth, and compactly, to be decoded instead of parsed. Readers take
the compact one, or the documents if that is absent, unreadable or in the format of other code.

A snapshot is a cache of `trigger#<event type>`, marked with the generation that was read *before* the collection: its
content is as old as its generation, or newer. The snapshot and the rules that the current generation names as changed
since are the rules in force. If a snapshot is missing, incomplete or too old, readers use the collection. No reader
depends on a snapshot, and two writers at once do no harm: each snapshot stands under its generation and the hash of
its content.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from msgspec import Struct

from whenthen.adapters.dynamodb.common.items import Item, pack, unpack
from whenthen.adapters.dynamodb.config_table.rule_items import (
    GENERATION,
    Generation,
    entering,
    generation_of,
    generation_pk,
    pack_rules,
    rule_head_of,
    trigger_pk,
    unpack_rules,
)
from whenthen.domain.rules.rule import parse_rule_head

if TYPE_CHECKING:
    from whenthen.adapters.dynamodb.common.table import Table
    from whenthen.domain.rules.rule import Rule

RENEWED_EVERY = 10
"""Changes after which a snapshot is renewed: fewer make saves dearer, more make cold starts slower."""

CHUNK_BYTES = 350_000
"""Bytes of an item's part; an item may have 400 KB."""


class Snapshot(Struct, frozen=True):
    """Hold the rules of an event type, without their steps, after `count` changes, or later."""

    count: int
    rules: Sequence[Rule]


def is_due(before: Generation) -> bool:
    """Tell whether the snapshot is to be renewed after the change that follows on `before`."""
    return (before.count + 1) % RENEWED_EVERY == 0


class Snapshots:
    """Read and renew the snapshots of all event types."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def read(self, event_type: str, generation: Generation) -> Snapshot | None:
        """Read the newest complete snapshot; None if `generation` does not tell all that changed since any."""
        if generation.count < RENEWED_EVERY:
            return None  # no snapshot is written yet; most types have few rules, and need not look for one
        compact = self._newest(_compact_pk(event_type), generation, unpack_rules)
        return compact or self._newest(_pk(event_type), generation, _parsed)

    def _newest(
        self, pk: str, generation: Generation, rules_of: Callable[[bytes], list[Rule] | None]
    ) -> Snapshot | None:
        for (count, digest), chunks in groupby(self._chunks(pk), _generation):
            if generation.since_count(count) is None:
                return None
            whole = _joined(list(chunks), digest)
            rules = None if whole is None else rules_of(whole)
            if rules is not None:
                return Snapshot(count, rules)
        return None

    def renew(self, event_type: str) -> None:
        """Write a snapshot of the rules in force, and delete older snapshots."""
        generation = generation_of(self._table.get(generation_pk(event_type), GENERATION))
        items = list(self._table.collection(trigger_pk(event_type)))
        self._write(_pk(event_type), generation.count, pack([rule_head_of(item) for item in items]))
        compact = pack_rules(map(entering, items))
        if compact is not None:
            self._write(_compact_pk(event_type), generation.count, compact)
        for pk in (_pk(event_type), _compact_pk(event_type)):
            self._drop_older(pk, generation.count)

    def _write(self, pk: str, count: int, whole: bytes) -> None:
        digest = _digest(whole)
        parts = [whole[start : start + CHUNK_BYTES] for start in range(0, len(whole), CHUNK_BYTES)]
        for number, part in enumerate(parts):
            self._table.put(
                {
                    "pk": pk,
                    "sk": f"{count:010d}#{digest}#{number:04d}",
                    "count": count,
                    "digest": digest,
                    "number": number,
                    "chunks": len(parts),
                    "part": part,
                }
            )

    def _chunks(self, pk: str) -> Iterator[Item]:
        """Yield chunks, newest first. A page is read when the one before it did not suffice."""
        start: dict[str, str] | None = None
        while True:
            items, start = self._table.query(pk, start=start, backwards=True)
            yield from items
            if start is None:
                return

    def _drop_older(self, pk: str, count: int) -> None:
        # Delete only older ones: another save may be writing a newer one at this moment.
        start: dict[str, str] | None = None
        while True:
            items, start = self._table.query(pk, start=start, before=f"{count:010d}")
            for item in items:
                self._table.delete(item["pk"], item["sk"])
            if start is None:
                return


def _pk(event_type: str) -> str:
    return f"snapshot#{event_type}"


def _compact_pk(event_type: str) -> str:
    return f"compact#{event_type}"


def _generation(chunk: Item) -> tuple[int, str]:
    return chunk["count"], chunk["digest"]


def _digest(whole: bytes) -> str:
    return hashlib.sha256(whole).hexdigest()[:16]


def _joined(chunks: Sequence[Item], digest: str) -> bytes | None:
    """Join the chunks; None if one is missing: it is being written or deleted, or its writer died."""
    whole = b"".join(chunk["part"] for chunk in sorted(chunks, key=_number))
    if len(chunks) != chunks[0]["chunks"] or _digest(whole) != digest:
        return None
    return whole


def _parsed(whole: bytes) -> list[Rule] | None:
    """Parse the rules of a snapshot of documents; None where it is damaged."""
    try:
        documents = unpack(whole)
    except (zlib.error, ValueError):
        return None
    return [parse_rule_head(document) for document in documents]


def _number(chunk: Item) -> int:
    number: int = chunk["number"]
    return number
