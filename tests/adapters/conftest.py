"""AWS in process (moto), with the tables as docs/architecture.md defines them."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest

from tests.adapters.tables import tables
from tests.aws import empty_aws
from whenthen.adapters.aws import client as aws


@pytest.fixture(autouse=True)
def no_sleep(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that were slept, without the sleeping."""
    slept: list[float] = []
    monkeypatch.setattr(aws, "sleep", slept.append)
    return slept


@pytest.fixture(scope="session")
def aws_mock() -> Iterator[None]:
    """No call leaves the process."""
    with empty_aws():
        yield


@pytest.fixture(scope="session")
def clients(aws_mock: None) -> Callable[[str], Any]:
    """A client for a service, made once: it takes a tenth of a second."""

    @functools.cache
    def client(service: str) -> Any:
        return boto3.client(service, config=aws.STORE)  # type: ignore[call-overload]

    return client


@pytest.fixture
def dynamodb(clients: Callable[[str], Any]) -> Any:
    """A client with the three tables, empty."""
    tables().bring_back()
    return clients("dynamodb")
