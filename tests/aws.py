"""An AWS in this process (moto): no call leaves it, and it begins and ends with nothing."""

from __future__ import annotations

import copyreg
import io
import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from threading import Condition
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.core.base_backend import BackendDict
from moto.core.model_instances import reset_model_data

from tests import moto_shortcuts

REGION = "eu-central-1"


@contextmanager
def empty_aws(region: str = REGION) -> Iterator[None]:
    """Answer every call to AWS in this process, as an account that holds nothing."""
    _answered_here()
    with pytest.MonkeyPatch.context() as environment:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            environment.setenv(name, "testing")
        environment.setenv("AWS_DEFAULT_REGION", region)
        environment.delenv("AWS_ENDPOINT_URL", raising=False)
        empty()
        yield
        empty()


@cache
def _answered_here() -> None:
    """From the first test that asks for AWS on: to start and end the mock takes longer than most tests do."""
    mock_aws(config={"core": {"mock_credentials": False}}).start()
    moto_shortcuts.take()


@cache
def client(service: str, region: str = REGION) -> Any:
    """A client for a service, made once: it takes a tenth of a second. Needs a mocked AWS around it."""
    return boto3.client(service, region_name=region)  # type: ignore[call-overload]


def empty() -> None:
    """Forget every resource of every service."""
    BackendDict.reset()
    reset_model_data()


class Kept:
    """A copy of what services hold, which can be had back as often as wished: to make it anew takes many calls."""

    def __init__(self, *services: str) -> None:
        """Copy what these services hold, such as `dynamodb`, or, with none named, all of them."""
        held = [
            (backends, account, region, backend)
            for backends in list(BackendDict._instances)
            for account, region, backend in backends.iter_backends()
            if not services or backends.service_name in services
        ]
        self._places = [(backends, account, region) for backends, account, region, _ in held]
        file = io.BytesIO()
        _Pickler(file).dump([backend for *_, backend in held])  # in one, as they refer to each other
        self._copy = file.getvalue()

    def bring_back(self) -> None:
        """Have these services hold this, and nothing else."""
        copies = pickle.loads(self._copy)  # noqa: S301 - made above
        for (backends, account, region), backend in zip(self._places, copies, strict=True):
            backends[account][region] = backend


class _Pickler(pickle.Pickler):
    """Copies the locks of moto's queues as new ones."""

    dispatch_table = copyreg.dispatch_table | {Condition: lambda _: (Condition, ())}
