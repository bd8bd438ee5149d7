"""Shape runs and their jobs."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from whenthen.api.models.base import Model, Time, time_of
from whenthen.api.models.shared import Event, ReasonText
from whenthen.api.rendering.renderer import Renderer
from whenthen.domain.events.event import format_time
from whenthen.domain.runs import run as runs
from whenthen.ports.values import Page, RunState


class RunRule(Model):
    """The rule that started a run, in the version that the run keeps."""

    id: str
    version: int
    name: str


class RunEvent(Model):
    """The event that started a run."""

    id: str
    type: str = Field(examples=["meta_lead.created"])


class Run(Model):
    """A firing of one rule version for one event and record."""

    id: str
    rule: RunRule
    event: RunEvent
    record: str | None = Field(description="The record it is about.", examples=["lead:42"])
    status: runs.RunStatus
    reason: ReasonText | None = Field(description="Why it ended as it did, or is paused; null for any other.")
    entered: Time = Field(description="When the event happened.")
    due: Time = Field(description="The run's own clock.")
    waits_until: Time | None
    paused_until: Time | None = Field(description="When a paused run goes on by itself; null if it does not.")
    started_at: Time
    finished_at: Time | None
    shadow: bool = Field(description="Whether it is recorded only, without any effect.")
    sentence: str = Field(description="How it stands, and why, in the caller's language.")

    @classmethod
    def of(cls, renderer: Renderer, run: runs.Run) -> Run:
        """Show a run without its jobs."""
        return cls.model_validate(_shown(renderer, run))


class Job(Model):
    """A step of a run."""

    id: str = Field(description="Also the idempotency key of its effect.")
    step: str = Field(description="The id of the step in the rule.", examples=["hello"])
    action: str = Field(examples=["send_email"])
    due: Time
    status: runs.JobStatus
    reason: ReasonText | None = Field(description="Of its outcome, or of the last attempt that failed; null before.")
    attempts: int
    result: dict[str, Any] = Field(description="What the provider answered, such as its id of the message.")
    finished_at: Time | None
    sentence: str = Field(description="How it stands, and why, in the caller's language.")

    @classmethod
    def of(cls, renderer: Renderer, job: runs.Job) -> Job:
        """Show a job."""
        return cls(
            id=job.id,
            step=job.step_id,
            action=job.action,
            due=format_time(job.due),
            status=job.status,
            reason=ReasonText.of_any(renderer, job.reason),
            attempts=job.attempt,
            result=dict(job.result),
            finished_at=time_of(job.finished_at),
            sentence=renderer.outcome(job.status, job.reason),
        )


class RunWithJobs(Run):
    """A run with its event, and its jobs in the order of the steps."""

    event: Event  # type: ignore[assignment]  # all of it, where a run alone names it
    jobs: list[Job]

    @classmethod
    def of_state(cls, renderer: Renderer, state: RunState) -> RunWithJobs:
        """Show a run with all that happened in it."""
        jobs = sorted(state.jobs, key=lambda job: (job.step_group, job.step_id, job.occurrence))
        shown = {"event": Event.of(state.event), "jobs": [Job.of(renderer, job) for job in jobs]}
        return cls.model_validate({**_shown(renderer, state.run), **shown})


class RunPage(Model):
    """Some of the runs, the newest first."""

    items: list[Run]
    cursor: str | None = Field(description="Where the next page begins; null on the last.")

    @classmethod
    def of(cls, renderer: Renderer, page: Page[runs.Run]) -> RunPage:
        """Show a page of runs."""
        return cls(items=[Run.of(renderer, run) for run in page.items], cursor=page.cursor)


def _shown(renderer: Renderer, run: runs.Run) -> dict[str, Any]:
    return {
        "id": run.id,
        "rule": RunRule(id=run.rule_id, version=run.rule_version, name=run.rule_name),
        "event": RunEvent(id=run.event_id, type=run.event_type),
        "record": run.record,
        "status": run.status,
        "reason": ReasonText.of_any(renderer, run.reason),
        "entered": format_time(run.entered),
        "due": format_time(run.due),
        "waits_until": time_of(run.waits_until),
        "paused_until": time_of(run.paused_until),
        "started_at": format_time(run.started_at),
        "finished_at": time_of(run.finished_at),
        "shadow": run.shadow,
        "sentence": renderer.outcome(run.status, run.reason),
    }
