"""Wire the use cases that start, carry on, show and stop runs."""
# ruff: noqa: PLC0415 - a function imports only the use cases that it calls

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from whenthen.runtime.wiring.enrolments import EnrolmentsWiring

if TYPE_CHECKING:
    from whenthen.domain.temporal.business_time import BusinessCalendar
    from whenthen.usecases.context.failing_rules import KnownFailing
    from whenthen.usecases.figures.count_outcomes import CountOutcomes
    from whenthen.usecases.runs.advance_sequence import AdvanceSequence
    from whenthen.usecases.runs.orchestrator import Orchestrator
    from whenthen.usecases.runs.pause_run import PauseRun, ResumeRun
    from whenthen.usecases.runs.publish_outcomes import PublishOutcomes
    from whenthen.usecases.runs.read_history import ReadHistory
    from whenthen.usecases.runs.resume_runs import ResumeRuns
    from whenthen.usecases.runs.skip_step import SkipStep
    from whenthen.usecases.runs.start_rule import StartRule
    from whenthen.usecases.runs.stop_run import StopRun
    from whenthen.usecases.sending.switch import SendingSwitch


class RunsWiring(EnrolmentsWiring):
    """Make each use case when it is first used."""

    @cached_property
    def sending_switch(self) -> SendingSwitch:
        from whenthen.usecases.sending.switch import SendingSwitch

        return SendingSwitch(self.installation, self.clock)

    @cached_property
    def orchestrator(self) -> Orchestrator:
        from whenthen.usecases.runs.orchestrator import Orchestrator

        return Orchestrator(
            self.rule_book,
            self.records,
            self.runs,
            self.queues,
            self.sequences,
            self.clock,
            self.occurrences,
            self.business_calendar,
            self.known_failing,
        )

    @cached_property
    def known_failing(self) -> KnownFailing:
        from whenthen.usecases.context.failing_rules import KnownFailing

        return KnownFailing(self.failing_rules, self.clock)

    def business_calendar(self) -> BusinessCalendar:
        """Read when people work, for a wait that counts by it."""
        from whenthen.usecases.context.calendar import ReadCalendar

        return ReadCalendar(self.installation)()

    @cached_property
    def start_rule(self) -> StartRule:
        from whenthen.usecases.runs.start_rule import StartRule

        return StartRule(self.rules, self.views, self.records, self.enrolments, self.bus, self.claim_key, self.clock)

    @cached_property
    def advance_sequence(self) -> AdvanceSequence:
        from whenthen.usecases.runs.advance_sequence import AdvanceSequence

        return AdvanceSequence(self.orchestrator, self.runs, self.sequences)

    @cached_property
    def resume_runs(self) -> ResumeRuns:
        from whenthen.usecases.runs.resume_runs import ResumeRuns

        return ResumeRuns(self.advance_sequence, self.orchestrator, self.runs, self.queues, self.circuits, self.clock)

    @cached_property
    def publish_outcomes(self) -> PublishOutcomes:
        from whenthen.usecases.runs.publish_outcomes import PublishOutcomes

        return PublishOutcomes(self.preloading, self.runs, self.bus, self.sequences)

    @cached_property
    def count_outcomes(self) -> CountOutcomes:
        from whenthen.usecases.figures.count_outcomes import CountOutcomes

        return CountOutcomes(self.figures)

    @cached_property
    def read_history(self) -> ReadHistory:
        from whenthen.usecases.runs.read_history import ReadHistory

        return ReadHistory(self.event_log, self.runs, self.rule_book)

    @cached_property
    def stop_run(self) -> StopRun:
        from whenthen.usecases.runs.stop_run import StopRun

        return StopRun(self.runs, self.sequences, self.clock)

    @cached_property
    def pause_run(self) -> PauseRun:
        from whenthen.usecases.runs.pause_run import PauseRun

        return PauseRun(self.runs, self.clock)

    @cached_property
    def skip_step(self) -> SkipStep:
        from whenthen.usecases.runs.skip_step import SkipStep

        return SkipStep(self.rule_book, self.runs, self.sequences, self.clock)

    @cached_property
    def resume_run(self) -> ResumeRun:
        from whenthen.usecases.runs.pause_run import ResumeRun

        return ResumeRun(self.runs, self.sequences, self.clock)
