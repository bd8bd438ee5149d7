"""Make the jobs of the steps that a run enters or passes over, and read what they brought. No I/O."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from whenthen.domain.runs.planner import Dispatch, PassOver
from whenthen.domain.runs.run import Job, JobStatus

if TYPE_CHECKING:
    from whenthen.domain.common.reasons import Reason
    from whenthen.domain.rules.rule import Step
    from whenthen.domain.runs.run import Run


def jobs_of(run: Run, move: Dispatch | PassOver, now: datetime) -> tuple[Job, ...]:
    """Make the jobs of a move: pending ones to be sent, and skipped ones, which have their outcome at once.

    These end when they were due, on the run's clock: however late that is noticed, it moves nothing that follows.
    """
    if isinstance(move, PassOver):
        return tuple(_skipped(_job(run, step, number, move.due), move.reason, now) for number, step in move.steps)
    wanted = [_job(run, step, move.step_group, move.due) for step in move.steps]
    skipped = [_skipped(_job(run, step, move.step_group, move.due), reason, now) for step, reason in move.skipped]
    return (*wanted, *skipped)


def results_of(jobs: Iterable[Job]) -> dict[str, Mapping[str, Any]]:
    """Return the results of steps that have any, by their ids; of a step that was due several times, the last."""
    ordered = sorted(jobs, key=lambda job: job.occurrence)
    return {job.step_id: dict(job.result) for job in ordered if job.result}


def _job(run: Run, step: Step, step_group: int, due: datetime) -> Job:
    return Job(run_id=run.id, step_id=step.id, step_group=step_group, action=step.action, due=due)


def _skipped(job: Job, reason: Reason, now: datetime) -> Job:
    return replace(job, status=JobStatus.SKIPPED, reason=reason, finished_at=min(job.due, now))
