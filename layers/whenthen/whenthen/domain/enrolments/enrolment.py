"""Define the enrolment, the record of the work: how far it came, and what became of the records so far.

First its records are counted, and noted in chunks. Then they enter, some at a time: a batch is noted before its events
are published, and stays noted until the matcher has decided each of them. So a crash loses no record, and what a pause
holds is known.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from whenthen.domain.common.reasons import Reason  # noqa: TC001 - msgspec reads the types of an enrolment
from whenthen.domain.enrolments.order import Order  # noqa: TC001 - as above
from whenthen.domain.runs.entry_policy import EntryDenied

if TYPE_CHECKING:
    from whenthen.domain.events.event import Event

ENTERED = "entered"
DUPLICATE = "duplicate"
LEFT_VIEW = "left_view"
NOT_MET = "not_met"
UNDECIDED = "undecided"
"""Outcomes of a record, beside the codes of `domain.runs.entry_policy.EntryDenied`.

LEFT_VIEW  it no longer fitted when its turn came, or is no more
NOT_MET    the rule's conditions do not hold for it
UNDECIDED  the matcher had not decided after a long time: its event is in a dead-letter queue
"""

HELD = EntryDenied.ENROLMENT_PAUSED
"""Not an outcome: the enrolment was paused when the record was about to enter. It enters when that goes on."""


LOOKED_FOR = timedelta(minutes=1)
"""Time for which the outcomes of a batch are looked for that may have been published when the enrolment stopped."""


class EnrolmentStatus(StrEnum):
    """Name the state of an enrolment."""

    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"
    DONE = "done"
    FAILED = "failed"

    @property
    def final(self) -> bool:
        """Tell whether no more records will enter."""
        return self not in (EnrolmentStatus.RUNNING, EnrolmentStatus.PAUSED)


class Batch(Struct, frozen=True):
    """Name records whose events were published at this time, and are not decided yet."""

    at: datetime
    refs: tuple[str, ...]


class Enrolment(Struct, frozen=True):
    """Hold an enrolment as it stands at `version`.

    kind        of its records
    per_person  whether records with a common address enter once
    cursor      where counting goes on in the list of records; meaningless once `counted`
    total       records counted so far
    chunks      chunks of counted records that are noted
    chunk, offset  the next record to enter: its chunk, and its place in that
    unsent      records whose events are published next
    sent        those whose events are published, and not decided
    held        those that were on their way in when it was paused: they are next when it goes on
    waves       how often each of these, and of those that are on their way again, was held
    counts      records that are done, by outcome
    turn        counts the executions that work on it, from 1: only the last one may go on
    """

    id: str
    order: Order
    kind: str
    created_at: datetime
    status: EnrolmentStatus = EnrolmentStatus.RUNNING
    reason: Reason | None = None
    per_person: bool = False
    cursor: str | None = None
    counted: bool = False
    total: int = 0
    chunks: int = 0
    chunk: int = 0
    offset: int = 0
    unsent: tuple[str, ...] = ()
    sent: tuple[Batch, ...] = ()
    held: tuple[str, ...] = ()
    waves: Mapping[str, int] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)
    turn: int = 1
    finished_at: datetime | None = None
    version: int = 1

    @property
    def done(self) -> int:
        """Return how many records have their outcome."""
        return sum(self.counts.values())

    @property
    def of(self) -> int | None:
        """Return how many records there are; None while they are being counted."""
        return self.total if self.counted else None

    @property
    def under_way(self) -> int:
        """Return how many records are published, or about to be, and not decided."""
        return len(self.unsent) + sum(len(batch.refs) for batch in self.sent)

    def is_worked_on(self, now: datetime) -> bool:
        """Tell whether there is work: to let records enter, or to learn what became of those that are published.

        Whether a batch of a stopped enrolment was published may be unknown, if a worker died: it is looked for a while.
        """
        if self.status is EnrolmentStatus.RUNNING or self.sent:
            return True
        return bool(self.unsent) and self.finished_at is not None and now - self.finished_at < LOOKED_FOR

    @property
    def has_more(self) -> bool:
        """Tell whether a counted enrolment has records that are not decided."""
        return self.chunk < self.chunks or self.under_way > 0 or bool(self.held)

    def event(self, ref: str) -> Event:
        """Make the event by which a record enters, or is held once more."""
        return self.order.event(ref, self.waves.get(ref, 0))

    def counting(self, found: int, cursor: str | None, *, per_person: bool) -> Enrolment:
        """Return the enrolment after some more records were counted. `cursor` None: these were the last."""
        return replace(
            self,
            per_person=per_person,
            total=self.total + found,
            chunks=self.chunks + (1 if found else 0),
            cursor=cursor,
            counted=cursor is None,
        )

    def published(self, now: datetime) -> Enrolment:
        """Return the enrolment with its unsent records sent."""
        batch = (Batch(now, self.unsent),) if self.unsent else ()
        return replace(self, unsent=(), sent=(*self.sent, *batch))

    def decided(self, outcomes: Mapping[str, str]) -> Enrolment:
        """Return the enrolment with the outcomes of published records, by ref. Those that were HELD enter later."""
        left = tuple(
            Batch(batch.at, refs)
            for batch in self.sent
            if (refs := tuple(ref for ref in batch.refs if ref not in outcomes))
        )
        unsent = tuple(ref for ref in self.unsent if ref not in outcomes)
        held = tuple(ref for ref, outcome in outcomes.items() if outcome == HELD)
        waves = {ref: wave for ref, wave in self.waves.items() if ref not in outcomes}
        waves |= {ref: self.waves.get(ref, 0) + 1 for ref in held}
        counts = self._plus(outcome for outcome in outcomes.values() if outcome != HELD)
        return replace(self, unsent=unsent, sent=left, held=(*self.held, *held), waves=waves, counts=counts)

    def taking_held(self, count: int, *, unsent: tuple[str, ...], left_out: Iterable[str]) -> Enrolment:
        """Return the enrolment after the first `count` of those that were held had their turn. `unsent`: who enters."""
        first, rest = self.held[:count], self.held[count:]
        gone = {*first} - {*unsent}
        waves = {ref: wave for ref, wave in self.waves.items() if ref not in gone}
        return replace(self, unsent=(*self.unsent, *unsent), held=rest, waves=waves, counts=self._plus(left_out))

    def taking(self, count: int, *, whole: int, unsent: tuple[str, ...], left_out: Iterable[str]) -> Enrolment:
        """Return the enrolment after the next records of its chunk had their turn.

        count     how many had
        whole     records of the chunk
        unsent    those of them that enter
        left_out  the outcomes of the others
        """
        ended = self.offset + count >= whole
        return replace(
            self,
            chunk=self.chunk + 1 if ended else self.chunk,
            offset=0 if ended else self.offset + count,
            unsent=(*self.unsent, *unsent),
            counts=self._plus(left_out),
        )

    def ended(self, status: EnrolmentStatus, now: datetime, reason: Reason | None = None) -> Enrolment:
        """Return the enrolment, paused, stopped or with its outcome."""
        finished = now if status.final else None
        return replace(self, status=status, reason=reason, finished_at=finished)

    def resumed(self) -> Enrolment:
        """Return the enrolment at the beginning of its next turn."""
        return replace(self, status=EnrolmentStatus.RUNNING, reason=None, turn=self.turn + 1)

    @property
    def following(self) -> Enrolment:
        """Return the enrolment as its next version, to be stored in place of this one."""
        return replace(self, version=self.version + 1)

    def _plus(self, outcomes: Iterable[str]) -> dict[str, int]:
        return dict(Counter(self.counts) + Counter(outcomes))
