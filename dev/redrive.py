"""Put the messages of a dead-letter queue back to work: `make redrive QUEUE=email STACK=whenthen-dev`.

Without STACK, on the local stack. A message is deleted from the dead letters only after it was put back, so an
interruption repeats at most a few, and repetitions are harmless: the ledger knows each event and job. Uses
receive, send and delete, because the reason of a message that a function dead-lettered must not travel on. What
becomes a dead letter meanwhile stays: it is most likely what was put back a moment ago.

Changes of records and outcomes of runs (QUEUE=change, QUEUE=outcome) come from a stream, into which nothing can be put
back: their function is called to publish them (`dev.changes`).
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import boto3

from dev.changes import FUNCTIONS, NotPublished, publish_again
from dev.paths import UP, StackPaths
from dev.stack import Stack
from whenthen.channels.registry import CHANNELS

QUEUES = ("event", "import", "lead", "sweep", "reconcile", "mail", *CHANNELS)
_BATCH = 10
_HIDDEN = 60
"""Seconds for which a message that is left where it is does not come again."""

_FRUITLESS = 5
"""Batches in a row of nothing but later messages, before what there was is taken to be through."""


def redrive(sqs: Any, stack_name: str, queue: str, put_back: Callable[[str], None] | None = None) -> int:
    """Put back every message of `<stack>-<queue>-dead-letters` that is there; returns how many, and prints why.

    To `<stack>-<queue>`, unless `put_back` does it, which takes the body and may raise NotPublished.
    """
    source = sqs.get_queue_url(QueueName=f"{stack_name}-{queue}-dead-letters")["QueueUrl"]
    put_back = put_back or _sender(sqs, sqs.get_queue_url(QueueName=f"{stack_name}-{queue}")["QueueUrl"])
    moved = 0
    for message in _there_already(sqs, source):
        try:
            put_back(message["Body"])
        except NotPublished as error:
            print(f"  {message['MessageId']}  stays: {error}")
            continue
        sqs.delete_message(QueueUrl=source, ReceiptHandle=message["ReceiptHandle"])
        print(f"  {message['MessageId']}  {reason_of(message)}")
        moved += 1
    return moved


def reason_of(message: Mapping[str, Any]) -> str:
    """Return why a message is a dead letter, as the function or the service says that sent it there."""
    said = {name: found.get("StringValue", "") for name, found in message.get("MessageAttributes", {}).items()}
    if "reason" in said:
        return str(said["reason"])
    if "ERROR_CODE" in said:
        return f"not delivered: {said['ERROR_CODE']} {said.get('ERROR_MESSAGE', '')}".rstrip()
    return "given up by the stream's mapping" if '"DDBStreamBatchInfo"' in message["Body"] else "received too often"


def _sender(sqs: Any, target: str) -> Callable[[str], None]:
    def put_back(body: str) -> None:
        sqs.send_message(QueueUrl=target, MessageBody=body)

    return put_back


def _there_already(sqs: Any, url: str) -> Iterator[dict[str, Any]]:
    """Each message that was in the queue when this began, once."""
    began, seen, fruitless = time.time() * 1000, set(), 0
    while fruitless < _FRUITLESS and (messages := _receive(sqs, url)):
        found = [
            message
            for message in messages
            if message["MessageId"] not in seen and int(message["Attributes"]["SentTimestamp"]) <= began
        ]
        seen |= {message["MessageId"] for message in messages}
        fruitless = 0 if found else fruitless + 1
        yield from found


def _receive(sqs: Any, url: str) -> list[dict[str, Any]]:
    answer = sqs.receive_message(
        QueueUrl=url,
        MaxNumberOfMessages=_BATCH,
        MessageAttributeNames=["All"],
        AttributeNames=["SentTimestamp"],
        VisibilityTimeout=_HIDDEN,
        WaitTimeSeconds=1,
    )
    messages: list[dict[str, Any]] = answer.get("Messages", [])
    return messages


def main(arguments: Sequence[str]) -> int:
    """`QUEUE [STACK]`; 2 for a queue that there is not."""
    queue, *stack = arguments or [""]
    if queue not in (*QUEUES, *FUNCTIONS):
        print(f"QUEUE is one of {', '.join((*QUEUES, *FUNCTIONS))}")
        return 2
    client: Any
    if stack and stack[0]:
        client, stack_name = boto3.client, stack[0]
    else:
        local = Stack.load(StackPaths(UP).stack_file)
        client, stack_name = local.client, local.stack_name
    if queue in FUNCTIONS:
        function = f"{stack_name}-{FUNCTIONS[queue]}"
        moved = redrive(client("sqs"), stack_name, queue, lambda body: publish_again(client, function, body))
        print(f"{moved} messages published again by {function}")
    else:
        print(f"{redrive(client('sqs'), stack_name, queue)} messages put back to {stack_name}-{queue}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
