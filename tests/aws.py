"""An AWS in this process (moto): no call leaves it, and it begins and ends with nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import requests
from moto import mock_aws


@contextmanager
def empty_aws(region: str = "eu-central-1") -> Iterator[None]:
    """Answer every call to AWS in this process, as an account that holds nothing.

    A mock inside another one, as where a session keeps its own, begins with what the other holds.
    So this one is emptied at both ends.
    """
    with pytest.MonkeyPatch.context() as environment, mock_aws():
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            environment.setenv(name, "testing")
        environment.setenv("AWS_DEFAULT_REGION", region)
        environment.delenv("AWS_ENDPOINT_URL", raising=False)
        empty()
        yield
        empty()


def empty() -> None:
    """Forget every resource of every service."""
    requests.post("http://motoapi.amazonaws.com/moto-api/reset", timeout=60)
