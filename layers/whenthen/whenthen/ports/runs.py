"""Store runs and jobs, and carry them on by queues and state machines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from whenthen.domain.sending.switch import SENDING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from whenthen.domain.common.reasons import Reason
    from whenthen.domain.events.event import Event
    from whenthen.domain.runs.awaiting import Mark
    from whenthen.domain.runs.run import Job, Outcome, Run, RunStatus
    from whenthen.domain.work.selection import Selection
    from whenthen.ports.values import (
        Counter,
        LastEntry,
        Page,
        RecordWrite,
        RunState,
        SharedEntry,
        Started,
        Subscription,
    )


class RunLedger(Protocol):
    """Store runs and jobs. Each write is conditional, so that of two workers one succeeds and the other learns it."""

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

        EXITED: an event that stops this run (`exits_on`) was seen already; other signals are for the caller to
        judge. ENTERED_BEFORE: another run holds `enrolment_key`, or any run one of `earlier`, but for those that
        `last_entries` had told of (`seen`); or so with `shared`. OCCASION_TAKEN: one of the runs `unless` exists. A run
        with an outcome subscribes to nothing.
        """

    def last_entries(self, keys: Sequence[str]) -> Mapping[str, LastEntry]:
        """Return which run holds each of these enrolment keys; a key that none holds is left out."""

    def load(self, run_id: str) -> RunState | None:
        """Read the run with its event and jobs; None if it does not exist or has expired."""

    def dispatch(self, run: Run, jobs: Sequence[Job], *, behind: int | None = None) -> bool:
        """Write the run's next step group and its jobs together. False if the run is final, paused or not where it was.

        behind   the step group in which the run still has to be; None: the one before. Of two ways on from there, one
                 is taken.
        """

    def park(self, run: Run, due: datetime, awaits_since: datetime | None = None) -> None:
        """Mark the run as waiting until `due`; a run that is final, paused or further already stays as it is.

        awaits_since   since when an event counts for which it waits too; None: it waits for none
        """

    def pause(
        self, run_id: str, reason: Reason, now: datetime, *, until: datetime | None = None, anew: bool = False
    ) -> RunState | None:
        """Pause a run that goes on, until then or without an end. Returns it; None if it does not go on.

        It keeps its wait and its jobs, and none of them is begun meanwhile.
        anew   a run that is paused already is paused for this reason instead
        """

    def end_pause(self, run_id: str, at: datetime) -> bool:
        """Let the pause end by itself at this time. Returns False if the run is not paused."""

    def withhold(self, job: Job, reason: Reason, now: datetime, *, by: str = SENDING) -> bool:
        """Keep the job of a run that goes on, without an end. Returns False if the job or the run ended, or is paused.

        by   what it waits for: SENDING, or the name of a circuit. The run remembers it until it is let go, and the job
             forgets since when it fails.
        Whoever has claimed the job may still write its outcome. `open_runs` finds the run.
        """

    def skip(self, run_id: str, step_id: str, by: str) -> RunState | None:
        """Note that a step of an open run is to be skipped when it is due. None if it is due already."""

    def let_go(self, run_id: str, now: datetime) -> bool:
        """Let sweeps look at the run again, whose jobs were withheld. Returns False if it does not go on."""

    def ask_to_move(self, run_id: str, version: int, *, stays: bool = False) -> bool:
        """Note that the run is to move to this version of its rule before its next step. False if it has ended.

        stays   it has no place in that version: note that it does not move
        """

    def move(self, run: Run, after: Run, jobs: Sequence[Job]) -> bool:
        """Move the run, which stands between two steps, to another version. Returns False if it changed meanwhile.

        jobs   all of the run's, under their numbers in the other version
        """

    def resume(self, run: Run, at: datetime) -> RunState | None:
        """Let a paused run go on; one whose wait was over before `at` has waited until then.

        Returns it; None if the run is not paused any more, or in another way than `run` says.
        """

    def follow(self, run: Run, before: Run) -> bool:
        """Let `run` begin behind `before`: each of the two knows the other then. False if `before` is over."""

    def gather(self, run: Run, event: Event, *, newest: str) -> bool:
        """Let a run that gathers events take in a newer one: it becomes `run`, with this event and its wait.

        Returns False if it has begun or ended, or its newest event is no longer the one at the place `newest`.
        """

    def settle(self, run: Run, at: datetime) -> RunState | None:
        """Let a run that gathered its events begin, with its clock at this time.

        Returns it; None if it has begun or ended, is paused, or took in another event than `run` says.
        """

    def dissolve(self, run: Run, reason: Reason, now: datetime, *, enrolment_key: str | None) -> bool:
        """End a run that gathered events and does not begin: it is skipped, and gives its entry back.

        Returns False if it has begun or ended, is paused, or took in another event than `run` says.
        """

    def overdue(self, before: datetime, limit: int) -> list[str]:
        """Return the ids of open runs that were to be looked at before this time, the longest overdue first.

        A waiting run is to be looked at when its wait is over, a paused one when its pause is; a running one when its
        last step group was dispatched. A pause without an end is never overdue.
        """

    def look_again(self, run_id: str, at: datetime) -> None:
        """Let the next sweeps leave an open run alone until `at`."""

    def finish(self, run: Run, status: RunStatus, reason: Reason, now: datetime) -> bool:
        """Give the run its outcome and delete its exit subscriptions. Returns False if it had an outcome already."""

    def claim(self, job: Job, *, now: datetime, lease_until: datetime, repeatable: bool, sends: bool = True) -> Job:
        """Claim the job under a new attempt number. Returns it, claimed, or with the outcome that it has already.

        A claim whose lease ran out is taken over if the effect is `repeatable`; if not, the job becomes
        unknown. Raises Busy while another lease holds, and, if the claim is for an effect (`sends`), once the run ended
        or was paused.
        """

    def release(self, job: Job, reason: Reason) -> None:
        """Release a claimed job for another attempt, with its `failing_since`. Fenced by its attempt."""

    def hold(self, job: Job, reason: Reason, until: datetime, *, alone: bool = True) -> bool:
        """Release a claimed job, or hold a pending one, for an attempt at `until`, with its `failing_since`.

        Fenced by the job's status and attempt. Returns False if it changed, or the run is over.
        alone   whether no other job of the run is open: then sweeps leave the run alone until then, too
        """

    def free(self, job: Job, until: datetime, now: datetime, *, woken_at: datetime | None = None) -> None:
        """Let a job that is held until then, or for less long, be performed from `now` on. Others stay as they are.

        woken_at   the end of a hold by limits of sending, to be remembered
        """

    def postpone(self, job: Job, reason: Reason) -> bool:
        """Release a claimed job that was throttled, or that tries a paused channel, with its `failing_since`.

        Fenced by its attempt: returns False if the claim is over.
        """

    def complete(self, job: Job, outcome: Outcome, now: datetime) -> RunState | None:
        """Write the outcome of a job that is claimed by its attempt, or pending, and return the run as it is now.

        Returns None if the job changed.
        """

    def complete_with(
        self, job: Job, outcome: Outcome, now: datetime, writes: Sequence[RecordWrite], counter: Counter | None
    ) -> None:
        """Write records and the outcome of a pending or claimed job in one transaction. Raises Stale if one changed.

        So it does if there is anything to write for a run that ended or was paused meanwhile.
        Raises Invalid or TooLarge for what the store cannot write at once; then nothing is written.
        """

    def report(self, job: Job, outcome: Outcome, stage: int, now: datetime) -> RunState | None:
        """Write the outcome that the provider reports, and return the run as it is now; None if the job changed.

        `stage` is another one with every report that is written: by that, of two at once the second is refused.
        A job that had its outcome keeps the time at which it was finished: waits are counted from it.
        """

    def reopen(self, run: Run, jobs: Sequence[Job], now: datetime) -> bool:
        """Let a run go on that has its outcome: these jobs of it are tried again, as if for the first time.

        They keep `reached` and `earlier` as given here. Events find the run again. Returns False if it or a job
        changed, or an event was seen that would have stopped it.
        """

    def revise(self, run: Run, status: RunStatus, reason: Reason) -> bool:
        """Correct the outcome of a run that has one. Returns False if the run changed since it was read."""

    def counter(self, name: str) -> int:
        """Return the counter's value; 0 before its first use."""

    def note_exit(self, keys: Sequence[str], event: Event) -> None:
        """Note under each key that an event of this type was seen, at its time."""

    def watching(self, keys: Sequence[str]) -> list[Subscription]:
        """Find the open runs subscribed under these keys, each once."""

    def noted(self, keys: Sequence[str], types: Sequence[str]) -> list[Mark]:
        """Return the newest event of each of these types that `note_exit` noted under each key."""

    def by_rule(self, rule_id: str, *, limit: int, cursor: str | None) -> Page[Run]:
        """List runs of a rule, newest first; eventually consistent."""

    def by_record(self, ref: str, *, limit: int, cursor: str | None) -> Page[Run]:
        """List runs about a record, newest first; eventually consistent."""

    def by_status(self, status: str, *, limit: int, cursor: str | None) -> Page[Run]:
        """List runs with a status; eventually consistent. Open ones: soonest due first; the others: newest first."""

    def open_jobs(self, *, limit: int) -> Page[Job]:
        """List the jobs without an outcome of `limit` runs that go on, those that are longest under way first.

        Eventually consistent. The cursor is not None if there are more runs; there is no next page.
        """

    def open_runs(self, selection: Selection, *, limit: int, cursor: str | None) -> Page[Run]:
        """List about `limit` runs among which those of the selection are, open or ended; eventually consistent.

        One that goes on meanwhile may come on no page or on two.
        """


class JobQueues(Protocol):
    """Send jobs to one queue per channel."""

    def send(self, channel: str, jobs: Sequence[Job], *, delay: float = 0.0) -> None:
        """Send the jobs to the channel's queue, `delay` seconds from now (at most 900).

        Raises Temporary unless every one was taken.
        """

    def is_empty(self, channel: str) -> bool:
        """Tell whether the channel's queue holds no message: none to be received, none under way, none delayed."""


class Sequences(Protocol):
    """Hold the waits of runs, each in an execution of the state machine. The ledger says what is due."""

    def wait(self, run_id: str, step_group: int, until: datetime) -> None:
        """Call advance_sequence for this run and step group at `until`. A second call changes nothing."""

    def stop(self, run_id: str, step_group: int, until: datetime, reason: Reason) -> None:
        """End the execution that holds this wait, if it is under way."""


class Budgets(Protocol):
    """Count the runs of each rule that follow from one event."""

    def admit(self, root: str, rule: str, run: str, *, most: int, now: datetime) -> bool:
        """Tell whether `run` is one of the first `most` of the rule that follow from `root`; asked again, the same."""
