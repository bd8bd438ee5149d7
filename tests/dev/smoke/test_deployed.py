"""A deployed stack is found by its outputs and its secrets; what is missing is said."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from dev.demo.stories import Customer
from dev.provision import SAMPLE_SOURCE
from dev.smoke import __main__ as smoke
from dev.smoke.deployed import Deployed, NotDeployed, find, stack_name_of
from dev.web import Answer
from tests.aws import empty_aws

NAME = "whenthen-dev"
URL = "https://a1b2c3.execute-api.eu-central-1.amazonaws.com"


class Clients:
    """Secrets Manager in process, and a CloudFormation that knows one stack, or none."""

    def __init__(self, outputs: dict[str, str] | None = None) -> None:
        self.outputs = outputs

    def __call__(self, service: str) -> Any:
        made = boto3.client(service, region_name="eu-central-1")  # type: ignore[call-overload]
        if service == "cloudformation":
            self._stub(made)
        return made

    def _stub(self, cloudformation: Any) -> None:
        stub = Stubber(cloudformation)
        if self.outputs is None:
            stub.add_client_error("describe_stacks", "ValidationError", "does not exist")
        else:
            outputs = [{"OutputKey": name, "OutputValue": value} for name, value in self.outputs.items()]
            stack = {"StackName": NAME, "CreationTime": datetime.now(UTC), "StackStatus": "CREATE_COMPLETE"}
            answer = {"Stacks": [{**stack, "Outputs": outputs}]}
            stub.add_response("describe_stacks", answer, {"StackName": NAME})
        stub.activate()


def _deploy(outputs: dict[str, str], filled: dict[str, dict[str, str]]) -> Clients:
    clients = Clients(outputs)
    vault = clients("secretsmanager")
    for name in ("admin-key", "outgoing/default", "meta"):
        with suppress(ClientError):  # of a test before this one, where a mock around both keeps it
            vault.delete_secret(SecretId=f"{NAME}/{name}", ForceDeleteWithoutRecovery=True)
        vault.create_secret(Name=f"{NAME}/{name}")
    for name, document in filled.items():
        vault.put_secret_value(SecretId=f"{NAME}/{name}", SecretString=json.dumps(document))
    return clients


OWN = {"admin-key": {"key": "k" * 43}, "outgoing/default": {"secret": "s" * 32}}


@pytest.fixture(autouse=True)
def aws() -> Iterator[None]:
    with empty_aws():
        yield


def test_a_stack_is_known_by_its_outputs_and_secrets() -> None:
    clients = _deploy({"ApiUrl": URL}, {**OWN, "meta": {"app_secret": "meta's", "verify_token": "v"}})
    found = find(clients, NAME)
    assert (found.url, found.admin_key, found.outgoing_secret) == (URL, "k" * 43, "s" * 32)
    assert found.hook("meta").secret == found.app_secret == "meta's"
    assert found.hook(SAMPLE_SOURCE).url == f"{URL}/hooks/smoke-payments"
    assert found.hook(SAMPLE_SOURCE).secret != find(clients, NAME).hook(SAMPLE_SOURCE).secret, "made up each time"


def test_a_stack_whose_operator_has_no_meta_app_yet_is_tried_without_it() -> None:
    assert find(_deploy({"ApiUrl": URL}, OWN), NAME).app_secret == ""


@pytest.mark.parametrize(
    ("outputs", "filled", "said"),
    [
        ({}, OWN, "no output ApiUrl"),
        ({"ApiUrl": URL}, {"admin-key": OWN["admin-key"]}, "outgoing/default has no value"),
    ],
)
def test_what_a_stack_lacks_is_said(outputs: dict[str, str], filled: dict[str, dict[str, str]], said: str) -> None:
    clients = _deploy(outputs, filled)
    with pytest.raises(NotDeployed, match=said):
        find(clients, NAME)


def test_without_a_stack_nothing_is_tried(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(smoke, "_client", Clients())
    assert smoke.main(["dev"]) == 2
    assert f"there is no stack {stack_name_of('dev')}" in capsys.readouterr().out


def test_production_is_tried_only_if_that_is_meant(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(smoke, "_client", Clients())
    monkeypatch.delenv(smoke.MEANT, raising=False)
    assert smoke.main(["prod"]) == 2
    assert f"{smoke.MEANT}=yes" in capsys.readouterr().out
    monkeypatch.setenv(smoke.MEANT, "yes")
    assert smoke.main(["prod"]) == 2
    assert "there is no stack whenthen-prod" in capsys.readouterr().out


class Refusing:
    """Stands for an API that answers everything with 500, and notes what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []

    def __call__(self, method: str, url: str, *_: Any, **__: Any) -> Answer:
        self.asked.append((method, url.removeprefix(URL)))
        return Answer(500, {}, b"{}")


def test_all_that_was_made_is_taken_away_even_where_some_of_it_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dev.client.web.call", refusing := Refusing())
    stack = Deployed(URL, "key", "s" * 32, "", "whsec_x")
    smoke.clean_up(stack, Customer("7"), {"rule_1": "one", "rule_2": "two"})
    deleted = [path for method, path in refusing.asked if method == "DELETE"]
    assert deleted == ["/v1/rules/rule_1", "/v1/rules/rule_2", "/v1/records/lead/smoke-7"]
    assert ("PUT", "/v1/sources/smoke-payments") in refusing.asked
