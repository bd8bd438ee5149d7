"""Store runs on the runs table (`ports.runs.RunLedger`)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from whenthen.adapters.dynamodb.common.cursors import cursor_of, start_of
from whenthen.adapters.dynamodb.common.items import SET_REASON, reason_item
from whenthen.adapters.dynamodb.common.table import EXISTS, NEW, ConditionFailed, Expression
from whenthen.adapters.dynamodb.common.transactions import TransactionRefused, Write, check, put, transact, update
from whenthen.adapters.dynamodb.runs_table import exit_subscriptions
from whenthen.adapters.dynamodb.runs_table.jobs import DynamoJobs
from whenthen.adapters.dynamodb.runs_table.run_items import (
    EVENT,
    IS_OPEN,
    RUN,
    event_item,
    event_of,
    expiry,
    in_order,
    is_job,
    job_item,
    job_of,
    open_values,
    run_item,
    run_of,
    run_pk,
    status_pk,
)
from whenthen.domain.common.errors import Temporary
from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.events.event import Event, format_time
from whenthen.domain.runs.run import Job, Run, RunStatus
from whenthen.ports.reason_codes import CONTENDED
from whenthen.ports.values import Page, RunState, Started

if TYPE_CHECKING:
    from whenthen.adapters.aws.client import AwsClient
    from whenthen.domain.common.reasons import Reason
    from whenthen.ports.clock import Clock

_ENROLLED = "enrolled"

_LOOKS = 4
"""How often a run is read again that another worker changed while it was to be finished."""

EXIT_BEFORE_START = ReasonCode("exit.event_before_start", "event_type")


class DynamoRuns(DynamoJobs):
    """Store runs with their events and jobs. Items of an open run never expire; others do after `retention`."""

    def __init__(
        self, client: AwsClient, runs_table: str, records_table: str, clock: Clock, retention: timedelta
    ) -> None:
        super().__init__(client, runs_table, records_table)
        self._clock = clock
        self._retention = retention

    # --- start and load ---------------------------------------------------------------------------

    def start(
        self, run: Run, event: Event, jobs: Sequence[Job], *, enrolment_key: str | None, earlier: Sequence[str] = ()
    ) -> Started:
        """Write the run, its event, its first jobs and its exit subscriptions, in one transaction.

        EXITED: an event that stops this run was seen already. ENTERED_BEFORE: another run holds `enrolment_key`, or any
        run one of `earlier`. Raises Invalid for a run with too many steps and too many keys to subscribe under.
        """
        try:
            unused = [check(self._runs, _enrolled_pk(key), _ENROLLED, NEW) for key in earlier]
            transact(self._runs.client, [*self._start_writes(run, event, jobs, enrolment_key), *unused])
        except TransactionRefused:
            started = self._failed_condition(run, enrolment_key, earlier)
        else:
            started = Started.STARTED
        if started in (Started.STARTED, Started.EXISTS) and self._exited_meanwhile(run):
            return Started.EXITED
        return started

    def _start_writes(self, run: Run, event: Event, jobs: Sequence[Job], enrolment_key: str | None) -> list[Write]:
        expires_at = self._expiry(run.finished_at or run.started_at) if run.status.final else None
        writes = [
            put(self._runs, run_item(run, expires_at), NEW),
            put(self._runs, event_item(run, event, expires_at)),
            *(put(self._runs, job_item(job, expires_at)) for job in jobs),
        ]
        if enrolment_key is not None:
            free = Expression("attribute_not_exists(#pk) OR #run_id = :run_id", values={"run_id": run.id})
            writes.append(put(self._runs, {"pk": _enrolled_pk(enrolment_key), "sk": _ENROLLED, "run_id": run.id}, free))
        if exit_subscriptions.watches(run):
            writes += exit_subscriptions.subscription_writes(self._runs, run)
            writes += exit_subscriptions.last_exit_checks(self._runs, run)
        return writes

    def _failed_condition(self, run: Run, enrolment_key: str | None, earlier: Sequence[str]) -> Started:
        """Find out which condition failed. DynamoDB need not name all of them, so the items are read."""
        own, once = (run_pk(run.id), RUN), [(_enrolled_pk(key), _ENROLLED) for key in (enrolment_key, *earlier) if key]
        found = self._runs.get_all([own, *once])
        if own in found:
            return Started.EXISTS
        holders = {found[place]["run_id"] for place in once if place in found}
        return Started.ENTERED_BEFORE if holders - {run.id} else Started.EXITED

    def _exited_meanwhile(self, run: Run) -> bool:
        """Look once more for an exit, now that the subscriptions are written, and stop the run if there is one.

        While a transaction is applied item by item, an exit may be noted and find no subscription yet: then this look
        finds the exit. docs/architecture.md, "Exits win".
        """
        if not exit_subscriptions.watches(run):
            return False
        seen = exit_subscriptions.last_exit(self._runs, run)
        if seen is None:
            return False
        return self.finish(run, RunStatus.STOPPED, EXIT_BEFORE_START(event_type=seen), self._clock.now())

    def load(self, run_id: str) -> RunState | None:
        """Read the run with its event and jobs; None if it does not exist or has expired."""
        items = {item["sk"]: item for item in self._runs.collection(run_pk(run_id))}
        if RUN not in items or EVENT not in items:  # the second: half of it has expired
            return None
        jobs = (job_of(item) for item in items.values() if is_job(item))
        return RunState(run_of(items[RUN]), event_of(items[EVENT]), in_order(jobs))

    # --- going on ---------------------------------------------------------------------------------

    def keep_token(self, run_id: str, token: str) -> None:
        """Store the task token with which the state machine waits for the current step group."""
        self._try(run_id, Expression(EXISTS.condition, "SET #token = :token", {"token": token}))

    def dispatch(self, run: Run, jobs: Sequence[Job]) -> bool:
        """Write the run's next step group and its jobs together. False if the run is final or further."""
        change = Expression(
            condition=f"{IS_OPEN} AND #step_group < :step_group",
            update="SET #step_group = :step_group, #due = :due, #status = :running, #gsi3pk = :gsi3pk "
            "REMOVE #waits_until",
            values={
                **open_values(),
                "step_group": run.step_group,
                "due": format_time(run.due),
                "gsi3pk": status_pk(RunStatus.RUNNING),
            },
        )
        try:
            new = (put(self._runs, job_item(job), NEW) for job in jobs)
            transact(self._runs.client, [update(self._runs, run_pk(run.id), RUN, change), *new])
        except TransactionRefused:
            return False
        return True

    def park(self, run: Run, due: datetime) -> None:
        """Mark the run as waiting until `due`; a run that is final or further already stays as it is.

        The run's own clock does not move: a repetition must count the same wait from the same moment.
        """
        change = Expression(
            condition="#status IN (:running, :waiting) AND #step_group = :step_group",
            update="SET #status = :waiting, #gsi3pk = :gsi3pk, #waits_until = :due",
            values={
                "running": RunStatus.RUNNING.value,
                "waiting": RunStatus.WAITING.value,
                "step_group": run.step_group,
                "gsi3pk": status_pk(RunStatus.WAITING),
                "due": format_time(due),
            },
        )
        self._try(run.id, change)

    def finish(self, run: Run, status: RunStatus, reason: Reason, now: datetime) -> bool:
        """Give the run its outcome and delete its exit subscriptions. Returns False if it had an outcome already.

        The items that expire with it are read first, so the write is on condition that no step group was added since:
        its jobs would never expire. Raises Temporary if step groups keep being added.
        """
        step_group = run.step_group
        for _ in range(_LOOKS):
            if self._finish(run, step_group, status, reason, now):
                return True
            item = self._runs.get(run_pk(run.id), RUN)
            if item is None or run_of(item).status.final:
                return False
            step_group = item["step_group"]
        raise Temporary(CONTENDED(subject=run.id), retry_after=1)

    def _finish(self, run: Run, step_group: int, status: RunStatus, reason: Reason, now: datetime) -> bool:
        """Write the outcome. Returns False if the run has its outcome, or is no longer at `step_group`."""
        expires_at = self._expiry(now)
        ending = Expression(
            condition=f"{IS_OPEN} AND #step_group = :step_group",
            update=f"SET #status = :status, {SET_REASON}, #finished_at = :now, #gsi3pk = :gsi3pk,"
            " #expires_at = :expires_at REMOVE #waits_until",
            values={
                **open_values(),
                "step_group": step_group,
                "status": status.value,
                **reason_item(reason),
                "now": format_time(now),
                "gsi3pk": status_pk(status),
                "expires_at": expires_at,
            },
        )
        expiring = Expression(EXISTS.condition, "SET #expires_at = :at", {"at": expires_at})
        pk = run_pk(run.id)
        parts = [str(item["sk"]) for item in self._runs.collection(pk) if item["sk"] != RUN]
        writes = [
            update(self._runs, pk, RUN, ending),
            *(update(self._runs, pk, part, expiring) for part in parts),
            *(exit_subscriptions.unsubscribe_writes(self._runs, run) if run.exits_on or run.rechecks_on else ()),
        ]
        try:
            transact(self._runs.client, writes)
        except TransactionRefused as error:
            if 0 not in error.places:
                raise Temporary(CONTENDED(subject=run.id), retry_after=1) from error
            return False
        return True

    def revise(self, run: Run, status: RunStatus, reason: Reason) -> bool:
        """Correct the outcome of a run that has one. Returns False if the run changed since it was read."""
        changed = {"status": status.value, "gsi3pk": status_pk(status), **reason_item(reason)}
        change = Expression(
            condition="#status = :was",
            update=f"SET #status = :status, {SET_REASON}, #gsi3pk = :gsi3pk",
            values={"was": run.status.value, **changed},
        )
        try:
            self._runs.update(run_pk(run.id), RUN, change)
        except ConditionFailed:
            return False
        return True

    # --- exits ------------------------------------------------------------------------------------

    def note_exit(self, keys: Sequence[str], event: Event) -> None:
        """Note under each key that an event of this type was seen, at its time."""
        exit_subscriptions.note(self._runs, keys, event, self._clock.now())

    def watching(self, keys: Sequence[str]) -> list[exit_subscriptions.Found]:
        """Find the open runs subscribed under these keys: (run id, its `exits_on` and `rechecks_on`, entered)."""
        return exit_subscriptions.watching(self._runs, keys)

    # --- lists ------------------------------------------------------------------------------------

    def by_rule(self, rule_id: str, *, limit: int, cursor: str | None) -> Page[Run]:
        """List runs of a rule, newest first; eventually consistent."""
        return self._list("gsi1", f"rule#{rule_id}", limit, cursor)

    def by_record(self, ref: str, *, limit: int, cursor: str | None) -> Page[Run]:
        """List runs about a record, newest first; eventually consistent."""
        return self._list("gsi2", f"record#{ref}", limit, cursor)

    def by_status(self, status: str, *, limit: int, cursor: str | None) -> Page[Run]:
        """List runs with a status, newest first; eventually consistent."""
        page = self._list("gsi3", status_pk(status), limit, cursor)
        return Page(tuple(run for run in page.items if run.status == status), page.cursor)

    def _list(self, index: str, pk: str, limit: int, cursor: str | None) -> Page[Run]:
        start = start_of(cursor, pk, index)
        items, last = self._runs.query_index(index, pk, limit=limit, start=start, backwards=True)
        return Page(tuple(run_of(item) for item in items), cursor_of(last))

    def _try(self, run_id: str, change: Expression) -> None:
        try:
            self._runs.update(run_pk(run_id), RUN, change)
        except ConditionFailed:
            return

    def _expiry(self, ended: datetime) -> int:
        return expiry(ended, self._retention)


def _enrolled_pk(enrolment_key: str) -> str:
    return f"enrolled#{enrolment_key}"
