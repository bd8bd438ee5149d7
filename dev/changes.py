"""Publish again the changes that the function of a stream gave up, from what its dead letters say of them.

A dead letter of the function itself holds the change, or (of a heavy one) its number in the stream. One of the
mapping, which gave up a batch, names a range of numbers in a shard. The stream has all of them for 24 hours.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

FUNCTIONS: Mapping[str, str] = {"change": "PublishChanges", "outcome": "PublishOutcomes"}
"""Dead letters → the function that publishes such changes, and dead-letters again those that it cannot publish."""

_AT_ONCE = 5
"""Changes in one call: Lambda takes 6 MB, and an item has up to 400 KB before and after."""

_MOST_EMPTY = 10
"""Answers without changes in a row, before a shard that is still open is taken to hold no more."""

_NOT_THERE = frozenset({"TrimmedDataAccessException", "ResourceNotFoundException", "ValidationException"})
"""Error codes of a shard that a number is not in, or in which it was too long ago."""

Clients = Callable[[str], Any]
"""The boto3 client of a service."""


class NotPublished(Exception):
    """A dead letter has to stay where it is; says why."""


def publish_again(client: Clients, function: str, body: str) -> None:
    """Have `function` publish what a dead letter is about. Raises NotPublished."""
    letter = json.loads(body)
    match letter:
        case {"DDBStreamBatchInfo": {"streamArn": str(stream), "shardId": str(shard), **range_}}:
            found = _between(
                client, stream, [shard], str(range_["startSequenceNumber"]), str(range_["endSequenceNumber"])
            )
        case {"change": {"NewImage": _} | {"OldImage": _} as change}:
            found = iter([change])
        case {"stream": str(stream), "change": {"SequenceNumber": str(number)}}:
            found = _between(client, stream, _shards_of(client, stream, number), number, number)
        case _:
            raise NotPublished("says neither which change it was, nor where its stream has it")
    group: list[Mapping[str, Any]] = []
    for change in found:
        group.append(change)
        if len(group) == _AT_ONCE:
            _invoke(client, function, group)
            group = []
    _invoke(client, function, group)


def _invoke(client: Clients, function: str, changes: Sequence[Mapping[str, Any]]) -> None:
    if not changes:
        return
    payload = json.dumps({"Records": [{"dynamodb": change} for change in changes]}, ensure_ascii=False, default=_plain)
    answer = client("lambda").invoke(FunctionName=function, Payload=payload.encode())
    said = answer["Payload"].read().decode()
    if "FunctionError" in answer:
        raise NotPublished(f"{function} fails: its log says why")
    if json.loads(said)["batchItemFailures"]:
        raise NotPublished(f"{function} could not publish it for now")


def _plain(value: Any) -> Any:
    """Convert a value as boto3 reads it to the one that Lambda's own mapping passes."""
    if isinstance(value, datetime):
        return value.timestamp()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    raise TypeError(type(value).__name__)


def _shards_of(client: Clients, stream: str, number: str) -> list[str]:
    """The shards that may hold a number: those of a time stand beside each other."""
    found: list[str] = []
    request = {"StreamArn": stream}
    while True:
        described = client("dynamodbstreams").describe_stream(**request)["StreamDescription"]
        for shard in described["Shards"]:
            numbers = shard["SequenceNumberRange"]
            first, last = numbers["StartingSequenceNumber"], numbers.get("EndingSequenceNumber", number)
            if int(first) <= int(number) <= int(last):
                found.append(shard["ShardId"])
        if not (last_seen := described.get("LastEvaluatedShardId")):
            return found
        request["ExclusiveStartShardId"] = last_seen


def _between(client: Clients, stream: str, shards: Sequence[str], first: str, last: str) -> Iterator[Mapping[str, Any]]:
    """The changes of the shards from one number to another, both included. Raises NotPublished if there is none."""
    seen = 0
    for shard in shards:
        for change in _from(client, stream, shard, first):
            if int(change["SequenceNumber"]) > int(last):
                break
            seen += 1
            yield change
    if not seen:
        raise NotPublished("its stream has it no more: that keeps changes for 24 hours")


def _from(client: Clients, stream: str, shard: str, first: str) -> Iterator[Mapping[str, Any]]:
    """The changes of a shard from a number on, up to its end or to the newest; none where it does not hold that."""
    streams = client("dynamodbstreams")
    try:
        place = streams.get_shard_iterator(
            StreamArn=stream, ShardId=shard, ShardIteratorType="AT_SEQUENCE_NUMBER", SequenceNumber=first
        )["ShardIterator"]
        empty = 0
        while place and empty < _MOST_EMPTY:
            answer = streams.get_records(ShardIterator=place)
            yield from (record["dynamodb"] for record in answer["Records"])
            empty = 0 if answer["Records"] else empty + 1
            place = answer.get("NextShardIterator")
    except ClientError as error:
        if error.response["Error"]["Code"] not in _NOT_THERE:
            raise
