"""A whole whenthen in memory: the use cases on fakes, and the queues and state machine that drive them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.usecases.fakes.enrolments import FakeEnrolmentStore, FakeEnrolmentWorkers
from tests.usecases.fakes.imports import FakeImportFiles, FakeImports, FakeImportWorkers
from tests.usecases.fakes.ledger import FakeRuns
from tests.usecases.fakes.outside import FakeClock, FakeGraph, FakeHttp, FakeMailer, FakeSms
from tests.usecases.fakes.queues import (
    MAX_DELAY,
    MAX_RECEIVES,
    Execution,
    FakeBus,
    FakeJobQueues,
    FakeLeadQueue,
    FakeQueue,
    FakeSequences,
    Message,
)
from tests.usecases.fakes.sending import FakeCircuits, FakeMessageLog, FakeNotices, FakeSendingStates, FakeSendLogs
from tests.usecases.fakes.stores import (
    FakeBudgets,
    FakeConnections,
    FakeEventLog,
    FakeIdempotencyKeys,
    FakeLeadForms,
    FakeObjects,
    FakeOccurrences,
    FakePreloading,
    FakeRecords,
    FakeRefusals,
    FakeRules,
    FakeSecrets,
    FakeSettings,
    FakeSources,
    FakeSweeps,
    FakeThreads,
)
from tests.usecases.fakes.taps import Open, Tap
from tests.usecases.fakes.templates import FakeTemplates
from tests.usecases.fakes.wiring import Functions, Ports, functions_of
from tests.usecases.fakes.work import FakeFailing, FakeWork, FakeWorkers
from whenthen.channels.registry import CHANNELS
from whenthen.domain.common import ids
from whenthen.domain.common.errors import OnQueue, Temporary, WhenthenError, handling_of
from whenthen.domain.events.event import Event
from whenthen.domain.events.types import RECEIVERS
from whenthen.domain.imports.job import ImportStatus
from whenthen.domain.records.record import Record
from whenthen.domain.rules.rule import Rule, parse_rule
from whenthen.domain.runs.run import Job, JobStatus, Run
from whenthen.domain.work.work import WorkStatus
from whenthen.ports.templates import StoredTemplate
from whenthen.ports.values import RunState, StoredRule
from whenthen.usecases.context.idempotency import ClaimKey
from whenthen.usecases.records.save_record import SaveRecord

_QUEUES = (
    "events",
    "leads",
    "changes",
    "outcomes",
    "circuits",
    "enrolments",
    "imports",
    "work",
    "sweeps",
    "mail",
    *CHANNELS,
)
STEP_RETRY = timedelta(seconds=2)


class Killed(BaseException):
    """The function's process ends here: nothing in it can catch this or clean up after it."""


@dataclass
class World:
    """Fakes that live on when a function is killed, and what would deliver messages to it again."""

    tap: Tap = field(default_factory=Open)
    clock: FakeClock = field(default_factory=FakeClock)
    kills: int = 0
    failed_steps: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.queues = {name: FakeQueue(self.clock, name) for name in _QUEUES}
        self.rules, self.log, self.records = FakeRules(), FakeEventLog(), FakeRecords()
        self.occurrences = FakeOccurrences()
        self.sweeps, self.enrolments = FakeSweeps(), FakeEnrolmentStore()
        self.enrolment_workers = FakeEnrolmentWorkers(self.queues["enrolments"])
        self.records.on_change = lambda before, after: self.queues["changes"].add((before, after))
        self.runs = FakeRuns(self.records, on_outcome=self.queues["outcomes"].add)
        self.imports, self.import_files = FakeImports(self.records), FakeImportFiles()
        self.import_workers = FakeImportWorkers(self.queues["imports"])
        self.sequences = FakeSequences()
        self.work, self.workers = FakeWork(), FakeWorkers(self.queues["work"])
        self.failing = FakeFailing()
        self.budgets = FakeBudgets()
        self.bus = FakeBus(self.queues["events"])
        self.graph, self.mailer, self.http, self.sms = FakeGraph(), FakeMailer(), FakeHttp(), FakeSms()
        self.templates = FakeTemplates()
        self.secrets = FakeSecrets(
            {
                "meta": {"app_secret": "app-secret", "verify_token": "verify"},
                "links": {"key": "k" * 43},
                "outgoing/default": {"secret": "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="},
            }
        )
        self.claim_key = ClaimKey(FakeIdempotencyKeys(), self.clock)
        self.settings, self.threads, self.lead_forms = FakeSettings(), FakeThreads(), FakeLeadForms()
        self.send_logs, self.notices, self.message_log = FakeSendLogs(), FakeNotices(), FakeMessageLog()
        self.circuits = FakeCircuits(on_change=self.queues["circuits"].add)
        self.objects, self.sources, self.rejections = FakeObjects(), FakeSources(), FakeRefusals()
        self.connections = FakeConnections()
        self.ports = Ports(
            connections=self.connections,
            settings=self.settings,
            sources=self.sources,
            rejections=self.rejections,
            sending_states=FakeSendingStates(self.runs, self.settings),
            send_logs=self.send_logs,
            notices=self.notices,
            message_log=self.message_log,
            circuits=self.circuits,
            threads=self.threads,
            budgets=self.budgets,
            objects=self.objects,
            rules=self.rules,
            log=self.log,
            preloading=FakePreloading(self.log, self.rules, self.records),
            occurrences=self.occurrences,
            records=self.records,
            dates=self.records,
            sweeps=self.sweeps,
            enrolment_store=self.enrolments,
            enrolment_workers=self.enrolment_workers,
            imports=self.imports,
            import_files=self.import_files,
            runs=self.runs,
            queues=FakeJobQueues({channel: self.queues[channel] for channel in CHANNELS}),
            sequences=self.sequences,
            work=self.work,
            failing=self.failing,
            workers=self.workers,
            bus=self.bus,
            leads=FakeLeadQueue(self.queues["leads"]),
            lead_forms=self.lead_forms,
            secrets=self.secrets,
            graph=self.graph,
            mailer=self.mailer,
            sms=self.sms,
            templates=self.templates,
            http=self.http,
            clock=self.clock,
        )
        self.functions = self.wire(self.tap)

    def wire(self, tap: Tap) -> Functions:
        """The use cases anew, as in a fresh process."""
        return functions_of(self.ports.tapped(tap))

    # --- what a test says ---------------------------------------------------------------------------

    def has_rule(self, document: Mapping[str, Any]) -> Rule:
        """Put a rule (or its next version) in force."""
        rule_id = document.get("id") or ids.rule_id(document["name"])
        current = self.rules.current_rules.get(rule_id)
        version = current.version + 1 if current else 1
        whole = {"mode": "on", **document, "id": rule_id, "version": version}
        rule = parse_rule(whole)
        self.rules.save(StoredRule(rule_id, version, whole, self.clock.now(), "test"), rule, current)
        return rule

    def has_template(self, template_id: str, document: Mapping[str, Any]) -> None:
        """Store a template."""
        self.templates.save(StoredTemplate(template_id, 1, document, self.clock.now(), "test"), None)

    def has_texts(self, template_id: str, channel: str = "any", **texts: Mapping[str, str]) -> None:
        """Put a stored template (or its next version) in force; `texts`: those of each language."""
        current = self.templates.kept.get(template_id)
        document = {"id": template_id, "name": template_id, "channel": channel, "texts": texts}
        version = current.version + 1 if current else 1
        self.templates.save(StoredTemplate(template_id, version, document, self.clock.now(), "test"), current)

    def has_record(self, ref: str, **fields: Any) -> Record:
        """Write a record, without the events of it."""
        kind, _, external_id = ref.partition(":")
        now = self.clock.now()
        record = Record(kind, external_id, fields, version=1, created_at=now, updated_at=now)
        self.records.keep(record, self.records.stored.get(ref))
        return record

    def changes(self, ref: str, **fields: Any) -> None:
        """A person changes a record; its change event is under way."""
        kind, _, external_id = ref.partition(":")
        SaveRecord(self.records, self.clock, "TR").upsert(kind, external_id, fields, origin="human")

    def event(self, event_type: str, external_id: str = "1", **fields: Any) -> Event:
        """An event that happens now. One about messages is of the receiver that makes such events."""
        kind = event_type.partition(".")[0]
        fields = {"time": self.clock.now(), "source": kind if kind in RECEIVERS else "test", **fields}
        return Event(id=ids.event_id("test", f"{event_type}{external_id}"), type=event_type, **fields)

    def happens(self, event_type: str, external_id: str = "1", **fields: Any) -> Event:
        """An event is on its way to match_event."""
        event = self.event(event_type, external_id, **fields)
        self.queues["events"].add(event)
        return event

    def run_of(self, event: Event, rule: Rule) -> RunState:
        """The run that the event started under the rule."""
        for run in self.runs.runs.values():
            if (run.event_id, run.rule_id) == (event.id, rule.id):
                state = self.runs.load(run.id)
                assert state is not None
                return state
        raise AssertionError(f"{event.type} started no run of {rule.name}")

    @property
    def all_runs(self) -> list[Run]:
        return list(self.runs.runs.values())

    def job(self, state: RunState, step_id: str) -> Job:
        (found,) = [job for job in state.jobs if job.step_id == step_id]
        return found

    def outcomes(self, state: RunState) -> dict[str, JobStatus]:
        return {job.step_id: job.status for job in state.jobs}

    # --- the machinery ------------------------------------------------------------------------------

    def deliver(self, name: str) -> bool:
        """Deliver one message of a queue, as SQS does: it is deleted if, and only if, the function is content."""
        queue = self.queues[name]
        message = queue.receive()
        if message is None:
            return False
        try:
            self._handle(name, message.body)
        except Killed:
            self._restart()
        except WhenthenError as error:
            self._refuse(queue, message, error)
        else:
            queue.messages.remove(message)
        return True

    def _handle(self, name: str, body: Any) -> None:
        functions = self.functions
        own: dict[str, Callable[[Any], object]] = {
            "events": functions.match_event,
            "leads": functions.fetch_lead,
            "changes": self._changed,
            "outcomes": self._outcome,
            "circuits": lambda change: functions.follow_circuits([change]),
            "enrolments": lambda page: self._paginate_work(*page),
            "imports": self._import,
            "work": self._work,
            "sweeps": lambda _: functions.fire_due_dates(),
            "mail": functions.receive_email if isinstance(body, str) else functions.receive_email.report,
        }
        handle = own.get(name)
        if handle is not None:
            handle(body)
        else:
            functions.channels[name](*body)

    def _changed(self, change: tuple[Record | None, Record | None]) -> None:
        self.functions.take_over_refusals([change])
        self.functions.publish_changes([change])

    def _outcome(self, run: Run) -> None:
        jobs = [self.runs.jobs[key] for key in self.runs.jobs_of.get(run.id, ())]
        too_early = {job.run_id for job in jobs if job.status is JobStatus.PENDING}
        self.functions.publish_outcomes([run], too_early)
        self.functions.pause_failing([run])

    def _import(self, import_id: Any) -> None:
        if self.functions.import_records(import_id).status is ImportStatus.RUNNING:
            self.queues["imports"].add(import_id)

    def _work(self, work_id: Any) -> None:
        work = self.functions.change_runs(work_id)
        if work.status is WorkStatus.RUNNING:
            self.queues["work"].add(work_id, delay=min(work.rest_after(self.clock.now()), MAX_DELAY))

    def _paginate_work(self, enrolment_id: str, turn: int, call: int) -> None:
        done = self.functions.enrol_records(enrolment_id, turn, call)
        if done.more:
            self.queues["enrolments"].add((enrolment_id, turn, call + 1), delay=done.wait)

    def _refuse(self, queue: FakeQueue, message: Message, error: WhenthenError) -> None:
        """Treat an error as `runtime.queue_consumer` and the queue's redrive policy do."""
        if handling_of(error).on_queue is OnQueue.DEAD_LETTER or message.receives >= MAX_RECEIVES:
            queue.dead_letter(message, error.reason)
        elif isinstance(error, Temporary) and error.retry_after is not None:
            message.visible_at = self.clock.now() + timedelta(seconds=error.retry_after)

    def _restart(self) -> None:
        self.kills += 1
        self.functions = self.wire(self.tap)

    def step(self, execution: Execution) -> None:
        """The next state of the machine: `Wait` is over, or `Advance` calls its function."""
        if execution.state == "wait":
            execution.state, execution.again_at = "advance", self.clock.now()
            return
        try:
            self.functions.advance_sequence(execution.run_id, execution.step_group, execution.due)
        except (Killed, WhenthenError) as error:
            self.failed_steps.append(repr(error))
            execution.again_at = self.clock.now() + STEP_RETRY
            if isinstance(error, Killed):
                self._restart()
        else:
            execution.state = "ended"

    def _ready(self, execution: Execution) -> bool:
        at = self.sequences.next_time(execution)
        return at is not None and at <= self.clock.now()

    def settle(self) -> None:
        """Deliver all that can be delivered now."""
        busy = True
        while busy:
            busy = sum(self.deliver(name) for name in self.queues) > 0
            for execution in list(self.sequences.executions.values()):
                if self._ready(execution):
                    self.step(execution)
                    busy = True

    def pass_time(self, **by: float) -> None:
        """Let time pass, and everything happen that falls due in it."""
        end = self.clock.now() + timedelta(**by)
        self.settle()
        while (following := self._next()) is not None and following <= end:
            self.clock.at = max(following, self.clock.at)
            self.settle()
        self.clock.at = end

    def run_out(self) -> None:
        """Let time pass until nothing is under way any more."""
        self.settle()
        for _ in range(1_000):
            following = self._next()
            if following is None:
                return
            self.clock.at = max(following, self.clock.at)
            self.settle()
        raise AssertionError("it never comes to rest")

    def _next(self) -> datetime | None:
        times = [message.visible_at for queue in self.queues.values() for message in queue.messages]
        waits = map(self.sequences.next_time, self.sequences.executions.values())
        times += [at for at in waits if at is not None]
        return min(times, default=None)
