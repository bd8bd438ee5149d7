"""What the API takes and gives, as pydantic models: the OpenAPI document is made from these."""

from __future__ import annotations

from typing import Annotated, Any

from aws_lambda_powertools.event_handler.openapi.params import Body, Header, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from whenthen.domain.common.stored_reasons import to_document
from whenthen.domain.events.event import format_time, to_json
from whenthen.domain.imports import spec
from whenthen.domain.imports.job import Import
from whenthen.domain.records.record import Record, as_context
from whenthen.domain.runs.run import Job, Run
from whenthen.ports.values import Plan, Rejection, RunState, StoredRule, StoredView
from whenthen.sources.meta.lead_forms import LeadForm

Document = Annotated[dict[str, Any], Body(description="A JSON object.")]
Id = Annotated[str, Path(min_length=1, max_length=200)]
Limit = Annotated[int, Query(ge=1, le=100, description="How many, at most.")]
Cursor = Annotated[str | None, Query(max_length=2000, description="Where the last page ended.")]
Text = Annotated[str, Query(max_length=200)]
IfMatch = Annotated[
    str | None, Header(alias="If-Match", max_length=200, description="The version that is to be changed, as its ETag.")
]
IdempotencyKey = Annotated[
    str | None,
    Header(alias="Idempotency-Key", max_length=200, description="A repetition with the same key changes nothing."),
]


class ModeChange(BaseModel):
    """Which mode a rule is to have."""

    model_config = ConfigDict(extra="forbid")
    mode: str = Field(description="off, shadow or on")


class Merge(BaseModel):
    """Which record is to become part of another."""

    model_config = ConfigDict(extra="forbid")
    other: str = Field(alias="from", description="The record that goes, such as contact:8.", max_length=200)


def rule_document(rule: StoredRule) -> dict[str, Any]:
    """A rule as it was written, with what the store knows of it."""
    return {**rule.document, "updated_at": format_time(rule.updated_at), "updated_by": rule.updated_by}


def view_document(view: StoredView) -> dict[str, Any]:
    """A view as it was written, with what the store knows of it."""
    known = {"version": view.version, "updated_at": format_time(view.updated_at), "updated_by": view.updated_by}
    return {**view.document, **known}


def record_document(record: Record) -> dict[str, Any]:
    """A record: its own attributes, and its fields."""
    whole = as_context(record)
    own = {name: whole[name] for name in ("ref", "kind", "id", "version", "created_at", "updated_at")}
    return {**own, "origin": record.origin, "absorbed": list(record.absorbed), "fields": dict(record.fields)}


def import_document(work: Import) -> dict[str, Any]:
    """An import: what it was asked for, and how far it came."""
    progress = {"bytes": work.place.offset, "of": work.size, "line": work.place.line}
    counts = {name: getattr(work.counts, name) for name in ("created", "updated", "unchanged", "refused")}
    return {
        "id": work.id,
        **spec.to_json(work.order),
        "status": work.status.value,
        "reason": work.reason and to_document(work.reason),
        "progress": progress,
        "rows": counts,
        "created_at": format_time(work.created_at),
        "created_by": work.by,
        "started_at": work.started_at and format_time(work.started_at),
        "finished_at": work.finished_at and format_time(work.finished_at),
    }


def run_document(run: Run) -> dict[str, Any]:
    """A run without its jobs."""
    return {
        "id": run.id,
        "rule": {"id": run.rule_id, "version": run.rule_version, "name": run.rule_name},
        "event": {"id": run.event_id, "type": run.event_type},
        "record": run.record,
        "status": run.status,
        "reason": run.reason,
        "entered": format_time(run.entered),
        "due": format_time(run.due),
        "waits_until": run.waits_until and format_time(run.waits_until),
        "started_at": format_time(run.started_at),
        "finished_at": run.finished_at and format_time(run.finished_at),
        "shadow": run.shadow,
    }


def timeline_entry(entry: Run | Plan) -> dict[str, Any]:
    """A run about a record, or an event about it with the rules that it started."""
    if isinstance(entry, Run):
        return {"at": format_time(entry.started_at), "run": run_document(entry)}
    rules = [{"id": planned.rule, "version": planned.version} for planned in entry.rules]
    return {"at": format_time(entry.event.time), "event": to_json(entry.event), "rules": rules}


def job_document(job: Job) -> dict[str, Any]:
    """One step of a run."""
    return {
        "id": job.id,
        "step": job.step_id,
        "action": job.action,
        "due": format_time(job.due),
        "status": job.status,
        "reason": job.reason,
        "attempts": job.attempt,
        "result": dict(job.result),
        "finished_at": job.finished_at and format_time(job.finished_at),
    }


def state_document(state: RunState) -> dict[str, Any]:
    """A run with its event and its jobs in the order of their steps."""
    jobs = sorted(state.jobs, key=lambda job: (job.step_group, job.step_id, job.occurrence))
    return {**run_document(state.run), "event": to_json(state.event), "jobs": [job_document(job) for job in jobs]}


def rejection_document(rejection: Rejection) -> dict[str, Any]:
    """A delivery that was refused or that no mapping took, as far as it is kept."""
    return {
        "at": format_time(rejection.at),
        "outcome": rejection.outcome,
        "proven": rejection.proven,
        "status": rejection.status,
        "reason": to_document(rejection.reason),
        "size": rejection.size,
        "headers": dict(rejection.headers),
        "other_headers": list(rejection.others),
        "body": rejection.body,
    }


def lead_form_document(form: LeadForm) -> dict[str, Any]:
    """A form of Meta, and how comparing its leads went."""
    return {
        "id": form.id,
        "page_id": form.page_id,
        "asked_at": form.swept_at and format_time(form.swept_at),
        "last_lead_at": form.last_lead and format_time(form.last_lead),
        "missed": form.missed,
        "under_way": form.after is not None,
        "error": form.error and to_document(form.error),
    }
