"""The use cases of a function, made of its adapters: each when it is first used.

Those that receive and match events never load templates or models: each use case is imported inside its property.
"""
# ruff: noqa: PLC0415 - see above

from __future__ import annotations

from functools import cache, cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any

from whenthen.runtime.adapters import Adapters
from whenthen.runtime.environment import Misconfigured, from_environment

if TYPE_CHECKING:
    from collections.abc import Callable

    from whenthen.usecases.admin.authorize import Authorize
    from whenthen.usecases.admin.lint_rule import LintRule
    from whenthen.usecases.admin.manage_imports import ManageImports
    from whenthen.usecases.admin.manage_rules import ManageRules
    from whenthen.usecases.admin.manage_settings import ManageSettings
    from whenthen.usecases.admin.manage_sources import ManageSources
    from whenthen.usecases.admin.manage_views import ManageViews
    from whenthen.usecases.admin.try_source import TrySource
    from whenthen.usecases.ingest.fetch_lead import FetchLead
    from whenthen.usecases.ingest.fire_due_dates import FireDueDates
    from whenthen.usecases.ingest.publish_changes import PublishChanges
    from whenthen.usecases.ingest.receive_email import ReceiveEmail
    from whenthen.usecases.ingest.receive_meta import ReceiveMeta
    from whenthen.usecases.ingest.receive_webhook import ReceiveWebhook
    from whenthen.usecases.ingest.reconcile_leads import ReconcileLeads
    from whenthen.usecases.ingest.send_event import SendEvent
    from whenthen.usecases.matching.explain_event import ExplainEvent
    from whenthen.usecases.matching.match_event import MatchEvent, Reaction
    from whenthen.usecases.records.import_records import ImportRecords
    from whenthen.usecases.records.merge_records import MergeRecords
    from whenthen.usecases.records.save_record import SaveRecord
    from whenthen.usecases.runs.advance_sequence import AdvanceSequence
    from whenthen.usecases.runs.enrol_view import EnrolView
    from whenthen.usecases.runs.orchestrator import Orchestrator
    from whenthen.usecases.runs.perform_job import Channel, PerformJob
    from whenthen.usecases.runs.publish_outcomes import PublishOutcomes
    from whenthen.usecases.runs.read_history import ReadHistory
    from whenthen.usecases.runs.start_rule import StartRule
    from whenthen.usecases.runs.stop_run import StopRun


class Wiring(Adapters):
    """The use cases, by their names."""

    @cached_property
    def save_record(self) -> SaveRecord:
        from whenthen.usecases.records.save_record import SaveRecord

        return SaveRecord(self.records, self.clock, self.settings.default_country)

    @cached_property
    def receive_meta(self) -> ReceiveMeta:
        from whenthen.usecases.ingest.receive_meta import ReceiveMeta

        return ReceiveMeta(self.bus, self.leads, self.secrets, self.clock)

    @cached_property
    def receive_webhook(self) -> ReceiveWebhook:
        from whenthen.usecases.ingest.receive_webhook import ReceiveWebhook
        from whenthen.usecases.ingest.record_rejection import RecordRejection

        rejections = RecordRejection(self.low_timeout_rejections, self.clock)
        return ReceiveWebhook(self.sources, self.secrets, self.save_record, self.bus, rejections, self.clock)

    @cached_property
    def receive_email(self) -> ReceiveEmail:
        from whenthen.usecases.ingest.receive_email import ReceiveEmail

        own, further = self.settings.mail_from, self.settings.mail_senders
        return ReceiveEmail(self.objects, self.threads, self.bus, self.clock, own, further)

    @cached_property
    def fetch_lead(self) -> FetchLead:
        from whenthen.usecases.ingest.fetch_lead import FetchLead

        country = self.settings.default_country
        return FetchLead(self.graph, self.save_record, self.bus, self.leads, self.lead_forms, self.clock, country)

    @cached_property
    def reconcile_leads(self) -> ReconcileLeads:
        from whenthen.usecases.ingest.reconcile_leads import ReconcileLeads

        return ReconcileLeads(
            self.graph, self.lead_forms, self.leads, self.event_log, self.installation, self.clock, self.retention
        )

    @cached_property
    def publish_changes(self) -> PublishChanges:
        from whenthen.usecases.ingest.publish_changes import PublishChanges

        return PublishChanges(self.bus, self.clock)

    @cached_property
    def publish_outcomes(self) -> PublishOutcomes:
        from whenthen.usecases.runs.publish_outcomes import PublishOutcomes

        return PublishOutcomes(self.rule_book, self.runs, self.bus)

    @cached_property
    def orchestrator(self) -> Orchestrator:
        from whenthen.usecases.runs.orchestrator import Orchestrator

        return Orchestrator(
            self.rule_book, self.records, self.runs, self.queues, self.sequences, self.clock, self.occurrences
        )

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
        """What messages, and reports about them, do of themselves."""
        from whenthen.usecases.ingest.identify_sender import IdentifySender
        from whenthen.usecases.ingest.update_consent import UpdateConsent
        from whenthen.usecases.runs.settle_report import SettleReport

        return (
            IdentifySender(self.save_record, self.installation),
            UpdateConsent(self.records, self.clock),
            SettleReport(self.orchestrator, self.runs, self.clock),
        )

    @cached_property
    def fire_due_dates(self) -> FireDueDates:
        from whenthen.usecases.ingest.fire_due_dates import FireDueDates

        return FireDueDates(self.rule_book, self.records, self.enrolments, self.sweeps, self.bus, self.clock)

    @cached_property
    def enrol_view(self) -> EnrolView:
        from whenthen.usecases.runs.enrol_view import EnrolView

        return EnrolView(self.rule_book, self.records, self.bus)

    @cached_property
    def advance_sequence(self) -> AdvanceSequence:
        from whenthen.usecases.runs.advance_sequence import AdvanceSequence

        return AdvanceSequence(self.orchestrator, self.runs, self.queues, self.sequences)

    @cached_property
    def perform_step(self) -> Callable[[str, str, int], object]:
        """Return the use case of this function's channel, and load no other's. Raises Misconfigured."""
        perform: Callable[[str, str, int], object] = self._channel.wire(self)
        return perform

    @property
    def calls_outside(self) -> bool:
        """Whether this function's channel calls other systems, and so needs more time to begin a job."""
        outside: bool = self._channel.CALLS_OUTSIDE
        return outside

    @cached_property
    def _channel(self) -> Any:
        """The `wiring` module of the channel's folder."""
        channel = self.settings.channel
        try:
            return import_module(f"whenthen.channels.{channel}.wiring")
        except ModuleNotFoundError as error:
            raise Misconfigured(f"the environment variable CHANNEL is {channel!r}, which is no channel") from error

    def perform_job(self, channel: Channel) -> PerformJob:
        """Make the use case that performs the jobs of a channel outside of the store."""
        from whenthen.usecases.runs.perform_job import PerformJob

        return PerformJob(self.orchestrator, self.runs, self.queues, self.clock, channel)

    @cached_property
    def authorize(self) -> Authorize:
        from whenthen.usecases.admin.authorize import Authorize

        return Authorize(self.keys, self.secrets)

    @cached_property
    def manage_rules(self) -> ManageRules:
        from whenthen.usecases.admin.manage_rules import ManageRules

        return ManageRules(self.rules, self.views, self.clock, self.lint_rule)

    @cached_property
    def lint_rule(self) -> LintRule:
        from whenthen.usecases.admin.lint_rule import LintRule

        return LintRule(self.rules)

    @cached_property
    def manage_views(self) -> ManageViews:
        from whenthen.usecases.admin.manage_views import ManageViews

        return ManageViews(self.views, self.rules, self.manage_rules, self.records, self.clock)

    @cached_property
    def start_rule(self) -> StartRule:
        from whenthen.usecases.runs.start_rule import StartRule

        return StartRule(self.rules, self.views, self.records, self.enrolments, self.bus, self.clock)

    @cached_property
    def merge_records(self) -> MergeRecords:
        from whenthen.usecases.records.merge_records import MergeRecords

        return MergeRecords(self.records, self.clock)

    @cached_property
    def manage_imports(self) -> ManageImports:
        from whenthen.usecases.admin.manage_imports import ManageImports

        return ManageImports(self.imports, self.import_files, self.import_workers, self.rules, self.clock)

    @cached_property
    def import_records(self) -> ImportRecords:
        from whenthen.usecases.records.import_records import ImportRecords

        country = self.settings.default_country
        return ImportRecords(self.imports, self.import_files, self.records, self.bus, self.clock, country)

    @cached_property
    def manage_sources(self) -> ManageSources:
        from whenthen.usecases.admin.manage_sources import ManageSources

        return ManageSources(self.sources, self.vault)

    @cached_property
    def try_source(self) -> TrySource:
        from whenthen.usecases.admin.try_source import TrySource

        return TrySource(self.sources, self.save_record, self.clock)

    @cached_property
    def manage_settings(self) -> ManageSettings:
        from whenthen.usecases.admin.manage_settings import ManageSettings

        return ManageSettings(self.installation)

    @cached_property
    def send_event(self) -> SendEvent:
        from whenthen.usecases.ingest.send_event import SendEvent

        return SendEvent(self.bus, self.clock, self.settings.default_country)

    @cached_property
    def read_history(self) -> ReadHistory:
        from whenthen.usecases.runs.read_history import ReadHistory

        return ReadHistory(self.event_log, self.runs)

    @cached_property
    def explain_event(self) -> ExplainEvent:
        from whenthen.usecases.matching.explain_event import ExplainEvent

        return ExplainEvent(self.event_log, self.rule_book, self.occurrences, self.records)

    @cached_property
    def stop_run(self) -> StopRun:
        from whenthen.usecases.runs.stop_run import StopRun

        return StopRun(self.runs, self.sequences, self.clock)


@cache
def wired() -> Wiring:
    """The wiring of this process, by its environment."""
    return Wiring(from_environment())
