"""The one place that builds things: adapters from settings, use cases from adapters. Each when it is first used.

A function imports what it wires, inside the property that needs it: those that receive and match events never
load templates or models, and a cold start pays for nothing else's adapters.
"""
# ruff: noqa: PLC0415 - see above

from __future__ import annotations

from datetime import timedelta
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

from whenthen.runtime.settings import Settings, from_environment

if TYPE_CHECKING:
    from botocore.config import Config

    from whenthen.adapters.dynamodb.records import DynamoRecords
    from whenthen.adapters.queues import DeadLetters, OwnQueue
    from whenthen.ports.administration import ApiKeys, SecretVault, SettingStore, SourceStore
    from whenthen.ports.clock import Clock, Enrolments, Sweeps
    from whenthen.ports.events import Bus, EventLog, Timelines
    from whenthen.ports.imports import ImportFiles, ImportStore, ImportWorkers
    from whenthen.ports.outside import Graph, Http, LeadQueue, Mailer, Objects, Secrets, Threads
    from whenthen.ports.rules import RuleBook, RuleStore, ViewStore
    from whenthen.ports.runs import JobQueues, RunLedger, Sequences
    from whenthen.usecases.accept_hook import AcceptHook
    from whenthen.usecases.accept_meta import AcceptMeta
    from whenthen.usecases.advance_sequence import AdvanceSequence
    from whenthen.usecases.authorize import Authorize
    from whenthen.usecases.change_record import ChangeRecord
    from whenthen.usecases.enrol_view import EnrolView
    from whenthen.usecases.explain_event import ExplainEvent
    from whenthen.usecases.fetch_lead import FetchLead
    from whenthen.usecases.fire_due_dates import FireDueDates
    from whenthen.usecases.import_records import ImportRecords
    from whenthen.usecases.manage_imports import ManageImports
    from whenthen.usecases.manage_rules import ManageRules
    from whenthen.usecases.manage_settings import ManageSettings
    from whenthen.usecases.manage_sources import ManageSources
    from whenthen.usecases.manage_views import ManageViews
    from whenthen.usecases.match_event import MatchEvent
    from whenthen.usecases.perform_job import PerformJob
    from whenthen.usecases.progress import Progress
    from whenthen.usecases.publish_changes import PublishChanges
    from whenthen.usecases.publish_outcomes import PublishOutcomes
    from whenthen.usecases.read_history import ReadHistory
    from whenthen.usecases.receive_email import ReceiveEmail
    from whenthen.usecases.save_record import SaveRecord
    from whenthen.usecases.send_event import SendEvent
    from whenthen.usecases.start_rule import StartRule
    from whenthen.usecases.stop_run import StopRun


class _Adapters:
    """What the outside is, by the settings."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def client(self, service: str, config: Config | None = None) -> Any:
        """A low-level client with bounded time and attempts. Tests put theirs in the place of this method."""
        import boto3

        from whenthen.adapters.aws import STORE

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
        from whenthen.adapters.bus import EventBridgeBus

        return EventBridgeBus(self.client("events"), self.settings.bus_name)

    @cached_property
    def leads(self) -> LeadQueue:
        from whenthen.adapters.queues import SqsLeads

        return SqsLeads(self.sqs, self.settings.lead_queue_url)

    @cached_property
    def queues(self) -> JobQueues:
        from whenthen.adapters.queues import SqsJobs
        from whenthen.domain.actions import Channel

        settings = self.settings
        urls = {
            Channel.EMAIL: settings.email_queue_url,
            Channel.WHATSAPP: settings.whatsapp_queue_url,
            Channel.WEBHOOK: settings.webhook_queue_url,
            Channel.RECORD: settings.record_queue_url,
        }
        return SqsJobs(self.sqs, urls)

    @cached_property
    def messages(self) -> OwnQueue:
        """The queue that this function works on."""
        from whenthen.adapters.queues import OwnQueue

        return OwnQueue(self.sqs, self.settings.queue_url, self.settings.dead_letter_url)

    @cached_property
    def lost_changes(self) -> DeadLetters:
        """Where changes of records go that can never be published."""
        from whenthen.adapters.queues import DeadLetters

        return DeadLetters(self.sqs, self.settings.dead_letter_url, "records")

    @cached_property
    def lost_outcomes(self) -> DeadLetters:
        """Where outcomes of runs go that can never be published."""
        from whenthen.adapters.queues import DeadLetters

        return DeadLetters(self.sqs, self.settings.dead_letter_url, "runs")

    @cached_property
    def sequences(self) -> Sequences:
        from whenthen.adapters.sequences import StepFunctions

        return StepFunctions(self.client("stepfunctions"), self.settings.sequence_arn)

    @cached_property
    def enrolments(self) -> Enrolments:
        from whenthen.adapters.machines import EnrolmentMachine

        return EnrolmentMachine(self.client("stepfunctions"), self.settings.enrolment_arn)

    @cached_property
    def import_workers(self) -> ImportWorkers:
        from whenthen.adapters.machines import ImportMachine

        return ImportMachine(self.client("stepfunctions"), self.settings.import_arn)

    @cached_property
    def import_files(self) -> ImportFiles:
        from whenthen.adapters.import_files import SIGNING, S3ImportFiles

        return S3ImportFiles(self.client("s3", SIGNING), self.settings.bucket_name)

    @cached_property
    def imports(self) -> ImportStore:
        from whenthen.adapters.dynamodb.imports import DynamoImports

        settings = self.settings
        return DynamoImports(self.dynamodb, settings.runs_table, settings.records_table, self.retention)

    @cached_property
    def secrets(self) -> Secrets:
        from whenthen.adapters.secrets import SecretsManager

        return SecretsManager(self.client("secretsmanager"), self.settings.secrets_prefix)

    @cached_property
    def vault(self) -> SecretVault:
        from whenthen.adapters.vault import SecretsManagerVault

        return SecretsManagerVault(self.client("secretsmanager"), self.settings.secrets_prefix)

    @cached_property
    def http(self) -> Http:
        from whenthen.adapters.http import GuardedHttp

        allow = self.settings.dangerously_allow_private_addresses
        return GuardedHttp(dangerously_allow_private_addresses=allow)

    @cached_property
    def graph(self) -> Graph:
        from whenthen.adapters.channels.graph import GraphApi

        return GraphApi(self.http, self.secrets, self.settings.graph_api_url, self.settings.graph_api_version)

    @cached_property
    def mailer(self) -> Mailer:
        from whenthen.adapters.aws import ONCE
        from whenthen.adapters.channels.ses import SesMailer

        return SesMailer(self.client("ses", ONCE), self.settings.mail_configuration_set)

    @cached_property
    def rule_book(self) -> RuleBook:
        from whenthen.adapters.dynamodb.rulebook import DynamoRuleBook

        return DynamoRuleBook(self.dynamodb, self.settings.config_table)

    @cached_property
    def rules(self) -> RuleStore:
        from whenthen.adapters.dynamodb.rules import DynamoRules

        return DynamoRules(self.dynamodb, self.settings.config_table)

    @cached_property
    def sources(self) -> SourceStore:
        from whenthen.adapters.dynamodb.settings import DynamoSources

        return DynamoSources(self.dynamodb, self.settings.config_table)

    @cached_property
    def installation(self) -> SettingStore:
        from whenthen.adapters.dynamodb.settings import DynamoSettings

        return DynamoSettings(self.dynamodb, self.settings.config_table)

    @cached_property
    def objects(self) -> Objects:
        from whenthen.adapters.objects import S3Objects

        return S3Objects(self.client("s3"), self.settings.bucket_name)

    @cached_property
    def threads(self) -> Threads:
        from whenthen.adapters.dynamodb.threads import DynamoThreads

        return DynamoThreads(self.dynamodb, self.settings.runs_table, self.retention)

    @cached_property
    def keys(self) -> ApiKeys:
        from whenthen.adapters.dynamodb.settings import DynamoApiKeys

        return DynamoApiKeys(self.dynamodb, self.settings.config_table)

    @cached_property
    def views(self) -> ViewStore:
        from whenthen.adapters.dynamodb.views import DynamoViews

        return DynamoViews(self.dynamodb, self.settings.config_table)

    @cached_property
    def sweeps(self) -> Sweeps:
        from whenthen.adapters.dynamodb.settings import DynamoSweeps

        return DynamoSweeps(self.dynamodb, self.settings.config_table)

    @cached_property
    def records(self) -> DynamoRecords:
        """The records, and the index of their dates."""
        from whenthen.adapters.dynamodb.records import DynamoRecords

        return DynamoRecords(self.dynamodb, self.settings.records_table)

    @cached_property
    def runs(self) -> RunLedger:
        from whenthen.adapters.dynamodb.runs import DynamoRuns

        settings = self.settings
        return DynamoRuns(self.dynamodb, settings.runs_table, settings.records_table, self.clock, self.retention)

    @cached_property
    def timelines(self) -> Timelines:
        from whenthen.adapters.dynamodb.timelines import DynamoTimelines

        return DynamoTimelines(self.dynamodb, self.settings.runs_table)

    @cached_property
    def event_log(self) -> EventLog:
        from whenthen.adapters.dynamodb.events import DynamoEventLog

        return DynamoEventLog(self.dynamodb, self.settings.runs_table, self.retention)


class Wiring(_Adapters):
    """The use cases, by their names."""

    @cached_property
    def save_record(self) -> SaveRecord:
        from whenthen.usecases.save_record import SaveRecord

        return SaveRecord(self.records, self.clock, self.settings.default_country)

    @cached_property
    def accept_meta(self) -> AcceptMeta:
        from whenthen.usecases.accept_meta import AcceptMeta

        return AcceptMeta(self.bus, self.leads, self.secrets, self.clock)

    @cached_property
    def accept_hook(self) -> AcceptHook:
        from whenthen.usecases.accept_hook import AcceptHook

        return AcceptHook(self.sources, self.secrets, self.save_record, self.bus, self.clock)

    @cached_property
    def receive_email(self) -> ReceiveEmail:
        from whenthen.usecases.receive_email import ReceiveEmail

        return ReceiveEmail(self.objects, self.threads, self.bus, self.clock, self.settings.mail_from)

    @cached_property
    def fetch_lead(self) -> FetchLead:
        from whenthen.usecases.fetch_lead import FetchLead

        return FetchLead(self.graph, self.save_record, self.bus, self.clock, self.settings.default_country)

    @cached_property
    def publish_changes(self) -> PublishChanges:
        from whenthen.usecases.publish_changes import PublishChanges

        return PublishChanges(self.bus, self.clock)

    @cached_property
    def publish_outcomes(self) -> PublishOutcomes:
        from whenthen.usecases.publish_outcomes import PublishOutcomes

        return PublishOutcomes(self.rule_book, self.runs, self.bus)

    @cached_property
    def progress(self) -> Progress:
        from whenthen.usecases.progress import Progress

        return Progress(self.rule_book, self.records, self.runs, self.queues, self.sequences, self.clock)

    @cached_property
    def match_event(self) -> MatchEvent:
        from whenthen.usecases.keep_consent import KeepConsent
        from whenthen.usecases.know_person import KnowPerson
        from whenthen.usecases.match_event import MatchEvent
        from whenthen.usecases.settle_report import SettleReport
        from whenthen.usecases.stop_on_exit import StopOnExit

        stop_on_exit = StopOnExit(self.rule_book, self.runs, self.sequences, self.clock)
        reactions = (
            KnowPerson(self.save_record, self.installation),
            KeepConsent(self.records, self.clock),
            SettleReport(self.progress),
        )
        return MatchEvent(self.progress, stop_on_exit, self.event_log, reactions)

    @cached_property
    def fire_due_dates(self) -> FireDueDates:
        from whenthen.usecases.fire_due_dates import FireDueDates

        return FireDueDates(self.rule_book, self.records, self.enrolments, self.sweeps, self.bus, self.clock)

    @cached_property
    def enrol_view(self) -> EnrolView:
        from whenthen.usecases.enrol_view import EnrolView

        return EnrolView(self.rule_book, self.records, self.bus)

    @cached_property
    def advance_sequence(self) -> AdvanceSequence:
        from whenthen.usecases.advance_sequence import AdvanceSequence

        return AdvanceSequence(self.progress)

    @cached_property
    def send_email(self) -> PerformJob:
        from whenthen.usecases.keep_consent import Consents
        from whenthen.usecases.perform_job import PerformJob
        from whenthen.usecases.send_email import SendEmail

        consents = Consents(self.records)
        channel = SendEmail(self.mailer, self.settings.mail_from, consents, self.threads, self.clock)
        return PerformJob(self.progress, channel)

    @cached_property
    def send_whatsapp(self) -> PerformJob:
        from whenthen.usecases.keep_consent import Consents
        from whenthen.usecases.perform_job import PerformJob
        from whenthen.usecases.send_whatsapp import SendWhatsapp

        channel = SendWhatsapp(self.graph, self.settings.default_country, Consents(self.records))
        return PerformJob(self.progress, channel)

    @cached_property
    def call_webhook(self) -> PerformJob:
        from whenthen.usecases.call_webhook import CallWebhook
        from whenthen.usecases.perform_job import PerformJob

        return PerformJob(self.progress, CallWebhook(self.http, self.secrets, self.clock))

    @cached_property
    def change_record(self) -> ChangeRecord:
        from whenthen.usecases.change_record import ChangeRecord

        return ChangeRecord(self.progress, self.settings.default_country)

    @cached_property
    def authorize(self) -> Authorize:
        from whenthen.usecases.authorize import Authorize

        return Authorize(self.keys, self.secrets)

    @cached_property
    def manage_rules(self) -> ManageRules:
        from whenthen.usecases.manage_rules import ManageRules

        return ManageRules(self.rules, self.views, self.clock)

    @cached_property
    def manage_views(self) -> ManageViews:
        from whenthen.usecases.manage_views import ManageViews

        return ManageViews(self.views, self.rules, self.manage_rules, self.records, self.clock)

    @cached_property
    def start_rule(self) -> StartRule:
        from whenthen.usecases.start_rule import StartRule

        return StartRule(self.rules, self.views, self.records, self.enrolments, self.bus, self.clock)

    @cached_property
    def manage_imports(self) -> ManageImports:
        from whenthen.usecases.manage_imports import ManageImports

        return ManageImports(self.imports, self.import_files, self.import_workers, self.rules, self.clock)

    @cached_property
    def import_records(self) -> ImportRecords:
        from whenthen.usecases.import_records import ImportRecords

        country = self.settings.default_country
        return ImportRecords(self.imports, self.import_files, self.records, self.bus, self.clock, country)

    @cached_property
    def manage_sources(self) -> ManageSources:
        from whenthen.usecases.manage_sources import ManageSources

        return ManageSources(self.sources, self.vault)

    @cached_property
    def manage_settings(self) -> ManageSettings:
        from whenthen.usecases.manage_settings import ManageSettings

        return ManageSettings(self.installation)

    @cached_property
    def send_event(self) -> SendEvent:
        from whenthen.usecases.send_event import SendEvent

        return SendEvent(self.bus, self.clock, self.settings.default_country)

    @cached_property
    def read_history(self) -> ReadHistory:
        from whenthen.usecases.read_history import ReadHistory

        return ReadHistory(self.event_log, self.runs)

    @cached_property
    def explain_event(self) -> ExplainEvent:
        from whenthen.usecases.explain_event import ExplainEvent

        return ExplainEvent(self.event_log, self.rule_book)

    @cached_property
    def stop_run(self) -> StopRun:
        from whenthen.usecases.stop_run import StopRun

        return StopRun(self.runs, self.sequences, self.clock)


@cache
def wired() -> Wiring:
    """The wiring of this process, by its environment."""
    return Wiring(from_environment())
