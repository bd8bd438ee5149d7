"""settle_report: the provider says what became of a message; the job that sent it has its outcome from that.

So does a job whose answer was lost: it is `unknown` until the provider's first report.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from whenthen.domain.common.errors import Temporary
from whenthen.domain.runs.delivery_reports import REPORTS, is_report, job_named, outcome_reported
from whenthen.domain.runs.run import RunStatus, outcome_of

if TYPE_CHECKING:
    from whenthen.domain.events.event import Event
    from whenthen.ports.values import RunState
    from whenthen.usecases.runs.orchestrator import Orchestrator

ATTEMPTS = 4
"""How often a job or run that changes meanwhile is looked at anew."""

_CORRECTED = frozenset({RunStatus.DONE, RunStatus.UNKNOWN})
"""Outcomes that a report may correct. A run that was stopped or failed left steps undone, and stays what it is."""


class SettleReport(Struct, frozen=True):
    """Writes a report into the ledger; the run goes on from it, or has its outcome corrected."""

    orchestrator: Orchestrator

    def __call__(self, event: Event) -> None:
        """Raises Temporary. May be repeated after a crash at any point."""
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
            self.orchestrator.on_job_finished(run_id)

    def _reported(self, run_id: str, job_id: str, event: Event) -> RunState | None:
        """The run with what was reported; None where it has expired, or never was."""
        runs = self.orchestrator.runs
        for _ in range(ATTEMPTS):
            state = runs.load(run_id)
            job = next((job for job in state.jobs if job.id == job_id), None) if state else None
            if state is None or job is None:
                return None
            outcome = outcome_reported(job, event)
            if outcome is None:
                return state
            runs.report(job, outcome, REPORTS[event.type].stage, self.orchestrator.clock.now())
        raise Temporary(f"the job {job_id} keeps changing", retry_after=1)

    def _revise(self, state: RunState) -> None:
        """What had happened when the run ended stands; how it is counted follows from what is known now."""
        run = state.run
        if run.status not in _CORRECTED:
            return
        status, reason = outcome_of(state.jobs)
        if status is not run.status:
            self.orchestrator.runs.revise(run, status, reason)
