"""Shape runs and their jobs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

from aws_lambda_powertools.event_handler.openapi.params import Body
from msgspec.structs import replace
from pydantic import ConfigDict, Field

from whenthen.api.models.base import Described, Model, Sparse, Time, time_of
from whenthen.api.models.shared import Event, ReasonText
from whenthen.api.rendering.renderer import Renderer
from whenthen.domain.common.reasons import Reason
from whenthen.domain.conditions.condition import predicates
from whenthen.domain.events.event import format_time
from whenthen.domain.exits.conditions import is_conversion
from whenthen.domain.explain import standing
from whenthen.domain.rules.rule import Rule
from whenthen.domain.runs import run as runs
from whenthen.domain.work import work as works
from whenthen.ports.values import Page, RunState
from whenthen.usecases.context.skips import CONDITIONS


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
    reason: ReasonText | None = Field(
        description="Why it ended as it did, is paused, or for which rule it waits before it begins; null otherwise."
    )
    entered: Time = Field(description="When the event happened.")
    due: Time = Field(description="The run's own clock.")
    waits_until: Time | None
    paused_until: Time | None = Field(description="When a paused run goes on by itself; null if it does not.")
    started_at: Time
    finished_at: Time | None
    converted: bool = Field(description="Whether it ended because the goal of its rule was reached.")
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
    reason: ReasonText | None = Field(
        description="Of its outcome, of the last attempt that failed, or why it is held; null before."
    )
    held_until: Time | None = Field(
        description="Until when its next attempt is put off, or limits of sending hold it; null if neither does."
    )
    attempts: int
    result: dict[str, Any] = Field(
        description="What the provider answered, such as its id of the message; of a step whose condition was false,"
        " `conditions`: what decided, with the expected and the actual value."
    )
    finished_at: Time | None
    sentence: str = Field(description="How it stands, and why, in the caller's language.")

    @classmethod
    def of(cls, renderer: Renderer, job: runs.Job, rule: Rule | None = None) -> Job:
        """Show a job. `rule`: that of its run, to say why a condition was false."""
        return cls(
            id=job.id,
            step=job.step_id,
            action=job.action,
            due=format_time(job.due),
            status=job.status,
            reason=ReasonText.of_any(renderer, job.reason),
            held_until=time_of(job.held_until) if job.status is runs.JobStatus.PENDING else None,
            attempts=job.attempt,
            result=dict(job.result),
            finished_at=time_of(job.finished_at),
            sentence=renderer.outcome(job.status, job.reason, _conditions_said(renderer, job, rule)),
        )


def _conditions_said(renderer: Renderer, job: runs.Job, rule: Rule | None) -> list[str]:
    """Say for each predicate that made the step's condition false what it demands, and what there was."""
    step = next((step for step in rule.steps if step.id == job.step_id), None) if rule else None
    if rule is None or step is None:
        return []
    own = {(each.field, each.op): each for each in predicates(step.only_if)}
    shown = [each for each in job.result.get(CONDITIONS, ()) if (each["field"], each["op"]) in own]
    return [renderer.result(own[each["field"], each["op"]], each, int(each["result"]), rule.zone.key) for each in shown]


class RunWait(Model):
    """A wait of a run: for what, until when, and why."""

    what: standing.WaitsFor = Field(alias="for", description="What has to happen before it goes on.")
    until: Time | None = Field(description="When the wait ends of itself; null where nobody knows.")
    reason: ReasonText

    @classmethod
    def of(cls, renderer: Renderer, waiting: standing.Waiting) -> RunWait:
        """Show a wait."""
        reason = ReasonText.of(renderer, waiting.reason)
        return cls.model_validate({"for": waiting.what, "until": time_of(waiting.until), "reason": reason})


class StepAhead(Model):
    """A step that a run has not come to."""

    step: str = Field(description="The id of the step in the rule.", examples=["call"])
    action: str = Field(examples=["create_task"])
    due: Time | None = Field(description="When it is due, where that is certain: the steps that the run waits for.")
    sentence: str = Field(description="What it does, and when; empty without the scope `rules:read`.")

    @classmethod
    def of(cls, renderer: Renderer, ahead: standing.Ahead, zone: str, *, said: bool) -> StepAhead:
        """Show a step; `said`: whether what it does may be told."""
        step = ahead.step
        sentence = renderer.step(step, zone) if said else ""
        return cls(step=step.id, action=step.action, due=time_of(ahead.due), sentence=sentence)


class RunWithJobs(Run):
    """A run with its event, its jobs in the order of the steps, and what is still to come."""

    event: Event  # type: ignore[assignment]  # all of it, where a run alone names it
    jobs: list[Job]
    waits: RunWait | None = Field(description="What it waits for; null once it is over.")
    to_come: list[StepAhead] = Field(
        description="Steps that it may still come to. A branch may pass some of them over."
    )
    not_reached: list[StepAhead] = Field(description="Of a run that is over: steps that it did not come to.")

    @classmethod
    def of_state(
        cls, renderer: Renderer, state: RunState, rule: Rule | None, masks: Callable[[Reason], Reason], *, said: bool
    ) -> RunWithJobs:
        """Show a run with all that happened in it, and what is to come.

        rule   the version that started it; None if it is not there any more
        masks  leaves out of a reason what the reader may not see
        said   whether the reader may see what the rule's steps do
        """
        run, jobs = state.run, sorted(state.jobs, key=lambda job: (job.step_group, job.step_id, job.occurrence))
        waits = standing.waits_of(run, jobs, rule) if rule else None
        ahead = {"to_come": standing.to_come(run, rule), "not_reached": standing.not_reached(run, rule)} if rule else {}
        zone = rule.zone.key if rule else ""
        return cls.model_validate(
            {
                **_shown(renderer, run),
                "event": Event.of(state.event),
                "jobs": [Job.of(renderer, job, rule if said else None) for job in jobs],
                "waits": waits and RunWait.of(renderer, replace(waits, reason=masks(waits.reason))),
                **{
                    name: [StepAhead.of(renderer, each, zone, said=said) for each in ahead.get(name, ())]
                    for name in ("to_come", "not_reached")
                },
            }
        )


class RunPage(Model):
    """Some of the runs, the newest first."""

    items: list[Run]
    cursor: str | None = Field(description="Where the next page begins; null on the last.")

    @classmethod
    def of(cls, renderer: Renderer, page: Page[runs.Run]) -> RunPage:
        """Show a page of runs."""
        return cls(items=[Run.of(renderer, run) for run in page.items], cursor=page.cursor)


class SkippedStep(Model):
    """The step of a run that is left out."""

    model_config = ConfigDict(extra="forbid")
    step: str = Field(min_length=1, max_length=64, description="The id of the step.", examples=["call"])


class RunSelection(Sparse):
    """The runs that are changed: those of a rule, of a record, or with a status; those that are all that is named."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"rule": "rule_9f2b"}]})
    rule: str = Field(default_factory=str, description="The id of a rule.", examples=["rule_9f2b"])
    record: str = Field(default_factory=str, description="A record.", examples=["lead:42"])
    status: Literal["running", "waiting", "paused"] | None = Field(default=None, description="How they stand.")


RunSelectionBody = Annotated[
    dict[str, Any], Body(description="Which runs: at least one of the three."), Described(RunSelection)
]


class WorkFailure(Model):
    """A run that could not be changed."""

    run: str
    reason: ReasonText


class Work(Model):
    """A change of many runs, made in the background."""

    id: str = Field(examples=["work_3k7q"])
    change: works.RunChange = Field(description="What is done to each run.")
    rule: str = Field(description="The rule of the runs; empty if they are of several.", examples=["rule_9f2b"])
    status: works.WorkStatus
    done: int = Field(description="How many runs were dealt with.")
    of: int | None = Field(description="How many there were when it began; null if they were too many to count.")
    counts: dict[str, int] = Field(
        description="The runs so far by what became of them; `over`: they had ended before.",
        examples=[{"stopped": 41, "over": 1}],
    )
    failures: list[WorkFailure] = Field(description="The first 100 that could not be changed.")
    created_at: Time
    created_by: str = Field(description="The id of an API key.")
    finished_at: Time | None

    @classmethod
    def of_work(cls, renderer: Renderer, work: works.Work) -> Work:
        """Show work."""
        failures = [WorkFailure(run=each.run, reason=ReasonText.of(renderer, each.reason)) for each in work.failures]
        return cls(
            id=work.id,
            change=work.change,
            rule=work.selection.rule,
            status=work.status,
            done=work.done,
            of=work.of,
            counts=dict(work.counts),
            failures=failures,
            created_at=format_time(work.created_at),
            created_by=work.by,
            finished_at=time_of(work.finished_at),
        )


class WorkPage(Model):
    """Some of the work, the newest first."""

    items: list[Work]
    cursor: str | None = Field(description="Where the next page begins; null on the last.")

    @classmethod
    def of(cls, renderer: Renderer, page: Page[works.Work]) -> WorkPage:
        """Show a page of work."""
        return cls(items=[Work.of_work(renderer, work) for work in page.items], cursor=page.cursor)


def _shown(renderer: Renderer, run: runs.Run) -> dict[str, Any]:
    reason = run.reason or standing.reason_in_line(run)
    return {
        "id": run.id,
        "rule": RunRule(id=run.rule_id, version=run.rule_version, name=run.rule_name),
        "event": RunEvent(id=run.event_id, type=run.event_type),
        "record": run.record,
        "status": run.status,
        "reason": ReasonText.of_any(renderer, reason),
        "entered": format_time(run.entered),
        "due": format_time(run.due),
        "waits_until": time_of(run.waits_until),
        "paused_until": time_of(run.paused_until),
        "started_at": format_time(run.started_at),
        "finished_at": time_of(run.finished_at),
        "converted": is_conversion(run.reason),
        "shadow": run.shadow,
        "sentence": renderer.outcome(run.status, reason),
    }
