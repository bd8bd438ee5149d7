"""Store runs on the runs table (`ports.runs.RunLedger`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from whenthen.adapters.dynamodb.common.pages import Listing, page_of
from whenthen.adapters.dynamodb.common.table import NEW, ConditionFailed, Expression
from whenthen.adapters.dynamodb.common.transactions import TransactionRefused, Write, check, put, transact
from whenthen.adapters.dynamodb.entries.last_entries import Entries, last_entries, shared_entries
from whenthen.adapters.dynamodb.runs_table import exit_subscriptions, run_lists
from whenthen.adapters.dynamodb.runs_table.endings import DynamoEndings
from whenthen.adapters.dynamodb.runs_table.run_items import (
    EVENT,
    EVENT_APART,
    IS_GOING,
    IS_OPEN,
    JOBS,
    RUN,
    going_values,
    job_item,
    job_key,
    open_pk,
    open_values,
    place_in_index,
    run_items,
    run_of,
    run_pk,
    state_of,
)
from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.events.event import Event, format_time
from whenthen.domain.runs.run import Job, Run, RunStatus
from whenthen.ports.values import LastEntry, Page, RunState, SharedEntry, Started, Subscription

if TYPE_CHECKING:
    from whenthen.adapters.dynamodb.common.items import Item
    from whenthen.domain.runs.awaiting import Mark
    from whenthen.domain.work.selection import Selection

_WAIT = "#waits_until, #awaits_since"

EXIT_BEFORE_START = ReasonCode("exit.event_before_start", "event_type")


class DynamoRuns(DynamoEndings):
    """Store runs with their events and jobs. Items of an open run never expire; others do after `retention`."""

    # --- start and load ---------------------------------------------------------------------------

    def start(
        self,
        run: Run,
        event: Event,
        jobs: Sequence[Job],
        *,
        enrolment_key: str | None,
        earlier: Sequence[str] = (),
        seen: Mapping[str, LastEntry] = {},
        unless: Sequence[str] = (),
        shared: SharedEntry | None = None,
    ) -> Started:
        """Write the run with its event, its first jobs and its exit subscriptions: all of it or nothing.

        EXITED: an event that stops this run was seen already. ENTERED_BEFORE: another run holds `enrolment_key`, or any
        run one of `earlier`, but for those `seen`; or so with `shared`. OCCASION_TAKEN: one of the runs `unless`
        exists. Raises Invalid for a run with too many keys to subscribe under.
        """
        ended = (run.finished_at or run.started_at) if run.status.final else None
        own = run_items(run, event, tuple(jobs), self._expiry(ended) if ended else None)
        entries = [Entries(self._runs, run, enrolment_key, earlier, seen)]
        if shared is not None:
            entries.append(shared_entries(self._runs, run, shared))
        guards = self._guards(run, entries)
        guards += [check(self._runs, run_pk(other), RUN, NEW) for other in unless]
        if len(own) == 1 and not guards:
            return self._start_alone(own[0])
        writes = [put(self._runs, own[0], NEW), *(put(self._runs, item) for item in own[1:]), *guards]
        try:
            transact(self._runs.client, writes)
        except TransactionRefused:
            started = self._failed_condition(run, entries, unless)
        else:
            started = Started.STARTED
        if started in (Started.STARTED, Started.EXISTS) and self._exited_meanwhile(run):
            return Started.EXITED
        return started

    def _start_alone(self, item: Item) -> Started:
        """Write a run that nothing can keep from starting: one item, and no transaction."""
        try:
            self._runs.put(item, NEW)
        except ConditionFailed:
            return Started.EXISTS
        return Started.STARTED

    def _guards(self, run: Run, entries: Sequence[Entries]) -> list[Write]:
        """Return the writes and checks that must succeed together with the run's own."""
        guards = [write for each in entries for write in each.writes()]
        if not run.status.final:
            guards += exit_subscriptions.subscription_writes(self._runs, run)
            guards += exit_subscriptions.last_exit_checks(self._runs, run)
        return guards

    def _failed_condition(self, run: Run, entries: Sequence[Entries], unless: Sequence[str]) -> Started:
        """Find out which condition failed. DynamoDB need not name all of them, so the items are read."""
        own, others = (run_pk(run.id), RUN), {(run_pk(other), RUN) for other in unless}
        found = self._runs.get_all([own, *(place for each in entries for place in each.places), *others])
        if own in found:
            return Started.EXISTS
        if others & found.keys():
            return Started.OCCASION_TAKEN
        return Started.ENTERED_BEFORE if any(each.taken(found) for each in entries) else Started.EXITED

    def last_entries(self, keys: Sequence[str]) -> dict[str, LastEntry]:
        """Return which run holds each of these enrolment keys; a key that none holds is left out."""
        return last_entries(self._runs, keys)

    def _exited_meanwhile(self, run: Run) -> bool:
        """Look once more for an exit, now that the subscriptions are written, and stop the run if there is one.

        While a transaction is applied item by item, an exit may be noted and find no subscription yet: then this look
        finds the exit. docs/architecture.md, "Exits win".
        """
        if run.status.final or not run.exits_on:
            return False
        seen = exit_subscriptions.last_exit(self._runs, run)
        if seen is None:
            return False
        return self.finish(run, RunStatus.STOPPED, EXIT_BEFORE_START(event_type=seen), self._clock.now())

    def load(self, run_id: str) -> RunState | None:
        """Read the run with its event and jobs; None if it does not exist or has expired."""
        item = self._runs.get(run_pk(run_id), RUN)
        if item is None:
            return None
        apart = self._runs.get(run_pk(run_id), EVENT) if EVENT_APART in item else None
        if EVENT_APART in item and apart is None:  # half of it has expired
            return None
        return state_of(item, apart)

    # --- going on ---------------------------------------------------------------------------------

    def dispatch(self, run: Run, jobs: Sequence[Job], *, behind: int | None = None) -> bool:
        """Write the run's next step group and its jobs together. False if the run is final, paused or elsewhere."""
        places = [f"j{number}" for number in range(len(jobs))]
        added = "".join(f", #{JOBS}.#{place} = :{place}" for place in places)
        change = Expression(
            condition=f"{IS_GOING} AND #step_group = :behind",
            update="SET #step_group = :step_group, #due = :due, #status = :running, #gsi3pk = :place"
            f"{added} REMOVE {_WAIT}",
            values={
                **going_values(),
                "place": open_pk(run.id),
                "behind": run.step_group - 1 if behind is None else behind,
                "step_group": run.step_group,
                "due": format_time(run.due),
                **{place: job_item(job) for place, job in zip(places, jobs, strict=True)},
            },
            names={place: job_key(job) for place, job in zip(places, jobs, strict=True)},
        )
        return self._try(run.id, change)

    def park(self, run: Run, due: datetime, awaits_since: datetime | None = None) -> None:
        """Mark the run as waiting until `due`; a run that is final, paused or further already stays as it is.

        The run's own clock does not move: a repetition must count the same wait from the same moment.
        """
        since = " REMOVE #awaits_since" if awaits_since is None else ", #awaits_since = :since"
        change = Expression(
            condition=f"{IS_GOING} AND #step_group = :step_group",
            update=f"SET #status = :waiting, #waits_until = :due, #gsi3pk = :place, #gsi3sk = :looked_at{since}",
            values={
                **going_values(),
                **({} if awaits_since is None else {"since": format_time(awaits_since)}),
                "place": open_pk(run.id),
                "step_group": run.step_group,
                "due": format_time(due),
                "looked_at": place_in_index(run.id, due),
            },
        )
        self._try(run.id, change)

    def follow(self, run: Run, before: Run) -> bool:
        """Let `run` begin behind `before`: each of the two knows the other then. False if `before` is over."""
        waits = Expression(IS_OPEN, "ADD #followers :run", {**open_values(), "run": frozenset({run.id})})
        if not self._try(before.id, waits):
            return False
        if run.follows != before.id or run.status is not RunStatus.WAITING:
            values = {**going_values(), "was": run.follows, "follows": before.id, "begun": 0}
            relinked = Expression(
                condition=f"{IS_GOING} AND attribute_not_exists(#waits_until) AND #follows = :was"
                " AND #step_group < :begun",
                update="SET #status = :waiting, #follows = :follows, #follows_rule = :rule, #follows_name = :name",
                values={**values, "rule": before.rule_id, "name": before.rule_name},
            )
            self._try(run.id, relinked)
        return True

    def look_again(self, run_id: str, at: datetime) -> None:
        """Let the next sweeps leave an open run alone until `at`."""
        values = {**open_values(), "looked_at": place_in_index(run_id, at)}
        self._try(run_id, Expression(IS_OPEN, "SET #gsi3sk = :looked_at", values))

    # --- exits ------------------------------------------------------------------------------------

    def note_exit(self, keys: Sequence[str], event: Event) -> None:
        """Note under each key that an event of this type was seen, at its time."""
        exit_subscriptions.note(self._runs, keys, event, self._clock.now())

    def watching(self, keys: Sequence[str]) -> list[Subscription]:
        """Find the open runs subscribed under these keys, each once."""
        return exit_subscriptions.watching(self._runs, keys)

    def noted(self, keys: Sequence[str], types: Sequence[str]) -> list[Mark]:
        """Return the newest event of each of these types that `note_exit` noted under each key."""
        return exit_subscriptions.noted(self._runs, keys, types)

    # --- lists ------------------------------------------------------------------------------------

    def by_rule(self, rule_id: str, *, limit: int, cursor: str | None) -> Page[Run]:
        """List runs of a rule, newest first; eventually consistent."""
        return self._list("gsi1", f"rule#{rule_id}", limit, cursor)

    def by_record(self, ref: str, *, limit: int, cursor: str | None) -> Page[Run]:
        """List runs about a record, newest first; eventually consistent."""
        return self._list("gsi2", f"record#{ref}", limit, cursor)

    def by_status(self, status: str, *, limit: int, cursor: str | None) -> Page[Run]:
        """List runs with a status; eventually consistent. Open ones: soonest due first; the others: newest first."""
        return run_lists.by_status(self._runs, status, limit, cursor)

    def open_jobs(self, *, limit: int) -> Page[Job]:
        """List the jobs without an outcome of `limit` runs that go on, those that are longest under way first."""
        return run_lists.open_jobs(self._runs, limit)

    def open_runs(self, selection: Selection, *, limit: int, cursor: str | None) -> Page[Run]:
        """List about `limit` runs among which the open ones of the selection are; eventually consistent."""
        return run_lists.open_runs(self._runs, selection, limit, cursor)

    def overdue(self, before: datetime, limit: int) -> list[str]:
        """Return the ids of open runs that were to be looked at before this time, the longest overdue first."""
        return run_lists.overdue(self._runs, before, limit)

    def _list(self, index: str, pk: str, limit: int, cursor: str | None) -> Page[Run]:
        listing = Listing(self._runs, pk, index, backwards=True)
        return page_of(listing, limit=limit, cursor=cursor, read=run_of, takes=lambda _: True)
