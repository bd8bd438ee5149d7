"""Redriving: dead letters are put back once, without their reasons; changes are published."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from dev import redrive as redriving
from dev.changes import NotPublished, publish_again
from dev.redrive import main, reason_of, redrive


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
    sqs.send_message(QueueUrl=url, MessageBody="dead-lettered", MessageAttributes=reason)
    sqs.send_message(QueueUrl=url, MessageBody="crashed")
    assert redrive(sqs, "stack", "email") == 2
    assert bodies(sqs, "stack-email") == ["crashed", "dead-lettered"]
    assert bodies(sqs, "stack-email-dead-letters") == []
    assert "there is no job" in capsys.readouterr().out


def test_a_message_that_is_dead_lettered_again_at_once_is_put_back_once(sqs: Any) -> None:
    url = sqs.get_queue_url(QueueName="stack-email-dead-letters")["QueueUrl"]
    for number in range(12):
        sqs.send_message(QueueUrl=url, MessageBody=f"not json {number}")
    tries: list[str] = []

    def consumer_dead_letters_it(body: str) -> None:
        tries.append(body)
        time.sleep(0.002)  # SQS tells moments apart by the millisecond, and so does what is put to the test
        sqs.send_message(QueueUrl=url, MessageBody=body)

    assert redrive(sqs, "stack", "email", consumer_dead_letters_it) == 12
    assert sorted(tries) == sorted(f"not json {number}" for number in range(12))


def test_what_cannot_be_put_back_stays_and_is_tried_once(
    sqs: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(redriving, "_HIDDEN", 0)  # as if each took longer than a message is hidden
    url = sqs.get_queue_url(QueueName="stack-email-dead-letters")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="old")

    def too_late(_body: str) -> None:
        raise NotPublished("its stream has it no more")

    assert redrive(sqs, "stack", "email", too_late) == 0
    assert bodies(sqs, "stack-email-dead-letters") == ["old"]
    assert capsys.readouterr().out.count("stays: its stream has it no more") == 1


@pytest.mark.parametrize(
    ("attributes", "body", "reason"),
    [
        ({"reason": "there is no job", "error": "NotFound"}, "{}", "there is no job"),
        (
            {"ERROR_CODE": "NO_PERMISSIONS", "ERROR_MESSAGE": "Lacking permissions", "RULE_ARN": "arn"},
            "{}",
            "not delivered: NO_PERMISSIONS Lacking permissions",
        ),
        ({"ERROR_CODE": "AWS.SimpleQueueService.NonExistentQueue"}, "{}", "not delivered: AWS.Simple"),
        ({}, '{"DDBStreamBatchInfo": {}}', "given up by the stream's mapping"),
        ({}, "{}", "received too often"),
    ],
)
def test_a_dead_letter_says_why_whoever_made_it(attributes: dict[str, str], body: str, reason: str) -> None:
    said = {name: {"DataType": "String", "StringValue": text} for name, text in attributes.items()}
    assert reason_of({"MessageAttributes": said, "Body": body}).startswith(reason)


class Lambda:
    """Functions that publish what they are given, and say what they could not."""

    def __init__(self, answer: dict[str, Any] | None = None, **more: Any) -> None:
        self.answer, self.more = answer or {"batchItemFailures": []}, more
        self.given: list[dict[str, Any]] = []

    def invoke(self, *, FunctionName: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803 - boto3's names
        assert FunctionName == "stack-PublishChanges"
        self.given += [record["dynamodb"] for record in json.loads(Payload)["Records"]]
        return {"Payload": io.BytesIO(json.dumps(self.answer).encode()), **self.more}


class Streams:
    """A stream with a shard that is closed and one that is open; two changes in each answer, the second one empty."""

    SHARDS = ("shard-1", 100, 103), ("shard-2", 104, None)

    def __init__(self) -> None:
        item = {"sk": {"S": "record"}, "packed": {"B": b"\x01"}}
        self.changes = [
            {
                "ApproximateCreationDateTime": datetime(2026, 3, 14, tzinfo=UTC),
                "Keys": {"pk": {"S": f"record#lead:{number}"}},
                "SequenceNumber": str(100 + number),
                "NewImage": {"pk": {"S": f"record#lead:{number}"}, **item},
            }
            for number in range(8)
        ]

    def describe_stream(self, *, StreamArn: str, ExclusiveStartShardId: str = "") -> dict[str, Any]:  # noqa: N803
        assert StreamArn == STREAM
        place = 1 if ExclusiveStartShardId else 0
        name, first, last = self.SHARDS[place]
        numbers = {"StartingSequenceNumber": str(first)} | ({"EndingSequenceNumber": str(last)} if last else {})
        more = {} if place else {"LastEvaluatedShardId": name}
        return {"StreamDescription": {"Shards": [{"ShardId": name, "SequenceNumberRange": numbers}], **more}}

    def get_shard_iterator(self, **request: str) -> dict[str, Any]:
        assert (request["StreamArn"], request["ShardIteratorType"]) == (STREAM, "AT_SEQUENCE_NUMBER")
        first, last = next((first, last or 107) for name, first, last in self.SHARDS if name == request["ShardId"])
        if not first <= int(request["SequenceNumber"]) <= last:
            raise ClientError({"Error": {"Code": "TrimmedDataAccessException"}}, "GetShardIterator")
        return {"ShardIterator": f"{request['SequenceNumber']} {last} 0"}

    def get_records(self, *, ShardIterator: str) -> dict[str, Any]:  # noqa: N803 - boto3's name
        first, last, call = map(int, ShardIterator.split())
        found = [] if call == 1 else [c for c in self.changes if first <= int(c["SequenceNumber"]) <= last][:2]
        if first > last:
            return {"Records": []}
        return {
            "Records": [{"dynamodb": change} for change in found],
            "NextShardIterator": f"{first + len(found)} {last} {call + 1}",
        }


STREAM = "arn:aws:dynamodb:eu-central-1:123456789012:table/records/stream/2026-03-14T00:00:00.000"


class Aws:
    """A stream and a function."""

    def __init__(self, function: Lambda) -> None:
        self.function, self.streams = function, Streams()

    def __call__(self, service: str) -> Any:
        return {"lambda": self.function, "dynamodbstreams": self.streams}[service]

    def gives_up(self, first: int, last: int) -> str:
        """What the mapping puts into the queue for the changes from one to another."""
        place = {"shardId": "shard-1", "streamArn": STREAM, "batchSize": last - first + 1}
        place |= {"startSequenceNumber": str(100 + first), "endSequenceNumber": str(100 + last)}
        context = {"condition": "RetryAttemptsExhausted", "approximateInvokeCount": 1}
        return json.dumps({"version": "1.0", "requestContext": context, "DDBStreamBatchInfo": place})


def refs(function: Lambda) -> list[str]:
    return [change["Keys"]["pk"]["S"] for change in function.given]


def test_the_range_that_the_mapping_gave_up_is_read_from_the_stream() -> None:
    aws = Aws(Lambda())
    publish_again(aws, "stack-PublishChanges", aws.gives_up(0, 2))
    assert refs(aws.function) == [f"record#lead:{number}" for number in range(3)]
    first = aws.function.given[0]
    assert first["NewImage"]["packed"] == {"B": "AQ=="}, "as Lambda's own mapping gives it"
    assert isinstance(first["ApproximateCreationDateTime"], int | float)


def test_a_change_is_published_from_its_dead_letter_or_where_that_names_it_from_the_stream() -> None:
    aws = Aws(Lambda())
    image = {"Keys": {"pk": {"S": "record#lead:9"}}, "SequenceNumber": "5", "NewImage": {"pk": {"S": "record#lead:9"}}}
    publish_again(aws, "stack-PublishChanges", json.dumps({"stream": "gone", "change": image}))
    heavy = {"SequenceNumber": "105"}
    publish_again(aws, "stack-PublishChanges", json.dumps({"stream": STREAM, "change": heavy}))
    assert refs(aws.function) == ["record#lead:9", "record#lead:5"]


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (Lambda({"batchItemFailures": [{"itemIdentifier": "1"}]}), "for now"),
        (Lambda({"errorMessage": "defect"}, FunctionError="Unhandled"), "its log"),
    ],
)
def test_what_the_function_does_not_publish_stays(function: Lambda, said: str) -> None:
    aws = Aws(function)
    with pytest.raises(NotPublished, match=said):
        publish_again(aws, "stack-PublishChanges", aws.gives_up(0, 1))


@pytest.mark.parametrize("body", ['{"keys": {}, "sequence_number": "1"}', "[]", '{"stream": "s", "change": {}}'])
def test_what_names_no_change_stays(body: str) -> None:
    with pytest.raises(NotPublished, match="says neither"):
        publish_again(Aws(Lambda()), "stack-PublishChanges", body)


def test_what_the_stream_has_no_more_stays() -> None:
    aws = Aws(Lambda())
    gone = {"shardId": "shard-2", "streamArn": STREAM}
    numbers = {"startSequenceNumber": "90", "endSequenceNumber": "91"}
    with pytest.raises(NotPublished, match="24 hours"):
        publish_again(aws, "stack-PublishChanges", json.dumps({"DDBStreamBatchInfo": {**gone, **numbers}}))


def test_a_queue_that_there_is_not_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["letters"]) == 2
    said = capsys.readouterr().out
    assert all(queue in said for queue in ("email", "change", "outcome"))
