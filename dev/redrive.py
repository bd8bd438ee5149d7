"""Look at the messages of a dead-letter queue, put them back to work, or delete them.

make redrive [STACK=whenthen-dev]                which queues have dead letters, how many, and why
make redrive QUEUE=email [STACK=…]               put back all that are there
    REASON=job.unknown   only those whose reason begins so
    LIMIT=10             at most so many
    DO=list              count them by reason
    DO=show              print them with their bodies; ten without a LIMIT
    DO=dry-run           say what would be put back
    DO=purge SURE=yes    delete them; without SURE, say what would be deleted

Without STACK, on the local stack. A message is deleted from the dead letters only after it was put back, so an
interruption repeats at most a few, and repetitions are harmless: the ledger knows each event and job. Uses
receive, send and delete, because the reason of a message that a function dead-lettered must not travel on. What
becomes a dead letter meanwhile stays: it is most likely what was put back a moment ago.

Changes of records and outcomes of runs (QUEUE=change, QUEUE=outcome) come from a stream, into which nothing can be put
back: their function is called to publish them (`dev.changes`).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import boto3

from dev.changes import FUNCTIONS, NotPublished, publish_again
from dev.dead_letters import DeadLetters, Selection, shown
from dev.paths import UP, StackPaths
from dev.stack import Stack
from whenthen.channels.registry import CHANNELS

QUEUES = ("event", "import", "lead", "sweep", "reconcile", "resume", "mail", "text", *CHANNELS)
ALL = Selection()
_SHOWN = 10
"""Letters that are shown where nobody says how many."""


def redrive(
    sqs: Any,
    stack_name: str,
    queue: str,
    put_back: Callable[[str], None] | None = None,
    selection: Selection = ALL,
) -> int:
    """Put back the chosen messages of `<stack>-<queue>-dead-letters`; returns how many, and prints why.

    To `<stack>-<queue>`, unless `put_back` does it, which takes the body and may raise NotPublished.
    """
    letters = DeadLetters.of(sqs, stack_name, queue)
    put_back = put_back or _sender(sqs, sqs.get_queue_url(QueueName=f"{stack_name}-{queue}")["QueueUrl"])
    moved = 0
    for letter in letters.read(selection):
        try:
            put_back(letter.body)
        except NotPublished as error:
            print(f"  {letter.id}  stays: {error}")
            continue
        letters.delete(letter)
        print(f"  {letter.id}  {letter.reason}")
        moved += 1
    return moved


def _sender(sqs: Any, target: str) -> Callable[[str], None]:
    def put_back(body: str) -> None:
        sqs.send_message(QueueUrl=target, MessageBody=body)

    return put_back


def overview(sqs: Any, stack_name: str) -> int:
    """Print for each queue how many dead letters there are, by reason. Returns how many in all."""
    found = 0
    for queue in (*QUEUES, *FUNCTIONS):
        try:
            found += count(sqs, stack_name, queue, ALL)
        except sqs.exceptions.QueueDoesNotExist:
            print(f"{queue}: {stack_name} has no such queue")
    print(f"{found} dead letters in {stack_name}")
    return found


def count(sqs: Any, stack_name: str, queue: str, selection: Selection) -> int:
    """Print how many of the chosen letters there are, by reason. Returns how many in all."""
    by_reason = DeadLetters.of(sqs, stack_name, queue).counted(selection)
    for reason, number in by_reason.most_common():
        print(f"{queue:10} {number:6}  {reason}")
    return by_reason.total()


def show(sqs: Any, stack_name: str, queue: str, selection: Selection) -> int:
    """Print the chosen letters with their bodies, ten where the selection has no limit."""
    some = selection if selection.limit is not None else replace(selection, limit=_SHOWN)
    number = 0
    for letter in DeadLetters.of(sqs, stack_name, queue).read(some):
        print(shown(letter))
        number += 1
    return number


def purge(sqs: Any, stack_name: str, queue: str, selection: Selection) -> int:
    """Delete the chosen letters for good; returns how many, and prints why they were there."""
    letters, number = DeadLetters.of(sqs, stack_name, queue), 0
    for letter in letters.read(selection):
        letters.delete(letter)
        print(f"  {letter.id}  {letter.reason}")
        number += 1
    return number


def _put_back(client: Any, stack_name: str, queue: str, selection: Selection) -> None:
    if queue in FUNCTIONS:
        function = f"{stack_name}-{FUNCTIONS[queue]}"
        moved = redrive(client("sqs"), stack_name, queue, lambda body: publish_again(client, function, body), selection)
        print(f"{moved} messages published again by {function}")
    else:
        moved = redrive(client("sqs"), stack_name, queue, selection=selection)
        print(f"{moved} messages put back to {stack_name}-{queue}")


def _do(client: Any, stack_name: str, asked: argparse.Namespace) -> None:
    sqs, queue, chosen = client("sqs"), asked.queue, Selection(asked.reason, asked.limit)
    if asked.do == "list":
        print(f"{count(sqs, stack_name, queue, chosen)} messages in {stack_name}-{queue}-dead-letters")
    elif asked.do == "show":
        print(f"{show(sqs, stack_name, queue, chosen)} messages shown; they stay where they are")
    elif asked.do == "dry-run":
        print(f"{count(sqs, stack_name, queue, chosen)} messages would be put back; nothing was changed")
    elif asked.do == "purge" and asked.sure == "yes":
        print(f"{purge(sqs, stack_name, queue, chosen)} messages deleted for good")
    elif asked.do == "purge":
        print(f"{count(sqs, stack_name, queue, chosen)} messages would be deleted for good; to do it, add SURE=yes")
    else:
        _put_back(client, stack_name, queue, chosen)


def _limit(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and int(text)):
        raise argparse.ArgumentTypeError(f"LIMIT is a number from 1 on, not {text}")
    return int(text)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make redrive", add_help=False)
    parser.add_argument("queue", nargs="?", default="", choices=("", *QUEUES, *FUNCTIONS))
    parser.add_argument("stack", nargs="?", default="")
    parser.add_argument("--reason", default="")
    parser.add_argument("--limit", default=None, type=_limit)
    parser.add_argument("--do", default="", choices=("", "list", "show", "dry-run", "purge"))
    parser.add_argument("--sure", default="")
    return parser


def main(arguments: Sequence[str]) -> int:
    """`[QUEUE [STACK]] [--reason R] [--limit N] [--do ACT] [--sure yes]`; 2 for what is not understood."""
    try:
        asked = _parser().parse_args(arguments)
    except SystemExit as refused:  # it said why
        return int(refused.code or 0)
    if not asked.queue and (asked.do not in ("", "list") or asked.reason or asked.limit):
        print(f"QUEUE is one of {', '.join((*QUEUES, *FUNCTIONS))}")
        return 2
    client: Any
    if asked.stack:
        client, stack_name = boto3.client, asked.stack
    else:
        try:
            local = Stack.load(StackPaths(UP).stack_file)
        except FileNotFoundError:
            print("no local stack is running: name the deployed one, STACK=whenthen-dev")
            return 2
        client, stack_name = local.client, local.stack_name
    if not asked.queue:
        overview(client("sqs"), stack_name)
    else:
        _do(client, stack_name, asked)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
