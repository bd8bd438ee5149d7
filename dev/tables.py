"""Make a table hold what another one holds, item by item, and write only what differs."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

Item = Mapping[str, Any]
"""An item as DynamoDB writes it: `{"pk": {"S": "record#lead:1"}, …}`."""

_GET, _WRITE = 100, 25
"""Items in one request, as DynamoDB takes them."""

_KEY = ("pk", "sk")
_GENERATION = "generation#"


@dataclass(slots=True)
class Difference:
    """Count what a table lacks, holds otherwise, and holds beyond the other."""

    missing: int = 0
    other: int = 0
    beyond: int = 0

    @property
    def total(self) -> int:
        return self.missing + self.other + self.beyond


@dataclass(frozen=True, slots=True)
class Copying:
    """Copy from one table to another. `writes`: else it is only told what would be written."""

    client: Any
    source: str
    target: str
    writes: bool

    def __call__(self) -> Difference:
        """Compare both, and write; interrupted, it is simply done again."""
        found = Difference()
        for wanted in _chunks(self._scan(self.source), _GET):
            there = self._read(self.target, wanted)
            self._put(found, [(item, there.get(_key(item))) for item in wanted])
        for keys in _chunks(self._scan(self.target, keys_only=True), _GET):
            there = self._read(self.source, keys)
            beyond = [key for key in keys if _key(key) not in there]
            found.beyond += sum(not _is_generation(key) for key in beyond)
            self._write([{"DeleteRequest": {"Key": key}} for key in beyond if not _is_generation(key)])
            self._write([{"PutRequest": {"Item": _moved_on(item)}} for item in self._generations(beyond)])
        return found

    def _put(self, found: Difference, pairs: Sequence[tuple[Item, Item | None]]) -> None:
        differing = [(item, held) for item, held in pairs if item != held]
        found.missing += sum(held is None for _, held in differing)
        found.other += sum(held is not None and not _is_generation(item) for item, held in differing)
        plain = [item for item, _ in differing if not _is_generation(item)]
        moved = [_moved_on(item, held) for item, held in pairs if _is_generation(item)]
        self._write([{"PutRequest": {"Item": item}} for item in (*plain, *moved)])

    def _generations(self, keys: Sequence[Item]) -> list[Item]:
        return list(self._read(self.target, [key for key in keys if _is_generation(key)]).values())

    def _scan(self, table: str, *, keys_only: bool = False) -> Iterator[Item]:
        request: dict[str, Any] = {"TableName": table, "ConsistentRead": True}
        if keys_only:
            request["ProjectionExpression"] = ", ".join(_KEY)
        while True:
            answer = self.client.scan(**request)
            yield from answer["Items"]
            if "LastEvaluatedKey" not in answer:
                return
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def _read(self, table: str, keys: Sequence[Item]) -> dict[tuple[str, ...], Item]:
        found: dict[tuple[str, ...], Item] = {}
        left = [{name: key[name] for name in _KEY} for key in keys]
        for pause in _pauses():
            if not left:
                return found
            answer = self.client.batch_get_item(RequestItems={table: {"Keys": left, "ConsistentRead": True}})
            found |= {_key(item): item for item in answer["Responses"].get(table, [])}
            left = answer.get("UnprocessedKeys", {}).get(table, {}).get("Keys", [])
            time.sleep(pause if left else 0)
        return found

    def _write(self, requests: Sequence[Mapping[str, Any]]) -> None:
        if not self.writes:
            return
        for chunk in _chunks(iter(requests), _WRITE):
            left: Sequence[Mapping[str, Any]] = chunk
            for pause in _pauses():
                if not left:
                    break
                answer = self.client.batch_write_item(RequestItems={self.target: list(left)})
                left = answer.get("UnprocessedItems", {}).get(self.target, [])
                time.sleep(pause if left else 0)


def _pauses() -> Iterator[float]:
    """Yield seconds between attempts at what DynamoDB did not take, without end."""
    pause = 0.05
    while True:
        yield pause
        pause = min(pause * 2, 5.0)


def _chunks(items: Iterator[Any], size: int) -> Iterator[list[Any]]:
    while chunk := list(islice(items, size)):
        yield chunk


def _key(item: Item) -> tuple[str, ...]:
    return tuple(item[name]["S"] for name in _KEY)


def _is_generation(item: Item) -> bool:
    return str(item["pk"]["S"]).startswith(_GENERATION)


def _moved_on(item: Item, held: Item | None = None) -> Item:
    """Return a generation of rules behind all that was ever counted: no cache of a matcher is right any more."""
    count = max(int(each["count"]["N"]) for each in (item, held or item))
    return {**item, "count": {"N": str(count + 1)}, "changed": {"L": []}}
