"""Snapshots on the config table: all rules of an event type in a few items, so that a cold start makes few requests.

A snapshot is a cache of `trigger#<event type>`, marked with the stamp that was read *before* the collection: what it
holds is as old as its stamp, or newer. So whoever has it, and the rules that the stamp names as changed since, has
the rules in force; and where it is missing, torn or too old, the collection has them as well. No reader depends on
a snapshot being written, and none is harmed by two being written at once: each stands under its stamp and the hash
of its content.
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
"""Changes after which a snapshot is made anew: what a save costs on average, against what a cold start catches up."""

CHUNK_BYTES = 350_000
"""Of the 400 KB that an item may have."""

Document = Mapping[str, Any]


class Snapshot(Struct, frozen=True):
    """The rules of an event type, each as `parse_rule_head` reads it, as they stood after `count` changes, or later."""

    count: int
    documents: Sequence[Document]


def is_due(before: Generation) -> bool:
    """Whether the change that follows on `before` is one after which the snapshot is made anew."""
    return (before.count + 1) % RENEWED_EVERY == 0


class Snapshots:
    """The snapshots of all event types."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def read(self, event_type: str, generation: Generation) -> Snapshot | None:
        """The newest snapshot that is whole; None if there is none from which `generation` tells what changed since."""
        for (count, digest), chunks in groupby(self._chunks(event_type), _generation):
            if generation.since_count(count) is None:
                return None
            documents = _joined(list(chunks), digest)
            if documents is not None:
                return Snapshot(count, documents)
        return None

    def renew(self, event_type: str) -> None:
        """Write a snapshot of what is in force, and let go of those that are older."""
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
        """The newest first. A page is read when the one before it did not suffice."""
        start: dict[str, str] | None = None
        while True:
            items, start = self._table.query(_pk(event_type), start=start, backwards=True)
            yield from items
            if start is None:
                return

    def _drop_older(self, event_type: str, count: int) -> None:
        # Only older ones: another save may be writing a newer one at this moment.
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
    """The documents; None where a chunk is missing: it is being written or taken away, or its writer died."""
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
