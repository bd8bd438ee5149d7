"""stop_on_exit: end runs of an event's customer, whether they started already or are about to.

Runs that wait for the event go on: they are found in the same way.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.events.ordering import order_key
from whenthen.domain.runs.awaiting import mark_of
from whenthen.domain.runs.planner import EXIT_CONDITION, exited
from whenthen.domain.runs.run import RunStatus
from whenthen.usecases.runs.stop_run import stop_wait

if TYPE_CHECKING:
    from whenthen.domain.common.reasons import Reason
    from whenthen.domain.events.event import Event
    from whenthen.domain.records.record import Record
    from whenthen.domain.runs.run import Run
    from whenthen.ports.clock import Clock
    from whenthen.ports.rules import RuleBook
    from whenthen.ports.runs import RunLedger, Sequences
    from whenthen.usecases.runs.orchestrator import Orchestrator


# The run waited for an event of this type, and it came: the execution that held its wait is needed no more.
WOKEN = ReasonCode("wait.event_came", "event_type")
# An event that the rule's exit names stopped the run.
EXIT_EVENT = ReasonCode("exit.event", "event_type")


class StopOnExit(Struct, frozen=True):
    """Stop the runs that subscribed to this event's type for its customer."""

    rules: RuleBook
    runs: RunLedger
    sequences: Sequences
    clock: Clock
    orchestrator: Orchestrator

    def __call__(self, event: Event, record: Record | None, context: Mapping[str, Any]) -> list[str]:
        """Remember the event for runs that start later, stop those under way, and let those go on that wait for it.

        Returns the ids of stopped runs.
        """
        # Runs of records that were merged into this one are subscribed under the refs that these had.
        refs = [ref for ref in (event.subject, *(record.refs if record else ())) if ref]
        keys = tuple(dict.fromkeys((*refs, *event.identities, *(record.identities if record else ()))))
        # First note, then look: a run that starts in between finds the note (see RunLedger.start).
        self.runs.note_exit(keys, event)
        return [
            run_id
            for run_id, types, entered in self.runs.watching(keys)
            if event.type in types and entered <= event.time and self._meet(run_id, event, record, context)
        ]

    def _meet(self, run_id: str, event: Event, record: Record | None, context: Mapping[str, Any]) -> bool:
        """Stop the run, or let it go on. Returns whether it was stopped."""
        state = self.runs.load(run_id)
        # A redelivered event must not end the run that its own first delivery started.
        if state is None or state.run.status.final or state.run.event_id == event.id:
            return False
        reason = self._against(state.run, event, record, context)
        if reason is None:
            if event.type in state.run.awaits_on and self.orchestrator.on_events(state, [mark_of(event)]):
                stop_wait(self.sequences, state.run, WOKEN(event_type=event.type), self.clock.now())
            return False
        stopped = self.runs.finish(state.run, RunStatus.STOPPED, reason, self.clock.now())
        stop_wait(self.sequences, state.run, reason, self.clock.now())
        return stopped

    def _against(self, run: Run, event: Event, record: Record | None, context: Mapping[str, Any]) -> Reason | None:
        """Return the reason to stop the run; None if it may go on."""
        rule = self.rules.version(run.rule_id, run.rule_version)
        if event.type in rule.exit.on:
            # A run that gathers events may have taken in a newer one since it subscribed.
            is_later = event.time > run.entered or (event.time == run.entered and order_key(event) > run.place)
            return EXIT_EVENT(event_type=event.type) if is_later else None
        if record is not None and run.record in record.refs and exited(rule, context):
            return EXIT_CONDITION()
        return None
