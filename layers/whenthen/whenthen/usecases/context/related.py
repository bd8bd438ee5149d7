"""Load the records that a record refers to, when conditions and templates ask for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from whenthen.domain.records.record import as_context, is_ref

if TYPE_CHECKING:
    from whenthen.domain.records.record import Record
    from whenthen.ports.records import RecordStore

MAX_OF_FIELD = 10
"""References of one field that are followed."""


class Related(Mapping[str, Any]):
    """Provide the context's `related`: for each field that holds a reference (`agent:ayse`), the record as it is now.

    A field with a list of references leads to a list of records. Each is read once.
    """

    def __init__(self, records: RecordStore, record: Record | None) -> None:
        self._records = records
        self._fields = record.fields if record else {}
        self._known: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._known:
            self._known[name] = self._read(self._fields.get(name))
        found = self._known[name]
        if found is None:
            raise KeyError(name)
        return found

    def __iter__(self) -> Iterator[str]:
        return (name for name, value in self._fields.items() if _refs(value))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _read(self, value: Any) -> Any:
        found = [as_context(record) for ref in _refs(value) if (record := self._records.get(ref)) is not None]
        if isinstance(value, list):
            return found or None
        return found[0] if found else None


def _refs(value: Any) -> list[str]:
    """Return the references in a field."""
    values = value[:MAX_OF_FIELD] if isinstance(value, list) else [value]
    return [each for each in values if is_ref(each)]
