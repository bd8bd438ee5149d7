"""The function that all channels share: CHANNEL chooses the use case, and an unknown one performs nothing."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

import pytest

from tests.functions.payloads import batch, failed
from tests.functions.stack import Stack, code_of, snake_case
from tests.template.channels import QUEUES
from tests.template.reading import consumers, environment
from whenthen.channels.registry import CHANNELS
from whenthen.runtime.environment import Misconfigured, Settings
from whenthen.runtime.wiring import Wiring, channels

JOB = {"run_id": "run_1", "step_id": "hello", "occurrence": 0}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[tuple[Any, ...]]]:
    """The jobs that each channel's use case was asked for; all use cases are stand-ins."""
    jobs: dict[str, list[tuple[Any, ...]]] = {channel: [] for channel in CHANNELS}
    for channel in CHANNELS:
        wiring = import_module(f"whenthen.channels.{channel}.wiring")
        monkeypatch.setattr(wiring, "wire", lambda _, own=jobs[channel]: lambda *job: own.append(job))
    return jobs


@pytest.mark.parametrize("channel", CHANNELS)
def test_the_function_of_a_channel_performs_its_jobs_and_those_of_no_other(
    stack: Stack, asked: dict[str, list[tuple[Any, ...]]], channel: str
) -> None:
    function, _ = consumers()[QUEUES[channel]]
    assert code_of(snake_case(function)) == "perform_step"
    assert environment(function)["CHANNEL"] == channel
    assert failed(stack.consume(QUEUES[channel], batch(JOB))) == []
    assert asked == {name: [("run_1", "hello", 0)] if name == channel else [] for name in CHANNELS}


@pytest.mark.parametrize("channel", CHANNELS)
def test_only_the_record_channel_may_begin_a_job_with_little_time_left(channel: str) -> None:
    assert Wiring(Settings({"CHANNEL": channel})).calls_outside == (channel != "record")


@pytest.mark.parametrize("channel", ["telegram", "Email", "send_email", "__class__", "registry", "email.client"])
def test_an_unknown_channel_is_named_and_nothing_is_performed(
    stack: Stack, asked: dict[str, list[tuple[Any, ...]]], monkeypatch: pytest.MonkeyPatch, channel: str
) -> None:
    given = Stack.environment
    monkeypatch.setattr(Stack, "environment", lambda self, function: {**given(self, function), "CHANNEL": channel})
    with pytest.raises(Misconfigured, match=f"CHANNEL is '{channel}', which is no channel; there are (.*)") as caught:
        stack.consume("EmailQueue", batch(JOB))
    assert str(caught.value).endswith(f"there are {', '.join(CHANNELS)}")
    assert not any(asked.values())
    assert stack.messages("EmailDeadLetters") == [], "its message comes back, for when the deployment is mended"


def test_a_function_without_a_channel_says_what_is_missing() -> None:
    with pytest.raises(Misconfigured, match="CHANNEL is not set"):
        _ = Wiring(Settings({})).perform_step


def test_a_channel_that_lacks_a_library_is_not_said_to_be_no_channel(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("whenthen.channels.webhook.wiring")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(channels, "import_module", _without_library)
    with pytest.raises(ModuleNotFoundError, match="icalendar"):
        _ = Wiring(Settings({"CHANNEL": "webhook"})).perform_step


def _without_library(module: str) -> Any:
    raise ModuleNotFoundError(f"No module named 'icalendar', of {module}", name="icalendar")
