"""Make the adapters of a function from its settings, each when it is first used.

Each property imports its own adapter, so that a cold start loads no others.
"""
# ruff: noqa: PLC0415 - see above

from __future__ import annotations

from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from botocore.config import Config

    from whenthen.adapters.aws.queues import DeadLetters, OwnQueue
    from whenthen.adapters.dynamodb.config_table.rule_book import DynamoRuleBook
    from whenthen.adapters.dynamodb.records_table.records import DynamoRecords
    from whenthen.adapters.dynamodb.records_table.source_updates import DynamoSourceUpdates
    from whenthen.ports.administration import (
        ApiKeys,
        IdempotencyKeys,
        Rejections,
        SecretVault,
        SettingStore,
        SourceStore,
    )
    from whenthen.ports.clock import Clock, Enrolments, Sweeps
    from whenthen.ports.events import Bus, EventLog, Occurrences, Preloading, Timelines
    from whenthen.ports.imports import ImportFiles, ImportStore, ImportWorkers
    from whenthen.ports.providers import Graph, Http, LeadForms, LeadQueue, Objects, Secrets, Threads
    from whenthen.ports.rules import RuleStore, ViewStore
    from whenthen.ports.runs import Budgets, JobQueues, RunLedger, Sequences
    from whenthen.runtime.environment import Settings


class Adapters:
    """Hold the adapters, by their names."""

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
    def sqs(self) -> Any:
        return self.client("sqs")

    @cached_property
    def clock(self) -> Clock:
        from whenthen.adapters.clock import SystemClock

        return SystemClock()

    @cached_property
    def retention(self) -> timedelta:
        return timedelta(days=self.settings.retention_days)

    @cached_property
    def bus(self) -> Bus:
        from whenthen.adapters.aws.event_bus import EventBridgeBus

        return EventBridgeBus(self.client("events"), self.settings.bus_name)

    @cached_property
    def leads(self) -> LeadQueue:
        from whenthen.adapters.aws.queues import SqsLeads

        return SqsLeads(self.sqs, self.settings.lead_queue_url)

    @cached_property
    def lead_forms(self) -> LeadForms:
        from whenthen.adapters.dynamodb.config_table.lead_forms import DynamoLeadForms

        return DynamoLeadForms(self.dynamodb, self.settings.config_table)

    @cached_property
    def queues(self) -> JobQueues:
        from whenthen.adapters.aws.queues import SqsJobs

        return SqsJobs(self.sqs, self.settings.channel_queue_url)

    @cached_property
    def messages(self) -> OwnQueue:
        """Make the client of the queue that this function works on."""
        from whenthen.adapters.aws.queues import OwnQueue

        return OwnQueue(self.sqs, self.settings.queue_url, self.settings.dead_letter_url)

    @cached_property
    def import_messages(self) -> OwnQueue:
        """Make the client of the matcher's second queue, that of imports."""
        from whenthen.adapters.aws.queues import OwnQueue

        return OwnQueue(self.sqs, self.settings.import_queue_url, self.settings.import_dead_letter_url)

    @cached_property
    def lost_changes(self) -> DeadLetters:
        """Make the dead-letter queue for changes of records that can never be published."""
        from whenthen.adapters.aws.queues import DeadLetters

        return DeadLetters(self.sqs, self.settings.dead_letter_url, "records")

    @cached_property
    def lost_outcomes(self) -> DeadLetters:
        """Make the dead-letter queue for outcomes of runs that can never be published."""
        from whenthen.adapters.aws.queues import DeadLetters

        return DeadLetters(self.sqs, self.settings.dead_letter_url, "runs")

    @cached_property
    def sequences(self) -> Sequences:
        from whenthen.adapters.aws.sequences import StepFunctions

        return StepFunctions(self.client("stepfunctions"), self.settings.sequence_arn)

    @cached_property
    def enrolments(self) -> Enrolments:
        from whenthen.adapters.aws.paginated_work import EnrolmentMachine

        return EnrolmentMachine(self.client("stepfunctions"), self.settings.enrolment_arn)

    @cached_property
    def import_workers(self) -> ImportWorkers:
        from whenthen.adapters.aws.paginated_work import ImportMachine

        return ImportMachine(self.client("stepfunctions"), self.settings.import_arn)

    @cached_property
    def import_files(self) -> ImportFiles:
        from whenthen.adapters.aws.import_files import SIGNING, S3ImportFiles

        return S3ImportFiles(self.client("s3", SIGNING), self.settings.bucket_name)

    @cached_property
    def imports(self) -> ImportStore:
        from whenthen.adapters.dynamodb.imports.imports import DynamoImports

        settings = self.settings
        return DynamoImports(self.dynamodb, settings.runs_table, settings.records_table, self.retention)

    @cached_property
    def secrets(self) -> Secrets:
        from whenthen.adapters.aws.secret_reader import SecretsManager

        return SecretsManager(self.client("secretsmanager"), self.settings.secrets_prefix)

    @cached_property
    def vault(self) -> SecretVault:
        from whenthen.adapters.aws.secret_writer import SecretsManagerVault

        return SecretsManagerVault(self.client("secretsmanager"), self.settings.secrets_prefix)

    @cached_property
    def http(self) -> Http:
        from whenthen.adapters.http.client import GuardedHttp

        allow = self.settings.dangerously_allow_private_addresses
        return GuardedHttp(dangerously_allow_private_addresses=allow)

    @cached_property
    def graph(self) -> Graph:
        from whenthen.adapters.providers.graph import GraphApi

        return GraphApi(self.http, self.secrets, self.settings.graph_api_url, self.settings.graph_api_version)

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
        from whenthen.adapters.dynamodb.runs_table.rejections import DynamoRejections

        return DynamoRejections(lambda: self.dynamodb, self.settings.runs_table)

    @cached_property
    def low_timeout_rejections(self) -> Rejections:
        """Make a store for callers that must not be held up by it: one attempt, half a second."""
        from whenthen.adapters.aws.client import LOW_TIMEOUT
        from whenthen.adapters.dynamodb.runs_table.rejections import DynamoRejections

        return DynamoRejections(lambda: self.client("dynamodb", LOW_TIMEOUT), self.settings.runs_table)

    @cached_property
    def installation(self) -> SettingStore:
        from whenthen.adapters.dynamodb.config_table.settings import DynamoSettings

        return DynamoSettings(self.dynamodb, self.settings.config_table)

    @cached_property
    def objects(self) -> Objects:
        from whenthen.adapters.aws.object_store import S3Objects

        return S3Objects(self.client("s3"), self.settings.bucket_name)

    @cached_property
    def budgets(self) -> Budgets:
        from whenthen.adapters.dynamodb.runs_table.budgets import DynamoBudgets

        return DynamoBudgets(self.dynamodb, self.settings.runs_table, self.retention)

    @cached_property
    def threads(self) -> Threads:
        from whenthen.adapters.dynamodb.runs_table.mail_threads import DynamoThreads

        return DynamoThreads(self.dynamodb, self.settings.runs_table, self.retention)

    @cached_property
    def idempotency_keys(self) -> IdempotencyKeys:
        from whenthen.adapters.dynamodb.runs_table.idempotency_keys import DynamoIdempotencyKeys

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

        settings = self.settings
        return DynamoRuns(self.dynamodb, settings.runs_table, settings.records_table, self.clock, self.retention)

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
