"""Make the stores of a function on its tables, each when it is first used.

Each property imports its own adapter, so that a cold start loads no others.
"""
# ruff: noqa: PLC0415 - see above

from __future__ import annotations

from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from botocore.config import Config

    from whenthen.adapters.dynamodb.config_table.rule_book import DynamoRuleBook
    from whenthen.adapters.dynamodb.records_table.records import DynamoRecords
    from whenthen.adapters.dynamodb.records_table.source_updates import DynamoSourceUpdates
    from whenthen.ports.administration import (
        ApiKeys,
        ConnectionStore,
        IdempotencyKeys,
        Rejections,
        SettingStore,
        SourceStore,
    )
    from whenthen.ports.background.enrolments import EnrolmentStore
    from whenthen.ports.background.figures import Figures
    from whenthen.ports.background.imports import ImportStore
    from whenthen.ports.background.work import FailingRules, WorkStore
    from whenthen.ports.clock import Clock, Sweeps
    from whenthen.ports.events import EventLog, Occurrences, Preloading, Timelines
    from whenthen.ports.providers import LeadForms, Threads
    from whenthen.ports.rules import RuleStore, ViewStore
    from whenthen.ports.runs import Budgets, RunLedger
    from whenthen.ports.sending import Circuits, MessageLog, Notices, SendingStates, SendLogs
    from whenthen.ports.templates import Templates, TemplateStore
    from whenthen.runtime.environment import Settings


class Stores:
    """Hold the stores, the clock and the clients that they share, by their names."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def client(self, service: str, config: Config | None = None) -> Any:
        """Make a low-level client with bounded time and attempts. Tests replace this method."""
        import boto3

        from whenthen.adapters.aws.client import STORE

        return boto3.client(service, config=config or STORE)  # type: ignore[call-overload]

    @cached_property
    def dynamodb(self) -> Any:
        return self.client("dynamodb")

    @cached_property
    def clock(self) -> Clock:
        from whenthen.adapters.clock import SystemClock

        return SystemClock()

    @cached_property
    def retention(self) -> timedelta:
        return timedelta(days=self.settings.retention_days)

    @cached_property
    def lead_forms(self) -> LeadForms:
        from whenthen.adapters.dynamodb.config_table.lead_forms import DynamoLeadForms

        return DynamoLeadForms(self.dynamodb, self.settings.config_table)

    @cached_property
    def imports(self) -> ImportStore:
        from whenthen.adapters.dynamodb.imports.imports import DynamoImports

        settings = self.settings
        return DynamoImports(self.dynamodb, settings.runs_table, settings.records_table, self.retention)

    @cached_property
    def enrolment_store(self) -> EnrolmentStore:
        from whenthen.adapters.dynamodb.enrolments.enrolments import DynamoEnrolments

        return DynamoEnrolments(self.dynamodb, self.settings.runs_table, self.clock, self.retention)

    @cached_property
    def rule_book(self) -> DynamoRuleBook:
        from whenthen.adapters.dynamodb.config_table.rule_book import DynamoRuleBook

        return DynamoRuleBook(self.dynamodb, self.settings.config_table)

    @cached_property
    def rules(self) -> RuleStore:
        from whenthen.adapters.dynamodb.config_table.rules import DynamoRules

        return DynamoRules(self.dynamodb, self.settings.config_table)

    @cached_property
    def sources(self) -> SourceStore:
        from whenthen.adapters.dynamodb.config_table.settings import DynamoSources

        return DynamoSources(self.dynamodb, self.settings.config_table)

    @cached_property
    def rejections(self) -> Rejections:
        from whenthen.adapters.dynamodb.intake.rejections import DynamoRejections

        return DynamoRejections(lambda: self.dynamodb, self.settings.runs_table)

    @cached_property
    def low_timeout_rejections(self) -> Rejections:
        """Make a store for callers that must not be held up by it: one attempt, half a second."""
        from whenthen.adapters.aws.client import LOW_TIMEOUT
        from whenthen.adapters.dynamodb.intake.rejections import DynamoRejections

        return DynamoRejections(lambda: self.client("dynamodb", LOW_TIMEOUT), self.settings.runs_table)

    @cached_property
    def installation(self) -> SettingStore:
        from whenthen.adapters.dynamodb.config_table.settings import DynamoSettings

        return DynamoSettings(self.dynamodb, self.settings.config_table)

    @cached_property
    def budgets(self) -> Budgets:
        from whenthen.adapters.dynamodb.runs_table.budgets import DynamoBudgets

        return DynamoBudgets(self.dynamodb, self.settings.runs_table, self.retention)

    @cached_property
    def sending_states(self) -> SendingStates:
        from whenthen.adapters.dynamodb.sending.sending_states import DynamoSendingStates

        return DynamoSendingStates(self.dynamodb, self.settings.config_table, self.settings.runs_table)

    @cached_property
    def send_logs(self) -> SendLogs:
        from whenthen.adapters.dynamodb.sending.send_logs import DynamoSendLogs

        return DynamoSendLogs(self.dynamodb, self.settings.runs_table)

    @cached_property
    def circuits(self) -> Circuits:
        from whenthen.adapters.dynamodb.sending.circuits import DynamoCircuits

        return DynamoCircuits(self.dynamodb, self.settings.runs_table)

    @cached_property
    def notices(self) -> Notices:
        from whenthen.adapters.dynamodb.sending.notices import DynamoNotices

        return DynamoNotices(self.dynamodb, self.settings.runs_table)

    @cached_property
    def message_log(self) -> MessageLog:
        from whenthen.adapters.dynamodb.sending.message_log import DynamoMessageLog

        return DynamoMessageLog(self.dynamodb, self.settings.runs_table, self.retention)

    @cached_property
    def threads(self) -> Threads:
        from whenthen.adapters.dynamodb.intake.mail_threads import DynamoThreads

        return DynamoThreads(self.dynamodb, self.settings.runs_table, self.retention)

    @cached_property
    def idempotency_keys(self) -> IdempotencyKeys:
        from whenthen.adapters.dynamodb.intake.idempotency_keys import DynamoIdempotencyKeys

        return DynamoIdempotencyKeys(self.dynamodb, self.settings.runs_table, self.retention)

    @cached_property
    def keys(self) -> ApiKeys:
        from whenthen.adapters.dynamodb.config_table.settings import DynamoApiKeys

        return DynamoApiKeys(self.dynamodb, self.settings.config_table)

    @cached_property
    def views(self) -> ViewStore:
        from whenthen.adapters.dynamodb.config_table.views import DynamoViews

        return DynamoViews(self.dynamodb, self.settings.config_table)

    @cached_property
    def templates(self) -> TemplateStore:
        from whenthen.adapters.dynamodb.config_table.templates import DynamoTemplates

        return DynamoTemplates(self.dynamodb, self.settings.config_table)

    @cached_property
    def template_book(self) -> Templates:
        from whenthen.adapters.dynamodb.config_table.templates import DynamoTemplateBook

        return DynamoTemplateBook(self.dynamodb, self.settings.config_table)

    @cached_property
    def connections(self) -> ConnectionStore:
        from whenthen.adapters.dynamodb.config_table.connections import DynamoConnections

        return DynamoConnections(self.dynamodb, self.settings.config_table)

    @cached_property
    def sweeps(self) -> Sweeps:
        from whenthen.adapters.dynamodb.config_table.settings import DynamoSweeps

        return DynamoSweeps(self.dynamodb, self.settings.config_table)

    @cached_property
    def records(self) -> DynamoRecords:
        """Make the store of records, which holds the index of their dates too."""
        from whenthen.adapters.dynamodb.records_table.records import DynamoRecords

        return DynamoRecords(self.dynamodb, self.settings.records_table, lambda: self.processed_updates)

    @cached_property
    def processed_updates(self) -> DynamoSourceUpdates:
        from whenthen.adapters.dynamodb.records_table.source_updates import DynamoSourceUpdates

        return DynamoSourceUpdates(self.dynamodb, self.settings.runs_table, self.retention)

    @cached_property
    def runs(self) -> RunLedger:
        from whenthen.adapters.dynamodb.runs_table.runs import DynamoRuns
        from whenthen.runtime.journal import LEDGER, Journal

        settings = self.settings
        runs = DynamoRuns(self.dynamodb, settings.runs_table, settings.records_table, self.clock, self.retention)
        return cast("RunLedger", Journal(runs, LEDGER))

    @cached_property
    def work(self) -> WorkStore:
        from whenthen.adapters.dynamodb.work.work import DynamoWork

        return DynamoWork(self.dynamodb, self.settings.runs_table, self.retention)

    @cached_property
    def failing_rules(self) -> FailingRules:
        from whenthen.adapters.dynamodb.work.failing_rules import DynamoFailingRules

        return DynamoFailingRules(self.dynamodb, self.settings.config_table, self.settings.runs_table)

    @cached_property
    def figures(self) -> Figures:
        from whenthen.adapters.dynamodb.figures.figures import DynamoFigures

        return DynamoFigures(self.dynamodb, self.settings.runs_table, self.clock)

    @cached_property
    def timelines(self) -> Timelines:
        from whenthen.adapters.dynamodb.runs_table.timelines import DynamoTimelines

        return DynamoTimelines(self.dynamodb, self.settings.runs_table)

    @cached_property
    def event_log(self) -> EventLog:
        from whenthen.adapters.dynamodb.runs_table.event_log import DynamoEventLog

        return DynamoEventLog(self.dynamodb, self.settings.runs_table, self.retention)

    @cached_property
    def preloading(self) -> Preloading:
        from whenthen.adapters.dynamodb.preloading import DynamoPreloading

        settings = self.settings
        return DynamoPreloading(
            self.dynamodb, settings.config_table, settings.runs_table, self.rule_book, lambda: self.records
        )

    @cached_property
    def occurrences(self) -> Occurrences:
        from whenthen.adapters.dynamodb.runs_table.occurrences import DynamoOccurrences

        return DynamoOccurrences(self.dynamodb, self.settings.runs_table, self.retention)
