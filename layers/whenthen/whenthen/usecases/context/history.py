"""What happened to a customer earlier, for conditions that count it. Nothing is read until one of them asks."""

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
    """Whom the event is about: the record that it names, or the person by all that they are known by."""
    return (event.subject,) if event.subject else event.identities


class History(Struct, frozen=True):
    """The context's `history`, when the event is looked at with one record.

    keys  under which the events of the record and of its person are found
    now   until when they are counted
    """

    occurrences: Occurrences
    event: Event
    keys: tuple[str, ...]
    now: datetime
    known: dict[tuple[str, datetime | None], Sequence[datetime]] = field(default_factory=dict)

    def times(self, event_type: str, since: datetime | None) -> Sequence[datetime]:
        """When the events of the type happened since then, but for this one: one query for each key."""
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
    """What conditions count about this event and `records`, which are of one person; `ref`: one that is gone."""
    there = [record for record in records if record is not None]
    keys = (*keys_of(event), *([ref] if ref else []))
    known = (key for record in there for key in (*record.refs, *record.identities))
    return History(occurrences, event, tuple(dict.fromkeys((*keys, *known, *event.identities))), now)
