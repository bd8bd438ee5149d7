"""Convert runs, their jobs and events to items of the runs table and back. docs/architecture.md lists the keys.

Runs and jobs store their reason as `adapters.dynamodb.common.items` says: a document, and its code beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from whenthen.adapters.dynamodb.common.items import Item, decode, pack, struct_item, struct_of, unpack
from whenthen.domain.events import event as events
from whenthen.domain.events.event import Event, format_time
from whenthen.domain.runs.run import Job, Run, RunStatus

RUN = "run"
EVENT = "event"
_JOB = "job#"
_DOCUMENTS_OF_JOB = ("reason", "result")

OPEN = tuple(status for status in RunStatus if not status.final)


def run_pk(run_id: str) -> str:
    """Return the partition of a run."""
    return f"run#{run_id}"


def status_pk(status: str) -> str:
    """Return the partition of the runs with a status in their index."""
    return f"status#{status}"


def job_sk(job: Job) -> str:
    """Return the sort key of a job in its run's partition."""
    return f"{_JOB}{job.step_id}#{job.occurrence:04d}"


def is_job(item: Item) -> bool:
    """Tell whether an item of a run's partition is a job."""
    return str(item["sk"]).startswith(_JOB)


def expiry(ended: datetime, retention: timedelta) -> int:
    """Return the time from which DynamoDB may delete an item, in unix seconds."""
    return int((ended + retention).timestamp())


def run_item(run: Run, expires_at: int | None) -> Item:
    """Make the run's own item; lists find it by its rule, its record and its status, in the order of its start."""
    started = f"{format_time(run.started_at)}#{run.id}"
    return {
        "pk": run_pk(run.id),
        "sk": RUN,
        "gsi1pk": f"rule#{run.rule_id}",
        "gsi1sk": started,
        "gsi2pk": f"record#{run.record}" if run.record else None,
        "gsi2sk": started if run.record else None,
        "gsi3pk": status_pk(run.status),
        "gsi3sk": started,
        **struct_item(run),
        "expires_at": expires_at,
    }


def run_of(item: Item) -> Run:
    """Read the run of its item."""
    return struct_of({"record": None, **item}, Run)


def ended_run(dynamodb: Mapping[str, Any]) -> Run | None:
    """Return the run that got its outcome by a change (the `dynamodb` part of a stream's record); None otherwise."""
    before, after = dynamodb.get("OldImage"), dynamodb.get("NewImage")
    if not after or after["sk"].get("S") != RUN:
        return None
    run = run_of(decode(after))
    if not run.status.final or (before and RunStatus(before["status"]["S"]).final):
        return None
    return run


def job_item(job: Job, expires_at: int | None = None) -> Item:
    """Make a job's item, in its run's partition."""
    return {"pk": run_pk(job.run_id), "sk": job_sk(job), **struct_item(job), "expires_at": expires_at}


def job_of(item: Item) -> Job:
    """Read the job of its item."""
    return struct_of(item, Job, _DOCUMENTS_OF_JOB)


def event_item(run: Run, event: Event, expires_at: int | None) -> Item:
    """Make the item of the run's own copy of its event."""
    return {"pk": run_pk(run.id), "sk": EVENT, "event": pack(events.to_json(event)), "expires_at": expires_at}


def event_of(item: Item) -> Event:
    """Read the event of its item."""
    return events.from_json(unpack(item["event"]))


def in_order(jobs: Iterable[Job]) -> tuple[Job, ...]:
    """Sort jobs by their step groups."""
    return tuple(sorted(jobs, key=lambda job: (job.step_group, job.step_id, job.occurrence)))


def open_values() -> dict[str, Any]:
    """Return the values of the condition `IS_OPEN`."""
    return {status.value: status.value for status in OPEN}


IS_OPEN = f"#status IN ({', '.join(f':{status.value}' for status in OPEN)})"
"""The condition that a run has no outcome yet."""
