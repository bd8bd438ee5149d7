"""Keep the run ledger in memory, with every condition of `ports.runs.RunLedger`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from msgspec.structs import replace

from tests.usecases.fakes.stores import FakeEventLog, FakeRecords, page_of
from whenthen.domain.common.errors import Busy, Stale
from whenthen.domain.common.reasons import Reason
from whenthen.domain.events.event import Event
from whenthen.domain.events.ordering import order_key
from whenthen.domain.runs.awaiting import Mark
from whenthen.domain.runs.order import linked
from whenthen.domain.runs.pausing import stands_in_line
from whenthen.domain.runs.run import Job, JobStatus, Outcome, Run, RunStatus
from whenthen.domain.sending.switch import SENDING
from whenthen.domain.work.selection import Selection
from whenthen.ports.reason_codes import ATTEMPT_VANISHED, BUSY, CONTENDED, MOVED_ON
from whenthen.ports.values import (
    Counter,
    LastEntry,
    Page,
    Plan,
    RecordWrite,
    RunState,
    SharedEntry,
    Started,
    Subscription,
)

JobKey = tuple[str, str, int]
"""(run id, step id, occurrence)"""


def key_of(job: Job) -> JobKey:
    return job.run_id, job.step_id, job.occurrence


@dataclass
class FakeRuns:
    """Change the ledger in one step per method: the real ledger's transactions are these, its reads are consistent."""

    records: FakeRecords = field(default_factory=FakeRecords)
    runs: dict[str, Run] = field(default_factory=dict)
    events: dict[str, Event] = field(default_factory=dict)
    jobs: dict[JobKey, Job] = field(default_factory=dict)
    jobs_of: dict[str, set[JobKey]] = field(default_factory=dict)
    entries: dict[str, LastEntry] = field(default_factory=dict)
    exits: dict[tuple[str, str, bool], dict[str, datetime]] = field(default_factory=dict)
    counters: dict[str, int] = field(default_factory=dict)
    looked_at: dict[str, datetime] = field(default_factory=dict)
    withheld: set[str] = field(default_factory=set)
    held: set[str] = field(default_factory=set)
    on_outcome: Callable[[Run], None] = lambda _run: None

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
        if run.id in self.runs:
            return Started.EXISTS
        if self.runs.keys() & set(unless):
            return Started.OCCASION_TAKEN
        for key in (enrolment_key, *earlier):
            held = self.entries.get(key) if key is not None else None
            if held is not None and held.run_id not in (run.id, key in seen and seen[key].run_id):
                return Started.ENTERED_BEFORE
        if shared is not None and self._is_taken(run, shared):
            return Started.ENTERED_BEFORE
        if not run.status.final and self._exited(run):
            return Started.EXITED
        if enrolment_key is not None:
            self.entries[enrolment_key] = LastEntry(run.id, run.started_at)
        if shared is not None:
            self.entries[shared.key] = LastEntry(run.id, run.started_at, shared.covers)
        self.runs[run.id], self.events[run.id] = run, event
        self._write(jobs)
        if run.status.final:
            self.on_outcome(run)
        return Started.STARTED

    def _is_taken(self, run: Run, shared: SharedEntry) -> bool:
        keys = (shared.key, *shared.earlier)
        return any(
            self.entries[key].run_id not in (run.id, key in shared.seen and shared.seen[key].run_id)
            for key in keys
            if key in self.entries
        )

    def last_entries(self, keys: Sequence[str]) -> dict[str, LastEntry]:
        return {key: self.entries[key] for key in keys if key in self.entries}

    def _exited(self, run: Run) -> bool:
        return any(
            (at, place) > (run.entered, run.place)
            for key in run.watch
            for event_type in run.exits_on
            for names_record in (True, False)
            if key == run.record or not names_record or event_type not in run.exits_of_record
            for place, at in self.exits.get((key, event_type, names_record), {}).items()
        )

    def load(self, run_id: str) -> RunState | None:
        if run_id not in self.runs:
            return None
        jobs = sorted((self.jobs[key] for key in sorted(self.jobs_of.get(run_id, ()))), key=lambda job: job.step_group)
        return RunState(self.runs[run_id], self.events[run_id], tuple(jobs))

    def dispatch(self, run: Run, jobs: Sequence[Job], *, behind: int | None = None) -> bool:
        stored = self.runs[run.id]
        if not stored.status.going or stored.step_group != (run.step_group - 1 if behind is None else behind):
            return False
        self.runs[run.id] = replace(
            stored,
            step_group=run.step_group,
            due=run.due,
            status=RunStatus.RUNNING,
            waits_until=None,
            awaits_since=None,
        )
        self.withheld.discard(run.id)
        self._write(jobs)
        return True

    def park(self, run: Run, due: datetime, awaits_since: datetime | None = None) -> None:
        assert due.tzinfo is not None
        stored = self.runs[run.id]
        if stored.status.going and stored.step_group == run.step_group:
            self.runs[run.id] = replace(stored, status=RunStatus.WAITING, waits_until=due, awaits_since=awaits_since)
            self.withheld.discard(run.id)
            self.looked_at[run.id] = due

    def follow(self, run: Run, before: Run) -> bool:
        stored = self.runs[before.id]
        if stored.status.final:
            return False
        self.runs[before.id] = replace(stored, followers=tuple(dict.fromkeys((*stored.followers, run.id))))
        own = self.runs[run.id]
        if own.is_in_line:
            self.runs[run.id] = replace(linked(own, before), status=RunStatus.WAITING)
        return True

    def gather(self, run: Run, event: Event, *, newest: str) -> bool:
        stored = self.runs[run.id]
        if not stored.gathering or stored.newest != newest:
            return False
        self.runs[run.id] = replace(run, status=stored.status, paused_until=stored.paused_until, reason=stored.reason)
        self.events[run.id] = event
        return True

    def _still_gathers(self, run: Run) -> bool:
        stored = self.runs[run.id]
        return stored.gathering and stored.status is RunStatus.WAITING and stored.newest == run.newest

    def settle(self, run: Run, at: datetime) -> RunState | None:
        if not self._still_gathers(run):
            return None
        begun = replace(self.runs[run.id], status=RunStatus.RUNNING, due=at, settles_by=None, waits_until=None)
        self.runs[run.id] = begun
        return self.load(run.id)

    def dissolve(self, run: Run, reason: Reason, now: datetime, *, enrolment_key: str | None) -> bool:
        if not self._still_gathers(run):
            return False
        if enrolment_key is not None and self.entries[enrolment_key].run_id == run.id:
            del self.entries[enrolment_key]
        return self.finish(run, RunStatus.SKIPPED, reason, now)

    def overdue(self, before: datetime, limit: int) -> list[str]:
        times = {run.id: self.looked_at.get(run.id, run.waits_until or run.started_at) for run in self._swept()}
        return sorted((run_id for run_id, at in times.items() if at < before), key=lambda each: times[each])[:limit]

    def look_again(self, run_id: str, at: datetime) -> None:
        self.looked_at[run_id] = at

    def _swept(self) -> list[Run]:
        open_runs = [run for run in self.runs.values() if not run.status.final and run.id not in self.withheld]
        return [run for run in open_runs if run.status.going or run.paused_until]

    def pause(
        self, run_id: str, reason: Reason, now: datetime, *, until: datetime | None = None, anew: bool = False
    ) -> RunState | None:
        stored = self.runs.get(run_id)
        if stored is None or not (stored.status.going or (anew and not stored.status.final)):
            return None
        self.runs[run_id] = replace(stored, status=RunStatus.PAUSED, reason=reason, paused_until=until)
        self.withheld.discard(run_id)
        self.looked_at[run_id] = until or now
        return self.load(run_id)

    def end_pause(self, run_id: str, at: datetime) -> bool:
        stored = self.runs[run_id]
        if stored.status is not RunStatus.PAUSED:
            return False
        self.runs[run_id] = replace(stored, paused_until=at)
        self.looked_at[run_id] = at
        return True

    def withhold(self, job: Job, reason: Reason, now: datetime, *, by: str = SENDING) -> bool:
        stored, run = self.jobs[key_of(job)], self.runs[job.run_id]
        if not run.status.going or stored.status.final:
            return False
        self.jobs[key_of(job)] = replace(stored, reason=reason, failing_since=None)
        self.runs[job.run_id] = replace(run, withheld_by=(*run.withheld_by, by))
        self.withheld.add(job.run_id)
        return True

    def skip(self, run_id: str, step_id: str, by: str) -> RunState | None:
        stored = self.runs[run_id]
        if stored.status.final or (run_id, step_id, 0) in self.jobs:
            return None
        self.runs[run_id] = replace(stored, skips=(*stored.skips, (step_id, by)))
        return self.load(run_id)

    def let_go(self, run_id: str, now: datetime) -> bool:
        run = self.runs[run_id]
        if not run.status.going:
            return False
        self.withheld.discard(run_id)
        self.looked_at[run_id] = now
        self.runs[run_id] = replace(run, withheld_by=())
        return True

    def ask_to_move(self, run_id: str, version: int, *, stays: bool = False) -> bool:
        stored = self.runs[run_id]
        if not stored.status.final:
            noted = {"stays_from": version, "moves_to": None} if stays else {"moves_to": version}
            self.runs[run_id] = replace(stored, **noted)
        return not stored.status.final

    def move(self, run: Run, after: Run, jobs: Sequence[Job]) -> bool:
        stored = self.runs[run.id]
        if (stored.status, stored.step_group) != (run.status, run.step_group):
            return False
        self.runs[run.id] = replace(
            stored,
            rule_version=after.rule_version,
            rule_name=after.rule_name,
            step_group=after.step_group,
            exits_on=after.exits_on,
            exits_of_record=after.exits_of_record,
            rechecks_on=after.rechecks_on,
            dates=after.dates,
            awaits_on=after.awaits_on,
            place=after.place,
            moves_to=None,
        )
        for job in jobs:
            self.jobs[key_of(job)] = replace(self.jobs[key_of(job)], step_group=job.step_group)
        return True

    def resume(self, run: Run, at: datetime) -> RunState | None:
        stored = self.runs[run.id]
        if stored.status is not RunStatus.PAUSED or stored.paused_until != run.paused_until:
            return None
        until = stored.waits_until and max(stored.waits_until, at)
        going = RunStatus.WAITING if until is not None or stands_in_line(stored) else RunStatus.RUNNING
        self.runs[run.id] = replace(stored, status=going, reason=None, waits_until=until, paused_until=None)
        self.looked_at[run.id] = until or at
        return self.load(run.id)

    def finish(self, run: Run, status: RunStatus, reason: Reason, now: datetime) -> bool:
        stored = self.runs[run.id]
        if stored.status.final:
            return False
        ended = replace(stored, status=status, reason=reason, finished_at=now, waits_until=None, paused_until=None)
        self.runs[run.id] = ended
        self.on_outcome(self.runs[run.id])
        return True

    def claim(self, job: Job, *, now: datetime, lease_until: datetime, repeatable: bool, sends: bool = True) -> Job:
        stored = self.jobs[key_of(job)]
        if stored.status.final:
            return stored
        if stored.status is JobStatus.CLAIMED:
            assert stored.lease_until is not None
            if stored.lease_until > now:
                raise Busy(BUSY(), (stored.lease_until - now).total_seconds())
            if not repeatable:
                lost = Outcome(JobStatus.UNKNOWN, ATTEMPT_VANISHED(attempt=stored.attempt))
                return self._end(stored, lost, now)
        if sends and not self.runs[job.run_id].status.going:
            raise Busy(CONTENDED(subject=job.id), retry_after=1)
        claimed = replace(
            stored,
            status=JobStatus.CLAIMED,
            attempt=stored.attempt + 1,
            lease_until=lease_until,
            counted_for=job.counted_for or stored.counted_for,
        )
        self.jobs[key_of(job)] = claimed
        return claimed

    def release(self, job: Job, reason: Reason) -> None:
        if self._holds(job):
            stored = self.jobs[key_of(job)]
            freed = replace(stored, status=JobStatus.PENDING, reason=reason, lease_until=None)
            self.jobs[key_of(job)] = replace(freed, failing_since=job.failing_since or stored.failing_since)

    def hold(self, job: Job, reason: Reason, until: datetime, *, alone: bool = True) -> bool:
        stored = self.jobs[key_of(job)]
        changed = (stored.status, stored.attempt) != (job.status, job.attempt)
        run = self.runs[job.run_id]
        limited = replace(job, held_until=until, reason=reason).limited
        if changed or run.status.final or (limited and not run.status.going):
            return False
        if limited:
            self.held.add(job.run_id)
        freed = replace(stored, status=JobStatus.PENDING, reason=reason, lease_until=None, held_until=until)
        freed = replace(freed, failing_since=job.failing_since or stored.failing_since)
        freed = replace(freed, throttled_since=job.throttled_since or stored.throttled_since)
        self.jobs[key_of(job)] = replace(freed, counted_for=job.counted_for or stored.counted_for)
        if alone:
            self.looked_at[job.run_id] = until
        return True

    def free(self, job: Job, until: datetime, now: datetime, *, woken_at: datetime | None = None) -> None:
        stored = self.jobs[key_of(job)]
        if stored.status is JobStatus.PENDING and stored.held_until is not None and stored.held_until <= until:
            self.jobs[key_of(job)] = replace(stored, held_until=now, woken_at=woken_at or stored.woken_at)

    def postpone(self, job: Job, reason: Reason) -> bool:
        if not self._holds(job):
            return False
        self.release(job, reason)
        stored = self.jobs[key_of(job)]
        self.jobs[key_of(job)] = replace(stored, postponed=stored.postponed + 1)
        return True

    def complete(self, job: Job, outcome: Outcome, now: datetime) -> RunState | None:
        stored = self.jobs[key_of(job)]
        if (stored.status, stored.attempt) != (job.status, job.attempt):
            return None
        self._end(job, outcome, now)
        return self.load(job.run_id)

    def complete_with(
        self, job: Job, outcome: Outcome, now: datetime, writes: Sequence[RecordWrite], counter: Counter | None
    ) -> None:
        at_rest = (writes or counter) and not self.runs[job.run_id].status.going
        stored = self.jobs[key_of(job)]
        if at_rest or (stored.status, stored.attempt) != (job.status, job.attempt):
            raise Stale(MOVED_ON(subject=job.id))
        if counter is not None and self.counter(counter.name) != counter.before:
            raise Stale(MOVED_ON(subject=counter.name))
        for write in writes:
            self.records.required_condition(write.record, write.replaces)
        for write in writes:
            self.records.put(write.record, write.replaces)
        if counter is not None:
            self.counters[counter.name] = counter.after
        self._end(job, outcome, now)

    def report(self, job: Job, outcome: Outcome, stage: int, now: datetime) -> RunState | None:
        stored = self.jobs[key_of(job)]
        if (stored.status, stored.stage) != (job.status, job.stage):
            return None
        ended = self._end(job, outcome, stored.finished_at or now)
        self.jobs[key_of(job)] = replace(ended, stage=stage)
        return self.load(job.run_id)

    def reopen(self, run: Run, jobs: Sequence[Job], now: datetime) -> bool:
        stored = self.runs[run.id]
        changed = any(self.jobs[key_of(job)].status is not job.status for job in jobs)
        if stored.status is not run.status or changed or self._was_stopped(stored):
            return False
        for job in jobs:  # each with what it keeps of earlier messages
            fresh = replace(job, status=JobStatus.PENDING, postponed=job.attempt, stage=0, woken_at=now, result={})
            self.jobs[key_of(job)] = replace(
                fresh, finished_at=None, held_until=None, failing_since=None, throttled_since=None
            )
        going = replace(stored, status=RunStatus.RUNNING, reason=None, finished_at=None, due=now, retried_at=now)
        self.runs[run.id] = replace(going, withheld_by=())
        self.looked_at[run.id] = now
        return True

    def _was_stopped(self, run: Run) -> bool:
        seen = [
            self.exits.get((key, each, named), {})
            for key in run.watch
            for each in run.exits_on
            for named in (True, False)
        ]
        return any(at > run.entered for times in seen for at in times.values())

    def open_jobs(self, *, limit: int) -> Page[Job]:
        going = [run for run in self.runs.values() if run.status is RunStatus.RUNNING]
        jobs = [job for run in going[:limit] for job in self.jobs.values() if job.run_id == run.id]
        return Page(tuple(job for job in jobs if not job.status.final), "more" if len(going) > limit else None)

    def revise(self, run: Run, status: RunStatus, reason: Reason) -> bool:
        stored = self.runs[run.id]
        if stored.status is not run.status:
            return False
        self.runs[run.id] = replace(stored, status=status, reason=reason)
        return True

    def counter(self, name: str) -> int:
        return self.counters.get(name, 0)

    def note_exit(self, keys: Sequence[str], event: Event) -> None:
        for key in keys:
            self.exits.setdefault((key, event.type, event.subject is not None), {})[order_key(event)] = event.time

    def watching(self, keys: Sequence[str]) -> list[Subscription]:
        return [
            Subscription(run.id, run.signals, run.entered)
            for run in self.runs.values()
            if not run.status.final and set(keys) & {*(run.watch if run.exits_on or run.awaits_on else ()), run.record}
        ]

    def noted(self, keys: Sequence[str], types: Sequence[str]) -> list[Mark]:
        """The newest of each type and key, as the real ledger: earlier ones are gone."""
        found = [
            (each, self.exits.get((key, each, named), {})) for key in keys for each in types for named in (True, False)
        ]
        newest = [(each, max((at, place) for place, at in seen.items())) for each, seen in found if seen]
        return [Mark(each, at, place) for each, (at, place) in newest]

    def by_rule(self, rule_id: str, *, limit: int, cursor: str | None) -> Page[Run]:
        return self._list([run for run in self.runs.values() if run.rule_id == rule_id], limit, cursor)

    def by_record(self, ref: str, *, limit: int, cursor: str | None) -> Page[Run]:
        return self._list([run for run in self.runs.values() if run.record == ref], limit, cursor)

    def by_status(self, status: str, *, limit: int, cursor: str | None) -> Page[Run]:
        return self._list([run for run in self.runs.values() if run.status == status], limit, cursor)

    def open_runs(self, selection: Selection, *, limit: int, cursor: str | None) -> Page[Run]:
        found = [run for run in self.runs.values() if run.status.final == bool(selection.outcome)]
        found = [run for run in found if not selection.refs or run.record in selection.refs]
        found = [run for run in found if not selection.withheld or run.id in self.withheld]
        found = [run for run in found if not selection.held or run.id in self.held]
        after = sorted((run for run in found if run.id > (cursor or "")), key=lambda run: run.id)
        return Page(tuple(after[:limit]), after[limit - 1].id if len(after) > limit else None)

    def _list(self, runs: list[Run], limit: int, cursor: str | None) -> Page[Run]:
        return page_of(sorted(runs, key=lambda run: (run.started_at, run.id), reverse=True), limit, cursor)

    def _write(self, jobs: Sequence[Job]) -> None:
        for job in jobs:
            self.jobs[key_of(job)] = job
            self.jobs_of.setdefault(job.run_id, set()).add(key_of(job))

    def _holds(self, job: Job) -> bool:
        stored = self.jobs[key_of(job)]
        return stored.status is JobStatus.CLAIMED and stored.attempt == job.attempt

    def _end(self, job: Job, outcome: Outcome, now: datetime) -> Job:
        ended = replace(
            self.jobs[key_of(job)],
            status=outcome.status,
            reason=outcome.reason,
            result=outcome.result,
            finished_at=now,
            lease_until=None,
        )
        self.jobs[key_of(job)] = ended
        return ended


@dataclass
class FakeTimelines:
    """Merge the runs of the ledger and the plans of the event log, newest first."""

    log: FakeEventLog
    runs: FakeRuns

    def read(self, refs: Sequence[str], *, limit: int, cursor: str | None) -> Page[Run | Plan]:
        plans = [each for plan in self.log.plans.values() for each in (plan, *map(plan.of_sibling, _ids(plan))) if each]
        entries: list[tuple[datetime, str, Run | Plan]] = [
            *((run.started_at, run.id, run) for run in self.runs.runs.values() if run.record in refs),
            *((plan.event.time, plan.event.id, plan) for plan in plans if _ref_of(plan) in refs),
        ]
        entries.sort(key=lambda entry: entry[:2], reverse=True)
        return page_of([entry for _, _, entry in entries], limit, cursor)


def _ids(plan: Plan) -> list[str]:
    return [event.id for event in plan.also]


def _ref_of(plan: Plan) -> str | None:
    return plan.record.ref if plan.record else plan.event.subject
