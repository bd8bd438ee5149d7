"""Decide what a run does next from its rule, its state, its record and a clock. No I/O."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.conditions.condition import evaluate
from whenthen.domain.events.event import format_time
from whenthen.domain.exits.conditions import exited, goal_reached, reached_before
from whenthen.domain.exits.opt_outs import opted_out
from whenthen.domain.rules.rule import OnError, Rule, Step
from whenthen.domain.runs.awaiting import awaits_since
from whenthen.domain.runs.run import AT_STEP, Job, JobStatus, Run, RunStatus, outcome_of
from whenthen.domain.scheduling.due_times import Missed, allowed_from, due_at
from whenthen.domain.temporal.waits import MAX_DAYS_AHEAD

if TYPE_CHECKING:
    from whenthen.domain.common.reasons import Reason
    from whenthen.domain.temporal.business_time import BusinessCalendar

ReadBusiness = Callable[[], "BusinessCalendar"]
"""Reads when people work. It is called for a wait that counts business time, and for no other."""

# The record has no date in the field from which the step's wait is counted.
NO_DATE = ReasonCode("wait.no_date", "field")
TOO_FAR = ReasonCode("wait.too_far", "due", "count")
# The moment at which the step was due was over when the run came to it.
IS_OVER = ReasonCode("wait.is_over", "moment")
CONDITION_FALSE = ReasonCode("condition.false")
# A branch of `step` leads to `target`, and so past the step that has this reason.
PASSED_OVER = ReasonCode("step.passed_over", "step", "target")
# An event came for which `step` waited, and the run went on with `target`; and where none came in time.
EVENT_CAME = ReasonCode("step.event_came", "step", "target", "event_type")
NO_EVENT_CAME = ReasonCode("step.no_event_came", "step", "target")
# The run's record was deleted meanwhile.
RECORD_DELETED = ReasonCode("record.deleted", "ref")


class WaitUntil(Struct, frozen=True):
    """Wait until `due`, then enter `step_group`; with `awaits_since`, or for an event that happens since then."""

    step_group: int
    due: datetime
    awaits_since: datetime | None = None


class Dispatch(Struct, frozen=True):
    """Send these steps now, at `due` on the run's clock; `skipped` holds the others with their reasons."""

    step_group: int
    due: datetime
    steps: tuple[Step, ...]
    skipped: tuple[tuple[Step, Reason], ...] = ()


class Finish(Struct, frozen=True):
    """End the run with this outcome."""

    status: RunStatus
    reason: Reason


class PassOver(Struct, frozen=True):
    """Pass over the steps up to and with `step_group`, each with its own group, because of a branch.

    The run goes on with the group behind them.
    """

    step_group: int
    due: datetime
    steps: tuple[tuple[int, Step], ...]
    reason: Reason


Move = WaitUntil | Dispatch | PassOver | Finish


def enter_step_group(
    rule: Rule,
    run: Run,
    step_group: int,
    context: Mapping[str, Any],
    clock: datetime,
    jobs: Sequence[Job],
    business: ReadBusiness,
) -> Move:
    """Decide what `step_group` calls for, counting its wait from `clock`, the run's clock."""
    if step_group >= len(rule.step_groups):
        return Finish(*outcome_of(jobs))
    if gone := orphaned(run, context):
        return Finish(RunStatus.STOPPED, gone)
    if ended := _ended_before_wait(rule, run, step_group, context):
        return Finish(RunStatus.STOPPED, ended)
    wait = _wait_before(rule, run, step_group, context, clock, business)
    return wait or due_step_group(rule, step_group, context, clock)


def _ended_before_wait(rule: Rule, run: Run, step_group: int, context: Mapping[str, Any]) -> Reason | None:
    """Return why the run ends before it waits for its next step group; None if it does not.

    What holds of the exit's `when` is asked when the wait is over.
    """
    if step_group == 0:
        return reached_before(rule, context) if run.waits_until is None else None
    return goal_reached(rule, context) or opted_out(rule, step_group, context)


def _wait_before(
    rule: Rule, run: Run, step_group: int, context: Mapping[str, Any], clock: datetime, business: ReadBusiness
) -> WaitUntil | Dispatch | Finish | None:
    """Decide what the wait before the step group calls for; None if the group is due."""
    steps = rule.step_groups[step_group]
    if (awaits := steps[0].awaits) is not None:
        return WaitUntil(step_group, awaits.ends(clock, rule.zone), awaits_since(run, step_group, clock))
    wait = steps[0].wait
    if wait is None:
        return None
    due = due_at(
        wait,
        entered=run.entered,
        previous=clock,
        record=context["record"] or {},
        zone=rule.zone,
        business=business() if wait.by_business else None,
    )
    if due is None:
        # A reminder of an appointment that has no date must not go out at once.
        return _all_skipped(step_group, clock, steps, NO_DATE(field=wait.until.field if wait.until else ""))
    if isinstance(due, Missed):
        return _all_skipped(step_group, clock, steps, IS_OVER(moment=format_time(due.moment)))
    if due > clock + timedelta(days=MAX_DAYS_AHEAD):
        too_far = TOO_FAR(due=format_time(due), count=MAX_DAYS_AHEAD)
        return Finish(RunStatus.FAILED, AT_STEP(step=steps[0].id, reason=too_far))
    return WaitUntil(step_group, due) if due > clock else None


def _all_skipped(step_group: int, clock: datetime, steps: Sequence[Step], reason: Reason) -> Dispatch:
    return Dispatch(step_group, clock, (), tuple((step, reason) for step in steps))


def waits_for_record(rule: Rule, step_group: int) -> bool:
    """Tell whether the wait of the step group counts from a date of the record, which may move."""
    wait = rule.step_groups[step_group][0].wait
    return wait is not None and wait.until is not None


def go_on_waiting(
    rule: Rule, run: Run, context: Mapping[str, Any], now: datetime, jobs: Sequence[Job], business: ReadBusiness
) -> Move:
    """Decide about a run's wait anew, by its record as that is now: `WaitUntil` the same moment if nothing moved.

    now   the time; a wait that is over is decided about as at its end, however late that is noticed
    """
    clock = max(run.due, min(now, run.waits_until or now))
    return enter_step_group(rule, run, run.step_group + 1, context, clock, jobs, business)


def end_of_wait(
    rule: Rule, run: Run, context: Mapping[str, Any], due: datetime, jobs: Sequence[Job], business: ReadBusiness
) -> Move:
    """Decide what follows the end of a run's wait at `due`: its step group, unless the record's date has moved.

    A run that was paused meanwhile waits on for the hour and the days of its step.
    """
    step_group = run.step_group + 1
    if waits_for_record(rule, step_group):
        return go_on_waiting(rule, run, context, due, jobs, business)
    if gone := orphaned(run, context):
        return Finish(RunStatus.STOPPED, gone)
    wait = rule.step_groups[step_group][0].wait
    if wait is not None and (wait.at is not None or wait.weekdays):
        allowed = allowed_from(wait, due, rule.zone, business() if wait.by_business else None)
        if allowed > due:
            return WaitUntil(step_group, allowed)
    return after_wait(rule, run, context, due)


def due_step_group(rule: Rule, step_group: int, context: Mapping[str, Any], due: datetime) -> Dispatch | Finish:
    """Decide what to do now that `step_group` is due, by the exit and each step's condition as they are now."""
    # Of a run that begins with a message which its person refuses, the message is skipped, as of any other.
    if ended := exited(rule, context) or (opted_out(rule, step_group, context) if step_group else None):
        return Finish(RunStatus.STOPPED, ended)
    skipped = tuple(
        (step, CONDITION_FALSE())
        for step in rule.step_groups[step_group]
        if step.only_if is not None and not evaluate(step.only_if, context)
    )
    left_out = {step.id for step, _ in skipped}
    steps = tuple(step for step in rule.step_groups[step_group] if step.id not in left_out)
    return Dispatch(step_group, due, steps, skipped)


def after_wait(rule: Rule, run: Run, context: Mapping[str, Any], due: datetime, *, came: str = "") -> Move:
    """Decide what to do now that the wait of a run is over.

    due   the end of the wait, or when the event happened that came
    came  the type of that event; empty if the time ran out
    """
    if gone := orphaned(run, context):
        return Finish(RunStatus.STOPPED, gone)
    step_group = run.step_group + 1
    step = rule.step_groups[step_group][0]
    target = "" if step.awaits is None else step.awaits.then if came else step.awaits.otherwise
    if not target:
        return due_step_group(rule, step_group, context, due)
    names = {"step": step.id, "target": target}
    reason = EVENT_CAME(**names, event_type=came) if came else NO_EVENT_CAME(**names)
    return PassOver(rule.group_of(target) - 1, due, _between(rule, step_group, target), reason)


def _between(rule: Rule, step_group: int, target: str) -> tuple[tuple[int, Step], ...]:
    """Return the steps from this group on, to the one before the target's, each with its own group."""
    groups = range(step_group, rule.group_of(target))
    return tuple((number, each) for number in groups for each in rule.step_groups[number])


def orphaned(run: Run, context: Mapping[str, Any]) -> Reason | None:
    """Return the reason against going on with a run whose record was deleted since it began; None if it was not."""
    if run.stored and run.record is not None and context.get("record") is None:
        return RECORD_DELETED(ref=run.record)
    return None


def unwanted(rule: Rule, step_id: str, context: Mapping[str, Any]) -> Finish | Reason | None:
    """Decide whether a step that was due before is still wanted. Return the run's end, or why the step is skipped."""
    if ended := exited(rule, context):
        return Finish(RunStatus.STOPPED, ended)
    condition = rule.step(step_id).only_if
    return None if condition is None or evaluate(condition, context) else CONDITION_FALSE()


def after_step_group(
    rule: Rule, run: Run, jobs: Sequence[Job], context: Mapping[str, Any], business: ReadBusiness
) -> Move | None:
    """Decide what follows the run's current step group; None while one of its jobs has no outcome."""
    current = [job for job in jobs if job.step_group == run.step_group]
    if not current or not all(job.status.final for job in jobs if job.step_group <= run.step_group):
        return None  # earlier jobs are open where they are tried again
    for job in current:
        if stops(rule, job):
            return Finish(RunStatus.FAILED, AT_STEP(step=job.step_id, reason=job.reason))
    clock = clock_after(run, current)
    passed = _passed_over(rule, run, current, clock)
    return passed or enter_step_group(rule, run, run.step_group + 1, context, clock, jobs, business)


def stops(rule: Rule, job: Job) -> bool:
    """Tell whether the job's failure ends the run. A step that the rule has not, as after a move to it, ends none."""
    if job.status is not JobStatus.FAILED:
        return False
    return any(step.id == job.step_id and step.on_error is OnError.STOP for step in rule.steps)


def _passed_over(rule: Rule, run: Run, current: Sequence[Job], clock: datetime) -> PassOver | None:
    """Pass over what lies between the step group and the target of its branch; None if no branch skips anything."""
    taken = branch_taken(rule, run.step_group, current)
    if taken is None:
        return None
    step, target = taken
    passed = _between(rule, run.step_group + 1, target)
    if not passed:
        return None
    return PassOver(rule.group_of(target) - 1, clock, passed, PASSED_OVER(step=step, target=target))


def branch_taken(rule: Rule, step_group: int, jobs: Sequence[Job]) -> tuple[str, str] | None:
    """Return the step that branches, and the step that its branch leads to; None if the next group follows.

    Of several steps of a group that branch, the first in the order of the rule decides.
    """
    by_step = {job.step_id: job for job in jobs}
    for step in rule.step_groups[step_group] if step_group >= 0 else ():
        job = by_step.get(step.id)
        if job is not None and (target := _target(step, job)):
            return step.id, target
    return None


def _target(step: Step, job: Job) -> str:
    if job.status is JobStatus.FAILED:
        return step.fallback
    is_false = job.status is JobStatus.SKIPPED and job.reason is not None and job.reason.code == CONDITION_FALSE.code
    return step.otherwise if is_false else ""


def clock_after(run: Run, jobs: Sequence[Job]) -> datetime:
    """Return the run's clock after these jobs. It follows from stored times, so every redelivery computes the same."""
    return max([run.due, *(job.finished_at for job in jobs if job.finished_at is not None)])
