"""A client that is generated from docs/openapi.json has typed models, and talks to the API."""

from __future__ import annotations

import importlib
import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import Any

import attrs
import httpx
import pytest

from dev.openapi import OPENAPI
from tests.docs.pages import ROOT, blocks
from tests.functions import contract
from tests.functions.api import RULE, Api
from tests.functions.payloads import batch
from tests.functions.stack import Stack

NAME = "generated_whenthen_client"
GENERATE = "from openapi_python_client.cli import app; app()"

README_RULES: list[dict[str, Any]] = [json.loads(block) for block in blocks(ROOT / "README.md", "json")]
STEPS = (
    "AddTagsStep | AssignOwnerStep | CallApiStep | CallWebhookStep | CreateRecordStep | CreateTaskStep | NotifyStep | "
    "RemoveTagsStep"
)

SOME_TYPES: Mapping[str, Mapping[str, str]] = {
    "Rule": {"name": "str", "trigger": "EventTrigger", "conditions": "Predicate", "steps": STEPS, "exit_": "Exit"},
    "SavedRule": {"id": "str", "version": "int", "trigger": "EventTrigger", "updated_at": "datetime.datetime"},
    "Predicate": {"field": "str", "op": "Operator", "within": "Duration"},
    "AllOf": {"all_": "Predicate"},
    "EventTrigger": {"event": "str", "moves_to": "MovesTo"},
    "SendEmailStep": {"id": "str", "with_": "SendEmailParameters", "wait": "Wait", "only_if": "Predicate"},
    "Wait": {"days": "int", "until": "Until"},
    "Run": {"rule": "RunRule", "status": "RunStatus", "reason": "ReasonText", "started_at": "datetime.datetime"},
    "RunWithJobs": {"event": "Event", "jobs": "list[Job]", "to_come": "list[StepAhead]"},
    "Job": {"step": "str", "status": "JobStatus", "reason": "ReasonText", "attempts": "int"},
    "ReasonText": {"code": "str", "text": "str"},
    "Problem": {"title": "str", "status": "int", "code": "str", "errors": "list[FieldProblem]"},
    "FieldProblem": {"field": "str", "code": "str", "text": "str"},
    "Finding": {"severity": "FindingSeverity", "field": "str", "rules": "list[str]"},
    "RuleExplanation": {"conditions": "PredicateResult", "near_misses": "list[NearMiss]"},
    "SourceWithSecret": {"scheme": "HmacSha256Scheme", "mappings": "list[EventMapping]"},
}
"""Model → some of its attributes, and what their types must name."""

FREE = {("Predicate", "value")}
"""Values that no type can describe: they depend on the operator, or are the customer's own."""


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    """The package of the generated client."""
    folder = tmp_path_factory.mktemp("client")
    config = folder / "config.yml"
    config.write_text("post_hooks: []\n")
    command = ["generate", "--path", OPENAPI, "--meta", "none", "--output-path", folder / NAME, "--config", config]
    subprocess.run([sys.executable, "-c", GENERATE, *command, "--fail-on-warning"], check=True)  # noqa: S603 - own
    sys.path.insert(0, str(folder))
    try:
        yield importlib.import_module(NAME)
    finally:
        sys.path.remove(str(folder))
        for name in [name for name in sys.modules if name.partition(".")[0] == NAME]:
            del sys.modules[name]


@pytest.fixture
def models(client: ModuleType) -> Any:
    """Its models."""
    return importlib.import_module(f"{client.__name__}.models")


def _types(model: Any) -> dict[str, str]:
    return {each.name: str(each.type) for each in attrs.fields(model) if each.name != "additional_properties"}


@pytest.mark.parametrize("name", SOME_TYPES)
def test_a_model_has_typed_attributes(models: Any, name: str) -> None:
    found = _types(getattr(models, name))
    for attribute, wanted in SOME_TYPES[name].items():
        assert wanted in found[attribute], (attribute, found[attribute])
    untyped = {attribute for attribute, type_ in found.items() if re.search(r"\b(Any|dict|Mapping|object)\b", type_)}
    assert untyped <= {attribute for model, attribute in FREE if model == name}


@pytest.mark.parametrize("written", README_RULES, ids=lambda written: written["name"])
def test_a_rule_of_the_readme_survives_its_model(models: Any, written: dict[str, Any]) -> None:
    read = models.Rule.from_dict(written)
    assert isinstance(read.trigger, models.EventTrigger)
    assert [type(step).__name__ for step in read.steps] == [
        "".join(part.title() for part in step["action"].split("_")) + "Step" for step in written["steps"]
    ]
    assert read.to_dict() == written
    assert contract.faults_of("Rule", read.to_dict()) == []


class _Called:
    """Calls the API by the client's functions."""

    def __init__(self, client: ModuleType, api: Api) -> None:
        self._client, self._api = client, api

    def __call__(self, operation: str, *arguments: Any, **named: Any) -> Any:
        """`operation`: `rules.create`. Returns the model of the answer."""
        tag, _, function = operation.partition(".")
        module = importlib.import_module(f"{self._client.__name__}.api.{tag}.{tag}_{function}")
        transport = httpx.MockTransport(self._answered)
        with self._client.AuthenticatedClient(
            base_url="https://api.example.com", token="a-key", httpx_args={"transport": transport}
        ) as client:
            return module.sync(*arguments, client=client, **named)

    def _answered(self, request: httpx.Request) -> httpx.Response:
        answer = self._api.call(request.method, str(request.url.raw_path, "ascii"), request.content or None)
        return httpx.Response(answer.status, json=answer.document)


@pytest.fixture
def call(client: ModuleType, stack: Stack) -> _Called:
    """The functions of the client, with the API behind them."""
    return _Called(client, Api(stack))


def _rule(models: Any, **changes: Any) -> Any:
    parts: dict[str, Any] = {
        "name": "Tag a missed call of a customer",
        "kind": "contact",
        "trigger": models.EventTrigger(event="call.incoming_missed"),
        "conditions": models.AllOf(
            all_=[
                models.Predicate(field="record.status", op=models.Operator.EQUALS, value="customer"),
                models.Not(not_=models.Predicate(field="record.tags", op=models.Operator.HAS, value="called")),
            ]
        ),
        "steps": [
            models.AddTagsStep(
                id="tag", action="add_tags", with_=models.AddTagsParameters(tags=["called"]), wait=models.Wait(days=1)
            )
        ],
        "mode": models.Mode.ON,
    }
    return models.Rule(**{**parts, **changes})


def test_a_rule_that_is_built_of_models_is_created_and_read(models: Any, call: _Called) -> None:
    created = call("rules.create", body=_rule(models))
    assert isinstance(created, models.SavedRuleWithWarnings)
    assert (created.version, created.warnings) == (1, [])
    read = call("rules.read", created.id)
    assert isinstance(read, models.SavedRule)
    assert read.steps[0].with_.tags == ["called"]
    assert read.conditions.all_[0].op is models.Operator.EQUALS
    assert read.sentence.startswith("When: ")


def test_a_refusal_is_a_problem_that_names_its_fields(models: Any, call: _Called) -> None:
    refused = call("rules.create", body=_rule(models, name=""), lang="hu")
    assert isinstance(refused, models.Problem)
    assert (refused.status, refused.title, refused.errors[0].field) == (422, "Érvénytelen", "name")
    assert (refused.errors[0].code, refused.errors[0].text) == ("field.empty", "nem lehet üres")


def test_a_run_and_its_jobs_are_models(models: Any, call: _Called, stack: Stack) -> None:
    api = Api(stack)
    api.call("POST", "/v1/rules", {**RULE, "mode": "on"})
    api.call("PUT", "/v1/records/contact/7", {"first_name": "Ayşe"})
    event = models.ReportedEvent(type_="call.incoming_missed", subject="contact:7")
    (sent,) = call("events.send", body=event).events
    stack.consume("EventQueue", batch(*(message["Body"] for message in stack.messages("EventQueue"))))
    stack.consume("RecordQueue", batch(*stack.bodies("RecordQueue")))
    (listed,) = call("runs.list", record="contact:7").items
    run = call("runs.read", listed.id)
    assert isinstance(run, models.RunWithJobs)
    assert (run.event.id, run.status, run.reason.code) == (sent.id, models.RunStatus.DONE, "run.steps_done")
    (job,) = run.jobs
    assert (job.status, job.step, job.reason.code) == (models.JobStatus.DONE, "tag", "record.tags_added")
