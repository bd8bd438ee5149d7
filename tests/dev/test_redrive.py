"""Redriving: dead letters are put back once, without their reasons; changes are published."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from dev import dead_letters
from dev import redrive as redriving
from dev.changes import FUNCTIONS, NotPublished, publish_again
from dev.dead_letters import reason_of
from dev.redrive import QUEUES, main, redrive
from tests.aws import client, empty_aws
from tests.template.reading import source


@pytest.fixture
def sqs() -> Iterator[Any]:
    with empty_aws("us-east-1"):
        sqs = client("sqs", "us-east-1")
        for name in ("stack-email", "stack-email-dead-letters"):
            sqs.create_queue(QueueName=name)
        yield sqs


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
    monkeypatch.setattr(dead_letters, "_HIDDEN", 0)  # as if each took longer than a message is hidden
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
            {"reason": "input.invalid", "error": "Invalid", "causes": "field.required", "fields": "data, type"},
            "{}",
            "input.invalid: field.required, data, type",
        ),
        ({"reason": "dead_letter.defect", "error": "KeyError"}, "{}", "dead_letter.defect: KeyError"),
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
        """Return the message that the mapping puts into the queue for the changes from one to another."""
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


# --- by reason, so many, looked at, deleted ------------------------------------------------------------------------

GONE, DEFECT = "job.not_found", "dead_letter.defect"


@pytest.fixture
def aws(sqs: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A stack whose queue of mails has 25 letters: two reasons, and four that nobody gave one."""
    monkeypatch.setattr(boto3, "client", lambda service: client(service, "us-east-1"))
    for number in range(25):
        reason, error = (GONE, "NotFound") if number < 14 else (DEFECT, "KeyError")
        attributes = {
            name: {"DataType": "String", "StringValue": text} for name, text in (("reason", reason), ("error", error))
        }
        more = {"MessageAttributes": attributes} if number < 21 else {}
        sqs.send_message(QueueUrl=_url(sqs), MessageBody=json.dumps({"job": number, "to": "Ay\u015fe"}), **more)
    return sqs


def _url(sqs: Any, name: str = "stack-email-dead-letters") -> str:
    return str(sqs.get_queue_url(QueueName=name)["QueueUrl"])


def _jobs(sqs: Any, name: str) -> list[int]:
    """The letters of a queue; they stay visible."""
    found: dict[str, int] = {}
    request = {"QueueUrl": _url(sqs, name), "MaxNumberOfMessages": 10, "VisibilityTimeout": 60}
    while messages := sqs.receive_message(**request).get("Messages", []):
        found |= {message["MessageId"]: json.loads(message["Body"])["job"] for message in messages}
    return sorted(found.values())


DEAD, LIVE = "stack-email-dead-letters", "stack-email"


def test_letters_are_counted_by_reason_and_stay(aws: Any, capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(2):  # a second look sees them all at once, too
        assert main(["email", "stack", "--do=list"]) == 0
        said = " ".join(capsys.readouterr().out.split())
        assert f"email 14 {GONE}" in said
        assert f"email 7 {DEFECT}: KeyError" in said
        assert "email 4 received too often" in said
        assert "25 messages in stack-email-dead-letters" in said
    assert _jobs(aws, DEAD) == list(range(25))


def test_without_a_queue_all_of_them_are_counted(aws: Any, capsys: pytest.CaptureFixture[str]) -> None:
    for queue in ("change-dead-letters", "webhook-dead-letters"):
        aws.create_queue(QueueName=f"stack-{queue}")
    aws.send_message(QueueUrl=_url(aws, "stack-change-dead-letters"), MessageBody='{"DDBStreamBatchInfo": {}}')
    assert main(["", "stack"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert f"email 14 {GONE}" in said
    assert "change 1 given up by the stream's mapping" in said
    assert "26 dead letters in stack" in said
    assert len(_jobs(aws, DEAD)) == 25
    assert _jobs(aws, LIVE) == []


@pytest.mark.parametrize(
    ("chosen", "moved"),
    [
        (["--reason=job."], 14),
        (["--reason=dead_letter.defect: KeyError"], 7),
        (["--reason=received too often"], 4),
        (["--reason=nothing such"], 0),
        (["--limit=3"], 3),
        ([f"--reason={DEFECT}", "--limit=2"], 2),
        (["--limit=99"], 25),
        (["--reason=", "--limit=", "--do=", "--sure="], 25),
    ],
)
def test_those_that_are_chosen_are_put_back_and_the_others_stay(
    aws: Any, capsys: pytest.CaptureFixture[str], chosen: list[str], moved: int
) -> None:
    assert main(["email", "stack", *chosen, "--do=dry-run"]) == 0
    assert f"{moved} messages would be put back" in capsys.readouterr().out
    assert _jobs(aws, LIVE) == []
    assert main(["email", "stack", *chosen]) == 0
    assert f"{moved} messages put back to stack-email" in capsys.readouterr().out
    back = _jobs(aws, LIVE)
    assert len(back) == moved
    assert sorted((*back, *_jobs(aws, DEAD))) == list(range(25))


def test_a_letter_is_shown_with_its_body(aws: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["email", "stack", "--do=show", f"--reason={DEFECT}", "--limit=1"]) == 0
    said = capsys.readouterr().out
    assert said.count(f"{DEFECT}: KeyError") == 1
    assert '"to": "Ay\u015fe"' in said
    assert "since 20" in said
    assert main(["email", "stack", "--do=show"]) == 0
    assert "10 messages shown" in capsys.readouterr().out
    assert len(_jobs(aws, DEAD)) == 25


@pytest.mark.parametrize("body", ["{not json", "[" * 100_000, ""])
def test_a_body_that_is_no_json_is_shown_as_it_is(body: str) -> None:
    message = {"MessageId": "m", "ReceiptHandle": "r", "Body": body, "Attributes": {"SentTimestamp": "0"}}
    assert body in dead_letters.shown(dead_letters._letter(message))


def test_letters_are_deleted_only_by_who_is_sure(aws: Any, capsys: pytest.CaptureFixture[str]) -> None:
    for unsure in ([], ["--sure="], ["--sure=y"], ["--sure=no"]):
        assert main(["email", "stack", "--do=purge", f"--reason={GONE}", *unsure]) == 0
        assert "14 messages would be deleted for good; to do it, add SURE=yes" in capsys.readouterr().out
    assert main(["email", "stack", "--do=purge", f"--reason={GONE}", "--sure=yes"]) == 0
    assert "14 messages deleted for good" in capsys.readouterr().out
    assert _jobs(aws, DEAD) == list(range(14, 25))
    assert _jobs(aws, LIVE) == []


def test_changes_are_chosen_too(aws: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    aws.create_queue(QueueName="stack-change-dead-letters")
    for number in range(5):
        aws.send_message(QueueUrl=_url(aws, "stack-change-dead-letters"), MessageBody=str(number))
    published: list[str] = []
    monkeypatch.setattr(redriving, "publish_again", lambda _client, _function, body: published.append(body))
    assert main(["change", "stack", "--limit=2"]) == 0
    assert len(published) == 2
    assert "2 messages published again by stack-PublishChanges" in capsys.readouterr().out


def test_who_interrupts_it_leaves_the_others_where_they_are_and_visible(aws: Any) -> None:
    def interrupted(_body: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        redrive(aws, "stack", "email", interrupted)
    assert _jobs(aws, DEAD) == list(range(25))


def test_every_queue_of_the_template_can_be_redriven() -> None:
    mappings = source()["Mappings"]
    assert {row["Name"] for row in mappings["Queues"].values()} == set(QUEUES)
    assert {row["Name"] for row in mappings["Streams"].values()} == FUNCTIONS.keys()


@pytest.mark.parametrize(
    "arguments",
    [
        ["email", "stack", "--limit=0"],
        ["email", "stack", "--limit=-1"],
        ["email", "stack", "--limit=ten"],
        ["email", "stack", "--do=delete"],
        ["", "stack", "--do=purge", "--sure=yes"],
        ["", "stack", "--reason=job"],
    ],
)
def test_what_is_not_understood_changes_nothing(aws: Any, arguments: list[str]) -> None:
    assert main(arguments) == 2
    assert _jobs(aws, LIVE) == []
    assert len(_jobs(aws, DEAD)) == 25


def test_without_a_local_stack_it_asks_for_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(redriving, "StackPaths", lambda _: SimpleNamespace(stack_file=tmp_path / "stack.json"))
    assert main(["email"]) == 2
    assert "STACK=" in capsys.readouterr().out


def test_a_queue_that_there_is_not_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["letters"]) == 2
    said = capsys.readouterr().err
    assert all(queue in said for queue in ("email", "change", "outcome"))
