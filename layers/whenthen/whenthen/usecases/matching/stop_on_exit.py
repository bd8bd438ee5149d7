"""stop_on_exit: end runs of an event's customer, whether they started already or are about to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.events.ordering import order_key
from whenthen.domain.runs.planner import EXIT_CONDITION, exited
from whenthen.domain.runs.run import RunStatus
from whenthen.usecases.runs.stop_run import stop_wait

if TYPE_CHECKING:
    from whenthen.domain.events.event import Event
    from whenthen.domain.records.record import Record
    from whenthen.ports.clock import Clock
    from whenthen.ports.rules import RuleBook
    from whenthen.ports.runs import RunLedger, Sequences


# An event that the rule's exit names stopped the run.
EXIT_EVENT = ReasonCode("exit.event", "event_type")


class StopOnExit(Struct, frozen=True):
    """Stop the runs that subscribed to this event's type for its customer."""

    rules: RuleBook
    runs: RunLedger
    sequences: Sequences
    clock: Clock

    def __call__(self, event: Event, record: Record | None, context: Mapping[str, Any]) -> list[str]:
        """Remember the event for runs that start later, and stop those under way. Returns the ids of stopped runs."""
        # Runs of records that were merged into this one are subscribed under the refs that these had.
        refs = [ref for ref in (event.subject, *(record.refs if record else ())) if ref]
        keys = tuple(dict.fromkeys((*refs, *event.identities, *(record.identities if record else ()))))
        # First note, then look: a run that starts in between finds the note (see RunLedger.start).
        self.runs.note_exit(keys, event)
        return [
            run_id
            for run_id, exits_on, entered in self.runs.watching(keys)
            if event.type in exits_on and entered <= event.time and self._stop(run_id, event, record, context)
        ]

    def _stop(self, run_id: str, event: Event, record: Record | None, context: Mapping[str, Any]) -> bool:
        state = self.runs.load(run_id)
        # A redelivered event must not end the run that its own first delivery started.
        if state is None or state.run.status.final or state.run.event_id == event.id:
            return False
        rule = self.rules.version(state.run.rule_id, state.run.rule_version)
        if event.type in rule.exit.on:
            if event.time < state.run.entered:  # a newer event was gathered since the run subscribed
                return False
            if event.time == state.run.entered and order_key(event) <= state.run.place:
                return False
            reason = EXIT_EVENT(event_type=event.type)
        elif record is not None and state.run.record in record.refs and exited(rule, context):
            reason = EXIT_CONDITION()
        else:
            return False
        stopped = self.runs.finish(state.run, RunStatus.STOPPED, reason, self.clock.now())
        stop_wait(self.sequences, state.run, reason, self.clock.now())
        return stopped
