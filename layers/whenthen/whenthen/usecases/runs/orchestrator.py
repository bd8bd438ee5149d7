"""Carry a run on: send its jobs, and enter the next step group when they have their outcomes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from whenthen.domain.events.event import format_time
from whenthen.domain.rules.actions import actions
from whenthen.domain.rules.context import clocks_of, context_of
from whenthen.domain.runs.planner import Dispatch, Finish, Move, WaitUntil, after_step_group
from whenthen.domain.runs.run import Job, JobStatus, Run
from whenthen.usecases.context.history import history_of
from whenthen.usecases.context.related import Related

if TYPE_CHECKING:
    from whenthen.domain.rules.rule import Rule
    from whenthen.ports.clock import Clock
    from whenthen.ports.events import Occurrences
    from whenthen.ports.records import RecordStore
    from whenthen.ports.rules import RuleBook
    from whenthen.ports.runs import JobQueues, RunLedger, Sequences
    from whenthen.ports.values import RunState


def jobs_of(run: Run, move: Dispatch, now: datetime) -> tuple[Job, ...]:
    """Make the jobs of a step group: pending ones to be sent, and skipped ones, which have their outcome at once."""
    skipped = tuple(
        Job(
            run_id=run.id,
            step_id=step.id,
            step_group=move.step_group,
            action=step.action,
            due=move.due,
            status=JobStatus.SKIPPED,
            reason=reason,
            finished_at=now,
        )
        for step, reason in move.skipped
    )
    wanted = tuple(
        Job(run_id=run.id, step_id=step.id, step_group=move.step_group, action=step.action, due=move.due)
        for step in move.steps
    )
    return wanted + skipped


def send_again(queues: JobQueues, job: Job, delay: float) -> None:
    """Send a job to its channel's queue once more, `delay` seconds from now, as a new message."""
    queues.send(_channel(job), [job], delay=delay)


def send_jobs(queues: JobQueues, jobs: Sequence[Job]) -> None:
    """Send every job without an outcome to its channel's queue. A repetition is harmless: the ledger has each job."""
    open_jobs = sorted((job for job in jobs if not job.status.final), key=_channel)
    for channel, group in groupby(open_jobs, key=_channel):
        queues.send(channel, list(group))


def _channel(job: Job) -> str:
    return actions()[job.action].channel


class Orchestrator(Struct, frozen=True):
    """Carry out the decisions of `domain.runs.planner`. Each method may be repeated after a crash at any point."""

    rules: RuleBook
    records: RecordStore
    runs: RunLedger
    queues: JobQueues
    sequences: Sequences
    clock: Clock
    occurrences: Occurrences

    def rule_of(self, run: Run) -> Rule:
        """Return the rule version that started the run."""
        return self.rules.version(run.rule_id, run.rule_version)

    def context(self, state: RunState, now: datetime) -> dict[str, Any]:
        """Build the context for the run's conditions and templates: the current record, at `now` on the run's clock."""
        record = self.records.get(state.run.record) if state.run.record else None
        history = history_of(self.occurrences, state.event, [record], state.run.record, now)
        related = Related(self.records, record)
        rule = self.rule_of(state.run)
        return context_of(
            state.event, record, now, rule.zone, related, history, clocks_of(rule, record), language=rule.language
        )

    def on_job_finished(self, run_id: str) -> None:
        """Enter the next step group, or finish the run, if the job that ended was the last of its step group."""
        state = self.runs.load(run_id)
        if state is None:
            return
        run = state.run
        if run.status.final:
            self._answer(run, {"more": False})
            return
        move = after_step_group(self.rule_of(run), run, state.jobs, self.context(state, run.due))
        match move:
            case WaitUntil(step_group, due) | Dispatch(step_group, due):
                self.runs.park(run, due)
                self._answer(run, {"more": True, "step_group": step_group, "due": format_time(due)})
            case Finish():
                self.finish(run, move)

    def finish(self, run: Run, move: Finish) -> None:
        """Give the run its outcome and let its execution end."""
        self.runs.finish(run, move.status, move.reason, self.clock.now())
        self._answer(run, {"more": False})

    def carry_out(self, state: RunState, move: Move) -> None:
        """Carry out a move, and all that follows from it without a wait."""
        run, jobs = state.run, state.jobs
        while isinstance(move, Dispatch):
            run = replace(run, step_group=move.step_group, due=move.due)
            step_group = jobs_of(run, move, self.clock.now())
            if not self.runs.dispatch(run, step_group):
                self.on_job_finished(run.id)
                return
            if move.steps:
                send_jobs(self.queues, step_group)
                return
            jobs = (*jobs, *step_group)
            following = after_step_group(self.rule_of(run), run, jobs, self.context(state, run.due))
            if following is None:
                return
            move = following
        if isinstance(move, Finish):
            self.finish(run, move)
        else:
            self.runs.park(run, move.due)
            self._answer(run, {"more": True, "step_group": move.step_group, "due": format_time(move.due)})

    def _answer(self, run: Run, output: dict[str, Any]) -> None:
        if run.token is not None:
            self.sequences.answer(run.token, output)
