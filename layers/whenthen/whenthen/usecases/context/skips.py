"""Keep why a step was skipped by its condition: what that demanded, and what there was at that moment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from whenthen.domain.runs.planner import CONDITION_FALSE, Dispatch, PassOver

if TYPE_CHECKING:
    from collections.abc import Callable

    from whenthen.domain.runs.run import Job

CONDITIONS = "conditions"
"""The part of a skipped job's result that says why its condition was false."""


def with_conditions(
    move: Dispatch | PassOver, jobs: Sequence[Job], context: Callable[[], Mapping[str, Any]]
) -> tuple[Job, ...]:
    """Add to the jobs of a move why the conditions of skipped ones were false. `context` is read if there are any."""
    skipped = [step for step, reason in getattr(move, "skipped", ()) if reason.code == CONDITION_FALSE.code]
    if not skipped:
        return tuple(jobs)
    from whenthen.domain.explain.explain import why_false  # noqa: PLC0415 - few runs need it, and no cold start should

    read = context()
    found = {step.id: why_false(step.only_if, read) for step in skipped if step.only_if is not None}
    return tuple(replace(job, result={CONDITIONS: found[job.step_id]}) if job.step_id in found else job for job in jobs)
