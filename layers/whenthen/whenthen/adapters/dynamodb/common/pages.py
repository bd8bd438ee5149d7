"""Fill a page of a list: select first, then count, and stop before the answer is too large for Lambda."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Generic, TypeVar

from msgspec import Struct

from whenthen.adapters.dynamodb.common.cursors import cursor_of, start_of
from whenthen.ports.values import Page

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from whenthen.adapters.dynamodb.common.items import Item
    from whenthen.adapters.dynamodb.common.table import Table

T = TypeVar("T")

MAX_PAGE_BYTES = 2_500_000
"""Bytes of the items of a page. An answer of Lambda holds 6 MB, in which JSON within JSON takes up to twice its own."""

MAX_READ_ITEMS, MAX_READ_BYTES = 2_000, 25_000_000
"""Items, and their bytes, that are read for one page: beyond them, a page may be short while there is a cursor."""

MAX_BATCH = 100
"""Items that are read at once."""


class Listing(Struct, frozen=True):
    """Describe the list that is read: a collection of the table, or of one of its indexes of keys only."""

    table: Table
    pk: str
    index: str = ""
    backwards: bool = False

    def read(self, limit: int, start: Mapping[str, str] | None) -> tuple[list[tuple[Item, Item]], Item | None]:
        """Read the next items, each with its key in this list, and the key at which the list goes on."""
        found, last = self.table.query(self.pk, index=self.index, limit=limit, start=start, backwards=self.backwards)
        if not self.index:
            return [(self._key(item), item) for item in found], last
        items = self.table.get_all((key["pk"], key["sk"]) for key in found)
        there = [(self._key(key), items.get((key["pk"], key["sk"]))) for key in found]
        return [(key, item) for key, item in there if item is not None], last

    def _key(self, item: Item) -> Item:
        names = {"pk": 0, "sk": 0, f"{self.index}pk": 0, f"{self.index}sk": 0}
        return {name: item[name] for name in names}


def page_of(
    listing: Listing, *, limit: int, cursor: str | None, read: Callable[[Item], T | None], takes: Callable[[T], bool]
) -> Page[T]:
    """Return the next `limit` items that `takes` selects; fewer at the end, and where they are large.

    read   makes the value of an item; None for one that no list shows

    Raises Invalid for a cursor of another list.
    """
    filling = _Filling(limit, read, takes, start_of(cursor, listing.pk, listing.index))
    size = limit
    while True:
        batch, last = listing.read(min(size, MAX_BATCH), filling.after)
        for position, (key, item) in enumerate(batch, 1):
            if not filling.take(key, item):
                return Page(tuple(filling.found), cursor_of(filling.after))
            if filling.is_full and (position < len(batch) or last is not None):
                return Page(tuple(filling.found), cursor_of(key))
        filling.after = last
        if last is None or filling.is_full:
            return Page(tuple(filling.found), cursor_of(last))
        size *= 2


class _Filling(Generic[T]):
    """Fill one page. `after`: the key of the last item that was looked at."""

    def __init__(
        self, limit: int, read: Callable[[Item], T | None], takes: Callable[[T], bool], start: Mapping[str, str] | None
    ) -> None:
        self._limit, self._read, self._takes = limit, read, takes
        self._room, self._budget, self._left = MAX_PAGE_BYTES, MAX_READ_BYTES, MAX_READ_ITEMS
        self.found: list[T] = []
        self.after = start

    @property
    def is_full(self) -> bool:
        """Tell whether no more items are looked at for this page."""
        return len(self.found) == self._limit or self._budget <= 0 or self._left <= 0

    def take(self, key: Item, item: Item) -> bool:
        """Look at an item. False if it belongs to the next page, as it would make this one too large."""
        size, value = bytes_of(item), self._read(item)
        if value is not None and self._takes(value):
            if self.found and size > self._room:
                return False
            self.found.append(value)
            self._room -= size
        self._budget, self._left, self.after = self._budget - size, self._left - 1, key
        return True


def within_bytes(items: Sequence[Item]) -> int:
    """Count the first items that one answer can hold; at least one."""
    room = MAX_PAGE_BYTES
    for place, item in enumerate(items):
        room -= bytes_of(item)
        if room < 0 and place:
            return place
    return len(items)


def bytes_of(item: Item) -> int:
    """Return the bytes of an item as JSON."""
    return len(json.dumps(item, ensure_ascii=False, separators=(",", ":"), default=str).encode(errors="surrogatepass"))
