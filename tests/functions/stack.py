"""The deployed stack in process: what template.yaml makes, on moto, and its functions with their own environments."""

from __future__ import annotations

import importlib.util
import json
import re
import sys
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.adapters.tables import CONFIG, RECORDS, RUNS, create_tables
from tests.aws import Kept, client, empty
from tests.functions.payloads import CONTEXT
from tests.template.reading import QUEUE, ROOT, consumers, environment, properties, resources, template
from whenthen.channels.registry import CHANNELS
from whenthen.runtime.environment import Settings, Variable
from whenthen.runtime.wiring import Wiring, wired

FUNCTIONS = ROOT / "functions"
STACK = "whenthen"
ADMIN_KEY = "admin-key-of-the-tests"
META = {"app_secret": "meta app secret", "verify_token": "verify me", "access_token": "t", "phone_number_id": "3"}
BUCKET = "whenthen-mail"
API = "https://api.example.com"
LINKS = {"key": "k" * 43}
SEQUENCE = "arn:aws:states:eu-central-1:123456789012:stateMachine:whenthen-sequence"
IMPORT = "arn:aws:states:eu-central-1:123456789012:stateMachine:whenthen-import"
WORK = "arn:aws:states:eu-central-1:123456789012:stateMachine:whenthen-work"
ENROLMENT = "arn:aws:states:eu-central-1:123456789012:stateMachine:whenthen-enrolment"

LONG = 12 * 60 * 60
"""Seconds for which a message that was looked at stays hidden: longer than any test takes."""

PARAMETERS = {"Stage": "local", "MailFrom": "crm@example.com", "DefaultCountry": "TR"}
"""Values of the parameters whose defaults do not suffice."""

_PSEUDO = {
    "AWS::Partition": "aws",
    "AWS::Region": "eu-central-1",
    "AWS::AccountId": "123456789012",
    "AWS::StackName": STACK,
}
_TABLES = {"ConfigTable": CONFIG, "RecordsTable": RECORDS, "RunsTable": RUNS}
_SETTINGS = [
    *(variable.name for variable in vars(Settings).values() if isinstance(variable, Variable)),
    *(f"{channel.upper()}_QUEUE_URL" for channel in CHANNELS),
]


@cache
def deployed() -> tuple[Kept, Mapping[str, str]]:
    """Return what is there once the template was deployed, and the queues by name. Needs a mocked AWS around it.

    It is made once, and brought back for each test.
    """
    empty()
    create_tables(client("dynamodb"))
    queues = {name: _queue(name) for name in (*resources(QUEUE), "settled")}
    _bus(queues)
    secrets = {"admin-key": {"key": ADMIN_KEY}, "meta": META, "links": LINKS}
    for name, document in secrets.items():
        _secret(name, document)
    return Kept(), queues


def _queue(name: str) -> str:
    return str(client("sqs").create_queue(QueueName=name)["QueueUrl"])


def _bus(queues: Mapping[str, str]) -> None:
    events = client("events")
    events.create_event_bus(Name=STACK)
    events.put_rule(Name="settled", EventBusName=STACK, EventPattern='{"detail": {"whenthensettled": [true]}}')
    targets = (("EventRule", "EventQueue"), ("ImportRule", "ImportQueue"), ("settled", "settled"))
    for name, queue in targets:
        arn = client("sqs").get_queue_attributes(QueueUrl=queues[queue], AttributeNames=["QueueArn"])
        target = {"Id": "1", "Arn": arn["Attributes"]["QueueArn"]}
        if name != queue:
            pattern = {**properties(name)["EventPattern"], "account": ["123456789012"]}
            events.put_rule(Name=name, EventBusName=STACK, EventPattern=json.dumps(pattern))
        events.put_targets(Rule=name, EventBusName=STACK, Targets=[target])


def _secret(name: str, document: Mapping[str, Any]) -> None:
    client("secretsmanager").create_secret(Name=f"{STACK}/{name}", SecretString=json.dumps(document))


class Stack:
    """An AWS on which the template was deployed, and nothing else. Needs a mocked AWS around it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._patch = monkeypatch
        self.replaced: dict[str, Any] = {}
        """Services → what stands in for their clients."""
        self.adapters: dict[str, Any] = {}
        """Adapters and use cases by their names in the wiring → what stands in for them."""
        self.context: Any = CONTEXT
        kept, queues = deployed()
        empty()
        kept.bring_back()
        self.queues = dict(queues)

    # --- what there is ------------------------------------------------------------------------------

    def has_secret(self, name: str, document: Mapping[str, Any]) -> None:
        """A secret of the stack."""
        _secret(name, document)

    def messages(self, queue: str) -> list[dict[str, Any]]:
        """All messages that wait in a queue; they do not, after this."""
        found: list[dict[str, Any]] = []
        request = {"QueueUrl": self.queues[queue], "MaxNumberOfMessages": 10, "MessageAttributeNames": ["All"]}
        request["VisibilityTimeout"] = LONG
        while batch := client("sqs").receive_message(**request).get("Messages"):
            found += batch
        return found

    def bodies(self, queue: str) -> list[Any]:
        """The JSON documents that wait in a queue; they do not, after this."""
        return [json.loads(message["Body"]) for message in self.messages(queue)]

    def settled(self) -> list[dict[str, Any]]:
        """The details of the events that were settled where they were published, and came to no queue."""
        return self.events("settled")

    def events(self, queue: str = "EventQueue") -> list[dict[str, Any]]:
        """The details of the events that came by way of the bus; they do not wait in the queue after this."""
        return [envelope["detail"] for envelope in self.bodies(queue)]

    # --- functions ----------------------------------------------------------------------------------

    def environment(self, function: str) -> dict[str, str]:
        """The variables of a function, as the template gives them."""
        return {name: self._value(text) for name, text in environment(logical_name(function)).items()}

    def _value(self, text: str) -> str:
        if text.startswith(('{"Fn::If": ["IsDeployed"', '{"Fn::If": ["ReceivesMail"', '{"Fn::If": ["ReportsSms"')):
            text = str(json.loads(text)["Fn::If"][2])  # the stage is local
        return re.sub(r"\$\{([\w:.]+)\}", lambda found: self._physical(found[1]), text)

    def _physical(self, name: str) -> str:
        known = {
            **_PSEUDO,
            "Bus": STACK,
            "Sequence": SEQUENCE,
            "Enrolment": ENROLMENT,
            "Import": IMPORT,
            "Work": WORK,
            "Bucket": BUCKET,
            "Api.ApiEndpoint": API,
            **_TABLES,
            **self.queues,
            **PARAMETERS,
        }
        return known.get(name) or str(template()["Parameters"][name]["Default"])

    def invoke(self, function: str, event: Mapping[str, Any]) -> Any:
        """Call a function's handler as a process that was just started does."""
        self._starts(function)
        with warnings.catch_warnings():
            # runtime.observability silences it, but pytest sets the filters anew for each test.
            warnings.filterwarnings("ignore", "No application metrics to publish")
            return app(code_of(function)).handler(dict(event), self.context)

    def wiring(self, function: str) -> Wiring:
        """The wiring of a function that was just started, for a look at what it can reach."""
        self._starts(function)
        return wired()

    def _starts(self, function: str) -> None:
        for name in _SETTINGS:
            self._patch.delenv(name, raising=False)
        for name, text in self.environment(function).items():
            self._patch.setenv(name, text)
        self._patch.setattr(Wiring, "client", lambda _, service, config=None: self._client(service))
        wired.cache_clear()
        wired().__dict__.update(self.adapters)

    def _client(self, service: str) -> Any:
        return self.replaced[service] if service in self.replaced else client(service)

    def consume(self, queue: str, batch: Mapping[str, Any]) -> Any:
        """Have a queue's own function work on a batch, which Lambda says comes from that queue."""
        arn = client("sqs").get_queue_attributes(QueueUrl=self.queues[queue], AttributeNames=["QueueArn"])
        from_it = [{**record, "eventSourceARN": arn["Attributes"]["QueueArn"]} for record in batch["Records"]]
        return self.invoke(snake_case(consumers()[queue][0]), {"Records": from_it})


def logical_name(function: str) -> str:
    """receive_meta → ReceiveMeta."""
    return "".join(part.capitalize() for part in function.split("_"))


def snake_case(name: str) -> str:
    """ReceiveMeta → receive_meta."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


def code_of(function: str) -> str:
    """The folder of a function's code: its own name, or the one that all channels share."""
    return str(properties(logical_name(function))["CodeUri"]).removeprefix("functions/")


@cache
def app(code: str) -> ModuleType:
    """functions/<code>/app.py. What it imports from its own folder is not seen by any other function."""
    folder = FUNCTIONS / code
    with _on_path(folder):
        spec = importlib.util.spec_from_file_location(f"functions.{code}.app", folder / "app.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    return module


@contextmanager
def _on_path(folder: Path) -> Iterator[None]:
    own = {path.stem for path in folder.glob("*.py")}
    hidden = {name: sys.modules.pop(name) for name in own & sys.modules.keys()}
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))
        for name in own:
            sys.modules.pop(name, None)
        sys.modules.update(hidden)
