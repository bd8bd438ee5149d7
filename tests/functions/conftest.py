"""Each function through its handler, on the stack that template.yaml describes, in process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.aws import empty_aws
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
    monkeypatch.setattr(observability.metrics.provider, "service", "tests")
    with empty_aws():
        yield Stack(monkeypatch)
    wired.cache_clear()
