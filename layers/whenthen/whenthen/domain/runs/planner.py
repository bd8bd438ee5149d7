"""What a run does next: decided from its rule, its state, its record and a clock, without touching anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct

from whenthen.domain.conditions.condition import evaluate
from whenthen.domain.events.event import format_time
from whenthen.domain.rules.rule import OnError, Rule, Step
from whenthen.domain.runs.run import Job, JobStatus, Run, RunStatus, outcome_of
from whenthen.domain.temporal.waits import MAX_WAIT_DAYS, due_at, moment_of


class WaitUntil(Struct, frozen=True):
    """Nothing is to be done before `due`; then `step_group` is."""

    step_group: int
    due: datetime


class Dispatch(Struct, frozen=True):
    """These steps are due now, at `due` on the run's clock; those in `skipped` are not to be done, with why."""

    step_group: int
    due: datetime
    steps: tuple[Step, ...]
    skipped: tuple[tuple[Step, str], ...] = ()


class Finish(Struct, frozen=True):
    """The run has its outcome."""

    status: RunStatus
    reason: str


Move = WaitUntil | Dispatch | Finish


def enter_step_group(
    rule: Rule, run: Run, step_group: int, context: Mapping[str, Any], clock: datetime, jobs: Sequence[Job]
) -> Move:
    """What `step_group` calls for when the run's clock shows `clock`, counting its wait from there."""
    if step_group >= len(rule.step_groups):
        return Finish(*outcome_of(jobs))
    wait = rule.step_groups[step_group][0].wait
    if wait is not None:
        record = context["record"] or {}
        if wait.until is not None and moment_of(record.get(wait.until.field), rule.zone) is None:
            # A reminder of an appointment that has no date must not go out at once.
            without = f"there is no date in record.{wait.until.field}"
            return Dispatch(step_group, clock, (), tuple((step, without) for step in rule.step_groups[step_group]))
        due = due_at(wait, entered=run.entered, previous=clock, record=record, zone=rule.zone)
        if due > run.started_at + timedelta(days=MAX_WAIT_DAYS):
            said = f"it would be due at {format_time(due)}, more than {MAX_WAIT_DAYS} days after the run began"
            return Finish(RunStatus.FAILED, f"{rule.step_groups[step_group][0].id}: {said}")
        if due > clock:
            return WaitUntil(step_group, due)
    return due_step_group(rule, step_group, context, clock)


def due_step_group(rule: Rule, step_group: int, context: Mapping[str, Any], due: datetime) -> Dispatch | Finish:
    """What is to be done now that `step_group` is due: the exit and each step's condition are looked at afresh."""
    if exited(rule, context):
        return Finish(RunStatus.STOPPED, "its exit condition holds")
    skipped = tuple(
        (step, "its condition does not hold")
        for step in rule.step_groups[step_group]
        if step.only_if is not None and not evaluate(step.only_if, context)
    )
    left_out = {step.id for step, _ in skipped}
    steps = tuple(step for step in rule.step_groups[step_group] if step.id not in left_out)
    return Dispatch(step_group, due, steps, skipped)


def exited(rule: Rule, context: Mapping[str, Any]) -> bool:
    """Whether the rule's exit condition holds."""
    return rule.exit.when is not None and evaluate(rule.exit.when, context)


def after_step_group(rule: Rule, run: Run, jobs: Sequence[Job], context: Mapping[str, Any]) -> Move | None:
    """What follows when the jobs of the run's current step group have their outcomes; None while one has not."""
    current = [job for job in jobs if job.step_group == run.step_group]
    if not current or not all(job.status.final for job in current):
        return None
    for job in current:
        if job.status is JobStatus.FAILED and rule.step(job.step_id).on_error is OnError.STOP:
            return Finish(RunStatus.FAILED, f"{job.step_id}: {job.reason}")
    return enter_step_group(rule, run, run.step_group + 1, context, clock_after(run, current), jobs)


def clock_after(run: Run, jobs: Sequence[Job]) -> datetime:
    """The run's clock after these jobs: derived from what is recorded, so every redelivery computes the same."""
    return max([run.due, *(job.finished_at for job in jobs if job.finished_at is not None)])
