"""Store snapshots on the config table: all rules of an event type in a few items, for few requests at a cold start.

A snapshot is a cache of `trigger#<event type>`, marked with the generation that was read *before* the collection: its
content is as old as its generation, or newer. The snapshot and the rules that the current generation names as changed
since are the rules in force. If a snapshot is missing, incomplete or too old, readers use the collection. No reader
depends on a snapshot, and two writers at once do no harm: each snapshot stands under its generation and the hash of
its content.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from whenthen.adapters.dynamodb.common.items import Item, pack, unpack
from whenthen.adapters.dynamodb.config.rule_items import (
    GENERATION,
    Generation,
    generation_of,
    generation_pk,
    rule_head_of,
    trigger_pk,
)

if TYPE_CHECKING:
    from whenthen.adapters.dynamodb.common.table import Table

RENEWED_EVERY = 10
"""Changes after which a snapshot is renewed: fewer make saves dearer, more make cold starts slower."""

CHUNK_BYTES = 350_000
"""Bytes of an item's part; an item may have 400 KB."""

Document = Mapping[str, Any]


class Snapshot(Struct, frozen=True):
    """Hold the rules of an event type, as `parse_rule_head` reads them, after `count` changes, or later."""

    count: int
    documents: Sequence[Document]


def is_due(before: Generation) -> bool:
    """Tell whether the snapshot is to be renewed after the change that follows on `before`."""
    return (before.count + 1) % RENEWED_EVERY == 0


class Snapshots:
    """Read and renew the snapshots of all event types."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def read(self, event_type: str, generation: Generation) -> Snapshot | None:
        """Read the newest complete snapshot; None if `generation` does not tell all that changed since any."""
        for (count, digest), chunks in groupby(self._chunks(event_type), _generation):
            if generation.since_count(count) is None:
                return None
            documents = _joined(list(chunks), digest)
            if documents is not None:
                return Snapshot(count, documents)
        return None

    def renew(self, event_type: str) -> None:
        """Write a snapshot of the rules in force, and delete older snapshots."""
        generation = generation_of(self._table.get(generation_pk(event_type), GENERATION))
        documents = [rule_head_of(item) for item in self._table.collection(trigger_pk(event_type))]
        whole = pack(documents)
        digest = _digest(whole)
        parts = [whole[start : start + CHUNK_BYTES] for start in range(0, len(whole), CHUNK_BYTES)]
        for number, part in enumerate(parts):
            self._table.put(
                {
                    "pk": _pk(event_type),
                    "sk": f"{generation.count:010d}#{digest}#{number:04d}",
                    "count": generation.count,
                    "digest": digest,
                    "number": number,
                    "chunks": len(parts),
                    "part": part,
                }
            )
        self._drop_older(event_type, generation.count)

    def _chunks(self, event_type: str) -> Iterator[Item]:
        """Yield chunks, newest first. A page is read when the one before it did not suffice."""
        start: dict[str, str] | None = None
        while True:
            items, start = self._table.query(_pk(event_type), start=start, backwards=True)
            yield from items
            if start is None:
                return

    def _drop_older(self, event_type: str, count: int) -> None:
        # Delete only older ones: another save may be writing a newer one at this moment.
        start: dict[str, str] | None = None
        while True:
            items, start = self._table.query(_pk(event_type), start=start, before=f"{count:010d}")
            for item in items:
                self._table.delete(item["pk"], item["sk"])
            if start is None:
                return


def _pk(event_type: str) -> str:
    return f"snapshot#{event_type}"


def _generation(chunk: Item) -> tuple[int, str]:
    return chunk["count"], chunk["digest"]


def _digest(whole: bytes) -> str:
    return hashlib.sha256(whole).hexdigest()[:16]


def _joined(chunks: Sequence[Item], digest: str) -> list[Document] | None:
    """Join the documents; None if a chunk is missing: it is being written or deleted, or its writer died."""
    whole = b"".join(chunk["part"] for chunk in sorted(chunks, key=_number))
    if len(chunks) != chunks[0]["chunks"] or _digest(whole) != digest:
        return None
    try:
        documents: list[Document] = unpack(whole)
    except (zlib.error, ValueError):
        return None
    return documents


def _number(chunk: Item) -> int:
    number: int = chunk["number"]
    return number
