"""Store which run of a rule entered last for a record, and let a run start only if that is as it was seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from whenthen.adapters.dynamodb.common.table import Expression, Key, Table
from whenthen.adapters.dynamodb.common.transactions import Write, check, put
from whenthen.domain.events.event import format_time, parse_time
from whenthen.ports.values import LastEntry

if TYPE_CHECKING:
    from whenthen.adapters.dynamodb.common.items import Item
    from whenthen.domain.runs.run import Run

_SK = "enrolled"


class Entries(Struct, frozen=True):
    """Guard the start of a run by the entries of its record.

    key      the entry that becomes the run's; None if the rule asks for none
    earlier  entries of records that were merged into its record: they are checked, and stay
    seen     the entries that may stand in its way, since the caller judged them
    """

    table: Table
    run: Run
    key: str | None
    earlier: Sequence[str]
    seen: Mapping[str, LastEntry]

    @property
    def places(self) -> list[Key]:
        """Return the keys of all items that decide."""
        return [place_of(key) for key in (self.key, *self.earlier) if key is not None]

    def writes(self) -> list[Write]:
        """Return the writes and checks by which the run enters."""
        checks = [check(self.table, *place_of(key), self._free(key)) for key in self.earlier]
        if self.key is None:
            return checks
        pk, sk = place_of(self.key)
        item = {"pk": pk, "sk": sk, "run_id": self.run.id, "at": format_time(self.run.started_at)}
        return [*checks, put(self.table, item, self._free(self.key, self.run.id))]

    def taken(self, found: Mapping[Key, Item]) -> bool:
        """Tell whether an entry is another one than was seen, by the items as they are now."""
        return any(
            found[place_of(key)]["run_id"] not in self._expected(key)
            for key in (self.key, *self.earlier)
            if key is not None and place_of(key) in found
        )

    def _expected(self, key: str) -> list[str]:
        seen = self.seen.get(key)
        return [self.run.id, *([seen.run_id] if seen else ())]

    def _free(self, key: str, *also: str) -> Expression:
        """Return the condition that nobody holds the entry, but the run that was seen or `also`."""
        seen = self.seen.get(key)
        holders = {f"run{n}": run for n, run in enumerate((*also, *([seen.run_id] if seen else ())))}
        parts = ["attribute_not_exists(#pk)", *(f"#run_id = :{name}" for name in holders)]
        return Expression(" OR ".join(parts), values=holders)


def place_of(key: str) -> Key:
    """Return the table key of an entry."""
    return f"enrolled#{key}", _SK


def last_entries(table: Table, keys: Sequence[str]) -> dict[str, LastEntry]:
    """Return which run holds each of these keys; a key that none holds is left out."""
    found = table.get_all(map(place_of, keys))
    return {
        key: LastEntry(found[place_of(key)]["run_id"], parse_time(found[place_of(key)]["at"], "at"))
        for key in keys
        if place_of(key) in found
    }
