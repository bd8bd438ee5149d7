"""Define Run, one start of a rule version for one event and record, and Job, one step of a run.

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
from whenthen.domain.common.reasons import Reason, ReasonCode
from whenthen.domain.runs.happenings import run_id
from whenthen.domain.runs.subscriptions import changes_of, subscribing

if TYPE_CHECKING:
    from whenthen.domain.events.event import Event
    from whenthen.domain.records.record import Record
    from whenthen.domain.rules.rule import Rule


# Names the step that gave a run its outcome, and the reason of its job.
AT_STEP = ReasonCode("run.at_step", "step", "reason")
STEPS_DONE = ReasonCode("run.steps_done", "done", "count")
NO_STEP_DUE = ReasonCode("run.no_step_due")


_OF_LIMITS = "hold."
"""Begin the codes of `domain.sending.holds`: a run of a rule without messages loads none of it."""


class RunStatus(StrEnum):
    """List how a run can stand. The last five are outcomes."""

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
        """Tell whether the run has its outcome."""
        return self not in (*GOING, RunStatus.PAUSED)

    @property
    def going(self) -> bool:
        """Tell whether the run goes on by itself: it has no outcome, and is not paused."""
        return self in GOING


GOING = (RunStatus.RUNNING, RunStatus.WAITING)


class JobStatus(StrEnum):
    """List how a job can stand. The last four are outcomes."""

    PENDING = "pending"
    CLAIMED = "claimed"
    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"
    UNKNOWN = "unknown"

    @property
    def final(self) -> bool:
        """Tell whether the job has its outcome."""
        return self not in (JobStatus.PENDING, JobStatus.CLAIMED)


class Outcome(Struct, frozen=True):
    """Say how a job ended, and why.

    result  the provider's ids, and what later steps may read as `steps.<id>.<name>`
    fields  of the run's record, to be written together with the outcome
    """

    status: JobStatus
    reason: Reason
    result: Mapping[str, Any] = field(default_factory=dict)
    fields: Mapping[str, Any] = field(default_factory=dict)


class Job(Struct, frozen=True, omit_defaults=True):
    """Hold one step of one run, which a channel performs from its queue.

    attempt      number of claims; an outcome is written under the attempt number of its claim
    postponed    number of claims that were no attempts: the provider throttled, or the channel was tried again
    lease_until  end of the lease of the current claim
    due          the run's clock when the job was dispatched
    held_until   moment before which the next attempt is not made, by the step's `retry` or by limits of sending
    counted_for  identity in whose log of messages it has a place, or waits for one; empty: in none
    woken_at     when the state machine ended the last hold by limits of sending: the job's clock is not before that
    failing_since  when the first attempt failed of those that are not over; None: none did
    throttled_since  when its provider first asked for a pause so long that the ledger holds it; None: it did not
    stage        how far the message came by the provider's reports (`domain.delivery`), of several recipients the sum;
                 0 before the first report
    reached      addresses that mails of the job reached before it was tried anew: they get no other one
    earlier      provider's ids of these mails: reports about them change nothing any more
    reason       of the outcome, of the last attempt that failed, or of the last hold; None before any
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
    reason: Reason | None = None
    result: Mapping[str, Any] = field(default_factory=dict)
    finished_at: datetime | None = None
    stage: int = 0
    postponed: int = 0
    held_until: datetime | None = None
    woken_at: datetime | None = None
    failing_since: datetime | None = None
    throttled_since: datetime | None = None
    counted_for: str = ""
    reached: tuple[str, ...] = ()
    earlier: tuple[str, ...] = ()

    @property
    def limited(self) -> bool:
        """Tell whether it is limits of sending that the job was held by last."""
        return self.held_until is not None and self.reason is not None and self.reason.code.startswith(_OF_LIMITS)

    @property
    def woken(self) -> datetime | None:
        """Return the end of the last hold by limits of sending. None if they never held the job."""
        ends = (self.woken_at, self.held_until if self.limited else None)
        return max((end for end in ends if end is not None), default=None)

    @property
    def clock(self) -> datetime:
        """Return the moment as of which the job is performed: it was dispatched then, or its hold was over."""
        return self.due if self.woken is None else max(self.due, self.woken)

    @property
    def attempts(self) -> int:
        """Return how often the effect was tried."""
        return self.attempt - self.postponed

    def is_held(self, now: datetime) -> bool:
        """Tell whether the job's next attempt is still to wait."""
        return self.status is JobStatus.PENDING and self.held_until is not None and self.held_until > now

    @property
    def id(self) -> str:
        """Return the effect's idempotency key: the same for every attempt and every redelivery."""
        return ids.job_id(self.run_id, self.step_id, self.occurrence)

    @property
    def callback(self) -> str:
        """Return the key that goes out with the effect and comes back in delivery reports: `<run id>/<job id>`."""
        return f"{self.run_id}/{self.id}"


class Run(Struct, frozen=True, omit_defaults=True):
    """Hold one start of one rule version for one event and record.

    entered      when the event happened: waits `since: entry` count from it
    watch        the record's ref and identities: an event with any of them is about this run's customer
    exits_on     event types that stop this run; stored, so that an exit need not load the rule
    exits_of_record  those of them that stop it only if they are about its record
    rechecks_on  event types at which the exit's conditions are evaluated again; such an event alone stops nothing
    awaits_on    event types for which one of its steps waits
    dates        fields of the record from whose dates its steps wait: a change of one may move a wait
    place        order key: of the exits of the run's own moment, only those behind it stop the run
    due          the run's own clock
    stored       whether its record was in the store when the run began: then it stops once the record is deleted
    waits_until  when the next step group is due, while the run waits for it
    awaits_since since when an event counts for which the run waits; None: it waits for none
    paused_until when a paused run goes on by itself; None if it does not
    moves_to     the version of its rule that it was asked to move to before its next step; None if it was not
    stays_from   the version that it was asked to move to and has no place in; None if there was none
    settles_by   of a run that gathers events before it begins: when it begins at the latest; None once it has begun
    newest       place of the newest event that it gathered, in an order that is the same everywhere
    skips        steps that an admin skipped before they were due: (id, id of the API key)
    reason       of the outcome, or of the pause of a run that is paused; None else
    turn         the run's place among those that its event started in the order of their rules; 0 for the first
    follows      id of the run that must be over before this one begins, and the id and name of its rule; empty: none
    followers    ids of runs that wait for this one
    withheld_by  what jobs of it wait for: SENDING, or names of circuits
    retried_at   when it was let go on last after it had failed
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
    exits_of_record: tuple[str, ...] = ()
    rechecks_on: tuple[str, ...] = ()
    dates: tuple[str, ...] = ()
    place: str = ""
    step_group: int = -1
    status: RunStatus = RunStatus.RUNNING
    reason: Reason | None = None
    shadow: bool = False
    finished_at: datetime | None = None
    waits_until: datetime | None = None
    stored: bool = False
    paused_until: datetime | None = None
    moves_to: int | None = None
    stays_from: int | None = None
    skips: tuple[tuple[str, str], ...] = ()
    turn: int = 0
    follows: str = ""
    follows_rule: str = ""
    follows_name: str = ""
    followers: tuple[str, ...] = ()
    settles_by: datetime | None = None
    newest: str = ""
    awaits_on: tuple[str, ...] = ()
    awaits_since: datetime | None = None
    withheld_by: tuple[str, ...] = ()
    retried_at: datetime | None = None

    @property
    def is_in_line(self) -> bool:
        """Tell whether the run has not begun yet, because it follows another."""
        return self.status.going and self.waits_until is None and self.step_group < 0 and bool(self.follows)

    @property
    def gathering(self) -> bool:
        """Tell whether the run has not begun, since further events may come (`domain.runs.gathering`)."""
        return self.settles_by is not None and not self.status.final

    @property
    def begun_only(self) -> bool:
        """Tell whether the run gathered its events, and has not entered its first step group yet."""
        return self.status is RunStatus.RUNNING and self.step_group < 0

    @property
    def signals(self) -> tuple[str, ...]:
        """Return what the run is to be told of while it is open, each once (`domain.runs.subscriptions`)."""
        kind = "" if self.record is None else self.record.partition(":")[0]
        changes = changes_of(kind, self.dates, rechecks=bool(self.rechecks_on)) if kind else ()
        return tuple(dict.fromkeys((*self.exits_on, *self.awaits_on, *changes)))


def begin(rule: Rule, event: Event, record: Record | None, now: datetime, *, shadow: bool) -> Run:
    """Make the run that `event` starts under `rule`: the same for every redelivery, but for `started_at`."""
    ref = record.ref if record else event.subject
    watch = (*((ref,) if ref else ()), *(record.identities if record else ()), *event.identities)
    return Run(
        id=run_id(event, rule, ref),
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
        **subscribing(rule, ref, event),
        shadow=shadow,
        # The event of a deletion carries the record that is no more: its run is about that.
        stored=record is not None and not event.type.endswith(".deleted"),
    )


_WORST_FIRST = (JobStatus.FAILED, JobStatus.UNKNOWN, JobStatus.DONE, JobStatus.SKIPPED)


def outcome_of(jobs: Iterable[Job]) -> tuple[RunStatus, Reason]:
    """Return the outcome of a run whose jobs all have theirs: the worst of them, with its reason."""
    found = list(jobs)
    for status in _WORST_FIRST:
        matching = [job for job in found if job.status is status]
        if matching and status is not JobStatus.DONE:
            return RunStatus(status.value), AT_STEP(step=matching[0].step_id, reason=matching[0].reason)
        if matching:
            return RunStatus.DONE, STEPS_DONE(done=len(matching), count=len(found))
    return RunStatus.SKIPPED, NO_STEP_DUE()
