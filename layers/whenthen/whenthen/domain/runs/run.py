"""Run and Job: one firing of a rule version for one event and record, and each of its steps under way.

A run goes through its rule's step groups (steps that start together). `due` is the run's own clock: the moment
at which its current step group was due. Waits are counted on it, so that a late message or a scaled wait does
not shift what follows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from whenthen.domain.common import ids
from whenthen.domain.events.ordering import order_key_of_run

if TYPE_CHECKING:
    from whenthen.domain.events.event import Event
    from whenthen.domain.records.record import Record
    from whenthen.domain.rules.rule import Rule


class RunStatus(StrEnum):
    """Where a run stands. The last five are outcomes."""

    RUNNING = "running"
    WAITING = "waiting"
    PAUSED = "paused"
    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"
    UNKNOWN = "unknown"
    STOPPED = "stopped"

    @property
    def final(self) -> bool:
        """Whether nothing more will happen in this run."""
        return self not in _OPEN_RUN


_OPEN_RUN = frozenset({RunStatus.RUNNING, RunStatus.WAITING, RunStatus.PAUSED})


class JobStatus(StrEnum):
    """Where a job stands. The last four are outcomes."""

    PENDING = "pending"
    CLAIMED = "claimed"
    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"
    UNKNOWN = "unknown"

    @property
    def final(self) -> bool:
        """Whether this job has its outcome."""
        return self not in (JobStatus.PENDING, JobStatus.CLAIMED)


class Outcome(Struct, frozen=True):
    """How a job ended, always with a reason a person can read; `result` keeps the provider's ids."""

    status: JobStatus
    reason: str
    result: Mapping[str, Any] = field(default_factory=dict)


class Job(Struct, frozen=True):
    """One step of one run, handed to an action function through its queue.

    attempt      counts the claims; the fence under which an outcome is written
    postponed    how many of them the outside refused with "not now": they were no attempts
    lease_until  until when the claim of `attempt` holds
    due          the run's clock when the job was dispatched
    stage        how far the provider says that the effect came (`delivery_reports`); 0: it has said nothing yet
    """

    run_id: str
    step_id: str
    step_group: int
    action: str
    due: datetime
    occurrence: int = 0
    status: JobStatus = JobStatus.PENDING
    attempt: int = 0
    lease_until: datetime | None = None
    reason: str = ""
    result: Mapping[str, Any] = field(default_factory=dict)
    finished_at: datetime | None = None
    stage: int = 0
    postponed: int = 0

    @property
    def attempts(self) -> int:
        """How often the effect was really tried."""
        return self.attempt - self.postponed

    @property
    def id(self) -> str:
        """The stable key of the effect: the same for every attempt and every redelivery."""
        return ids.job_id(self.run_id, self.step_id, self.occurrence)

    @property
    def callback(self) -> str:
        """What goes out with the effect and comes back in the provider's reports: where the ledger has the job."""
        return f"{self.run_id}/{self.id}"


class Run(Struct, frozen=True):
    """One firing of one rule version for one event and record.

    entered      when the event happened: waits `since: entry` count from it
    watch        the record's ref and identities: an event with any of them is about this run's customer
    exits_on     the event types that stop this run; recorded, so that an exit need not load the rule
    rechecks_on  the event types at which its exit condition is looked at; such an event alone stops nothing
    place        of the exits of its own moment, only those behind this stop it (`domain.events.ordering`)
    due          the run's own clock
    waits_until  when its next step group is due, while it waits for it
    token        the state machine's task token, while the machine waits for the current step group
    """

    id: str
    rule_id: str
    rule_version: int
    rule_name: str
    event_id: str
    event_type: str
    record: str | None
    entered: datetime
    due: datetime
    started_at: datetime
    watch: tuple[str, ...] = ()
    exits_on: tuple[str, ...] = ()
    rechecks_on: tuple[str, ...] = ()
    place: str = ""
    step_group: int = -1
    status: RunStatus = RunStatus.RUNNING
    reason: str = ""
    token: str | None = None
    shadow: bool = False
    finished_at: datetime | None = None
    waits_until: datetime | None = None


def begin(rule: Rule, event: Event, record: Record | None, now: datetime, *, shadow: bool) -> Run:
    """The run that `event` starts under `rule`; the same for every redelivery, but for `started_at`."""
    ref = record.ref if record else event.subject
    watch = (*((ref,) if ref else ()), *(record.identities if record else ()), *event.identities)
    return Run(
        id=ids.run_id(event.id, rule.id, ref),
        rule_id=rule.id,
        rule_version=rule.version,
        rule_name=rule.name,
        event_id=event.id,
        event_type=event.type,
        record=ref,
        entered=event.time,
        due=max(event.time, now),
        started_at=now,
        watch=tuple(dict.fromkeys(watch)),
        exits_on=rule.exit.on,
        rechecks_on=rechecked_types(rule),
        place=order_key_of_run(event, rule.exit.on),
        shadow=shadow,
    )


def rechecked_types(rule: Rule) -> tuple[str, ...]:
    """The event types at which the rule's exit condition may have come true: changes of its kind of record."""
    return (f"{rule.kind}.updated",) if rule.exit.when is not None and rule.kind else ()


def watched_types(rule: Rule) -> tuple[str, ...]:
    """The event types at which a run of `rule` may have to stop: its exits, and those of `rechecked_types`."""
    return tuple(dict.fromkeys((*rule.exit.on, *rechecked_types(rule))))


_WORST_FIRST = (JobStatus.FAILED, JobStatus.UNKNOWN, JobStatus.DONE, JobStatus.SKIPPED)


def outcome_of(jobs: Iterable[Job]) -> tuple[RunStatus, str]:
    """What a run whose jobs all have their outcomes amounts to: the worst of them, with its reason."""
    found = list(jobs)
    for status in _WORST_FIRST:
        matching = [job for job in found if job.status is status]
        if matching and status is not JobStatus.DONE:
            return RunStatus(status.value), f"{matching[0].step_id}: {matching[0].reason}"
        if matching:
            return RunStatus.DONE, f"{len(matching)} of {len(found)} steps done"
    return RunStatus.SKIPPED, "no step was due"
