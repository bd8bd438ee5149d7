"""Test a record before and after a change: each row of the catalogue that is derived has one of these tests.

Each test returns the facts that its event has beside the record itself, or None if it did not happen. A milestone such
as `invoice.paid` is reached by a change, or by a record that is created so: most payments are recorded when they are
received already. A change from one value to another needs both sides.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

from msgspec import Struct

from whenthen.domain.common.contents import Contents, without_repetitions
from whenthen.domain.common.errors import Invalid
from whenthen.domain.common.values import Choice, elements, folded, is_blank, unchanged
from whenthen.domain.records.record import Record, parse_ref

if TYPE_CHECKING:
    from whenthen.domain.events.event import Change

Facts = Mapping[str, Any]


class Difference(Struct, frozen=True):
    """Hold a record before (None: it was created) and after (None: it was deleted) a change, and the changed fields."""

    before: Record | None
    after: Record | None
    changed: Mapping[str, Change]

    @property
    def record(self) -> Record:
        """Return the record as it is, or as it last was."""
        record = self.after or self.before
        assert record is not None  # noqa: S101 - for the type checker: one of the two is there
        return record

    @property
    def updated(self) -> bool:
        """Tell whether the record was there before and still is."""
        return self.before is not None and self.after is not None

    def was(self, name: str) -> Any:
        """Return the field's former value. None if there was no record."""
        return self.before.fields.get(name) if self.before else None

    def is_now(self, name: str) -> Any:
        """Return the field's value. None if there is no record."""
        return self.after.fields.get(name) if self.after else None


class Test(Protocol):
    """Test a difference for a row of the catalogue."""

    @property
    def description(self) -> str:
        """Describe the test, for the catalogue."""

    def facts(self, difference: Difference) -> Facts | None:
        """Return the facts of the event. None if it did not happen."""


class Created(Struct, frozen=True):
    """Match a record that is new. `via`: only if it was made this way."""

    via: str = ""

    @property
    def description(self) -> str:
        return f"a record is created{f' by {self.via}' if self.via else ''}"

    def facts(self, difference: Difference) -> Facts | None:
        right = not self.via or via_of(difference.record.origin) == self.via
        return {} if difference.before is None and right else None


class Updated(Struct, frozen=True):
    """Match a change of at least one field."""

    description: str = "any field of a record changes"

    def facts(self, difference: Difference) -> Facts | None:
        return {} if difference.updated and difference.changed else None


class Deleted(Struct, frozen=True):
    """Match a record that is gone."""

    description: str = "a record is deleted"

    def facts(self, difference: Difference) -> Facts | None:
        return {} if difference.after is None else None


class Merged(Struct, frozen=True):
    """Match a record into which another was merged."""

    description: str = "another record of its kind is merged into a record; this is the only event of that change"

    def facts(self, difference: Difference) -> Facts | None:
        gained = absorbed(difference.before, difference.after)
        return {"from": gained[0]} if gained else None


class Changes(Struct, frozen=True):
    """Match a change of one of these fields of an existing record; the facts are about the first of them."""

    fields: tuple[str, ...]

    @property
    def description(self) -> str:
        return f"{' or '.join(self.fields)} of an existing record changes"

    def facts(self, difference: Difference) -> Facts | None:
        name = next((name for name in self.fields if name in difference.changed), None)
        if not difference.updated or name is None:
            return None
        return _from_to(name, difference.changed[name].before, difference.changed[name].after)


class ChangesBeside(Struct, frozen=True):
    """Match a change of any other field: these have events of their own, or are nothing that people edit."""

    fields: tuple[str, ...]

    @property
    def description(self) -> str:
        return f"a field other than {', '.join(self.fields)} changes"

    def facts(self, difference: Difference) -> Facts | None:
        return {} if difference.updated and difference.changed.keys() - set(self.fields) else None


class Becomes(Struct, frozen=True):
    """Match a field that newly holds one of these values, in any case; also in a record that is created so."""

    field: str
    values: tuple[str, ...]

    @property
    def description(self) -> str:
        return f"{self.field} becomes {' or '.join(self.values)}, also when a record is created so"

    def facts(self, difference: Difference) -> Facts | None:
        if not self._accepts(difference.is_now(self.field)) or self._accepts(difference.was(self.field)):
            return None
        return _from_to(self.field, difference.was(self.field), difference.is_now(self.field))

    def _accepts(self, value: Any) -> bool:
        return isinstance(value, str) and folded(value.strip()) in map(folded, self.values)


class Gets(Struct, frozen=True):
    """Match a field with a new value that is not blank, also in a new record. `first`: only if it had none."""

    field: str
    first: bool = False

    @property
    def description(self) -> str:
        return f"{self.field} gets {'its first' if self.first else 'another'} value, also when a record is created so"

    def facts(self, difference: Difference) -> Facts | None:
        value, was = difference.is_now(self.field), difference.was(self.field)
        if difference.after is None or is_blank(value) or self.field not in difference.changed:
            return None
        return None if self.first and not is_blank(was) else _from_to(self.field, was, value)


class Gains(Struct, frozen=True):
    """Match a list with new items, all of one change in one event. A new record gains all that it has."""

    field: str

    @property
    def description(self) -> str:
        return f"{self.field} has new items, also when a record is created with them"

    def facts(self, difference: Difference) -> Facts | None:
        gained = _beyond(difference.is_now(self.field), difference.was(self.field))
        return {self.field: gained} if gained else None


class Loses(Struct, frozen=True):
    """Match a list that lost items."""

    field: str

    @property
    def description(self) -> str:
        return f"{self.field} of an existing record loses items"

    def facts(self, difference: Difference) -> Facts | None:
        lost = _beyond(difference.was(self.field), difference.is_now(self.field)) if difference.updated else []
        return {self.field: lost} if lost else None


def absorbed(before: Record | None, after: Record | None) -> tuple[str, ...]:
    """Return the refs that a change made mean this record: that of the record merged into it, and those it meant."""
    if before is None or after is None:
        return ()
    return tuple(ref for ref in after.absorbed if ref not in before.absorbed)


def parent_of(difference: Difference) -> str | None:
    """Return the ref of the parent that the record has and had not. None if there is no new one."""
    parent = difference.is_now("parent")
    if parent == difference.was("parent"):
        return None
    try:
        parse_ref(parent)
    except Invalid:
        return None
    return str(parent)


def via_of(origin: str) -> str:
    """Return how a change came about, by its origin: human, import, form, rule or integration."""
    way = origin.partition(":")[0]
    return way if way in ("human", "import", "form", "rule") else "integration"


def _from_to(name: str, before: Any, after: Any) -> Facts:
    return {"field": name, "from": before, "to": after}


def _beyond(items: Any, others: Any) -> list[Any]:
    """Return the items that are not among `others`, each once, as `changed_to` compares them."""
    there = list(elements(others))
    known = Contents.of(there, fold=False)
    return without_repetitions(item for item in elements(items) if not _is_among(item, there, known))


def _is_among(item: Any, items: list[Any], contents: Contents) -> bool:
    if isinstance(item, list | Mapping):
        return any(unchanged(item, other) for other in items)
    return contents.has(Choice.of([item]))
