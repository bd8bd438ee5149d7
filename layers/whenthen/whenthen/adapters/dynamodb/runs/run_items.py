"""Runs, their jobs and events as items of the runs table. docs/architecture.md lists the keys."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from whenthen.adapters.dynamodb.common.items import Item, decode, pack, time_of, to_json, unpack
from whenthen.domain.events import event as events
from whenthen.domain.events.event import Event, format_time, parse_time
from whenthen.domain.runs.run import Job, JobStatus, Run, RunStatus

RUN = "run"
EVENT = "event"
_JOB = "job#"

OPEN = tuple(status for status in RunStatus if not status.final)


def run_pk(run_id: str) -> str:
    """The partition of a run."""
    return f"run#{run_id}"


def status_pk(status: str) -> str:
    """The partition of the runs with a status in their index."""
    return f"status#{status}"


def job_sk(job: Job) -> str:
    """The sort key of a job in its run's partition."""
    return f"{_JOB}{job.step_id}#{job.occurrence:04d}"


def is_job(item: Item) -> bool:
    """Whether an item of a run's partition is a job."""
    return str(item["sk"]).startswith(_JOB)


def expiry(ended: datetime, retention: timedelta) -> int:
    """When DynamoDB may remove an item: unix seconds."""
    return int((ended + retention).timestamp())


def run_item(run: Run, expires_at: int | None) -> Item:
    """The run's own item; lists find it by its rule, its record and its status, in the order of its start."""
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
        "id": run.id,
        "rule_id": run.rule_id,
        "rule_version": run.rule_version,
        "rule_name": run.rule_name,
        "event_id": run.event_id,
        "event_type": run.event_type,
        "record": run.record,
        "entered": format_time(run.entered),
        "due": format_time(run.due),
        "started_at": format_time(run.started_at),
        "watch": list(run.watch),
        "exits_on": list(run.exits_on),
        "rechecks_on": list(run.rechecks_on),
        "place": run.place,
        "step_group": run.step_group,
        "status": run.status.value,
        "reason": run.reason,
        "token": run.token,
        "shadow": run.shadow,
        "finished_at": run.finished_at and format_time(run.finished_at),
        "waits_until": run.waits_until and format_time(run.waits_until),
        "expires_at": expires_at,
    }


def run_of(item: Item) -> Run:
    """The run of its item."""
    return Run(
        id=item["id"],
        rule_id=item["rule_id"],
        rule_version=item["rule_version"],
        rule_name=item["rule_name"],
        event_id=item["event_id"],
        event_type=item["event_type"],
        record=item.get("record"),
        entered=parse_time(item["entered"], "entered"),
        due=parse_time(item["due"], "due"),
        started_at=parse_time(item["started_at"], "started_at"),
        watch=tuple(item["watch"]),
        exits_on=tuple(item["exits_on"]),
        rechecks_on=tuple(item["rechecks_on"]),
        place=item.get("place", ""),
        step_group=item["step_group"],
        status=RunStatus(item["status"]),
        reason=item["reason"],
        token=item.get("token"),
        shadow=item["shadow"],
        finished_at=time_of(item.get("finished_at"), "finished_at"),
        waits_until=time_of(item.get("waits_until"), "waits_until"),
    )


def ended_run(dynamodb: Mapping[str, Any]) -> Run | None:
    """The run that got its outcome by a change (the `dynamodb` part of a stream's record); None for any other."""
    before, after = dynamodb.get("OldImage"), dynamodb.get("NewImage")
    if not after or after["sk"].get("S") != RUN:
        return None
    run = run_of(decode(after))
    if not run.status.final or (before and RunStatus(before["status"]["S"]).final):
        return None
    return run


def job_item(job: Job, expires_at: int | None = None) -> Item:
    """A job's item, in its run's partition."""
    return {
        "pk": run_pk(job.run_id),
        "sk": job_sk(job),
        "run_id": job.run_id,
        "step_id": job.step_id,
        "step_group": job.step_group,
        "action": job.action,
        "due": format_time(job.due),
        "occurrence": job.occurrence,
        "status": job.status.value,
        "attempt": job.attempt,
        "lease_until": job.lease_until and format_time(job.lease_until),
        "reason": job.reason,
        "result": to_json(dict(job.result)),
        "stage": job.stage,
        "postponed": job.postponed or None,
        "finished_at": job.finished_at and format_time(job.finished_at),
        "expires_at": expires_at,
    }


def job_of(item: Item) -> Job:
    """The job of its item."""
    return Job(
        run_id=item["run_id"],
        step_id=item["step_id"],
        step_group=item["step_group"],
        action=item["action"],
        due=parse_time(item["due"], "due"),
        occurrence=item["occurrence"],
        status=JobStatus(item["status"]),
        attempt=item["attempt"],
        lease_until=time_of(item.get("lease_until"), "lease_until"),
        reason=item["reason"],
        result=json.loads(item["result"]),
        finished_at=time_of(item.get("finished_at"), "finished_at"),
        stage=item.get("stage", 0),
        postponed=item.get("postponed", 0),
    )


def event_item(run: Run, event: Event, expires_at: int | None) -> Item:
    """The run's own copy of its event."""
    return {"pk": run_pk(run.id), "sk": EVENT, "event": pack(events.to_json(event)), "expires_at": expires_at}


def event_of(item: Item) -> Event:
    """The event of its item."""
    return events.from_json(unpack(item["event"]))


def in_order(jobs: Iterable[Job]) -> tuple[Job, ...]:
    """Jobs in the order of their step groups."""
    return tuple(sorted(jobs, key=lambda job: (job.step_group, job.step_id, job.occurrence)))


def open_values() -> dict[str, Any]:
    """The values of the condition `IS_OPEN`."""
    return {status.value: status.value for status in OPEN}


IS_OPEN = f"#status IN ({', '.join(f':{status.value}' for status in OPEN)})"
"""The condition that a run has no outcome yet."""
