"""Store which run of a rule entered last for a record, and let a run start only if that is as it was seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from msgspec import Struct

from whenthen.adapters.dynamodb.common.table import Expression, Key, Table
from whenthen.adapters.dynamodb.common.transactions import Write, check, put
from whenthen.domain.events.event import format_time, parse_time
from whenthen.ports.values import LastEntry

if TYPE_CHECKING:
    from whenthen.adapters.dynamodb.common.items import Item
    from whenthen.domain.enrolments.shared_entry import Coverage
    from whenthen.domain.runs.run import Run
    from whenthen.ports.values import SharedEntry

_SK = "enrolled"

SHARED_FOR = timedelta(days=180)
"""Time for which an entry is kept that an enrolment shares: longer than any event of it may be under way."""


class Entries(Struct, frozen=True):
    """Guard the start of a run by the entries of its record.

    key      the entry that becomes the run's; None if the rule asks for none
    earlier  entries of records that were merged into its record: they are checked, and stay
    seen     the entries that may stand in its way, since the caller judged them
    covers   what the run covers, if it is that of an enrolment which shares the entry
    kept_for how long the run's entry is kept; None: for ever
    """

    table: Table
    run: Run
    key: str | None
    earlier: Sequence[str]
    seen: Mapping[str, LastEntry]
    covers: Coverage | None = None
    kept_for: timedelta | None = None

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
        item: Item = {"pk": pk, "sk": sk, "run_id": self.run.id, "at": format_time(self.run.started_at)}
        if self.covers is not None:
            item["covers"] = [format_time(self.covers.at), self.covers.created, self.covers.version]
        if self.kept_for is not None:
            item["expires_at"] = int((self.run.started_at + self.kept_for).timestamp())
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


def shared_entries(table: Table, run: Run, shared: SharedEntry) -> Entries:
    """Guard the start of a run by an entry that an enrolment and changes share."""
    return Entries(table, run, shared.key, shared.earlier, shared.seen, shared.covers, SHARED_FOR)


def place_of(key: str) -> Key:
    """Return the table key of an entry."""
    return f"enrolled#{key}", _SK


def last_entries(table: Table, keys: Sequence[str]) -> dict[str, LastEntry]:
    """Return which run holds each of these keys; a key that none holds is left out."""
    found = table.get_all(map(place_of, keys))
    return {key: _entry(found[place_of(key)]) for key in keys if place_of(key) in found}


def _entry(item: Item) -> LastEntry:
    covers = item.get("covers")
    return LastEntry(item["run_id"], parse_time(item["at"], "at"), None if covers is None else _coverage(*covers))


def _coverage(at: str, created: str, version: int) -> Coverage:
    from whenthen.domain.enrolments.shared_entry import Coverage  # noqa: PLC0415 - few rules are enrolled in so

    return Coverage(parse_time(at, "at"), created, int(version))
