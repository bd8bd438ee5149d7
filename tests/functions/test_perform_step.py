"""The function that all channels share: CHANNEL chooses the use case, and an unknown one performs nothing."""

from __future__ import annotations

from typing import Any

import pytest

from tests.functions.payloads import batch, failed
from tests.functions.stack import Stack, code_of, snake_case
from tests.template.reading import consumers, environment
from whenthen.domain.actions import Channel
from whenthen.runtime.settings import Misconfigured, Settings
from whenthen.runtime.wiring import CHANNELS, Wiring

JOB = {"run_id": "run_1", "step_id": "hello", "occurrence": 0}
QUEUES = {channel: f"{channel.value.capitalize()}Queue" for channel in Channel}


class Asked:
    """Stands for a use case, and notes the jobs that it was asked for."""

    def __init__(self) -> None:
        self.jobs: list[tuple[Any, ...]] = []

    def __call__(self, *job: Any) -> None:
        self.jobs.append(job)


def test_every_channel_has_a_use_case_and_no_other_name_does() -> None:
    assert CHANNELS.keys() == set(Channel)


@pytest.mark.parametrize("channel", Channel)
def test_the_function_of_a_channel_performs_its_jobs_and_those_of_no_other(stack: Stack, channel: Channel) -> None:
    function, _ = consumers()[QUEUES[channel]]
    assert code_of(snake_case(function)) == "perform_step"
    assert environment(function)["CHANNEL"] == channel
    asked = {name: Asked() for name in CHANNELS.values()}
    stack.adapters |= asked
    assert failed(stack.consume(QUEUES[channel], batch(JOB))) == []
    assert {name: len(one.jobs) for name, one in asked.items()} == {
        name: int(of == channel) for of, name in CHANNELS.items()
    }
    assert asked[CHANNELS[channel]].jobs == [("run_1", "hello", 0)]


@pytest.mark.parametrize("channel", Channel)
def test_only_the_record_channel_may_begin_a_job_with_little_time_left(channel: Channel) -> None:
    assert Wiring(Settings({"CHANNEL": channel})).calls_outside == (channel is not Channel.RECORD)


@pytest.mark.parametrize("channel", ["sms", "Email", "send_email", "__class__"])
def test_an_unknown_channel_is_named_and_nothing_is_performed(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, channel: str
) -> None:
    asked = {name: Asked() for name in CHANNELS.values()}
    stack.adapters |= asked
    given = Stack.environment
    monkeypatch.setattr(Stack, "environment", lambda self, function: {**given(self, function), "CHANNEL": channel})
    with pytest.raises(Misconfigured, match=f"CHANNEL is '{channel}', not one of email, whatsapp, webhook, record"):
        stack.consume("EmailQueue", batch(JOB))
    assert [one.jobs for one in asked.values()] == [[], [], [], []]
    assert stack.messages("EmailDeadLetters") == [], "its message comes back, for when the deployment is mended"


def test_a_function_without_a_channel_says_what_is_missing() -> None:
    with pytest.raises(Misconfigured, match="CHANNEL is not set"):
        _ = Wiring(Settings({})).perform_step
