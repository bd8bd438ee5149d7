"""manage_enrolments: show, pause, resume and stop enrolments for admins."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from msgspec import Struct

from whenthen.domain.common.errors import Conflict, Stale
from whenthen.domain.enrolments.enrolment import Enrolment, EnrolmentStatus
from whenthen.ports.reason_codes import CONTENDED
from whenthen.usecases.enrolments.reason_codes import IS_OVER, PAUSED_BY
from whenthen.usecases.runs.stop_run import STOPPED_BY

if TYPE_CHECKING:
    from whenthen.ports.background.enrolments import EnrolmentStore, EnrolmentWorkers
    from whenthen.ports.clock import Clock
    from whenthen.ports.values import Page

_ATTEMPTS = 8


class ManageEnrolments(Struct, frozen=True):
    """Manage enrolments for admins. Each change holds from the moment at which it returns."""

    enrolments: EnrolmentStore
    workers: EnrolmentWorkers
    clock: Clock

    def get(self, enrolment_id: str) -> Enrolment:
        """Return an enrolment. Raises NotFound."""
        return self.enrolments.get(enrolment_id)

    def list(self, *, rule: str | None, limit: int, cursor: str | None) -> Page[Enrolment]:
        """List the enrolments (of a rule), newest first."""
        return self.enrolments.list(rule=rule, limit=limit, cursor=cursor)

    def pause(self, enrolment_id: str, *, by: str) -> Enrolment:
        """Hold the records that have not entered. Raises NotFound; Conflict if it is over."""
        return self._end(enrolment_id, EnrolmentStatus.PAUSED, by)

    def stop(self, enrolment_id: str, *, by: str) -> Enrolment:
        """End it: records that have not entered never will. Raises NotFound; Conflict if it is over."""
        return self._end(enrolment_id, EnrolmentStatus.STOPPED, by)

    def _end(self, enrolment_id: str, status: EnrolmentStatus, by: str) -> Enrolment:
        reason = STOPPED_BY(by=by) if status is EnrolmentStatus.STOPPED else PAUSED_BY(by=by)
        return self._change(enrolment_id, status, lambda work: work.ended(status, self.clock.now(), reason))

    def resume(self, enrolment_id: str) -> Enrolment:
        """Go on with it. Raises NotFound; Conflict if it is over.

        One that is running gets a new execution, too: its last one may have been stopped by somebody.
        """
        work = self._change(enrolment_id, None, lambda work: work.resumed())
        self.workers.start(work.id, work.turn)
        return work

    def _change(
        self, enrolment_id: str, wanted: EnrolmentStatus | None, change: Callable[[Enrolment], Enrolment]
    ) -> Enrolment:
        for _ in range(_ATTEMPTS):
            work = self.enrolments.get(enrolment_id)
            if work.status is wanted:
                return work
            if work.status.final:
                raise Conflict(IS_OVER(outcome=work.status.value))
            after = change(work).following
            try:
                self.enrolments.save(after)
            except Stale:  # the worker moved on meanwhile
                continue
            return after
        raise Conflict(CONTENDED(subject=enrolment_id))
