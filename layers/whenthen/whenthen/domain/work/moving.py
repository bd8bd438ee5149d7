"""Map a run to another version of its rule, by the ids of the steps. No I/O.

A run moves between two steps. It goes on with the step that would have come next, where the new version has that; if
not, behind the last step that it did. No step is done twice: a version in which a step that was done comes again behind
that place is not one that the run can move to.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec.structs import replace

from whenthen.domain.common.reasons import Reason, ReasonCode
from whenthen.domain.runs.pausing import stands_in_line
from whenthen.domain.runs.planner import branch_taken
from whenthen.domain.runs.subscriptions import subscribing

if TYPE_CHECKING:
    from whenthen.domain.events.event import Event
    from whenthen.domain.rules.rule import Rule
    from whenthen.domain.runs.run import Job, Run

# The new version has neither the step that comes next nor any that was done before it.
NO_STEP_IN_COMMON = ReasonCode("move.no_step_in_common", "step", "version")
# In the new version, a step that the run did comes behind the place where it would go on.
DONE_BEFORE = ReasonCode("move.done_before", "step", "version")


def place_in(old: Rule, new: Rule, run: Run, jobs: Sequence[Job]) -> int | Reason:
    """Return the step group of `new` with which the run goes on; the reason against it if there is none.

    jobs   all that the run has
    """
    if stands_in_line(run):
        return 0
    following = _following(old, run, jobs)
    place = _place(old, new, following)
    if place is None:
        steps = old.step_groups[min(following, len(old.step_groups) - 1)]
        return NO_STEP_IN_COMMON(step=steps[0].id, version=new.version)
    done = {job.step_id for job in jobs}
    again = [step.id for group in new.step_groups[place:] for step in group if step.id in done]
    return DONE_BEFORE(step=again[0], version=new.version) if again else place


def _following(old: Rule, run: Run, jobs: Sequence[Job]) -> int:
    """Return the step group that comes next in the old version."""
    if run.step_group < 0:
        return 0
    taken = branch_taken(old, run.step_group, [job for job in jobs if job.step_group == run.step_group])
    return run.step_group + 1 if taken is None else old.group_of(taken[1])


def _place(old: Rule, new: Rule, following: int) -> int | None:
    numbers = {step.id: number for number, group in enumerate(new.step_groups) for step in group}
    if following < len(old.step_groups):
        known = [numbers[step.id] for step in old.step_groups[following] if step.id in numbers]
        if known:
            return min(known)
    for group in reversed(old.step_groups[:following]):
        known = [numbers[step.id] for step in group if step.id in numbers]
        if known:
            return max(known) + 1
    return None if following else 0


def moved_run(new: Rule, run: Run, place: int, event: Event) -> Run:
    """Return the run under the new version, before the step group `place`, with that version's exits."""
    return replace(
        run,
        rule_version=new.version,
        rule_name=new.name,
        step_group=place - 1,
        **subscribing(new, run.record, event),
        moves_to=None,
    )


def moved_jobs(new: Rule, run: Run, jobs: Sequence[Job], place: int) -> tuple[Job, ...]:
    """Return the jobs under the numbers that their steps have in the new version; -1 for a step that it lacks.

    Those of the run's last step group are right before the place where it goes on: its clock is that of their end.
    """
    numbers = {step.id: number for number, group in enumerate(new.step_groups) for step in group}
    return tuple(
        replace(job, step_group=place - 1 if job.step_group == run.step_group else numbers.get(job.step_id, -1))
        for job in jobs
    )
