"""Each function through its handler, on the stack that template.yaml describes, in process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests
from moto import mock_aws

from tests.functions.stack import Stack
from whenthen.adapters.aws import client
from whenthen.runtime import observability
from whenthen.runtime.wiring import wired


@pytest.fixture(autouse=True)
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that were slept, without the sleeping."""
    seconds: list[float] = []
    monkeypatch.setattr(client, "sleep", seconds.append)
    return seconds


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    """A stack without records and rules."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.setattr(observability.metrics.provider, "service", "tests")
    with mock_aws():
        _reset()
        yield Stack(monkeypatch)
        _reset()
    wired.cache_clear()


def _reset() -> None:
    """An AWS that holds nothing: one mock inside another, as where a session has its own, begins with what is there."""
    requests.post("http://motoapi.amazonaws.com/moto-api/reset", timeout=60)
