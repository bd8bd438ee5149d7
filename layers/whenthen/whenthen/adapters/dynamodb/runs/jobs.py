"""The jobs of the ledger. Each change is one conditional update, fenced by the attempt under which it is made."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from whenthen.adapters.dynamodb.common.items import Item, to_json
from whenthen.adapters.dynamodb.common.table import EXISTS, NEW, ConditionFailed, Expression, Table
from whenthen.adapters.dynamodb.common.transactions import TransactionRefused, Write, put, transact, update
from whenthen.adapters.dynamodb.records import record_items
from whenthen.adapters.dynamodb.runs.run_items import job_of, job_sk, run_pk
from whenthen.domain.common.errors import Busy, NotFound, Stale
from whenthen.domain.events.event import format_time
from whenthen.domain.runs.run import Job, JobStatus, Outcome

if TYPE_CHECKING:
    from whenthen.adapters.aws.client import AwsClient
    from whenthen.ports.values import Counter, RecordWrite

_LOOKS = 4
"""How often a claim looks again at a job that changed under its hands."""

_COUNTER = "counter"


class DynamoJobs:
    """Claims, outcomes, and the records and counters that are written together with an outcome."""

    def __init__(self, client: AwsClient, runs_table: str, records_table: str) -> None:
        self._runs = Table(client, runs_table)
        self._records = Table(client, records_table)

    def claim(self, job: Job, *, now: datetime, lease_until: datetime, repeatable: bool) -> Job:
        """Take the job under a new attempt number. Returns it, claimed, or with the outcome that it has already.

        A claim whose lease ran out is taken over if the effect is `repeatable`; if not, the job becomes
        unknown. Raises Busy while another lease holds, NotFound.
        """
        claimant = uuid.uuid4().hex
        for _ in range(_LOOKS):
            try:
                return job_of(self._update(job, _claiming(claimant, now, lease_until, repeatable=repeatable)))
            except ConditionFailed:
                item = self._runs.get(run_pk(job.run_id), job_sk(job))
            if item is None:
                raise NotFound(f"there is no job for step {job.step_id} of run {job.run_id}")
            found = job_of(item)
            # Ours: the answer was lost, and the client's own repetition found the job claimed.
            if found.status.final or item.get("claimant") == claimant:
                return found
            if found.lease_until is not None and found.lease_until > now:
                raise Busy("another worker has this job", (found.lease_until - now).total_seconds())
            if not repeatable and self._give_up(found, now):
                return self._read(job)
        raise Busy("this job keeps changing", retry_after=1)

    def _give_up(self, job: Job, now: datetime) -> bool:
        """End a claim whose worker did not live to tell. False if it did, after all, or another was quicker."""
        outcome = Outcome(JobStatus.UNKNOWN, f"attempt {job.attempt} ended without telling whether it was sent")
        return job.status is JobStatus.CLAIMED and self.complete(job, outcome, now)

    def _read(self, job: Job) -> Job:
        item = self._runs.get(run_pk(job.run_id), job_sk(job))
        if item is None:
            raise NotFound(f"there is no job for step {job.step_id} of run {job.run_id}")
        return job_of(item)

    def release(self, job: Job, reason: str) -> None:
        """Give a claimed job back, to be tried again: nothing was done. Fenced by the job's attempt."""
        freed = Expression(
            condition=_HELD,
            update="SET #status = :pending, #reason = :reason REMOVE #lease_until, #claimant",
            values={**_held(job), "pending": JobStatus.PENDING.value, "reason": reason},
        )
        try:
            self._update(job, freed)
        except ConditionFailed:  # it is another's by now, or ended: then there is nothing to give back
            return

    def postpone(self, job: Job, reason: str) -> bool:
        """Give back a claimed job that was refused for now. Fenced by its attempt: False if it is no longer held."""
        freed = Expression(
            condition=_HELD,
            update="SET #status = :pending, #reason = :reason REMOVE #lease_until, #claimant ADD #postponed :one",
            values={**_held(job), "pending": JobStatus.PENDING.value, "reason": reason, "one": 1},
        )
        try:
            self._update(job, freed)
        except ConditionFailed:  # or an answer was lost, and the client's own repetition found the job freed by itself
            found = self._read(job)
            freed_by_us = found.status is JobStatus.PENDING and found.postponed == job.postponed + 1
            return freed_by_us and found.attempt == job.attempt
        return True

    def complete(self, job: Job, outcome: Outcome, now: datetime) -> bool:
        """Write the outcome of a job that is still as given: claimed by its attempt, or pending. False if it is not."""
        ended = _ending(outcome, now)
        values = {**ended.values, "was": job.status.value, "attempt": job.attempt}
        ending = Expression("#status = :was AND #attempt = :attempt", ended.update, values)
        try:
            self._update(job, ending)
        except ConditionFailed:
            found = self._read(job)  # an answer that was lost makes the client's own repetition fail
            written = found.finished_at is not None and format_time(found.finished_at) == format_time(now)
            return written and found.attempt == job.attempt and found.status is outcome.status
        return True

    def complete_with(
        self, job: Job, outcome: Outcome, now: datetime, writes: Sequence[RecordWrite], counter: Counter | None
    ) -> None:
        """Write records and a pending job's outcome in one transaction. Raises Stale if any of them moved on.

        Raises Invalid for what is more than a transaction takes or no identity, TooLarge for a record beyond 400 KB.
        """
        ended = _ending(outcome, now)
        ending = Expression(
            condition="#status = :pending AND #attempt = :attempt",
            update=ended.update,
            values={**ended.values, "pending": JobStatus.PENDING.value, "attempt": job.attempt},
        )
        parts = [update(self._runs, run_pk(job.run_id), job_sk(job), ending)]
        for write in writes:
            parts += record_items.writes_of(self._records, write.record, write.replaces)
        if counter is not None:
            parts.append(self._move(counter))
        try:
            transact(self._runs.client, parts)
        except TransactionRefused as error:
            what = "the job" if 0 in error.places else "a record or a counter"
            raise Stale(f"{what} of step {job.step_id} has moved on") from error

    def report(self, job: Job, outcome: Outcome, stage: int, now: datetime) -> bool:
        """Write the outcome that the provider reports. False if the job no longer stands as it was read."""
        ended = _ending(outcome, now)
        change = Expression(
            condition="#status = :was AND #stage = :before",
            update="SET #status = :status, #reason = :reason, #result = :result, #stage = :stage,"
            " #finished_at = if_not_exists(#finished_at, :now) REMOVE #lease_until",
            values={**ended.values, "was": job.status.value, "stage": stage, "before": job.stage},
        )
        try:
            self._update(job, change)
        except ConditionFailed:
            return False
        return True

    def counter(self, name: str) -> int:
        """Where a counter stands; 0 before its first use."""
        item = self._runs.get(_counter_pk(name), _COUNTER)
        return item["count"] if item else 0

    def _move(self, counter: Counter) -> Write:
        stands = Expression("#count = :before", values={"before": counter.before}) if counter.before else NEW
        return put(self._runs, {"pk": _counter_pk(counter.name), "sk": _COUNTER, "count": counter.after}, stands)

    def _update(self, job: Job, change: Expression) -> Item:
        return self._runs.update(run_pk(job.run_id), job_sk(job), change)


def _counter_pk(name: str) -> str:
    return f"counter#{name}"


_HELD = "#status = :claimed AND #attempt = :held"


def _held(job: Job) -> dict[str, str | int]:
    return {"claimed": JobStatus.CLAIMED.value, "held": job.attempt}


def _claiming(claimant: str, now: datetime, lease_until: datetime, *, repeatable: bool) -> Expression:
    """A job is free while it is pending; if its effect may be repeated, also once its lease ran out."""
    free, values = "#status = :pending", {"pending": JobStatus.PENDING.value}
    if repeatable:
        free += " OR (#status = :claimed AND #lease_until <= :now)"
        values["now"] = format_time(now)
    return Expression(
        condition=free,
        update="SET #status = :claimed, #lease_until = :until, #claimant = :claimant ADD #attempt :one",
        values={
            **values,
            "claimed": JobStatus.CLAIMED.value,
            "until": format_time(lease_until),
            "claimant": claimant,
            "one": 1,
        },
    )


def _ending(outcome: Outcome, now: datetime) -> Expression:
    return Expression(
        condition=EXISTS.condition,
        update="SET #status = :status, #reason = :reason, #result = :result, #finished_at = :now REMOVE #lease_until",
        values={
            "status": outcome.status.value,
            "reason": outcome.reason,
            "result": to_json(dict(outcome.result)),
            "now": format_time(now),
        },
    )
