"""Exits: an event that ends runs of the same customer, whether they began already or are about to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from whenthen.domain.events.ordering import order_key
from whenthen.domain.runs.planner import exited
from whenthen.domain.runs.run import RunStatus

if TYPE_CHECKING:
    from whenthen.domain.events.event import Event
    from whenthen.domain.records.record import Record
    from whenthen.ports.clock import Clock
    from whenthen.ports.rules import RuleBook
    from whenthen.ports.runs import RunLedger, Sequences


class StopOnExit(Struct, frozen=True):
    """Stops the runs that watch this event's customer for an event of its type."""

    rules: RuleBook
    runs: RunLedger
    sequences: Sequences
    clock: Clock

    def concerns(self, event: Event) -> bool:
        """Whether any rule's runs may stop at an event of this type."""
        return event.type in self.rules.exit_types()

    def __call__(self, event: Event, record: Record | None, context: Mapping[str, Any]) -> list[str]:
        """Remember the event for runs that start later, and stop those under way. Returns the ids stopped."""
        # Runs of records that were merged into this one are watched under the refs that these had.
        refs = [ref for ref in (event.subject, *(record.refs if record else ())) if ref]
        keys = tuple(dict.fromkeys((*refs, *event.identities, *(record.identities if record else ()))))
        # First the note, then the look: a run that starts in between finds the note (see RunLedger.start).
        self.runs.note_exit(keys, event)
        return [
            run_id
            for run_id, exits_on, entered in self.runs.watching(keys)
            if event.type in exits_on and entered <= event.time and self._stop(run_id, event, record, context)
        ]

    def _stop(self, run_id: str, event: Event, record: Record | None, context: Mapping[str, Any]) -> bool:
        state = self.runs.load(run_id)
        if state is None or state.run.status.final or state.run.event_id == event.id:
            return False
        rule = self.rules.version(state.run.rule_id, state.run.rule_version)
        if event.type in rule.exit.on:
            if event.time == state.run.entered and order_key(event) <= state.run.place:
                return False
            reason = f"exit: {event.type}"
        elif record is not None and state.run.record in record.refs and exited(rule, context):
            reason = "its exit condition holds"
        else:
            return False
        stopped = self.runs.finish(state.run, RunStatus.STOPPED, reason, self.clock.now())
        # Tidiness only: an execution that is left waiting finds its run ended when its step group is due.
        self.sequences.stop(run_id, reason)
        return stopped
