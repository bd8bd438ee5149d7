"""enrol_records: work on an enrolment, from where it stands on, for a slice of time."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from msgspec import Struct

from whenthen.domain.common.errors import Stale, Temporary
from whenthen.domain.enrolments.enrolment import EnrolmentStatus
from whenthen.domain.enrolments.order import Asked
from whenthen.ports.reason_codes import CONTENDED
from whenthen.usecases.enrolments.reason_codes import NO_VIEW, REPLACED, RULE_IS_OFF

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from whenthen.domain.enrolments.duplicates import Member
    from whenthen.domain.enrolments.enrolment import Enrolment
    from whenthen.domain.views.view import View
    from whenthen.ports.background.enrolments import EnrolmentStore, EnrolmentWorkers
    from whenthen.ports.clock import Clock
    from whenthen.ports.rules import RuleBook
    from whenthen.usecases.enrolments.count_members import Members
    from whenthen.usecases.enrolments.let_enter import LetEnter

SLICE = timedelta(seconds=30)
"""Time that one call works: its function may run for 60 s, and the last batch needs its time."""

WAIT, LONGEST_WAIT = 2, 60
"""Seconds after which some of the published events may be decided: a tenth of what they waited, in these bounds."""

MAX_CALLS = 2_400
"""Calls of one execution: each makes nine entries of a history that holds 25,000, and those that fail make more. Then
the next turn begins, in an execution of its own."""

MOMENTS, MOMENT = 2, 0.5
"""How often a call looks again for decisions before it hands the wait to its caller, and after how many seconds."""

_ATTEMPTS = 8


class Progress(Struct, frozen=True):
    """Say how a call ended: whether there is more to do, after how many seconds, and how many events it published."""

    more: bool
    wait: int = 0
    published: int = 0


class EnrolRecords(Struct, frozen=True):
    """Count the records of an enrolment, then let them enter. The caller repeats until there is no more to do."""

    enrolments: EnrolmentStore
    rules: RuleBook
    members: Members
    let_enter: LetEnter
    workers: EnrolmentWorkers
    clock: Clock
    sleep: Callable[[float], None]

    def __call__(self, enrolment_id: str, turn: int, call: int = 1) -> Progress:
        """Go on with the enrolment. `call` counts the calls of this turn, from 1. Raises NotFound, Temporary."""
        start, published, moments = self.clock.now(), 0, MOMENTS
        work, view = self._checked(self.enrolments.get(enrolment_id))
        while work.turn == turn and work.is_worked_on(self.clock.now()):
            if self.clock.now() - start >= SLICE:
                return self._further(work, call, Progress(more=True, published=published))
            after, chunk = self._step(work, view)
            if after != work:
                published, moments = published + len(_published(work)), MOMENTS
                work = self._save(work, after, chunk)
            elif moments:
                self.sleep(MOMENT)
                moments -= 1
                work = self.enrolments.get(work.id)
            else:
                return self._further(work, call, Progress(more=True, wait=self._wait(work), published=published))
        if work.turn == turn + 1 and work.status is EnrolmentStatus.RUNNING:
            # Whoever began the next turn may have died before its execution was started.
            self.workers.start(work.id, work.turn)
        return Progress(more=False, published=published)

    def _wait(self, work: Enrolment) -> int:
        waited = max((self.clock.now() - batch.at for batch in work.sent), default=timedelta())
        return max(WAIT, min(LONGEST_WAIT, int(waited.total_seconds() / 10)))

    def _checked(self, work: Enrolment) -> tuple[Enrolment, View | None]:
        """Return the enrolment with its view; stopped if its rule is off by now, failed if there is no view."""
        view, now = self.members.view(work), self.clock.now()
        if work.status is not EnrolmentStatus.RUNNING:
            return work, view
        rule = self.rules.in_force(work.order.rule)
        if rule is None:
            return self._save(work, work.ended(EnrolmentStatus.STOPPED, now, RULE_IS_OFF())), view
        if work.order.asked is Asked.EXISTING and rule.existing_enrolment != work.id:
            other = rule.existing_enrolment
            ended = REPLACED(id=other) if other else RULE_IS_OFF()  # it was off in between
            return self._save(work, work.ended(EnrolmentStatus.STOPPED, now, ended)), view
        if view is None:
            reason = NO_VIEW(rule=work.order.rule, version=work.order.version)
            return self._save(work, work.ended(EnrolmentStatus.FAILED, now, reason)), view
        return work, view

    def _step(self, work: Enrolment, view: View | None) -> tuple[Enrolment, Sequence[Member]]:
        """Do a piece of the work; returns how the enrolment stands then, and the members that were counted."""
        if work.status is EnrolmentStatus.RUNNING and view is not None and not work.counted:
            return self.members.next(work, view)
        return self.let_enter(work, view), ()

    def _save(self, work: Enrolment, after: Enrolment, chunk: Sequence[Member] = ()) -> Enrolment:
        """Store it, and return what is stored: another worker may have been quicker, or a person may have paused it."""
        for _ in range(_ATTEMPTS):
            try:
                self.enrolments.save(after.following, chunk)
            except Stale:
                stored, published = self.enrolments.get(work.id), _published(work)
                if not published or (stored.turn, stored.unsent) != (work.turn, published):
                    return stored
                # These records are on the bus, whoever changed the enrolment meanwhile.
                work, after, chunk = stored, stored.published(self.clock.now()), ()
            else:
                return after.following
        raise Temporary(CONTENDED(subject=work.id), retry_after=1)

    def _further(self, work: Enrolment, call: int, progress: Progress) -> Progress:
        """End the call; begin the next turn, if the execution's history is nearly full."""
        if call < MAX_CALLS or work.status is not EnrolmentStatus.RUNNING:
            return progress
        after = self._save(work, work.resumed())
        if after.turn == work.turn + 1:
            self.workers.start(after.id, after.turn)
        return Progress(more=False, published=progress.published)


def _published(work: Enrolment) -> tuple[str, ...]:
    """Return the records that the next step of the work publishes."""
    return work.unsent if work.status is EnrolmentStatus.RUNNING else ()
