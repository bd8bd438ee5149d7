"""Redriving: what was buried is put back once, without the reason that it was buried for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from dev.redrive import main, redrive


@pytest.fixture
def sqs(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    with mock_aws():
        client = boto3.client("sqs")
        for name in ("stack-email", "stack-email-dead-letters"):
            client.create_queue(QueueName=name)
        yield client


def bodies(sqs: Any, name: str) -> list[str]:
    url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
    answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"])
    assert not any("MessageAttributes" in message for message in answer.get("Messages", []))
    return sorted(message["Body"] for message in answer.get("Messages", []))


def test_every_dead_letter_is_put_back_once(sqs: Any, capsys: pytest.CaptureFixture[str]) -> None:
    url = sqs.get_queue_url(QueueName="stack-email-dead-letters")["QueueUrl"]
    reason = {"reason": {"DataType": "String", "StringValue": "there is no job"}}
    sqs.send_message(QueueUrl=url, MessageBody="buried", MessageAttributes=reason)
    sqs.send_message(QueueUrl=url, MessageBody="crashed")
    assert redrive(sqs, "stack", "email") == 2
    assert bodies(sqs, "stack-email") == ["buried", "crashed"]
    assert bodies(sqs, "stack-email-dead-letters") == []
    assert "there is no job" in capsys.readouterr().out


def test_a_queue_that_there_is_not_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["letters"]) == 2
    assert "email" in capsys.readouterr().out
