"""Collect the facts of a story, and by when the machinery can have noticed each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tests.simulation.model.spans import Answer, Span
from tests.simulation.story import Action, Agrees, Control, Deletes, Edits, Happens, Story

DELAY = timedelta(seconds=200)
"""Delay that one death of a process costs at most: its message is invisible for 180 s."""


@dataclass(frozen=True)
class Facts:
    """A story with its times. `killed`: when processes died."""

    story: Story
    times: tuple[datetime, ...]
    killed: Sequence[datetime] = ()

    def noticed(self, span: Span) -> Span:
        """Return when something is dealt with that is ready in the span: later if nothing is processed, or one dies."""
        first, _ = self._thawed(span.earliest)
        _, latest = self._thawed(span.latest)
        for death in sorted(self.killed):
            if first <= death <= latest:
                latest = self._thawed(latest + DELAY)[1]
        return Span(first, latest)

    def _thawed(self, moment: datetime) -> tuple[datetime, datetime]:
        """Return when the machinery runs at the moment or after it; the first, and the last that counts for it."""
        for begin, end in self._frozen():
            if begin == moment:
                return moment, end
            if begin < moment <= end:
                return end, end
        return moment, moment

    def _frozen(self) -> Iterator[tuple[datetime, datetime]]:
        """Return the spans in which nothing is processed; those that follow on one another as one."""
        begin: datetime | None = None
        for number, moment in enumerate(self.story.moments):
            if moment.frozen and begin is None:
                begin = self.times[number] - timedelta(seconds=moment.gap)
            if begin is not None and not self._goes_on(number):
                yield begin, self.times[number]
                begin = None

    def _goes_on(self, number: int) -> bool:
        if isinstance(self.story.moments[number].action, Control):
            return False  # what it leads to is processed at once
        following = self.story.moments[number + 1 : number + 2]
        return bool(following and following[0].frozen)

    def actions(self) -> Iterator[tuple[datetime, Action]]:
        """Return all that happens, with its time."""
        return zip(self.times, (moment.action for moment in self.story.moments), strict=True)

    def exists(self, record: str, at: Span) -> Answer:
        """Tell whether the record is there."""
        gone = [moment for moment, action in self.actions() if action == Deletes(record)]
        if not gone or at.latest < gone[0]:
            return True
        return False if at.earliest > gone[0] else None

    def events(self, record: str, types: Sequence[str]) -> Iterator[tuple[int, datetime]]:
        """Return the number and time of each event of these types about the record."""
        for number, moment in enumerate(self.story.moments):
            action = moment.action
            if isinstance(action, Happens) and action.record == record and action.event in types:
                yield number, self.times[number]

    def edits(self, record: str) -> Iterator[tuple[datetime, dict[str, Any]]]:
        """Return what was written of the record, and when. The first of it stood there before the story begins."""
        fields: dict[str, Any] = {"status": "new"}
        written: dict[str, Any]
        yield datetime.min.replace(tzinfo=self.times[0].tzinfo), fields
        for moment, at in zip(self.story.moments, self.times, strict=True):
            match moment.action:
                case Edits(record=edited, status=status) if edited == record:
                    written = {"status": status}
                case Agrees(record=edited, channel=channel, agreed=agreed) if edited == record:
                    written = {channel: agreed}
                case _:
                    continue
            if any(fields.get(name, True) != value for name, value in written.items()):
                fields = fields | written
                yield at, fields

    def holds(self, record: str, field: str, wanted: object, span: Span) -> Answer:
        """Tell whether the field has the value at the moment; perhaps, if it is edited at that very moment."""
        known = list(self.edits(record))
        ends = [at for at, _ in known[1:]]
        held = {
            fields.get(field, True) == wanted
            for (since, fields), until in zip(known, [*ends, None], strict=True)
            if since <= span.latest and (until is None or until >= span.earliest)
        }
        return held.pop() if len(held) == 1 else None

    def has_status(self, record: str, wanted: str | None, span: Span) -> Answer:
        """Tell whether the record has the status, if one is wanted."""
        return True if wanted is None else self.holds(record, "status", wanted, span)
