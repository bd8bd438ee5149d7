"""Carry a run on: send its jobs, enter the next step group when they have their outcomes, and hold its waits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from whenthen.domain.rules.context import clocks_of, context_of
from whenthen.domain.runs.awaiting import awaited, first_that_counts
from whenthen.domain.runs.entry_policy import enrolment_key
from whenthen.domain.runs.gathering import FITS_NO_MORE, still_fits
from whenthen.domain.runs.pausing import RULE_FAILING, Pause, next_step_group
from whenthen.domain.runs.planner import (
    Dispatch,
    Finish,
    Move,
    PassOver,
    WaitUntil,
    after_step_group,
    after_wait,
    end_of_wait,
    enter_step_group,
    go_on_waiting,
    orphaned,
    waits_for_record,
)
from whenthen.domain.runs.run import Job, Run, RunStatus
from whenthen.domain.runs.step_jobs import jobs_of, results_of
from whenthen.domain.scheduling.wait_legs import end_of_leg
from whenthen.usecases.context.history import history_of
from whenthen.usecases.context.related import Related
from whenthen.usecases.context.skips import with_conditions
from whenthen.usecases.runs.move_run import moved_before_next_step
from whenthen.usecases.sending.job_queues import send_jobs

if TYPE_CHECKING:
    from whenthen.domain.common.reasons import Reason
    from whenthen.domain.rules.rule import Rule
    from whenthen.domain.runs.awaiting import Mark
    from whenthen.domain.runs.planner import ReadBusiness
    from whenthen.ports.clock import Clock
    from whenthen.ports.events import Occurrences
    from whenthen.ports.records import RecordStore
    from whenthen.ports.rules import RuleBook
    from whenthen.ports.runs import JobQueues, RunLedger, Sequences
    from whenthen.ports.values import RunState
    from whenthen.usecases.context.failing_rules import KnownFailing


def is_alone(state: RunState, job: Job) -> bool:
    """Tell whether no other job of the step group may end meanwhile, so that the run need not be read again."""
    return all(each.status.final or each.id == job.id for each in state.jobs if each.step_group == job.step_group)


class Orchestrator(Struct, frozen=True):
    """Carry out the decisions of `domain.runs.planner`. Each method may be repeated after a crash at any point."""

    rules: RuleBook
    records: RecordStore
    runs: RunLedger
    queues: JobQueues
    sequences: Sequences
    clock: Clock
    occurrences: Occurrences
    calendar: ReadBusiness
    failing: KnownFailing | None = None

    def rule_of(self, run: Run) -> Rule:
        """Return the rule version that started the run."""
        return self.rules.version(run.rule_id, run.rule_version)

    def context(self, state: RunState, now: datetime) -> dict[str, Any]:
        """Build the context for the run's conditions and templates: the current record, at `now` on the run's clock."""
        record = self.records.get(state.run.record) if state.run.record else None
        history = history_of(self.occurrences, state.event, [record], state.run.record, now)
        related = Related(self.records, record)
        rule = self.rule_of(state.run)
        context = context_of(
            state.event,
            record,
            now,
            rule.zone,
            related,
            history,
            clocks_of(rule, record),
            language=rule.language,
            steps=results_of(state.jobs),
        )
        return {**context, "run": {"rule": state.run.rule_id, "version": state.run.rule_version}}

    def carry_on(self, state: RunState | None) -> None:
        """Enter the next step group, or finish the run, if all jobs of its current step group have their outcomes."""
        if state is None or not state.run.status.going:
            return
        if state.run.moves_to is not None:
            state = moved_before_next_step(self.rules, self.runs, state)
        if state.run.begun_only:
            self._begin(state)
            return
        rule, run = self.rule_of(state.run), state.run
        is_last = run.step_group + 1 >= len(rule.step_groups)
        move = after_step_group(rule, run, state.jobs, {} if is_last else self.context(state, run.due), self.calendar)
        if move is not None:
            self.carry_out(state, move)

    def catch_up(self, state: RunState, *, behind: int = -1) -> None:
        """Do again what an earlier attempt may have left undone when it died: send the jobs, start the wait, go on.

        behind   only jobs of later step groups are sent again: those of this one have messages of their own
        """
        run = state.run
        if not run.status.going:
            return
        if run.is_in_line:
            self.take_turn(state)
            return
        if run.status is RunStatus.WAITING:
            self._hold(state)
            return
        send_jobs(self.queues, [job for job in state.jobs if job.step_group > behind])
        self.carry_on(state)

    def end_wait(self, state: RunState, due: datetime) -> None:
        """Let a run go on whose time ran out; with the event for which it waited, if that came in time after all."""
        if not self.look_for_event(state):
            rule, context = self.rule_of(state.run), self.context(state, due)
            self.carry_out(state, end_of_wait(rule, state.run, context, due, state.jobs, self.calendar))

    def look_for_event(self, state: RunState) -> bool:
        """Let a run go on that waits for an event, if one was noted. Returns whether it did.

        The run says first that it waits, and then looks; whoever handles the event notes it first, and then looks for
        runs that wait: whichever of the two is last finds the other.
        """
        wait = awaited(self.rule_of(state.run), state.run) if state.run.awaits_since is not None else None
        return wait is not None and self.on_events(state, self.runs.noted(state.run.watch, wait.on))

    def on_events(self, state: RunState, marks: Iterable[Mark]) -> bool:
        """Let a run go on that waits for one of these events. Returns whether it did."""
        run, rule = state.run, self.rule_of(state.run)
        wait = awaited(rule, run)
        mark = first_that_counts(marks, wait, run, state.event) if wait is not None else None
        if mark is None:
            return False
        self.carry_out(state, after_wait(rule, run, self.context(state, mark.at), mark.at, came=mark.type))
        return True

    def take_turn(self, state: RunState) -> bool:
        """Begin a run that follows others, once they are over. Returns False if it has to wait for one of them.

        First the run is among the followers of an open one, then it waits: who ends that one finds it there.
        """
        run = state.run
        while True:
            before, since = self._before(run)
            if before is None:
                break
            if self.runs.follow(run, before):
                return False
        if run.moves_to is not None:
            state = moved_before_next_step(self.rules, self.runs, state)
            run = state.run
        rule, clock = self.rule_of(run), max(run.due, since)
        begun = replace(run, due=clock)
        context = self.context(state, clock)
        self.carry_out(state, enter_step_group(rule, begun, 0, context, clock, (), self.calendar))
        return True

    def _before(self, run: Run) -> tuple[Run | None, datetime]:
        """Return the nearest run before this one that is not over, and when the last of the others was over.

        One that ended while it waited itself leaves its own place: then the run before it is asked.
        """
        follows, since = run.follows, run.due
        while follows and (state := self.runs.load(follows)) is not None:
            if not state.run.status.final:
                return state.run, since
            since = max(since, state.run.finished_at or since)
            follows = state.run.follows
        return None, since

    def carry_out(self, state: RunState, move: Move) -> None:
        """Carry out a move, and all that follows from it without a wait."""
        run, jobs = state.run, state.jobs
        while isinstance(move, Dispatch | PassOver):
            behind = run.step_group
            run = replace(run, step_group=move.step_group, due=move.due, status=RunStatus.RUNNING, waits_until=None)
            made, due = jobs_of(run, move, self.clock.now()), move.due
            step_group = with_conditions(move, made, partial(self.context, state, due))
            if not self.runs.dispatch(run, step_group, behind=behind):
                self.carry_on(self.runs.load(run.id))
                return
            if isinstance(move, Dispatch) and move.steps:
                send_jobs(self.queues, step_group)
                return
            jobs = (*jobs, *step_group)
            rule, context = self.rule_of(run), self.context(state, run.due)
            following = after_step_group(rule, run, jobs, context, self.calendar)
            if following is None:
                return
            move = following
        if isinstance(move, Finish):
            self.finish(run, move)
        else:
            self._park(replace(state, run=run, jobs=jobs), move)

    def end_gathering(self, state: RunState, due: datetime) -> None:
        """Begin a run that has gathered its events; end it, if its record does not fit any more.

        If it took in another event meanwhile, it goes on gathering: the execution of its wait looks at it again.
        """
        rule, run = self.rule_of(state.run), state.run
        context = self.context(state, due)
        if orphaned(run, context) is None and not still_fits(rule, context):
            self.runs.dissolve(run, FITS_NO_MORE(), self.clock.now(), enrolment_key=enrolment_key(rule, run))
        elif (begun := self.runs.settle(run, due)) is not None:
            self._begin(begun)
            return
        self._go_on_gathering(run.id)

    def _go_on_gathering(self, run_id: str) -> None:
        state = self.runs.load(run_id)
        if state is not None:
            self.catch_up(state)

    def _begin(self, state: RunState) -> None:
        """Enter the first step group of a run that has begun, when its turn comes."""
        if state.run.follows:
            self.take_turn(state)
            return
        rule, run = self.rule_of(state.run), state.run
        move = enter_step_group(rule, run, 0, self.context(state, run.due), run.due, (), self.calendar)
        self.carry_out(state, move)

    def holds_failing(self, run: Run) -> bool:
        """Pause the run if its rule paused itself; tell whether that is so. Raises Temporary."""
        if run.status.final or self.failing is None or not self.failing.holds(run):
            return False
        self.runs.pause(run.id, RULE_FAILING(rule=run.rule_id), self.clock.now())
        return True

    def keep_back(self, state: RunState, found: Pause | Reason) -> Run | None:
        """Do what the record says against the run's next step: pause it, or stop it. Returns the run as it ended."""
        run = state.run
        if isinstance(found, Pause):
            now = self.clock.now()
            self.runs.pause(run.id, found.reason, now, until=found.until)
            self.sequences.wait(run.id, next_step_group(run), end_of_leg(found.until, now))
            return None
        self.finish(run, Finish(RunStatus.STOPPED, found))
        return replace(run, status=RunStatus.STOPPED, reason=found)

    def free(self, job: Job, until: datetime) -> None:
        """Let a job be performed at once that is held until then at most."""
        self.runs.free(job, until, self.clock.now(), woken_at=until if job.limited else None)

    def send(self, jobs: Sequence[Job]) -> None:
        """Send every job without an outcome to its channel's queue."""
        send_jobs(self.queues, jobs)

    def finish(self, run: Run, move: Finish) -> None:
        """Give the run its outcome."""
        self.runs.finish(run, move.status, move.reason, self.clock.now())

    def _park(self, state: RunState, move: WaitUntil) -> None:
        """Write that the run waits, and hold its wait."""
        since = move.awaits_since
        self.runs.park(state.run, move.due, since)
        parked = replace(state.run, status=RunStatus.WAITING, waits_until=move.due, awaits_since=since)
        self._hold(replace(state, run=parked))

    def _hold(self, state: RunState) -> None:
        """Let an execution hold the wait that is written in the run; it exists once.

        A wait for a date of the record is looked at once more. First it is written, then the record is read: a date
        that moves afterwards finds the run waiting. So one of the two sees the other, however they meet.
        """
        run, now = state.run, self.clock.now()
        if run.dates and self.follow_date(state, now):
            return
        self.sequences.wait(run.id, run.step_group + 1, end_of_leg(run.waits_until or run.due, now))
        self.look_for_event(state)

    def follow_date(self, state: RunState, now: datetime) -> bool:
        """Let a run go on, or wait for another moment, if the date of its record moved. Returns whether it did."""
        run, rule = state.run, self.rule_of(state.run)
        if run.gathering or not waits_for_record(rule, run.step_group + 1):
            return False
        move = go_on_waiting(rule, run, self.context(state, now), now, state.jobs, self.calendar)
        if move == WaitUntil(run.step_group + 1, run.waits_until or run.due):
            return False
        self.carry_out(state, move)
        return True
