"""AWS in process (moto): the deployed handlers, the real adapters, and a tap on every AWS and HTTP call.

What Lambda's event source mappings and the state machines do (deliver, delete on success, deliver again) is done
here, on the clock of the test; `aws_outside` has what else stands in for AWS, and for the outside.
"""

from __future__ import annotations

import importlib.util
import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
from moto.dynamodb.models import dynamodb_backends
from moto.sqs.models import sqs_backends

from tests.adapters.tables import CONFIG, RECORDS, RUNS, create_tables
from tests.faults.aws_outside import Enrolling, Outside, SesClient, StepFunctionsClient, TappedWiring
from tests.faults.kills import Kills
from tests.faults.telling import SECRET
from tests.template import channels
from tests.template.reading import properties
from tests.usecases.fakes.outside import FakeClock
from tests.usecases.fakes.queues import Execution, FakeSequences
from tests.usecases.fakes.taps import Open
from tests.usecases.fakes.world import STEP_RETRY, Killed
from whenthen.adapters.dynamodb.runs_table.run_items import ended_run
from whenthen.domain.common.errors import Temporary
from whenthen.domain.events.event import format_time
from whenthen.runtime.environment import Settings

FUNCTIONS = Path(__file__).parents[2] / "functions"
QUEUES = {
    "events": "match_rules",
    "imports": "match_rules",
    "leads": "fetch_lead",
    "sweeps": "fire_due_dates",
    "mail": "receive_email",
    **channels.SERVICES,
}
"""Each queue and the function behind it. Those of the channels share one code folder; CHANNEL says which one is."""

BUCKET = "whenthen"
STREAMS: Mapping[str, tuple[str, Callable[[Mapping[str, Any]], bool]]] = {
    RECORDS: ("publish_changes", lambda _change: True),
    RUNS: ("publish_outcomes", lambda change: ended_run(change) is not None),
}
"""Each table with a stream, the function behind it, and the filter in front of that."""

ACCOUNT, REGION = "123456789012", "eu-central-1"
VISIBILITY = timedelta(seconds=360)
MAX_REFUSED = 1_000
"""Bound how often in a row a stream comes back with a change: it would do so for ever, and the test with it."""
_CONTEXT = SimpleNamespace(
    function_name="f",
    memory_limit_in_mb=1,
    invoked_function_arn="arn",
    aws_request_id="id",
    function_version="1",
    get_remaining_time_in_millis=lambda: 60_000,
)


@cache
def app(function: str) -> Any:
    """The module of a deployed function, of its own even where its code is shared."""
    folder = "perform_step" if function in channels.SERVICES.values() else function
    spec = importlib.util.spec_from_file_location(f"app_of_{function}", FUNCTIONS / folder / "app.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@cache
def _client(service: str) -> Any:
    """Made once for all stages: it takes longer than most stories."""
    return boto3.client(service)  # type: ignore[call-overload]


def _arn_of(queue: str) -> str:
    return f"arn:aws:sqs:{REGION}:{ACCOUNT}:{queue}"


@dataclass
class Flight:
    """A message of a queue between its receipt and its deletion."""

    queue: str
    message: Mapping[str, Any]
    visible_at: datetime
    receives: int = 0


def _undelayed(message: Any) -> timedelta:
    """Let moto deliver a message at once that is delayed by its clock, and return the delay for the test's clock."""
    delay = timedelta(milliseconds=round(max(0.0, message.delayed_until - (message.sent_timestamp or 0)), -3))
    message.delayed_until = 0.0
    return delay


class AwsMachinery:
    """Holds all that lives on when a function is killed. Needs a mocked AWS around it."""

    def __init__(self, tap: Kills) -> None:
        self.tap = tap
        self.clock, self.outside, self.sequences = FakeClock(), Outside(), FakeSequences()
        self.enrolments: dict[str, Enrolling] = {}
        self.flights: list[Flight] = []
        self.changes: dict[str, list[dict[str, Any]]] = {table: [] for table in STREAMS}
        self._changes_seen = Counter[str]()
        self._refused = 0
        self._build()
        self._wirings: dict[str, TappedWiring] = {}

    def clients(self, service: str) -> Any:
        match service:
            case "stepfunctions":
                return StepFunctionsClient(self.sequences, self.enrolments)
            case "ses":
                return SesClient(_client("ses"), self.outside)
        return _client(service)

    def _build(self) -> None:
        """Make the resources of template.yaml that these stories need."""
        create_tables(self.clients("dynamodb"))
        images = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
        for table in STREAMS:
            self.clients("dynamodb").update_table(TableName=table, StreamSpecification=images)
        self.clients("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        sqs, events = self.clients("sqs"), self.clients("events")
        self.urls = {name: sqs.create_queue(QueueName=name)["QueueUrl"] for name in [*QUEUES, "dead"]}
        events.create_event_bus(Name="bus")
        for rule, queue in (("EventRule", "events"), ("ImportRule", "imports")):
            pattern = {"source": ["whenthen"], "detail": properties(rule)["EventPattern"]["detail"]}
            events.put_rule(Name=rule, EventBusName="bus", EventPattern=json.dumps(pattern))
            events.put_targets(Rule=rule, EventBusName="bus", Targets=[{"Id": "1", "Arn": _arn_of(queue)}])
        _client("ses").verify_email_identity(EmailAddress="crm@example.com")
        meta = {"app_secret": SECRET, "verify_token": "v", "access_token": "t", "phone_number_id": "3"}
        outgoing = {"secret": "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="}
        for name, document in (("meta", meta), ("outgoing/default", outgoing), ("links", {"key": "k" * 43})):
            self.clients("secretsmanager").create_secret(Name=f"whenthen/{name}", SecretString=json.dumps(document))

    def _settings(self, queue: str) -> Settings:
        urls = {f"{name.upper()}_QUEUE_URL": url for name, url in self.urls.items()}
        return Settings(
            {
                **urls,
                **({"CHANNEL": queue} if queue in channels.SERVICES else {}),
                "CONFIG_TABLE": CONFIG,
                "RECORDS_TABLE": RECORDS,
                "RUNS_TABLE": RUNS,
                "BUS_NAME": "bus",
                "LEAD_QUEUE_URL": self.urls["leads"],
                "QUEUE_URL": self.urls.get("events" if queue == "imports" else queue, ""),
                "DEAD_LETTER_URL": self.urls["dead"],
                "IMPORT_QUEUE_URL": self.urls["imports"],
                "IMPORT_DEAD_LETTER_URL": self.urls["dead"],
                "SEQUENCE_ARN": "arn:aws:states:eu-central-1:123456789012:stateMachine:sequence",
                "ENROLMENT_ARN": "arn:aws:states:eu-central-1:123456789012:stateMachine:enrol_view",
                "WORK_ARN": "arn:aws:states:eu-central-1:123456789012:stateMachine:work",
                "BUCKET_NAME": BUCKET,
                "SECRETS_PREFIX": "whenthen",
                "GRAPH_API_URL": "https://graph.example",
                "GRAPH_API_VERSION": "v25.0",
                "MAIL_FROM": "crm@example.com",
                "LINKS_URL": "https://links.example",
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
            busy = self._deliver() or self._deliver_change() or self._step() or self._turn_page()

    def run_out(self) -> None:
        """Let time pass until nothing is under way any more."""
        self.settle()
        for _ in range(200):
            times = [flight.visible_at for flight in self.flights]
            waits = map(self.sequences.next_time, self.sequences.executions.values())
            times += [at for at in waits if at is not None]
            times += [enrolling.at for enrolling in self.enrolments.values() if enrolling.at is not None]
            if not times:
                return
            self.clock.at = max(self.clock.at, min(times))
            self.settle()
        raise AssertionError("it never comes to rest")

    def _receive(self) -> None:
        held = sqs_backends[ACCOUNT][REGION].queues
        delays = {message.id: _undelayed(message) for name in QUEUES for message in held[name]._messages}
        # To ask every queue every time would take as long as all the rest.
        for queue in [name for name in QUEUES if held[name].approximate_number_of_messages]:
            request = {"QueueUrl": self.urls[queue], "MaxNumberOfMessages": 10, "VisibilityTimeout": 43_200}
            while found := self.clients("sqs").receive_message(**request).get("Messages"):
                for message in found:
                    self.flights.append(Flight(queue, message, self.clock.now() + delays[message["MessageId"]]))
        for table, (_, wanted) in STREAMS.items():
            # moto answers no call about streams, but keeps them.
            shard = dynamodb_backends[ACCOUNT][REGION].tables[table].stream_shard
            assert shard is not None
            found = [item.to_json() for item in shard.items[self._changes_seen[table] :]]
            self._changes_seen[table] += len(found)
            self.changes[table] += [change for change in found if wanted(change["dynamodb"])]

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
        flight.receives += 1
        record = {
            "messageId": message["MessageId"],
            "receiptHandle": message["ReceiptHandle"],
            "body": message["Body"],
            "attributes": {"ApproximateReceiveCount": str(flight.receives)},
            "messageAttributes": {},
            "eventSource": "aws:sqs",
            "eventSourceARN": _arn_of(flight.queue),
        }
        try:
            answer = self.invoke(QUEUES[flight.queue], {"Records": [record]}, flight.queue)
        except Killed:
            return False
        return not answer["batchItemFailures"]

    def _deliver_change(self) -> bool:
        """A stream goes on only when its record was taken."""
        for table, (function, _) in STREAMS.items():
            waiting = self.changes[table]
            if not waiting:
                continue
            try:
                answer = self.invoke(function, {"Records": waiting[:1]})
            except Killed:
                return True
            self._refused = self._refused + 1 if answer["batchItemFailures"] else 0
            assert self._refused < MAX_REFUSED, f"{function} never takes {waiting[0]}"
            if not answer["batchItemFailures"]:
                del waiting[0]
            return True
        return False

    def _step(self) -> bool:
        for execution in list(self.sequences.executions.values()):
            until = self.sequences.next_time(execution)
            if until is not None and until <= self.clock.now():
                self._next_state(execution)
                return True
        return False

    def _next_state(self, execution: Execution) -> None:
        if execution.state == "wait":
            execution.state, execution.again_at = "advance", self.clock.now()
            return
        event = {
            "run_id": execution.run_id,
            "step_group": execution.step_group,
            "due": format_time(execution.due),
        }
        try:
            self.invoke("advance_sequence", event)
        except (Killed, Temporary):
            execution.again_at = self.clock.now() + STEP_RETRY
        else:
            execution.state = "ended"

    def _turn_page(self) -> bool:
        """The next turn of `statemachines/paginate_work.asl.json`."""
        for enrolling in self.enrolments.values():
            if enrolling.at is not None and enrolling.at <= self.clock.now():
                try:
                    done = self.invoke("enrol_view", {"work": enrolling.document, "cursor": enrolling.cursor})
                except (Killed, Temporary):
                    enrolling.at = self.clock.now() + STEP_RETRY
                else:
                    enrolling.cursor = done["cursor"]
                    enrolling.at = self.clock.now() + timedelta(seconds=done["wait"]) if done["more"] else None
                return True
        return False
