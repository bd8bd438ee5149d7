"""Wire the use cases from any set of ports: fakes here, adapters in the crash sweep over AWS."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial

from tests.usecases.fakes.taps import Tap, Tapped
from whenthen.channels.api.effect import CallApi
from whenthen.channels.api.saving import SaveFields
from whenthen.channels.audience.effect import UpdateAudience
from whenthen.channels.chat.effect import SendChat
from whenthen.channels.email.attachments import Attachments
from whenthen.channels.email.effect import SendEmail
from whenthen.channels.record.effect import ChangeRecord
from whenthen.channels.registry import CHANNELS
from whenthen.channels.sms.effect import SendSms
from whenthen.channels.sms.message import SmsProvider
from whenthen.channels.staff.effect import Notify
from whenthen.channels.staff.messages import EmailWay, NoticeWay
from whenthen.channels.staff.rooms import RoomWay
from whenthen.channels.webhook.effect import CallWebhook
from whenthen.channels.whatsapp.effect import SendWhatsapp
from whenthen.domain.events.event import Event
from whenthen.ports.administration import ConnectionStore, Rejections, SettingStore, SourceStore
from whenthen.ports.background.enrolments import EnrolmentStore, EnrolmentWorkers
from whenthen.ports.background.imports import ImportFiles, ImportStore
from whenthen.ports.background.work import FailingRules, Workers, WorkStore
from whenthen.ports.clock import Clock, Sweeps
from whenthen.ports.events import Bus, EventLog, Occurrences, Preloading
from whenthen.ports.providers import Graph, Http, LeadForms, LeadQueue, Mailer, Objects, Secrets, Threads
from whenthen.ports.records import DateIndex, RecordStore
from whenthen.ports.rules import RuleBook
from whenthen.ports.runs import Budgets, JobQueues, RunLedger, Sequences
from whenthen.ports.sending import Circuits, MessageLog, Notices, SendingStates, SendLogs
from whenthen.ports.templates import Templates
from whenthen.usecases.connections.call_connection import CallConnection
from whenthen.usecases.connections.over_connection import OverConnection
from whenthen.usecases.connections.tokens import Tokens
from whenthen.usecases.context.calendar import ReadCalendar
from whenthen.usecases.context.failing_rules import KnownFailing
from whenthen.usecases.context.stored_messages import StoredMessages
from whenthen.usecases.control.manage_work import ManageWork
from whenthen.usecases.control.resume_failing import ResumeFailing
from whenthen.usecases.control.set_automation import SetAutomation
from whenthen.usecases.enrolments.begin_enrolment import BeginEnrolment
from whenthen.usecases.enrolments.count_members import Members
from whenthen.usecases.enrolments.enrol_records import EnrolRecords
from whenthen.usecases.enrolments.let_enter import LetEnter
from whenthen.usecases.enrolments.manage_enrolments import ManageEnrolments
from whenthen.usecases.ingest.fetch_lead import FetchLead
from whenthen.usecases.ingest.fire_due_dates import FireDueDates
from whenthen.usecases.ingest.identify_sender import IdentifySender
from whenthen.usecases.ingest.publish_changes import PublishChanges
from whenthen.usecases.ingest.receive_email import ReceiveEmail
from whenthen.usecases.ingest.receive_meta import ReceiveMeta
from whenthen.usecases.ingest.receive_webhook import ReceiveWebhook
from whenthen.usecases.ingest.reconcile_leads import ReconcileLeads
from whenthen.usecases.ingest.record_rejection import RecordRejection
from whenthen.usecases.ingest.update_consent import Consents, TakeOverRefusals, UpdateConsent
from whenthen.usecases.matching.decide import Decide
from whenthen.usecases.matching.enter_meanwhile import EnterMeanwhile
from whenthen.usecases.matching.enter_rule import EnterRule
from whenthen.usecases.matching.match_event import MatchEvent
from whenthen.usecases.matching.notify_runs import NotifyRuns
from whenthen.usecases.matching.settle_idle import SettleIdle
from whenthen.usecases.records.import_records import ImportRecords
from whenthen.usecases.records.save_record import SaveRecord
from whenthen.usecases.runs.advance_sequence import AdvanceSequence
from whenthen.usecases.runs.apply_delivery_report import ApplyDeliveryReport
from whenthen.usecases.runs.move_run import MoveRun
from whenthen.usecases.runs.orchestrator import Orchestrator
from whenthen.usecases.runs.pause_run import PauseRun, ResumeRun
from whenthen.usecases.runs.perform_job import PerformJob
from whenthen.usecases.runs.publish_outcomes import PublishOutcomes
from whenthen.usecases.runs.resume_runs import ResumeRuns
from whenthen.usecases.runs.skip_step import SkipStep
from whenthen.usecases.runs.stop_run import StopRun
from whenthen.usecases.sending.break_loops import BreakLoops
from whenthen.usecases.sending.circuits import Breaker
from whenthen.usecases.sending.hold_messages import HoldMessages
from whenthen.usecases.sending.links import Links
from whenthen.usecases.sending.switch import SendingSwitch
from whenthen.usecases.work.change_runs import ChangeRuns
from whenthen.usecases.work.changes import ChangeRun
from whenthen.usecases.work.follow_circuits import FollowCircuits
from whenthen.usecases.work.pause_failing import PauseFailing
from whenthen.usecases.work.retry_run import RetryRun
from whenthen.usecases.work.try_rule import TryRule


@dataclass(frozen=True)
class Ports:
    """Hold all ports that the use cases need."""

    rules: RuleBook
    log: EventLog
    preloading: Preloading
    occurrences: Occurrences
    records: RecordStore
    dates: DateIndex
    sweeps: Sweeps
    enrolment_store: EnrolmentStore
    enrolment_workers: EnrolmentWorkers
    imports: ImportStore
    import_files: ImportFiles
    runs: RunLedger
    queues: JobQueues
    sequences: Sequences
    work: WorkStore
    failing: FailingRules
    workers: Workers
    bus: Bus
    leads: LeadQueue
    lead_forms: LeadForms
    secrets: Secrets
    graph: Graph
    mailer: Mailer
    sms: SmsProvider
    templates: Templates
    http: Http
    settings: SettingStore
    connections: ConnectionStore
    sources: SourceStore
    rejections: Rejections
    sending_states: SendingStates
    send_logs: SendLogs
    notices: Notices
    message_log: MessageLog
    circuits: Circuits
    threads: Threads
    budgets: Budgets
    objects: Objects
    clock: Clock

    def tapped(self, tap: Tap) -> Ports:
        """Return the same ports with each call passing `tap`, but for the clock, which cannot fail."""
        names = [name for name in self.__dataclass_fields__ if name != "clock"]
        return replace(self, **{name: Tapped(getattr(self, name), name, tap) for name in names})


@dataclass(frozen=True)
class Functions:
    """Hold the use cases as the deployed functions do."""

    receive_meta: ReceiveMeta
    receive_webhook: ReceiveWebhook
    fetch_lead: FetchLead
    reconcile_leads: ReconcileLeads
    publish_changes: PublishChanges
    take_over_refusals: TakeOverRefusals
    publish_outcomes: PublishOutcomes
    fire_due_dates: FireDueDates
    enrolments: BeginEnrolment
    enrol_records: EnrolRecords
    manage_enrolments: ManageEnrolments
    import_records: ImportRecords
    match_event: MatchEvent
    advance_sequence: AdvanceSequence
    resume_runs: ResumeRuns
    stop_run: StopRun
    pause_run: PauseRun
    resume_run: ResumeRun
    skip_step: SkipStep
    manage_work: ManageWork
    set_automation: SetAutomation
    change_runs: ChangeRuns
    follow_circuits: FollowCircuits
    pause_failing: PauseFailing
    resume_failing: ResumeFailing
    receive_email: ReceiveEmail
    publish: Callable[[Event], None]
    channels: Mapping[str, Callable[[str, str, int], None]]


def _is_raised(error: Exception) -> None:
    raise error


def functions_of(ports: Ports) -> Functions:
    """Wire the use cases, as `runtime.wiring` does."""
    p = ports
    orchestrator = Orchestrator(
        p.rules,
        p.records,
        p.runs,
        p.queues,
        p.sequences,
        p.clock,
        p.occurrences,
        ReadCalendar(p.settings),
        KnownFailing(p.failing, p.clock),
    )
    switch = SendingSwitch(p.settings, p.clock)
    breakers = {channel: Breaker(channel, p.circuits, p.clock) for channel in CHANNELS}
    perform = partial(PerformJob, orchestrator, p.runs, p.queues, p.sequences, p.clock, switch=switch)
    send = partial(
        perform,
        holding=HoldMessages(p.sending_states, p.send_logs, p.log),
        loops=BreakLoops(p.log, p.send_logs),
    )
    advance_sequence = AdvanceSequence(orchestrator, p.runs, p.sequences)
    manage_work = ManageWork(p.work, p.workers, p.runs, p.records, p.clock)
    move_run = MoveRun(p.rules, p.runs, p.sequences, p.clock)
    save_record = SaveRecord(p.records, p.clock, "TR")
    enrolments = BeginEnrolment(p.enrolment_store, p.enrolment_workers, p.clock)
    links = Links(lambda: p.secrets, "https://links.example")
    call = CallConnection(p.http, p.secrets, Tokens(p.http, p.clock), p.clock)
    over = OverConnection(p.connections, call, p.secrets, p.clock)
    members = Members(p.rules, p.records)
    return Functions(
        receive_meta=ReceiveMeta(p.bus, p.leads, p.secrets, p.clock),
        receive_webhook=ReceiveWebhook(
            p.sources, p.secrets, save_record, p.bus, RecordRejection(p.rejections, p.clock), p.clock
        ),
        fetch_lead=FetchLead(p.graph, save_record, p.bus, p.leads, p.lead_forms, p.clock, "TR"),
        reconcile_leads=ReconcileLeads(p.graph, p.lead_forms, p.leads, p.log, p.settings, p.clock, timedelta(days=90)),
        publish_changes=PublishChanges(
            p.bus, p.clock, SettleIdle(p.preloading, p.rules, p.log, p.occurrences, p.clock, _is_raised)
        ),
        take_over_refusals=TakeOverRefusals(p.records, p.clock),
        publish_outcomes=PublishOutcomes(p.preloading, p.runs, p.bus, p.sequences),
        fire_due_dates=FireDueDates(p.rules, p.dates, enrolments, p.sweeps, p.bus, p.clock),
        enrolments=enrolments,
        enrol_records=EnrolRecords(
            p.enrolment_store,
            p.rules,
            members,
            LetEnter(p.enrolment_store, members, p.log, p.bus, p.clock),
            p.enrolment_workers,
            p.clock,
            lambda _seconds: None,
        ),
        manage_enrolments=ManageEnrolments(p.enrolment_store, p.enrolment_workers, p.clock),
        import_records=ImportRecords(p.imports, p.import_files, p.records, p.bus, p.clock, "TR"),
        match_event=MatchEvent(
            rules=p.rules,
            runs=p.runs,
            clock=p.clock,
            log=p.log,
            preloading=p.preloading,
            decide=Decide(p.rules, p.records, p.occurrences, p.clock, lambda: p.enrolment_store),
            notify_runs=NotifyRuns(p.rules, p.runs, p.sequences, orchestrator, p.clock),
            orchestrator=orchestrator,
            reactions=lambda: (
                IdentifySender(save_record, p.settings),
                UpdateConsent(p.records, p.clock),
                ApplyDeliveryReport(orchestrator, p.runs, p.clock),
            ),
            budgets=p.budgets,
            enter=EnterRule(p.runs, p.sequences, p.clock),
            enter_meanwhile=lambda: EnterMeanwhile(p.runs, EnterRule(p.runs, p.sequences, p.clock)),
        ),
        advance_sequence=advance_sequence,
        resume_runs=ResumeRuns(advance_sequence, orchestrator, p.runs, p.queues, p.circuits, p.clock),
        stop_run=StopRun(p.runs, p.sequences, p.clock),
        pause_run=PauseRun(p.runs, p.clock),
        resume_run=ResumeRun(p.runs, p.sequences, p.clock),
        skip_step=SkipStep(p.rules, p.runs, p.sequences, p.clock),
        manage_work=manage_work,
        set_automation=SetAutomation(p.records, manage_work),
        change_runs=ChangeRuns(
            p.work,
            p.workers,
            p.runs,
            ChangeRun(p.runs, p.sequences, p.clock, move_run, RetryRun(p.runs, p.sequences, p.clock)),
            SendingSwitch(p.settings, p.clock),
            TryRule(p.failing, p.settings, p.runs, p.sequences, p.work, p.workers, p.bus, p.clock),
            p.circuits,
            p.clock,
        ),
        follow_circuits=FollowCircuits(p.work, p.workers, p.bus, p.clock),
        pause_failing=PauseFailing(p.failing, p.settings, p.work, p.workers, p.bus, p.clock),
        resume_failing=ResumeFailing(p.failing, manage_work, p.bus, p.clock),
        receive_email=ReceiveEmail(p.objects, p.threads, p.bus, p.clock, "crm@example.com"),
        publish=lambda event: p.bus.publish([event]),
        channels={
            "email": send(
                SendEmail(
                    p.mailer,
                    "crm@example.com",
                    Consents(p.records),
                    p.threads,
                    p.clock,
                    p.records,
                    Attachments(lambda: p.objects, lambda: p.http, p.records, p.clock),
                    links,
                    StoredMessages(p.templates),
                    further=("desk@example.com",),
                ),
                breakers["email"],
            ),
            "whatsapp": send(
                SendWhatsapp(
                    p.graph,
                    "TR",
                    Consents(p.records),
                    p.occurrences,
                    p.clock,
                    lambda: StoredMessages(p.templates),
                    links,
                ),
                breakers["whatsapp"],
            ),
            "sms": send(
                SendSms(
                    p.sms,
                    "WHENTHEN",
                    6,
                    "TR",
                    Consents(p.records),
                    p.bus,
                    p.clock,
                    lambda: StoredMessages(p.templates),
                    links,
                ),
                breakers["sms"],
            ),
            "chat": send(
                SendChat(
                    over,
                    p.secrets,
                    Consents(p.records),
                    lambda: StoredMessages(p.templates),
                ),
                breakers["chat"],
            ),
            "audience": perform(UpdateAudience(p.graph, Consents(p.records), "TR"), breakers["audience"]),
            "staff": perform(
                Notify(
                    {
                        "notice": NoticeWay(p.notices),
                        "email": EmailWay(p.mailer, "crm@example.com"),
                        **{way: RoomWay(way, p.http, p.secrets, p.clock) for way in ("slack", "teams")},
                    },
                    p.records,
                    p.message_log,
                    p.clock,
                ),
                breakers["staff"],
                loops=BreakLoops(p.log, p.send_logs),
            ),
            "webhook": perform(CallWebhook(p.http, p.secrets, p.clock), breakers["webhook"]),
            "api": perform(
                CallApi(
                    over,
                    p.http,
                    p.secrets,
                    breakers["api"],
                ),
                breakers["api"],
                write=SaveFields(p.runs, p.records, "TR"),
            ),
            "record": ChangeRecord(orchestrator, p.runs, p.records, p.clock, "TR", breakers["record"]),
        },
    )
