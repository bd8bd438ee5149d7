"""Give runs their outcomes on the runs table: with it go their exit subscriptions, and items begin to expire."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from whenthen.adapters.dynamodb.common.items import REASON, REASON_CODE, SET_REASON, reason_item
from whenthen.adapters.dynamodb.common.table import ANY, EXISTS, ConditionFailed, Expression
from whenthen.adapters.dynamodb.common.transactions import TransactionRefused, Write, delete, transact, update
from whenthen.adapters.dynamodb.entries.last_entries import place_of
from whenthen.adapters.dynamodb.runs_table import exit_subscriptions
from whenthen.adapters.dynamodb.runs_table.moves import DynamoMoves
from whenthen.adapters.dynamodb.runs_table.pauses import IS_GATHERING, gathering_values
from whenthen.adapters.dynamodb.runs_table.run_items import (
    EVENT,
    EVENT_APART,
    IS_OPEN,
    JOBS,
    RUN,
    expiry,
    job_key,
    open_pk,
    open_values,
    place_in_index,
    run_of,
    run_pk,
    status_pk,
)
from whenthen.domain.common.errors import Temporary
from whenthen.domain.events.event import format_time
from whenthen.domain.runs.run import JobStatus, Run, RunStatus
from whenthen.ports.reason_codes import CONTENDED

if TYPE_CHECKING:
    from whenthen.adapters.aws.client import AwsClient
    from whenthen.domain.common.reasons import Reason
    from whenthen.domain.runs.run import Job
    from whenthen.ports.clock import Clock


class _NotOurs(Exception):
    """Report that the entry of a run belongs to another one; nothing was written."""


class DynamoEndings(DynamoMoves):
    """End runs. Items of an open run never expire; others do after `retention`."""

    def __init__(
        self, client: AwsClient, runs_table: str, records_table: str, clock: Clock, retention: timedelta
    ) -> None:
        super().__init__(client, runs_table, records_table)
        self._clock = clock
        self._retention = retention

    def finish(self, run: Run, status: RunStatus, reason: Reason, now: datetime) -> bool:
        """Give the run its outcome and delete its exit subscriptions. Returns False if it had an outcome already."""
        return self._end(run, status, reason, now)

    def dissolve(self, run: Run, reason: Reason, now: datetime, *, enrolment_key: str | None) -> bool:
        """End a run that gathered events and does not begin: it is skipped, and gives its entry back.

        Returns False if it has begun or ended, is paused, or took in another event than `run` says.
        """
        guard = Expression(IS_GATHERING, values=gathering_values(run))
        if enrolment_key is None:
            return self._end(run, RunStatus.SKIPPED, reason, now, guard)
        own = Expression("attribute_not_exists(#pk) OR #run_id = :run_id", values={"run_id": run.id})
        try:
            giving_back = [delete(self._runs, *place_of(enrolment_key), own)]
            return self._end(run, RunStatus.SKIPPED, reason, now, guard, giving_back)
        except _NotOurs:  # a later run holds it
            return self._end(run, RunStatus.SKIPPED, reason, now, guard)

    def _end(
        self,
        run: Run,
        status: RunStatus,
        reason: Reason,
        now: datetime,
        guard: Expression = ANY,
        more: Sequence[Write] = (),
    ) -> bool:
        """Write the outcome, wherever the run's event stands."""
        if self._finish(run, status, reason, now, guard, more, apart=False):
            return True
        item = self._runs.get(run_pk(run.id), RUN)
        if item is None or run_of(item).status.final:
            return False
        return self._finish(run, status, reason, now, guard, more, apart=EVENT_APART in item)

    def _finish(
        self,
        run: Run,
        status: RunStatus,
        reason: Reason,
        now: datetime,
        guard: Expression,
        more: Sequence[Write],
        *,
        apart: bool,
    ) -> bool:
        """Write the outcome, and let an event that stands apart expire. Returns False if the run is not as supposed.

        guard  a further condition on the run
        more   writes that belong to it. Raises _NotOurs if the first of them alone was refused
        """
        expires_at = self._expiry(now)
        stands = "attribute_exists" if apart else "attribute_not_exists"
        ending = Expression(
            condition=" AND ".join(filter(None, (IS_OPEN, f"{stands}(#{EVENT_APART})", guard.condition))),
            update=f"SET #status = :status, {SET_REASON}, #finished_at = :now, #gsi3pk = :gsi3pk, #gsi3sk = :gsi3sk,"
            " #expires_at = :expires_at REMOVE #waits_until, #awaits_since, #paused_until",
            values={
                **open_values(),
                **guard.values,
                "status": status.value,
                **reason_item(reason),
                "now": format_time(now),
                "gsi3pk": status_pk(run.id, status),
                "gsi3sk": place_in_index(run.id, run.started_at),
                "expires_at": expires_at,
            },
        )
        others = [*more, *exit_subscriptions.unsubscribe_writes(self._runs, run)]
        if apart:
            expiring = Expression(EXISTS.condition, "SET #expires_at = :at", {"at": expires_at})
            others.append(update(self._runs, run_pk(run.id), EVENT, expiring))
        if not others:
            return self._try(run.id, ending)
        try:
            transact(self._runs.client, [update(self._runs, run_pk(run.id), RUN, ending), *others])
        except TransactionRefused as error:
            if more and error.places == (1,):
                raise _NotOurs from error
            if 0 not in error.places:
                raise Temporary(CONTENDED(subject=run.id), retry_after=1) from error
            return False
        return True

    def reopen(self, run: Run, jobs: Sequence[Job], now: datetime) -> bool:
        """Let a run go on that has its outcome: these jobs of it are tried again, as if for the first time.

        Returns False if it or a job changed, or an event was seen that would have stopped it.
        """
        item = self._runs.get(run_pk(run.id), RUN)
        if item is None:
            return False
        writes = [
            update(self._runs, run_pk(run.id), RUN, _reopening(run, jobs, now)),
            *exit_subscriptions.subscription_writes(self._runs, run),
            *exit_subscriptions.last_exit_checks(self._runs, run),
        ]
        if EVENT_APART in item:
            kept = Expression(EXISTS.condition, "REMOVE #expires_at")
            writes.append(update(self._runs, run_pk(run.id), EVENT, kept))
        try:
            transact(self._runs.client, writes)
        except TransactionRefused:
            return False
        return True

    def revise(self, run: Run, status: RunStatus, reason: Reason) -> bool:
        """Correct the outcome of a run that has one. Returns False if the run changed since it was read."""
        changed = {"status": status.value, "gsi3pk": status_pk(run.id, status), **reason_item(reason)}
        change = Expression(
            condition="#status = :was",
            update=f"SET #status = :status, {SET_REASON}, #gsi3pk = :gsi3pk",
            values={"was": run.status.value, **changed},
        )
        return self._try(run.id, change)

    def _try(self, run_id: str, change: Expression) -> bool:
        """Change the run's item; return False if its condition does not hold."""
        try:
            self._runs.update(run_pk(run_id), RUN, change)
        except ConditionFailed:
            return False
        return True

    def _expiry(self, ended: datetime) -> int:
        return expiry(ended, self._retention)


_OF_ATTEMPTS = ("finished_at", "held_until", "failing_since", "throttled_since", "result")
"""Name what a job forgets that is let go on."""

_OF_EARLIER = ("reached", "earlier")
"""Name what it remembers of its earlier messages."""


def _reopening(run: Run, jobs: Sequence[Job], now: datetime) -> Expression:
    """Return the change of a run's item that lets it go on with these jobs.

    A job's clock is the moment at which it is woken, and none of its attempts counts any more.
    """
    places = [f"a{number}" for number in range(len(jobs))]
    parts, paired = [f"#{JOBS}.#{place}" for place in places], list(zip(places, jobs, strict=True))
    sets = [f"{part}.#status = :pending, {part}.#postponed = {part}.#attempt" for part in parts]
    sets += [f"{part}.#stage = :zero, {part}.#woken_at = :now" for part in parts]
    kept = {f"{name}_{place}": list(getattr(job, name)) for place, job in paired for name in _OF_EARLIER}
    sets += [f"#{JOBS}.#{place}.#{name} = :{name}_{place}" for place, _ in paired for name in _OF_EARLIER]
    gone = [f"{part}.#{name}" for part in parts for name in _OF_ATTEMPTS]
    stand = [f"{part}.#status = :was_{place}" for part, place in zip(parts, places, strict=True)]
    return Expression(
        condition=" AND ".join(["#status = :was", *stand]),
        update=f"SET #status = :running, #gsi3pk = :place, #gsi3sk = :looked_at, #due = :now, #retried_at = :now,"
        f" {', '.join(sets)} REMOVE #finished_at, #expires_at, #withheld_by, #{REASON}, #{REASON_CODE},"
        f" {', '.join(gone)}",
        values={
            "was": run.status.value,
            "running": RunStatus.RUNNING.value,
            "pending": JobStatus.PENDING.value,
            "zero": 0,
            "now": format_time(now),
            "place": open_pk(run.id),
            "looked_at": place_in_index(run.id, now),
            **{f"was_{place}": job.status.value for place, job in paired},
            **kept,
        },
        names={place: job_key(job) for place, job in paired},
    )
