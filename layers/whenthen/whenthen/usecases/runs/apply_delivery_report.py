"""apply_delivery_report: give a job its outcome by the provider's report about the message that the job sent.

A job whose answer was lost is `unknown` until the provider's first report.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from whenthen.domain.common.errors import Temporary
from whenthen.domain.delivery.mail_reports import settled_by
from whenthen.domain.delivery.message_reports import is_report, job_named
from whenthen.domain.runs.run import RunStatus, outcome_of
from whenthen.ports.reason_codes import CONTENDED

if TYPE_CHECKING:
    from whenthen.domain.events.event import Event
    from whenthen.ports.clock import Clock
    from whenthen.ports.runs import RunLedger
    from whenthen.ports.values import RunState
    from whenthen.usecases.runs.orchestrator import Orchestrator

ATTEMPTS = 4
"""How often a job or run that changes meanwhile is read again."""

_CORRECTED = frozenset({RunStatus.DONE, RunStatus.UNKNOWN})
"""Outcomes that a report may correct. A run that was stopped or failed left steps undone, and keeps its outcome."""


class ApplyDeliveryReport(Struct, frozen=True):
    """Write a report into the ledger, then let the run go on or correct its outcome."""

    orchestrator: Orchestrator
    runs: RunLedger
    clock: Clock

    def __call__(self, event: Event) -> None:
        """Settle the report. Raises Temporary. May be repeated after a crash at any point."""
        named = job_named(event) if is_report(event) else None
        if named is None:
            return
        run_id, job_id = named
        state = self._reported(run_id, job_id, event)
        if state is None:
            return
        if state.run.status.final:
            self._revise(state)
        else:
            self.orchestrator.carry_on(state)

    def _reported(self, run_id: str, job_id: str, event: Event) -> RunState | None:
        """Write the report and return the run; None if the run has expired or never was."""
        for _ in range(ATTEMPTS):
            state = self.runs.load(run_id)
            job = next((job for job in state.jobs if job.id == job_id), None) if state else None
            if state is None or job is None:
                return None
            found = settled_by(job, event)
            if found is None:
                return state
            reported = self.runs.report(job, *found, self.clock.now())
            if reported is not None:
                return reported
        raise Temporary(CONTENDED(subject=job_id), retry_after=1)

    def _revise(self, state: RunState) -> None:
        """Correct the run's outcome by what its jobs' outcomes are now; nothing is performed again."""
        run = state.run
        if run.status not in _CORRECTED:
            return
        status, reason = outcome_of(state.jobs)
        if status is not run.status:
            self.runs.revise(run, status, reason)
