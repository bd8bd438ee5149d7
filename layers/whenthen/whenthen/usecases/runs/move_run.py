"""move_run: let a run go on under another version of its rule."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from whenthen.domain.common.errors import Temporary
from whenthen.domain.common.reasons import Reason
from whenthen.domain.runs.pausing import stands_in_line
from whenthen.domain.runs.planner import stops
from whenthen.domain.runs.run import RunStatus
from whenthen.domain.scheduling.wait_legs import end_of_leg
from whenthen.domain.work.moving import moved_jobs, moved_run, place_in
from whenthen.ports.reason_codes import CONTENDED

if TYPE_CHECKING:
    from whenthen.domain.runs.run import Run
    from whenthen.ports.clock import Clock
    from whenthen.ports.rules import RuleBook
    from whenthen.ports.runs import RunLedger, Sequences
    from whenthen.ports.values import RunState


class MoveRun(Struct, frozen=True):
    """Move a run to another version of its rule, now or before its next step."""

    rules: RuleBook
    runs: RunLedger
    sequences: Sequences
    clock: Clock

    def __call__(self, state: RunState, version: int) -> Reason | None:
        """Move an open run. Returns the reason why it keeps its version; None if it moves.

        A run in the middle of a step moves when that has ended. Raises Temporary. May be repeated after a crash.
        """
        run = state.run
        new = self.rules.version(run.rule_id, version)
        place = place_in(self.rules.version(run.rule_id, run.rule_version), new, run, state.jobs)
        if isinstance(place, Reason):
            self.runs.ask_to_move(run.id, version, stays=True)
            return place
        if run.waits_until is None and not stands_in_line(run):
            self.runs.ask_to_move(run.id, version)
            return None
        after = moved_run(new, run, place, state.event)
        if not self.runs.move(run, after, moved_jobs(new, run, state.jobs, place)):
            raise Temporary(CONTENDED(subject=run.id), retry_after=1)
        self.wait_again(after)
        return None

    def wait_again(self, run: Run) -> None:
        """Hold the wait of a run that moved: its step group may have another number, and the execution that name.

        A wait for a date of the record is looked at at once: the new version may count from it otherwise.
        """
        if run.status is not RunStatus.WAITING or run.waits_until is None:
            return
        now = self.clock.now()
        for until in (end_of_leg(run.waits_until, now), *((now,) if run.dates else ())):
            self.sequences.wait(run.id, run.step_group + 1, until)


def moved_before_next_step(rules: RuleBook, runs: RunLedger, state: RunState) -> RunState:
    """Return the run under the version that it was asked to move to, if all jobs of its step group have ended.

    A run that has no place in that version keeps its own.
    """
    run = state.run
    current = [job for job in state.jobs if job.step_group == run.step_group]
    stands = run.status is RunStatus.RUNNING or run.is_in_line
    if run.moves_to is None or not stands or not all(job.status.final for job in current):
        return state
    old, new = rules.version(run.rule_id, run.rule_version), rules.version(run.rule_id, run.moves_to)
    place = place_in(old, new, run, state.jobs)
    if isinstance(place, Reason) or any(stops(old, job) for job in current):
        return state
    after, jobs = moved_run(new, run, place, state.event), moved_jobs(new, run, state.jobs, place)
    if not runs.move(run, after, jobs):
        return runs.load(run.id) or state
    return replace(state, run=after, jobs=jobs)
