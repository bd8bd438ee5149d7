"""resume_runs: carry on runs that stand still: their wait was lost, or nothing is under way for them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from msgspec import Struct, field

from whenthen.domain.rules.actions import list_channels
from whenthen.domain.runs.pausing import next_step_group, pause_is_over
from whenthen.domain.runs.run import RunStatus
from whenthen.domain.work.selection import Selection
from whenthen.usecases.sending.job_queues import channel_of

if TYPE_CHECKING:
    from datetime import datetime

    from whenthen.domain.runs.run import Run
    from whenthen.domain.sending.circuits import Circuit
    from whenthen.ports.clock import Clock
    from whenthen.ports.runs import JobQueues, RunLedger
    from whenthen.ports.sending import Circuits
    from whenthen.ports.values import RunState
    from whenthen.usecases.runs.advance_sequence import AdvanceSequence
    from whenthen.usecases.runs.orchestrator import Orchestrator

OVERDUE = timedelta(minutes=5)
"""How long a run may be overdue before it is taken to stand still."""

NEVER_SO_LONG = timedelta(hours=40)
"""How long a job may be under way at most: a provider that throttles is given up after 36 hours."""

LOOK_AGAIN = timedelta(minutes=15)
"""How long a run that was carried on, or has something under way, is left alone."""

PAGE = 100
"""Runs that are asked for at once."""


class Resumed(Struct):
    """Count what a sweep did, and hold the errors of runs that cannot be carried on.

    seen      overdue runs that were looked at
    resumed   those that were carried on
    finished  whether no overdue run is left
    """

    seen: int = 0
    resumed: int = 0
    finished: bool = True
    failed: dict[str, Exception] = field(default_factory=dict)


class ResumeRuns(Struct, frozen=True):
    """Find the open runs that are overdue, and carry on those for which nothing is under way."""

    advance_sequence: AdvanceSequence
    orchestrator: Orchestrator
    runs: RunLedger
    queues: JobQueues
    circuits: Circuits
    clock: Clock

    def __call__(self, has_time: Callable[[], bool]) -> Resumed:
        """Sweep once, for as long as `has_time` says. Raises Temporary if the ledger cannot be read.

        A run that fails is left for later sweeps, so that it holds back no other.
        """
        done = Resumed()
        for channel in list_channels():
            for circuit in self.circuits.of_channel(channel).values():
                if circuit.is_trial_lost(self.clock.now()):
                    self._let_one_try(circuit)
        while found := self.runs.overdue(self.clock.now() - OVERDUE, PAGE):
            for run_id in found:
                if not has_time():
                    done.finished = False
                    return done
                self._look_at(run_id, done)
        return done

    def _let_one_try(self, circuit: Circuit) -> None:
        """Let one of the runs go that wait for the circuit: the job that was to try it ended otherwise."""
        selection, cursor = Selection(withheld=circuit.name), None
        while True:
            page = self.runs.open_runs(selection, limit=PAGE, cursor=cursor)
            run = next((run for run in page.items if selection.takes(run) and run.status.going), None)
            if run is not None:
                now = self.clock.now()
                self.runs.let_go(run.id, now)
                state = self.runs.load(run.id)
                if state is not None:
                    self.orchestrator.catch_up(state)
                return
            cursor = page.cursor
            if cursor is None:
                return

    def _look_at(self, run_id: str, done: Resumed) -> None:
        done.seen += 1
        # First put off, then carried on: a run that ends meanwhile leaves the sweep's index, and stays out of it.
        self.runs.look_again(run_id, self.clock.now() + LOOK_AGAIN)
        try:
            done.resumed += self._resume(run_id)
        except Exception as error:  # noqa: BLE001 - no defect of one run may hold back the others
            done.failed[run_id] = error

    def _resume(self, run_id: str) -> bool:
        state = self.runs.load(run_id)
        if state is None or state.run.status.final:
            return False
        run = state.run
        if run.is_in_line:
            return self.orchestrator.take_turn(state)
        if run.status is RunStatus.PAUSED:
            now = self.clock.now()
            return pause_is_over(run, now - OVERDUE) and self.advance_sequence(run_id, next_step_group(run), now)
        if run.status is RunStatus.WAITING and run.waits_until is not None:
            return self._end_overdue_wait(run, run.waits_until)
        return self._resume_jobs(state)

    def _resume_jobs(self, state: RunState) -> bool:
        if (held_until := held(state, self.clock.now())) is not None:
            self.runs.look_again(state.run.id, held_until + OVERDUE)
            return False
        if self._is_under_way(state):
            return False
        self.orchestrator.catch_up(state)
        return True

    def _end_overdue_wait(self, run: Run, until: datetime) -> bool:
        """Carry on a run whose wait should have ended a while ago; tell whether that was so."""
        return until <= self.clock.now() - OVERDUE and self.advance_sequence(run.id, run.step_group + 1, until)

    def _is_under_way(self, state: RunState) -> bool:
        """Tell whether a message may still be under way for one of the run's open jobs."""
        if state.run.due < self.clock.now() - NEVER_SO_LONG:
            return False
        channels = {channel_of(job) for job in state.jobs if not job.status.final}
        return any(not self.queues.is_empty(channel) for channel in channels)


def held(state: RunState, now: datetime) -> datetime | None:
    """Return until when all open jobs of the run are held, the first of them; None if one is not."""
    open_jobs = [job for job in state.jobs if not job.status.final]
    times = [job.held_until for job in open_jobs if job.held_until is not None and job.is_held(now)]
    return min(times) if times and len(times) == len(open_jobs) else None
