"""Store the ledger's jobs, in the items of their runs. Each change is one conditional update, fenced by its attempt."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from msgspec.structs import replace as changed

from whenthen.adapters.dynamodb.common.items import SET_REASON, Item, reason_item, to_json
from whenthen.adapters.dynamodb.common.table import NEW, ConditionFailed, Expression, Table
from whenthen.adapters.dynamodb.common.transactions import TransactionRefused, Write, put, transact, update
from whenthen.adapters.dynamodb.records_table import record_items
from whenthen.adapters.dynamodb.runs_table.run_items import (
    EVENT,
    EVENT_APART,
    IS_GOING,
    IS_OPEN,
    JOBS,
    RUN,
    counter_pk,
    going_values,
    held_pk,
    job_in,
    job_key,
    open_values,
    place_in_index,
    run_pk,
    state_of,
)
from whenthen.domain.common.errors import Busy, NotFound, Stale
from whenthen.domain.events.event import format_time
from whenthen.domain.runs.run import GOING, Job, JobStatus, Outcome
from whenthen.ports.reason_codes import ATTEMPT_VANISHED, BUSY, CONTENDED, JOB_NOT_FOUND, MOVED_ON

if TYPE_CHECKING:
    from whenthen.adapters.aws.client import AwsClient
    from whenthen.domain.common.reasons import Reason
    from whenthen.ports.values import Counter, RecordWrite, RunState

_LOOKS = 4
"""How often a claim reads a job again that changed meanwhile."""

_COUNTER = "counter"
_ATTRIBUTE = re.compile(r"#(\w+)")
_WITHIN = rf"#{JOBS}.#job.#\1"


class DynamoJobs:
    """Write claims and outcomes, with the records and counters that belong to an outcome."""

    def __init__(self, client: AwsClient, runs_table: str, records_table: str) -> None:
        self._runs = Table(client, runs_table)
        self._records = Table(client, records_table)

    def claim(self, job: Job, *, now: datetime, lease_until: datetime, repeatable: bool, sends: bool = True) -> Job:
        """Claim the job under a new attempt number. Returns it, claimed, or with the outcome that it has already.

        A claim whose lease ran out is taken over if the effect is `repeatable`; if not, the job becomes
        unknown. Raises Busy while another lease holds, and, if the claim is for an effect (`sends`), once the run ended
        or was paused; NotFound.
        """
        claimant = uuid.uuid4().hex
        for _ in range(_LOOKS):
            try:
                claiming = _of(job, _counted(job, _claiming(claimant, now, lease_until, repeatable=repeatable)))
                change = _while_going(claiming) if sends else claiming
                return _found(self._runs.update(run_pk(job.run_id), RUN, change), job)
            except ConditionFailed:
                item = self._runs.get(run_pk(job.run_id), RUN)
            found = _found(item, job)
            # Our own claim: the answer was lost, and the client's repetition found the job claimed.
            if found.status.final or (item and item[JOBS][job_key(job)].get("claimant") == claimant):
                return found
            if found.lease_until is not None and found.lease_until > now:
                raise Busy(BUSY(), (found.lease_until - now).total_seconds())
            if not repeatable and self._give_up(found, now):
                return _found(self._runs.get(run_pk(job.run_id), RUN), job)
            if sends and item and item["status"] not in GOING:
                break
        raise Busy(CONTENDED(subject=job.id), retry_after=1)

    def _give_up(self, job: Job, now: datetime) -> bool:
        """End the claim of a worker that died. Returns False if the worker ended it itself, or another was quicker."""
        outcome = Outcome(JobStatus.UNKNOWN, ATTEMPT_VANISHED(attempt=job.attempt))
        return job.status is JobStatus.CLAIMED and self.complete(job, outcome, now) is not None

    def release(self, job: Job, reason: Reason) -> None:
        """Release a claimed job for another attempt, with its `failing_since`. Fenced by its attempt."""
        self._change(job, _of(job, _freeing(job, reason)))

    def hold(self, job: Job, reason: Reason, until: datetime, *, alone: bool = True) -> bool:
        """Release a claimed job, or hold a pending one, for an attempt at `until`, with its moments of failure."""
        since = _since(job)
        stands = {"was": job.status.value, "held": job.attempt, "pending": JobStatus.PENDING.value, **since}
        freed = Expression(
            "#status = :was AND #attempt = :held",
            f"SET #status = :pending, {SET_REASON}, #held_until = :until{_set(since)}",
            {**stands, **reason_item(reason), "until": format_time(until)},
        )
        freed = _counted(job, freed)
        limited = changed(job, held_until=until, reason=reason).limited
        of_job, seen = _of(job, freed), {"looked_at": place_in_index(job.run_id, until)} if alone else {}
        place = {"place": held_pk(job.run_id)} if limited else {}
        sets = f"{', #gsi3sk = :looked_at' if seen else ''}{', #gsi3pk = :place' if place else ''}"
        held = changed(
            of_job,
            condition=f"{of_job.condition} AND {IS_GOING if limited else IS_OPEN}",
            update=f"{of_job.update}{sets} {_ATTRIBUTE.sub(_WITHIN, _UNCLAIM)}",
            values={**freed.values, **(going_values() if limited else open_values()), **seen, **place},
        )
        if self._change(job, held):
            return True
        # An answer may have been lost, and the client's own repetition found the job released.
        found = _found(self._runs.get(run_pk(job.run_id), RUN), job)
        ours = found.status is JobStatus.PENDING and found.attempt == job.attempt
        return ours and found.held_until is not None and format_time(found.held_until) == format_time(until)

    def free(self, job: Job, until: datetime, now: datetime, *, woken_at: datetime | None = None) -> None:
        """Let a job that is held until then, or for less long, be performed from `now` on. Others stay as they are."""
        woken = {} if woken_at is None else {"woken_at": format_time(woken_at)}
        values = {"pending": JobStatus.PENDING.value, "until": format_time(until), "now": format_time(now), **woken}
        change = f"SET #held_until = :now{', #woken_at = :woken_at' if woken else ''}"
        freed = Expression("#status = :pending AND #held_until <= :until", change, values)
        self._change(job, _of(job, freed))

    def _change(self, job: Job, change: Expression) -> bool:
        """Change the run of the job. Returns False if another worker claimed the job, or it ended."""
        try:
            self._runs.update(run_pk(job.run_id), RUN, change)
        except ConditionFailed:
            return False
        return True

    def postpone(self, job: Job, reason: Reason) -> bool:
        """Release a claimed job for a try that is no attempt. Fenced by its attempt: False if the claim is over."""
        freed = _freeing(job, reason, ", #postponed = if_not_exists(#postponed, :zero) + :one")
        try:
            self._update(job, changed(freed, values={**freed.values, "zero": 0, "one": 1}))
        except ConditionFailed:  # or an answer was lost, and the client's own repetition found the job released
            found = _found(self._runs.get(run_pk(job.run_id), RUN), job)
            freed_by_us = found.status is JobStatus.PENDING and found.postponed == job.postponed + 1
            return freed_by_us and found.attempt == job.attempt
        return True

    def complete(self, job: Job, outcome: Outcome, now: datetime) -> RunState | None:
        """Write the outcome of a job that is claimed by its attempt, or pending, and return the run as it is now.

        Returns None if the job changed.
        """
        ended = _ending(outcome, now)
        values = {**ended.values, "was": job.status.value, "attempt": job.attempt}
        ending = Expression("#status = :was AND #attempt = :attempt", ended.update, values)
        try:
            return self._state(self._update(job, ending))
        except ConditionFailed:
            item = self._runs.get(run_pk(job.run_id), RUN)  # after a lost answer the client's own repetition fails
            found = _found(item, job)
            written = found.finished_at is not None and format_time(found.finished_at) == format_time(now)
            ours = written and found.attempt == job.attempt and found.status is outcome.status
            return self._state(item) if ours and item else None

    def complete_with(
        self, job: Job, outcome: Outcome, now: datetime, writes: Sequence[RecordWrite], counter: Counter | None
    ) -> None:
        """Write records and the outcome of a pending or claimed job in one transaction. Raises Stale if one changed.

        Raises Invalid for more writes than a transaction takes, TooLarge for a record beyond 400 KB.
        """
        ended = _ending(outcome, now)
        ending = Expression(
            condition="#status = :was AND #attempt = :attempt",
            update=ended.update,
            values={**ended.values, "was": job.status.value, "attempt": job.attempt},
        )
        within = _of(job, ending)
        # Steps of a run that ended, or is paused, change nothing any more; their own outcome may still be written.
        parts = [update(self._runs, run_pk(job.run_id), RUN, _while_going(within) if writes or counter else within)]
        for write in writes:
            parts += record_items.writes_of(self._records, write.record, write.replaces)
        if counter is not None:
            parts.append(self._move(counter))
        try:
            transact(self._runs.client, parts)
        except TransactionRefused as error:
            raise Stale(MOVED_ON(subject=job.id)) from error

    def report(self, job: Job, outcome: Outcome, stage: int, now: datetime) -> RunState | None:
        """Write the outcome that the provider reports, and return the run as it is now. None if the job changed."""
        ended = _ending(outcome, now)
        change = Expression(
            condition="#status = :was AND #stage = :before",
            update=f"SET #status = :status, {SET_REASON}, #result = :result, #stage = :stage,"
            " #finished_at = if_not_exists(#finished_at, :now) REMOVE #lease_until",
            values={**ended.values, "was": job.status.value, "stage": stage, "before": job.stage},
        )
        try:
            return self._state(self._update(job, change))
        except ConditionFailed:
            return None

    def counter(self, name: str) -> int:
        """Return the counter's value; 0 before its first use."""
        item = self._runs.get(counter_pk(name), _COUNTER)
        return item["count"] if item else 0

    def _move(self, counter: Counter) -> Write:
        stands = Expression("#count = :before", values={"before": counter.before}) if counter.before else NEW
        return put(self._runs, {"pk": counter_pk(counter.name), "sk": _COUNTER, "count": counter.after}, stands)

    def _update(self, job: Job, change: Expression) -> Item:
        return self._runs.update(run_pk(job.run_id), RUN, _of(job, change))

    def _state(self, item: Item) -> RunState:
        """Read a run's item, and its event where that stands apart."""
        return state_of(item, self._runs.get(item["pk"], EVENT) if EVENT_APART in item else None)


def _of(job: Job, change: Expression) -> Expression:
    """Return the change with its attributes understood as those of the job within its run's item."""
    return changed(
        change,
        condition=_ATTRIBUTE.sub(_WITHIN, change.condition),
        update=_ATTRIBUTE.sub(_WITHIN, change.update),
        names={**change.names, "job": job_key(job)},
    )


def _counted(job: Job, change: Expression) -> Expression:
    """Return the change, which also notes in whose log of messages the job has a place or waits, if it does."""
    if not job.counted_for:
        return change
    values = {**change.values, "counted_for": job.counted_for}
    return changed(change, update=f"{change.update}, #counted_for = :counted_for", values=values)


def _while_going(change: Expression) -> Expression:
    """Return the change on condition that its run goes on. It is written as that of the run's own item."""
    return changed(change, condition=f"({change.condition}) AND {IS_GOING}", values={**change.values, **going_values()})


def _found(item: Item | None, job: Job) -> Job:
    """Return the job as it is in its run's item. Raises NotFound."""
    found = job_in(item, job) if item else None
    if found is None:
        raise NotFound(JOB_NOT_FOUND(step=job.step_id, occurrence=job.occurrence, run=job.run_id))
    return found


_UNCLAIM = "REMOVE #lease_until, #claimant"


def _since(job: Job) -> dict[str, str]:
    """Return since when the job fails and is throttled, as far as it is or does."""
    moments = {"failing_since": job.failing_since, "throttled_since": job.throttled_since}
    return {name: format_time(moment) for name, moment in moments.items() if moment is not None}


def _set(fields: Iterable[str]) -> str:
    return "".join(f", #{name} = :{name}" for name in fields)


def _freeing(job: Job, reason: Reason, also: str = "") -> Expression:
    """Release a claimed job, with its `failing_since`. `also`: what else is set."""
    since, claim = _since(job), {"claimed": JobStatus.CLAIMED.value, "held": job.attempt}
    return Expression(
        condition="#status = :claimed AND #attempt = :held",
        update=f"SET #status = :pending, {SET_REASON}{_set(since)}{also} {_UNCLAIM}",
        values={**claim, "pending": JobStatus.PENDING.value, **reason_item(reason), **since},
    )


def _claiming(claimant: str, now: datetime, lease_until: datetime, *, repeatable: bool) -> Expression:
    """Claim a job that is pending or, if its effect may be repeated, whose lease ran out."""
    free, at = "#status = :pending", {}
    if repeatable:
        free += " OR (#status = :claimed AND #lease_until <= :now)"
        at = {"now": format_time(now)}
    update = "SET #status = :claimed, #lease_until = :until, #claimant = :claimant, #attempt = #attempt + :one"
    statuses = {"pending": JobStatus.PENDING.value, "claimed": JobStatus.CLAIMED.value}
    return Expression(
        free, update, {**statuses, **at, "until": format_time(lease_until), "claimant": claimant, "one": 1}
    )


def _ending(outcome: Outcome, now: datetime) -> Expression:
    return Expression(
        condition="attribute_exists(#status)",
        update=f"SET #status = :status, {SET_REASON}, #result = :result, #finished_at = :now REMOVE #lease_until",
        values={
            "status": outcome.status.value,
            **reason_item(outcome.reason),
            "result": to_json(dict(outcome.result)),
            "now": format_time(now),
        },
    )
