"""Wire the use cases that match and explain events."""
# ruff: noqa: PLC0415 - a function imports only the use cases that it calls

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from whenthen.runtime.wiring.records import RecordsWiring
from whenthen.runtime.wiring.runs import RunsWiring

if TYPE_CHECKING:
    from whenthen.usecases.matching.explain_event import ExplainEvent
    from whenthen.usecases.matching.match_event import MatchEvent, Reaction


class MatchingWiring(RecordsWiring, RunsWiring):
    """Make each use case when it is first used."""

    @cached_property
    def match_event(self) -> MatchEvent:
        from whenthen.usecases.matching.match_event import MatchEvent
        from whenthen.usecases.matching.stop_on_exit import StopOnExit

        return MatchEvent(
            rules=self.rule_book,
            records=self.records,
            runs=self.runs,
            queues=self.queues,
            sequences=self.sequences,
            clock=self.clock,
            occurrences=self.occurrences,
            log=self.event_log,
            stop_on_exit=StopOnExit(self.rule_book, self.runs, self.sequences, self.clock),
            reactions=lambda: self.reactions,
        )

    @cached_property
    def reactions(self) -> tuple[Reaction, ...]:
        """Make the reactions to messages and delivery reports."""
        from whenthen.usecases.ingest.identify_sender import IdentifySender
        from whenthen.usecases.ingest.update_consent import UpdateConsent
        from whenthen.usecases.runs.apply_delivery_report import ApplyDeliveryReport

        return (
            IdentifySender(self.save_record, self.installation),
            UpdateConsent(self.records, self.clock),
            ApplyDeliveryReport(self.orchestrator, self.runs, self.clock),
        )

    @cached_property
    def explain_event(self) -> ExplainEvent:
        from whenthen.usecases.matching.explain_event import ExplainEvent

        return ExplainEvent(self.event_log, self.rule_book, self.occurrences, self.records)
