"""let_enter: publish the events of records that enter, count what was decided, and note who enters next."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from msgspec import Struct

from whenthen.domain.common.errors import NotFound
from whenthen.domain.enrolments.duplicates import Member, addresses_of, split
from whenthen.domain.enrolments.enrolment import (
    DUPLICATE,
    ENTERED,
    LEFT_VIEW,
    NOT_MET,
    UNDECIDED,
    Enrolment,
    EnrolmentStatus,
)

if TYPE_CHECKING:
    from datetime import datetime

    from whenthen.domain.views.view import View
    from whenthen.ports.background.enrolments import EnrolmentStore
    from whenthen.ports.clock import Clock
    from whenthen.ports.events import Bus, EventLog
    from whenthen.ports.values import Plan
    from whenthen.usecases.enrolments.count_members import Members

BATCH = 100
"""Records that enter at once."""

WINDOW = 500
"""Records that are published and not decided, at most. If the enrolment is paused, they are published once more."""

PATIENCE = timedelta(hours=1)
"""Time after which a published event is taken to be in a dead-letter queue."""


class LetEnter(Struct, frozen=True):
    """Let the counted records of an enrolment enter, a batch at each call."""

    enrolments: EnrolmentStore
    members: Members
    log: EventLog
    bus: Bus
    clock: Clock

    def __call__(self, work: Enrolment, view: View | None) -> Enrolment:
        """Return the enrolment as it stands then; the same if nothing could be done. Raises Temporary.

        The batch that it had noted is on the bus then. A repetition publishes events with the same ids.
        """
        now, running = self.clock.now(), work.status is EnrolmentStatus.RUNNING
        after = work
        if running and work.unsent:
            self.bus.publish([work.event(ref) for ref in work.unsent])
            after = after.published(now)
        after = after.decided(self._outcomes(after, now))
        if not running or view is None:
            return after
        after = self._next(after, view)
        return after if after.has_more or after.status.final else after.ended(EnrolmentStatus.DONE, now)

    def _outcomes(self, work: Enrolment, now: datetime) -> dict[str, str]:
        """Find out what became of the records that are under way, as far as that is decided."""
        refs = [*work.unsent, *(ref for batch in work.sent for ref in batch.refs)]
        events = {ref: work.event(ref).id for ref in refs}
        plans = self.log.plans_of(list(events.values())) if events else {}
        decided = {ref: outcome_of(plans[each], work.order.rule) for ref, each in events.items() if each in plans}
        lost = dict.fromkeys(
            (ref for batch in work.sent if now - batch.at >= PATIENCE for ref in batch.refs), UNDECIDED
        )
        return lost | {ref: outcome for ref, outcome in decided.items() if outcome is not None}

    def _next(self, work: Enrolment, view: View) -> Enrolment:
        """Note the next records that enter, as many as the window allows."""
        room = min(BATCH, WINDOW - work.under_way)
        if room > 0 and work.held:
            return self._next_held(work, view, work.held[:room])
        if room <= 0 or work.chunk >= work.chunks:
            return work
        try:
            chunk = self.enrolments.chunk(work.id, work.chunk)
        except NotFound as error:
            return work.ended(EnrolmentStatus.FAILED, self.clock.now(), error.reason)
        members = chunk[work.offset : work.offset + room]
        entering = self._one_per_person(work, members)
        fitting = self.members.still_fitting(work, view, entering)
        outcomes = [
            DUPLICATE if member.ref not in entering else LEFT_VIEW for member in members if member.ref not in fitting
        ]
        unsent = tuple(ref for ref in entering if ref in fitting)
        return work.taking(len(members), whole=len(chunk), unsent=unsent, left_out=outcomes)

    def _next_held(self, work: Enrolment, view: View, refs: tuple[str, ...]) -> Enrolment:
        """Note the next of those that were on their way in when the enrolment was paused."""
        fitting = self.members.still_fitting(work, view, [*refs])
        unsent = tuple(ref for ref in refs if ref in fitting)
        return work.taking_held(len(refs), unsent=unsent, left_out=[LEFT_VIEW] * (len(refs) - len(unsent)))

    def _one_per_person(self, work: Enrolment, members: Sequence[Member]) -> list[str]:
        addresses = addresses_of(members)
        if not addresses:
            return [member.ref for member in members]
        found = split(members, self.enrolments.taken(work.id, addresses))
        self.enrolments.take(work.id, found.taken)
        return list(found.entering)


def outcome_of(plan: Plan, rule: str) -> str | None:
    """Return what became of the rule by the plan of its event: an outcome of `enrolment`. None: it is not decided."""
    if not plan.completed:
        return None
    refused = next((each.code for each in plan.refused if each.rule == rule), None)
    if refused is not None:
        return str(refused)
    return ENTERED if any(each.rule == rule for each in plan.rules) else NOT_MET
