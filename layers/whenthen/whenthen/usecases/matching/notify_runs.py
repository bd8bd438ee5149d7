"""notify_runs: tell open runs of an event that may end them, for which they wait, or that moves their wait."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.events.ordering import order_key
from whenthen.domain.exits.conditions import exited
from whenthen.domain.runs.awaiting import mark_of
from whenthen.domain.runs.run import RunStatus
from whenthen.domain.runs.subscriptions import is_heard
from whenthen.usecases.runs.stop_run import stop_wait

if TYPE_CHECKING:
    from collections.abc import Collection

    from whenthen.domain.common.reasons import Reason
    from whenthen.domain.events.event import Event
    from whenthen.domain.records.record import Record
    from whenthen.domain.runs.run import Run
    from whenthen.ports.clock import Clock
    from whenthen.ports.rules import RuleBook
    from whenthen.ports.runs import RunLedger, Sequences
    from whenthen.ports.values import RunState, Subscription
    from whenthen.usecases.runs.orchestrator import Orchestrator


# The run waited for an event of this type, and it came: the execution that held its wait is needed no more.
WOKEN = ReasonCode("wait.event_came", "event_type")
# An event that the rule's exit names stopped the run.
EXIT_EVENT = ReasonCode("exit.event", "event_type")


def _may_stand_still(state: RunState) -> bool:
    """Tell whether the run waits, or may have been left by a worker that died after it ended the wait."""
    if state.run.status is RunStatus.WAITING:
        return not state.run.is_in_line
    return _may_be_left(state)


def _may_be_left(state: RunState) -> bool:
    """Tell whether an earlier delivery of the event may have ended the wait and died before it sent the jobs."""
    run = state.run
    return run.status is not RunStatus.WAITING and all(job.status.final or not job.attempt for job in state.jobs)


class NotifyRuns(Struct, frozen=True):
    """Tell the runs that subscribed to one of this event's signals, under its record or its customer."""

    rules: RuleBook
    runs: RunLedger
    sequences: Sequences
    orchestrator: Orchestrator
    clock: Clock

    def __call__(
        self, event: Event, record: Record | None, context: Mapping[str, Any], signals: Collection[str]
    ) -> list[str]:
        """Stop the runs that the event ends, let others go on, or move their waits. Returns the ids of stopped runs.

        An exit is remembered for runs that start later. `signals`: all that any run waits for.
        """
        # Runs of records that were merged into this one are subscribed under the refs that these had.
        refs = tuple(dict.fromkeys(ref for ref in (event.subject, *(record.refs if record else ())) if ref))
        keys = refs
        if event.type in signals:
            keys = tuple(dict.fromkeys((*refs, *event.identities, *(record.identities if record else ()))))
            # First note, then look: a run that starts in between finds the note (see RunLedger.start).
            self.runs.note_exit(keys, event)
        heard = [found for found in self.runs.watching(keys) if is_heard(event, found.signals)]
        return [found.run_id for found in heard if self._tell(found, event, record, refs, context)]

    def _tell(
        self,
        found: Subscription,
        event: Event,
        record: Record | None,
        refs: Collection[str],
        context: Mapping[str, Any],
    ) -> bool:
        state = self.runs.load(found.run_id)
        # A redelivered event must not end the run that its own first delivery started.
        if state is None or state.run.status.final or state.run.event_id == event.id:
            return False
        reason = self._reason_to_stop(state, event, record, refs, context) if found.entered <= event.time else None
        if reason is not None:
            return self._stop(state.run, reason)
        awaited = event.type in state.run.awaits_on
        if awaited and self.orchestrator.on_events(state, [mark_of(event)]):
            stop_wait(self.sequences, state.run, WOKEN(event_type=event.type), self.clock.now())
        elif (awaited and _may_be_left(state)) or (state.run.dates and _may_stand_still(state)):
            self.orchestrator.catch_up(state)
        return False

    def _reason_to_stop(
        self,
        state: RunState,
        event: Event,
        record: Record | None,
        refs: Collection[str],
        context: Mapping[str, Any],
    ) -> Reason | None:
        run = state.run
        if event.type in run.exits_on:
            # A run that gathers events may have taken in a newer one since it subscribed.
            if event.time < run.entered or (event.time == run.entered and order_key(event) <= run.place):
                return None
            # An event that names no record is about the customer, and so about each record of theirs.
            about = event.subject is None or run.record in refs
            return EXIT_EVENT(event_type=event.type) if about or event.type not in run.exits_of_record else None
        if record is not None and run.rechecks_on and run.record in record.refs:
            rule = self.rules.version(run.rule_id, run.rule_version)
            return exited(rule, context)
        return None

    def _stop(self, run: Run, reason: Reason) -> bool:
        now = self.clock.now()
        stopped = self.runs.finish(run, RunStatus.STOPPED, reason, now)
        stop_wait(self.sequences, run, reason, now)
        return stopped
