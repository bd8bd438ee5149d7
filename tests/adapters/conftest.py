"""AWS in process (moto), with the tables as docs/architecture.md defines them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from tests.adapters.tables import create_tables
from whenthen.adapters import aws


@pytest.fixture(autouse=True)
def no_sleep(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that were slept, without the sleeping."""
    slept: list[float] = []
    monkeypatch.setattr(aws.time, "sleep", slept.append)
    return slept


@pytest.fixture
def aws_mock(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No call leaves the process."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        yield


@pytest.fixture
def dynamodb(aws_mock: None) -> Any:
    """A client with the three tables."""
    client = boto3.client("dynamodb", config=aws.STORE)
    create_tables(client)
    return client
