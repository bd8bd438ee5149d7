"""Secrets of the local stack: made up for a new one, and kept as they are when it is renewed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from dev.provision import Credentials, provision, renewed
from dev.resources import Resources
from tests.aws import empty_aws

NAMES = {"AdminKeySecret": "dev/admin-key", "OutgoingSecret": "dev/outgoing/default", "MetaSecret": "dev/meta"}
RESOURCES = Resources({"AWS::SecretsManager::Secret": NAMES}, {})


class Aws:
    """An AWS in this process."""

    def client(self, service: str) -> Any:
        return boto3.client(service, region_name="us-east-1")  # type: ignore[call-overload]

    def put(self, name: str, text: str) -> None:
        self.client("secretsmanager").put_secret_value(SecretId=NAMES[name], SecretString=text)

    def read(self, name: str) -> Any:
        return json.loads(self.client("secretsmanager").get_secret_value(SecretId=NAMES[name])["SecretString"])


@pytest.fixture
def aws() -> Iterator[Aws]:
    with empty_aws():
        found = Aws()
        for name in NAMES.values():
            found.client("secretsmanager").create_secret(Name=name)
        yield found


@pytest.fixture
def credentials(aws: Aws) -> Credentials:
    """Return the credentials of a stack that was provisioned."""
    invented = Credentials.invent()
    provision(aws, RESOURCES, invented, "crm@example.com")
    return invented


def test_a_renewed_stack_has_the_credentials_that_it_had(aws: Aws, credentials: Credentials) -> None:
    assert renewed(aws, RESOURCES, credentials) == credentials


def test_a_key_that_was_replaced_meanwhile_is_the_key(aws: Aws, credentials: Credentials) -> None:
    aws.put("AdminKeySecret", json.dumps({"key": "another"}))
    aws.put("MetaSecret", json.dumps({**aws.read("MetaSecret"), "app_secret": "next", "previous_app_secret": "old"}))
    found = renewed(aws, RESOURCES, credentials)
    assert (found.admin_key, found.app_secret) == ("another", "next")
    assert (found.verify_token, found.access_token, found.root) == (
        credentials.verify_token,
        credentials.access_token,
        credentials.root,
    )
    assert aws.read("AdminKeySecret") == {"key": "another"}
    assert aws.read("MetaSecret")["previous_app_secret"] == "old"


@pytest.mark.parametrize("text", ["another", "[]", "{}", '{"key": ""}', '{"key": 7}', '{"Key": "another"}'])
def test_a_key_that_was_spoilt_is_filled_in_again(aws: Aws, credentials: Credentials, text: str) -> None:
    aws.put("AdminKeySecret", text)
    assert renewed(aws, RESOURCES, credentials) == credentials
    assert aws.read("AdminKeySecret")["key"] == credentials.admin_key


def test_a_secret_that_a_new_template_brings_is_filled_in(aws: Aws, credentials: Credentials) -> None:
    manager = aws.client("secretsmanager")
    manager.delete_secret(SecretId=NAMES["MetaSecret"], ForceDeleteWithoutRecovery=True)
    manager.create_secret(Name=NAMES["MetaSecret"])
    assert renewed(aws, RESOURCES, credentials) == credentials
    assert aws.read("MetaSecret")["access_token"] == credentials.access_token
