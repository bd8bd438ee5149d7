"""A stage on AWS in process (moto): the deployed handlers, the real adapters, and a tap on every AWS and HTTP call.

Two things stand in for AWS where moto has none of it: the state machine is the one of
`tests.usecases.fakes.queues`, behind the client of Step Functions; and what Lambda's event source mappings do
(deliver, delete on success, deliver again) is done here, on the clock of the test.
"""

from __future__ import annotations

import importlib.util
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email import message_from_string
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
from moto.dynamodb.models import dynamodb_backends
from moto.ses.models import ses_backends
from moto.sqs.models import sqs_backends

from tests.adapters.tables import CONFIG, RECORDS, RUNS, create_tables
from tests.faults.kills import Kills
from tests.faults.stories import SECRET
from tests.usecases.fakes.outside import FakeClock
from tests.usecases.fakes.queues import Execution, FakeSequences
from tests.usecases.fakes.taps import Open, Tap, Tapped
from tests.usecases.fakes.world import STEP_RETRY, STEP_TIMEOUT, Killed
from whenthen.domain.errors import Temporary
from whenthen.domain.events import Event, format_time
from whenthen.domain.records import Record
from whenthen.domain.rules import parse_rule
from whenthen.ports.values import HttpAnswer, HttpRequest, RunState, StoredRule
from whenthen.runtime.settings import Settings
from whenthen.runtime.wiring import Wiring

FUNCTIONS = Path(__file__).parents[2] / "functions"
QUEUES = {
    "events": "match_rules",
    "leads": "fetch_lead",
    "email": "send_email",
    "whatsapp": "send_whatsapp",
    "webhook": "call_webhook",
    "record": "change_record",
}
"""Each queue and the function behind it."""

ACCOUNT, REGION = "123456789012", "eu-central-1"
VISIBILITY = timedelta(seconds=360)
_CONTEXT = SimpleNamespace(
    function_name="f", memory_limit_in_mb=1, invoked_function_arn="arn", aws_request_id="id", function_version="1"
)


@cache
def app(function: str) -> Any:
    """The module of a deployed function."""
    spec = importlib.util.spec_from_file_location(f"app_of_{function}", FUNCTIONS / function / "app.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@cache
def _client(service: str) -> Any:
    """Made once for all stages: it takes longer than most stories."""
    return boto3.client(service)  # type: ignore[call-overload]


class StepFunctionsClient:
    """The three calls of Step Functions that are made, on a state machine in memory."""

    def __init__(self, sequences: FakeSequences) -> None:
        self._sequences = sequences

    def start_execution(self, *, name: str, **_: Any) -> None:
        self._sequences.start(name)

    def send_task_success(self, *, taskToken: str, output: str) -> None:  # noqa: N803 - AWS's names
        self._sequences.answer(taskToken, json.loads(output))

    def stop_execution(self, *, executionArn: str, cause: str, **_: Any) -> None:  # noqa: N803
        self._sequences.stop(executionArn.rpartition(":")[2], cause)


@dataclass
class Outside:
    """Graph and a receiver of webhooks, behind the guarded client's port."""

    leads: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    whatsapp: list[str] = field(default_factory=list)
    webhooks: list[str] = field(default_factory=list)

    def send(self, request: HttpRequest) -> HttpAnswer:
        if request.method == "GET":
            own_id = request.url.partition("?")[0].rpartition("/")[2]
            return _answer(self.leads[own_id])
        if request.url.endswith("/messages"):
            self.whatsapp.append(json.loads(request.body)["biz_opaque_callback_data"].partition("/")[2])
            return _answer({"messages": [{"id": f"wamid.{len(self.whatsapp)}"}]})
        self.webhooks.append(request.headers["idempotency-key"])
        return _answer({})


def _answer(document: Mapping[str, Any]) -> HttpAnswer:
    return HttpAnswer(200, {"content-type": "application/json"}, json.dumps(document).encode())


class TappedWiring(Wiring):
    """The deployed wiring, but for its clock and for a tap on each client."""

    def __init__(self, settings: Settings, stage: AwsStage, tap: Tap) -> None:
        super().__init__(settings)
        self.__dict__ |= {"clock": stage.clock, "http": Tapped(stage.outside, "http", tap)}
        self._stage, self._tap = stage, tap

    def client(self, service: str, config: Any = None) -> Any:
        return Tapped(self._stage.clients(service), service, self._tap)


@dataclass
class Flight:
    """A message of a queue between its receipt and its deletion."""

    queue: str
    message: Mapping[str, Any]
    visible_at: datetime


class AwsStage:
    """Holds all that lives on when a function is killed. Needs a mocked AWS around it."""

    def __init__(self, tap: Kills) -> None:
        self.tap = tap
        self.clock, self.outside, self.sequences = FakeClock(), Outside(), FakeSequences()
        self.flights: list[Flight] = []
        self.changes: list[dict[str, Any]] = []
        self._changes_seen = 0
        self._build()
        self._wirings: dict[str, TappedWiring] = {}

    def clients(self, service: str) -> Any:
        return StepFunctionsClient(self.sequences) if service == "stepfunctions" else _client(service)

    def _build(self) -> None:
        """What template.yaml deploys, as far as these stories go."""
        create_tables(self.clients("dynamodb"))
        images = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
        self.clients("dynamodb").update_table(TableName=RECORDS, StreamSpecification=images)
        sqs, events = self.clients("sqs"), self.clients("events")
        self.urls = {name: sqs.create_queue(QueueName=name)["QueueUrl"] for name in [*QUEUES, "dead"]}
        events.create_event_bus(Name="bus")
        pattern = json.dumps({"source": ["whenthen"]})
        events.put_rule(Name="all", EventBusName="bus", EventPattern=pattern)
        arn = sqs.get_queue_attributes(QueueUrl=self.urls["events"], AttributeNames=["QueueArn"])["Attributes"]
        events.put_targets(Rule="all", EventBusName="bus", Targets=[{"Id": "1", "Arn": arn["QueueArn"]}])
        self.clients("ses").verify_email_identity(EmailAddress="crm@example.com")
        meta = {"app_secret": SECRET, "verify_token": "v", "access_token": "t", "phone_number_id": "3"}
        outgoing = {"secret": "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="}
        for name, document in (("meta", meta), ("outgoing/default", outgoing)):
            self.clients("secretsmanager").create_secret(Name=f"whenthen/{name}", SecretString=json.dumps(document))

    def _settings(self, queue: str) -> Settings:
        urls = {f"{name.upper()}_QUEUE_URL": url for name, url in self.urls.items()}
        return Settings(
            {
                **urls,
                "CONFIG_TABLE": CONFIG,
                "RECORDS_TABLE": RECORDS,
                "RUNS_TABLE": RUNS,
                "BUS_NAME": "bus",
                "LEAD_QUEUE_URL": self.urls["leads"],
                "QUEUE_URL": self.urls.get(queue, ""),
                "DEAD_LETTER_URL": self.urls["dead"],
                "SEQUENCE_ARN": "arn:aws:states:eu-central-1:123456789012:stateMachine:sequence",
                "SECRETS_PREFIX": "whenthen",
                "GRAPH_API_URL": "https://graph.example",
                "GRAPH_API_VERSION": "v25.0",
                "MAIL_FROM": "crm@example.com",
                "DEFAULT_COUNTRY": "TR",
            }
        )

    # --- functions ----------------------------------------------------------------------------------

    def invoke(self, function: str, event: Mapping[str, Any], queue: str = "") -> Any:
        """Call a deployed handler. One that is killed loses all that its process knew."""
        module = app(function)
        self.tap.enter(function)
        wiring = self._wirings.setdefault(function, TappedWiring(self._settings(queue), self, self.tap))
        module.wired = lambda: wiring
        try:
            return module.handler(event, _CONTEXT)
        except Killed:
            del self._wirings[function]
            raise

    def undisturbed(self) -> TappedWiring:
        """Use cases and stores for the test itself."""
        return TappedWiring(self._settings(""), self, Open())

    # --- queues, stream and state machine -----------------------------------------------------------

    def settle(self) -> None:
        """Deliver all that can be delivered now."""
        busy = True
        while busy:
            self._receive()
            busy = self._deliver() or self._deliver_change() or self._step()

    def run_out(self) -> None:
        """Let time pass until nothing is under way any more."""
        self.settle()
        for _ in range(200):
            times = [flight.visible_at for flight in self.flights] + [
                at for at in map(_waits_until, self.sequences.executions.values()) if at is not None
            ]
            if not times:
                return
            self.clock.at = max(self.clock.at, min(times))
            self.settle()
        raise AssertionError("it never comes to rest")

    def _receive(self) -> None:
        held = sqs_backends[ACCOUNT][REGION].queues
        # To ask every queue every time would take as long as all the rest.
        for queue in [name for name in QUEUES if held[name].approximate_number_of_messages]:
            request = {"QueueUrl": self.urls[queue], "MaxNumberOfMessages": 10, "VisibilityTimeout": 43_200}
            while found := self.clients("sqs").receive_message(**request).get("Messages"):
                self.flights += [Flight(queue, message, self.clock.now()) for message in found]
        # moto answers no call about streams, but keeps them.
        shard = dynamodb_backends[ACCOUNT][REGION].tables[RECORDS].stream_shard
        assert shard is not None
        found = [item.to_json() for item in shard.items[self._changes_seen :]]
        self._changes_seen += len(found)
        self.changes += found

    def _deliver(self) -> bool:
        """Deliver one message, and delete it if, and only if, the function is content with it."""
        for flight in self.flights:
            if flight.visible_at <= self.clock.now():
                flight.visible_at = self.clock.now() + VISIBILITY
                if self._taken(flight):
                    url, receipt = self.urls[flight.queue], flight.message["ReceiptHandle"]
                    self.clients("sqs").delete_message(QueueUrl=url, ReceiptHandle=receipt)
                    self.flights.remove(flight)
                return True
        return False

    def _taken(self, flight: Flight) -> bool:
        message = flight.message
        record = {
            "messageId": message["MessageId"],
            "receiptHandle": message["ReceiptHandle"],
            "body": message["Body"],
            "attributes": {},
            "messageAttributes": {},
            "eventSource": "aws:sqs",
        }
        try:
            answer = self.invoke(QUEUES[flight.queue], {"Records": [record]}, flight.queue)
        except Killed:
            return False
        return not answer["batchItemFailures"]

    def _deliver_change(self) -> bool:
        """A stream goes on only when its record was taken."""
        if not self.changes:
            return False
        try:
            answer = self.invoke("publish_changes", {"Records": self.changes[:1]})
        except Killed:
            return True
        if not answer["batchItemFailures"]:
            del self.changes[0]
        return True

    def _step(self) -> bool:
        for execution in list(self.sequences.executions.values()):
            until = _waits_until(execution)
            if until is not None and until <= self.clock.now():
                self._next_state(execution)
                return True
        return False

    def _next_state(self, execution: Execution) -> None:
        if execution.state == "wait":
            execution.state, execution.ask_again = "step", None
            return
        execution.tries += 1
        execution.state, execution.token = "asked", f"{execution.run_id}-{execution.tries}"
        execution.ask_again = self.clock.now() + STEP_TIMEOUT
        due = format_time(execution.due) if execution.due else None
        event = {"run_id": execution.run_id, "token": execution.token, "wave": execution.wave, "due": due}
        try:
            self.invoke("advance_sequence", event)
        except (Killed, Temporary):
            execution.ask_again = self.clock.now() + STEP_RETRY

    # --- what stories need (`stories.Stage`) --------------------------------------------------------

    def now(self) -> datetime:
        return self.clock.now()

    def has_rule(self, document: Mapping[str, Any]) -> object:
        rule = parse_rule({**document, "version": 1})
        stored = StoredRule(rule.id, 1, {**document, "version": 1}, self.clock.now(), "test")
        self.undisturbed().rules.save(stored, rule, None)
        return rule

    def graph_knows(self, lead: Mapping[str, Any]) -> None:
        self.outside.leads[lead["id"]] = lead

    def post_to_meta_hook(self, headers: Mapping[str, str], body: bytes) -> None:
        event = {"requestContext": {"http": {"method": "POST"}}, "headers": dict(headers), "body": body.decode()}
        answer = None
        while answer is None or answer["statusCode"] != 200:
            try:
                answer = self.invoke("receive_meta", event)
            except Killed:
                continue

    def publish(self, event: Event) -> None:
        while True:
            try:
                TappedWiring(self._settings(""), self, self.tap).bus.publish([event])
            except Killed:
                continue
            return

    def states(self) -> Sequence[RunState]:
        runs = self.undisturbed().runs
        rules = self.undisturbed().rules.list(limit=100, cursor=None).items
        found = [run for rule in rules for run in runs.by_rule(rule.id, limit=100, cursor=None).items]
        return [state for state in (runs.load(run.id) for run in found) if state is not None]

    def records(self, kind: str) -> Sequence[Record]:
        return self.undisturbed().records.list(kind, limit=100, cursor=None).items

    def effects(self) -> Counter[str]:
        mails = ses_backends[ACCOUNT][REGION].sent_messages
        jobs = [message_from_string(mail.raw_data)["X-Whenthen-Job"] for mail in mails]
        return Counter(
            [f"email {job}" for job in jobs]
            + [f"whatsapp {key}" for key in self.outside.whatsapp]
            + [f"webhook {key}" for key in sorted(set(self.outside.webhooks))]
        )

    def left_over(self) -> Sequence[str]:
        self._receive()
        url = self.urls["dead"]
        dead = self.clients("sqs").receive_message(QueueUrl=url).get("Messages", [])
        waiting = [f"{flight.queue}: {flight.message['Body']}" for flight in self.flights]
        return [*waiting, *map(str, self.changes), *(message["Body"] for message in dead), *self.sequences.open]


def _waits_until(execution: Execution) -> datetime | None:
    """When the machine does something of its own accord."""
    match execution.state:
        case "step":
            return datetime.min.replace(tzinfo=FakeClock.at.tzinfo)
        case "wait":
            return execution.due
        case "asked":
            return execution.ask_again
    return None
