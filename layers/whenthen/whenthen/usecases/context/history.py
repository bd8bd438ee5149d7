"""Load earlier events of a customer, for conditions that count them. Nothing is read until a condition asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field

from whenthen.domain.conditions.field_access import MAX_COUNTED

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from whenthen.domain.events.event import Event
    from whenthen.domain.records.record import Record
    from whenthen.ports.events import Occurrences


def keys_of(event: Event) -> tuple[str, ...]:
    """Return the keys of an event's occurrences: the record that it names, else all identities of the person."""
    return (event.subject,) if event.subject else event.identities


class History(Struct, frozen=True):
    """Provide the context's `history`, for an event and one record.

    keys  keys of the occurrences of the record and of its person
    now   time up to which occurrences are counted
    """

    occurrences: Occurrences
    event: Event
    keys: tuple[str, ...]
    now: datetime
    known: dict[tuple[str, datetime | None], Sequence[datetime]] = field(default_factory=dict)

    def times(self, event_type: str, since: datetime | None) -> Sequence[datetime]:
        """Return the times of occurrences of the type since then, without this event: one query for each key."""
        asked = event_type, since
        if asked not in self.known:
            self.known[asked] = self._look_up(event_type, since)
        return self.known[asked]

    def _look_up(self, event_type: str, since: datetime | None) -> Sequence[datetime]:
        found: dict[str, datetime] = {}
        for key in self.keys:
            found |= self.occurrences.times(key, event_type, since=since, until=self.now, limit=MAX_COUNTED + 1)
        found.pop(self.event.id, None)
        return tuple(found.values())


def history_of(
    occurrences: Occurrences, event: Event, records: Iterable[Record | None], ref: str | None, now: datetime
) -> History:
    """Make the history of an event and of `records`, which are of one person; `ref`: a record that is gone."""
    there = [record for record in records if record is not None]
    keys = (*keys_of(event), *([ref] if ref else []))
    known = (key for record in there for key in (*record.refs, *record.identities))
    return History(occurrences, event, tuple(dict.fromkeys((*keys, *known, *event.identities))), now)
