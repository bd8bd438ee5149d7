"""Wire the use cases that match and explain events."""
# ruff: noqa: PLC0415 - a function imports only the use cases that it calls

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from whenthen.runtime.wiring.records import RecordsWiring
from whenthen.runtime.wiring.runs import RunsWiring

if TYPE_CHECKING:
    from collections.abc import Iterable

    from whenthen.domain.events.siblings import Group
    from whenthen.usecases.matching.enter_meanwhile import EnterMeanwhile
    from whenthen.usecases.matching.explain_event import ExplainEvent
    from whenthen.usecases.matching.match_batch import MatchBatch
    from whenthen.usecases.matching.match_event import MatchEvent, Reaction
    from whenthen.usecases.matching.show_automation import ShowAutomation


class MatchingWiring(RecordsWiring, RunsWiring):
    """Make each use case when it is first used."""

    @cached_property
    def match_event(self) -> MatchEvent:
        from whenthen.usecases.matching.decide import Decide
        from whenthen.usecases.matching.enter_rule import EnterRule
        from whenthen.usecases.matching.match_event import MatchEvent
        from whenthen.usecases.matching.notify_runs import NotifyRuns

        return MatchEvent(
            rules=self.rule_book,
            runs=self.runs,
            clock=self.clock,
            log=self.event_log,
            preloading=self.preloading,
            decide=Decide(self.rule_book, self.records, self.occurrences, self.clock, lambda: self.enrolment_store),
            notify_runs=NotifyRuns(self.rule_book, self.runs, self.sequences, self.orchestrator, self.clock),
            orchestrator=self.orchestrator,
            reactions=lambda: self.reactions,
            budgets=self.budgets,
            enter=EnterRule(self.runs, self.sequences, self.clock),
            enter_meanwhile=lambda: self.enter_meanwhile,
        )

    @cached_property
    def enter_meanwhile(self) -> EnterMeanwhile:
        from whenthen.usecases.matching.enter_meanwhile import EnterMeanwhile
        from whenthen.usecases.matching.enter_rule import EnterRule

        return EnterMeanwhile(self.runs, EnterRule(self.runs, self.sequences, self.clock))

    def match_batch(self, groups: Iterable[Group]) -> MatchBatch:
        """Make the use case that matches the events of a batch."""
        from whenthen.usecases.matching.match_batch import MatchBatch

        return MatchBatch(self.match_event, groups)

    @cached_property
    def reactions(self) -> tuple[Reaction, ...]:
        """Make the reactions to messages and delivery reports."""
        from whenthen.usecases.ingest.identify_sender import IdentifySender
        from whenthen.usecases.ingest.update_consent import UpdateConsent
        from whenthen.usecases.runs.apply_delivery_report import ApplyDeliveryReport

        return (
            IdentifySender(self.save_told_record, self.installation),
            UpdateConsent(self.records, self.clock),
            ApplyDeliveryReport(self.orchestrator, self.runs, self.clock),
        )

    @cached_property
    def show_automation(self) -> ShowAutomation:
        from whenthen.usecases.matching.show_automation import ShowAutomation

        return ShowAutomation(self.rules, self.rule_book, self.runs, self.timelines, self.occurrences, self.records)

    @cached_property
    def explain_event(self) -> ExplainEvent:
        from whenthen.usecases.matching.explain_event import ExplainEvent

        return ExplainEvent(self.event_log, self.rule_book, self.occurrences, self.records)
