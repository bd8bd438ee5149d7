"""enter_rule: let a run start if its record may enter its rule now, and stop the runs that it replaces."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from whenthen.domain.common.errors import Stale, Temporary
from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.events.event import format_time
from whenthen.domain.runs.entry_policy import (
    Admission,
    EntryDenied,
    LastRun,
    admission,
    earlier_enrolment_keys,
    enrolment_key,
)
from whenthen.domain.runs.gathering import joined, place_of
from whenthen.domain.runs.happenings import runs_of_absorbed
from whenthen.domain.runs.run import RunStatus
from whenthen.ports.reason_codes import CONTENDED, MOVED_ON
from whenthen.ports.values import LastEntry, NotEntered, Started
from whenthen.usecases.runs.stop_run import stop_wait

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from whenthen.domain.events.event import Event
    from whenthen.domain.records.record import Record
    from whenthen.domain.rules.rule import Rule
    from whenthen.domain.runs.run import Job, Run
    from whenthen.ports.clock import Clock
    from whenthen.ports.runs import RunLedger, Sequences
    from whenthen.ports.values import RunState, SharedEntry

# The rule lets an event end the run that is under way: another `run` has begun for the same record.
RESTARTED = ReasonCode("entry.restarted", "run")

_ATTEMPTS = 8


class Entering(Struct, frozen=True):
    """Tell how a run's entry ended. `denied`: why it was not started; None if nothing was against it."""

    started: Started
    denied: NotEntered | None = None


class EnterRule(Struct, frozen=True):
    """Start runs, each if its rule lets its record enter: the store decides, so that of two at once one learns it."""

    runs: RunLedger
    sequences: Sequences
    clock: Clock

    def __call__(
        self,
        rule: Rule,
        run: Run,
        event: Event,
        jobs: Sequence[Job],
        record: Record | None,
        shared: SharedEntry | None = None,
    ) -> Entering:
        """Write the run, unless its record may not enter. Raises Temporary; may be repeated after a crash anywhere.

        shared   an entry that the run takes as well; ENTERED_BEFORE also if another run took it meanwhile
        """
        key, earlier = enrolment_key(rule, run), earlier_enrolment_keys(rule, run, record)
        absorbed = runs_of_absorbed(event, rule, record)
        if key is None or not rule.entry.asks_for_last_run:
            started = self.runs.start(
                run, event, jobs, enrolment_key=key, earlier=earlier, unless=absorbed, shared=shared
            )
            return _entering(run, started)
        for _ in range(_ATTEMPTS):
            seen = self.runs.last_entries((key, *earlier))
            states = {each.run_id: self.runs.load(each.run_id) for each in seen.values() if each.run_id != run.id}
            try:
                found = self._gathered(rule, run, event, states) or admission(
                    rule, event, _last_runs(seen, states, run), self.clock.now()
                )
            except Stale:  # it began, or took in another event
                continue
            # One that was started before stays started, whatever came after it.
            if (found.denied or found.replaces) and self.runs.load(run.id) is not None:
                return Entering(Started.EXISTS)
            if found.denied:
                return Entering(Started.ENTERED_BEFORE, _denied(run, found))
            if found.replaces and any(self.runs.load(each) is not None for each in absorbed):
                return _entering(run, Started.OCCASION_TAKEN)
            self._replace(found.replaces, run)
            started = self.runs.start(
                run, event, jobs, enrolment_key=key, earlier=earlier, seen=seen, unless=absorbed, shared=shared
            )
            if started is not Started.ENTERED_BEFORE or self._is_taken(shared):
                return _entering(run, started)
        raise Temporary(CONTENDED(subject=run.id), retry_after=1)

    def _is_taken(self, shared: SharedEntry | None) -> bool:
        """Tell whether another run took the shared entry, or a record that was merged into this one has one now."""
        if shared is None:
            return False
        keys = (shared.key, *shared.earlier)
        return self.runs.last_entries(keys) != {key: each for key, each in shared.seen.items() if key in keys}

    def _gathered(self, rule: Rule, run: Run, event: Event, states: Mapping[str, RunState | None]) -> Admission | None:
        """Let the run that gathers events take this one in. None if there is none, and the event is newer than all.

        Raises Stale if that run changed meanwhile.
        """
        for state in states.values():
            if state is None or not state.run.newest:
                continue
            if state.run.gathering:
                after = joined(rule, run, event, state.run)
                if after is not None and not self.runs.gather(after, event, newest=state.run.newest):
                    raise Stale(MOVED_ON(subject=state.run.id))
            elif place_of(event) > state.run.newest:
                continue
            return Admission(EntryDenied.DEBOUNCED, run=state.run.id)
        return None

    def _replace(self, run_ids: Iterable[str], by: Run) -> None:
        """Stop the runs that another one replaces: before that one starts, so that the two never run together."""
        reason = RESTARTED(run=by.id)
        for run_id in run_ids:
            state = self.runs.load(run_id)
            if state is not None and self.runs.finish(state.run, RunStatus.STOPPED, reason, self.clock.now()):
                stop_wait(self.sequences, state.run, reason, self.clock.now())


def _last_runs(seen: Mapping[str, LastEntry], states: Mapping[str, RunState | None], run: Run) -> list[LastRun]:
    """Tell of the runs that entered last, but for `run` itself: it holds its own entry."""
    found = []
    for entry in seen.values():
        if entry.run_id != run.id:
            state = states[entry.run_id]
            open_event = state.event if state is not None and not state.run.status.final else None
            found.append(LastRun(entry.run_id, entry.at, open_event))
    return found


_DENIED = {
    Started.ENTERED_BEFORE: EntryDenied.ENTERED_BEFORE,
    Started.OCCASION_TAKEN: EntryDenied.OCCASION_TAKEN,
}


def _entering(run: Run, started: Started) -> Entering:
    cause = _DENIED.get(started)
    return Entering(started, None if cause is None else _denied(run, Admission(cause)))


def _denied(run: Run, found: Admission) -> NotEntered:
    until = format_time(found.until) if found.until else ""
    assert found.denied is not None  # noqa: S101 - callers ask before
    return NotEntered(run.rule_id, run.rule_version, run.record, found.denied, until, found.run)
