"""Put the messages of a dead-letter queue back to work: `make redrive QUEUE=email STACK=whenthen-dev`.

Without STACK, on the local stack. A message is deleted from the dead letters only after it was put back, so an
interruption repeats at most a few, and repetitions are harmless: the ledger knows each event and job. Uses
receive, send and delete, because the reason of a message that a function buried must not travel on.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import boto3

from dev.paths import UP, StackPaths
from dev.stack import Stack

QUEUES = ("event", "lead", "sweep", "reconcile", "mail", "email", "whatsapp", "webhook", "record")
_BATCH = 10


def redrive(sqs: Any, stack_name: str, queue: str) -> int:
    """Move every message of `<stack>-<queue>-dead-letters` to `<stack>-<queue>`; returns how many, and prints why."""
    target = sqs.get_queue_url(QueueName=f"{stack_name}-{queue}")["QueueUrl"]
    source = sqs.get_queue_url(QueueName=f"{stack_name}-{queue}-dead-letters")["QueueUrl"]
    moved = 0
    while messages := _receive(sqs, source):
        for message in messages:
            reason = message.get("MessageAttributes", {}).get("reason", {}).get("StringValue", "received too often")
            sqs.send_message(QueueUrl=target, MessageBody=message["Body"])
            sqs.delete_message(QueueUrl=source, ReceiptHandle=message["ReceiptHandle"])
            print(f"  {message['MessageId']}  {reason}")
            moved += 1
    return moved


def _receive(sqs: Any, url: str) -> list[dict[str, Any]]:
    answer = sqs.receive_message(
        QueueUrl=url, MaxNumberOfMessages=_BATCH, MessageAttributeNames=["All"], VisibilityTimeout=60, WaitTimeSeconds=1
    )
    messages: list[dict[str, Any]] = answer.get("Messages", [])
    return messages


def main(arguments: Sequence[str]) -> int:
    """`QUEUE [STACK]`; 2 for a queue that there is not."""
    queue, *stack = arguments or [""]
    if queue not in QUEUES:
        print(f"QUEUE is one of {', '.join(QUEUES)}")
        return 2
    if stack and stack[0]:
        sqs, stack_name = boto3.client("sqs"), stack[0]
    else:
        local = Stack.load(StackPaths(UP).stack_file)
        sqs, stack_name = local.client("sqs"), local.stack_name
    print(f"{redrive(sqs, stack_name, queue)} messages put back to {stack_name}-{queue}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
