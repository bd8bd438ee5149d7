"""Convert runs, their jobs and events to items of the runs table and back. docs/architecture.md lists the keys.

A run is one item: what never changes (the event among it) as one compressed document, and what changes as attributes,
each job in a map of its own. An event too large for that has an item beside the run's.

Runs and jobs store their reason as `adapters.dynamodb.common.items` says: a document, and its code beside it.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from msgspec import convert

from whenthen.adapters.dynamodb.common.items import (
    REASON,
    REASON_CODE,
    Item,
    decode,
    pack,
    struct_item,
    struct_of,
    unpack,
)
from whenthen.domain.events import event as events
from whenthen.domain.events.event import Event, format_time
from whenthen.domain.runs.run import GOING, Job, JobStatus, Run, RunStatus
from whenthen.ports.values import RunState

RUN = "run"
EVENT = "event"
JOBS = "jobs"

SHARDS = 10
"""Partitions of the runs with one status in their index: each takes a thousand writes a second."""

MAX_INLINE_EVENT = 1_500
"""Bytes up to which a run's compressed document may hold its event: each write of a job costs by the whole item."""

EVENT_APART = "event_apart"
"""The attribute of a run whose event has an item of its own."""

MOVED = "moved"
"""The attribute of a run that moved to another version of its rule: the fields that then stand over its beginning."""

BEGINNING = "beginning"
_CHANGING = frozenset(
    {
        "step_group",
        "status",
        "due",
        "waits_until",
        "paused_until",
        "finished_at",
        "moves_to",
        "stays_from",
        "skips",
        REASON,
        REASON_CODE,
    }
    | {"follows", "follows_rule", "follows_name", "followers"}
    | {"settles_by", "newest", "awaits_since", "withheld_by", "retried_at"}
)
_DOCUMENTS_OF_JOB = ("reason", "result")
_NAME_OF_JOB = frozenset({"run_id", "step_id", "occurrence"})

OPEN = tuple(status for status in RunStatus if not status.final)

_SWEPT, _PAUSED, _WITHHELD, _HELD = "open", "paused", "withheld", "held"
_PLACES: Mapping[str, tuple[str, ...]] = {
    RunStatus.RUNNING: (_SWEPT, _HELD, _WITHHELD),
    RunStatus.WAITING: (_SWEPT,),
    RunStatus.PAUSED: (_PAUSED, _SWEPT),
}
"""Status of an open run → its places in the index. A pause that ends by itself stands among those to be looked at."""


def counter_pk(name: str) -> str:
    """Return the key of a counter by which agents take turns."""
    return f"counter#{name}"


def run_pk(run_id: str) -> str:
    """Return the partition of a run."""
    return f"run#{run_id}"


def open_pk(run_id: str) -> str:
    """Return the partition of an open run in the index of statuses, sorted by when the run is to be looked at."""
    return f"{_SWEPT}#{_shard(run_id)}"


def paused_pk(run_id: str) -> str:
    """Return the partition of a run that is paused without an end, which no sweep looks at; sorted by since when."""
    return f"{_PAUSED}#{_shard(run_id)}"


def withheld_pk(run_id: str) -> str:
    """Return the partition of an open run with a job that is withheld, which no sweep looks at; by since when."""
    return f"{_WITHHELD}#{_shard(run_id)}"


def held_pk(run_id: str) -> str:
    """Return the partition of an open run with a message that limits held; by when the run is to be looked at."""
    return f"{_HELD}#{_shard(run_id)}"


def status_pk(run_id: str, status: str) -> str:
    """Return the partition of a run with an outcome in the index of statuses, sorted by when runs started."""
    return f"status#{status}#{_shard(run_id)}"


def partitions(status: str) -> list[str]:
    """Return all partitions of the index of statuses in which runs with this status are."""
    names = _PLACES.get(status) or (f"status#{status}",)
    return [f"{name}#{shard}" for name in names for shard in range(SHARDS)]


def withheld_partitions() -> list[str]:
    """Return the partitions of the open runs with a job that is withheld."""
    return [f"{_WITHHELD}#{shard}" for shard in range(SHARDS)]


def held_partitions() -> list[str]:
    """Return the partitions of the open runs with a message that limits hold, or held until their next step."""
    return [f"{_HELD}#{shard}" for shard in range(SHARDS)]


def swept_partitions() -> list[str]:
    """Return the partitions of the open runs that sweeps look at."""
    return [f"{name}#{shard}" for name in (_SWEPT, _HELD) for shard in range(SHARDS)]


def _shard(run_id: str) -> int:
    return zlib.crc32(run_id.encode()) % SHARDS


def place_in_index(run_id: str, at: datetime) -> str:
    """Return the sort key of a run in an index, at this time."""
    return f"{format_time(at)}#{run_id}"


def first_job_key(step_id: str) -> str:
    """Return the name of the first job of a step in its run's map of jobs."""
    return f"{step_id}#{0:04d}"


def job_key(job: Job) -> str:
    """Return the name of a job in its run's map of jobs."""
    return f"{job.step_id}#{job.occurrence:04d}"


def expiry(ended: datetime, retention: timedelta) -> int:
    """Return the time from which DynamoDB may delete an item, in unix seconds."""
    return int((ended + retention).timestamp())


def run_items(run: Run, event: Event, jobs: tuple[Job, ...], expires_at: int | None) -> list[Item]:
    """Make the run's item, and the item of its event where that is too large to be part of it.

    Lists find the run by its rule, its record and its status.
    """
    fields, beginning = struct_item(run), _beginning_of(run)
    whole = pack({**beginning, "event": events.to_stored_json(event)})
    inline = len(whole) <= MAX_INLINE_EVENT
    started = place_in_index(run.id, run.started_at)
    seen_at = place_in_index(run.id, run.paused_until or run.waits_until or run.started_at)
    item = {
        "pk": run_pk(run.id),
        "sk": RUN,
        "gsi1pk": f"rule#{run.rule_id}",
        "gsi1sk": started,
        "gsi2pk": f"record#{run.record}" if run.record else None,
        "gsi2sk": started if run.record else None,
        "gsi3pk": _place_of(run),
        "gsi3sk": started if run.status.final else seen_at,
        BEGINNING: whole if inline else pack(beginning),
        **{name: value for name, value in fields.items() if name in _CHANGING},
        "status": run.status.value,
        "step_group": run.step_group,
        JOBS: {job_key(job): job_item(job) for job in jobs},
        EVENT_APART: None if inline else True,
        "expires_at": expires_at,
    }
    return [item] if inline else [item, _event_apart(run, event, expires_at)]


def items_apart(run: Run, event: Event) -> tuple[Item, Item]:
    """Make what is new of an open run that takes in another event, and the item of that event, which stands apart."""
    return {BEGINNING: pack(_beginning_of(run))}, _event_apart(run, event, None)


def _beginning_of(run: Run) -> Item:
    fields = struct_item(run)
    return {name: value for name, value in fields.items() if name not in _CHANGING and value is not None}


def _event_apart(run: Run, event: Event, expires_at: int | None) -> Item:
    return {"pk": run_pk(run.id), "sk": EVENT, "event": pack(events.to_stored_json(event)), "expires_at": expires_at}


def _place_of(run: Run) -> str:
    if run.status.final:
        return status_pk(run.id, run.status)
    return paused_pk(run.id) if run.status is RunStatus.PAUSED and run.paused_until is None else open_pk(run.id)


def run_of(item: Item) -> Run:
    """Read the run of its item."""
    return _run(item, unpack(item[BEGINNING]))


def state_of(item: Item, apart: Item | None = None) -> RunState:
    """Read the run with its event and jobs; `apart` is the item of an event that the run's item does not hold."""
    beginning = unpack(item[BEGINNING])
    event = beginning["event"] if apart is None else unpack(apart["event"])
    in_order = sorted(jobs_of(item), key=lambda job: (job.step_group, job.step_id, job.occurrence))
    return RunState(_run(item, beginning), events.from_json(event), tuple(in_order))


def jobs_of(item: Item) -> list[Job]:
    """Read the jobs of a run's item."""
    run_id = item["pk"].removeprefix(run_pk(""))
    return [_job_of(run_id, name, part) for name, part in item[JOBS].items()]


def _run(item: Item, beginning: Mapping[str, Any]) -> Run:
    changing = {name: item[name] for name in _CHANGING if name in item}
    if REASON in changing:
        changing[REASON] = json.loads(changing[REASON])
    return convert({"record": None, **beginning, **item.get(MOVED, {}), **changing}, Run)


def ended_run(dynamodb: Mapping[str, Any]) -> Run | None:
    """Return the run that got its outcome by a change (the `dynamodb` part of a stream's record); None otherwise."""
    before, after = dynamodb.get("OldImage"), dynamodb.get("NewImage")
    if not after or after["sk"].get("S") != RUN:
        return None
    if not RunStatus(after["status"]["S"]).final or (before and RunStatus(before["status"]["S"]).final):
        return None
    return run_of(decode(after))


def ended_jobs(dynamodb: Mapping[str, Any]) -> list[Job]:
    """Return the jobs of a run that got its outcome by a change."""
    return jobs_of(decode(dynamodb["NewImage"]))


def ended_too_early(dynamodb: Mapping[str, Any]) -> bool:
    """Tell whether a run that got its outcome by a change has jobs that nobody has begun."""
    jobs = dynamodb["NewImage"].get(JOBS, {}).get("M", {})
    return any(part["M"]["status"]["S"] == JobStatus.PENDING.value for part in jobs.values())


def job_item(job: Job) -> Item:
    """Make a job's part of its run's item: what is not in its name, without most defaults."""
    compared = {"status": job.status.value, "attempt": job.attempt, "stage": job.stage}
    fields = {**struct_item(job), **compared}
    return {name: value for name, value in fields.items() if name not in _NAME_OF_JOB and value is not None}


def job_in(item: Item, job: Job) -> Job | None:
    """Read the job as it is now of its run's item; None if there is no such job."""
    part = item[JOBS].get(job_key(job))
    return None if part is None else _job_of(job.run_id, job_key(job), part)


def _job_of(run_id: str, name: str, part: Item) -> Job:
    step_id, _, occurrence = name.rpartition("#")
    own = {"run_id": run_id, "step_id": step_id, "occurrence": int(occurrence)}
    return struct_of({**part, **own}, Job, _DOCUMENTS_OF_JOB)


def open_values() -> dict[str, Any]:
    """Return the values of the condition `IS_OPEN`."""
    return {status.value: status.value for status in OPEN}


IS_OPEN = f"#status IN ({', '.join(f':{status.value}' for status in OPEN)})"
"""The condition that a run has no outcome yet."""

IS_GOING = f"#status IN ({', '.join(f':{status.value}' for status in GOING)})"
"""The condition that a run has no outcome yet, and is not paused."""


def going_values() -> dict[str, Any]:
    """Return the values of the condition `IS_GOING`."""
    return {status.value: status.value for status in GOING}
