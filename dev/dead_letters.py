"""Read, choose and delete the dead letters of a queue, each with why it is one."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import Any

_BATCH = 10
_HIDDEN = 300
"""Seconds for which a letter that was read does not come again, unless it is released before."""

_FRUITLESS = 5
"""Batches in a row of nothing but later or known letters, before what there was is taken to be through."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A dead letter. `receipt` is the handle by which it is deleted, `sent` when it came here."""

    id: str
    receipt: str
    body: str
    reason: str
    sent: datetime


@dataclass(frozen=True, slots=True)
class Selection:
    """Choose letters: those whose reason begins so, and at most so many of them."""

    reason: str = ""
    limit: int | None = None

    def of(self, letters: Iterator[Letter]) -> Iterator[Letter]:
        """Yield the letters that are chosen."""
        return islice((letter for letter in letters if letter.reason.startswith(self.reason)), self.limit)


@dataclass(slots=True)
class DeadLetters:
    """The dead letters of `<stack>-<queue>`. `url` is the address of their queue."""

    sqs: Any
    url: str
    _held: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, sqs: Any, stack_name: str, queue: str) -> DeadLetters:
        """Find them by the name of the queue that they were in. Raises `sqs.exceptions.QueueDoesNotExist`."""
        return cls(sqs, sqs.get_queue_url(QueueName=f"{stack_name}-{queue}-dead-letters")["QueueUrl"])

    def read(self, selection: Selection) -> Iterator[Letter]:
        """Yield the chosen letters that were there when this began, once each.

        All that are not deleted meanwhile can be read again at once afterwards.
        """
        try:
            yield from selection.of(self._there_already())
        finally:
            self._release()

    def delete(self, letter: Letter) -> None:
        """Delete a letter that `read` gave."""
        self.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=letter.receipt)
        self._held.pop(letter.id, None)

    def counted(self, selection: Selection) -> Counter[str]:
        """Count the chosen letters by their reason."""
        return Counter(letter.reason for letter in self.read(selection))

    def _there_already(self) -> Iterator[Letter]:
        began, seen, fruitless = time.time() * 1000, set[str](), 0
        while fruitless < _FRUITLESS and (messages := self._receive()):
            self._held |= {message["MessageId"]: message["ReceiptHandle"] for message in messages}
            found = [message for message in messages if message["MessageId"] not in seen and _sent(message) <= began]
            seen |= {message["MessageId"] for message in messages}
            fruitless = 0 if found else fruitless + 1
            yield from map(_letter, found)

    def _receive(self) -> list[dict[str, Any]]:
        answer = self.sqs.receive_message(
            QueueUrl=self.url,
            MaxNumberOfMessages=_BATCH,
            MessageAttributeNames=["All"],
            AttributeNames=["SentTimestamp"],
            VisibilityTimeout=_HIDDEN,
            WaitTimeSeconds=1,
        )
        messages: list[dict[str, Any]] = answer.get("Messages", [])
        return messages

    def _release(self) -> None:
        """Let all that are still there be received again."""
        held, self._held = list(self._held.values()), {}
        for place in range(0, len(held), _BATCH):
            entries = [
                {"Id": str(number), "ReceiptHandle": receipt, "VisibilityTimeout": 0}
                for number, receipt in enumerate(held[place : place + _BATCH])
            ]
            self.sqs.change_message_visibility_batch(QueueUrl=self.url, Entries=entries)


def reason_of(message: Mapping[str, Any]) -> str:
    """Return why a message is a dead letter, as the function or the service says that sent it there.

    A reason's code, with the codes of what caused it and the names of fields where there are any:
    `input.invalid: field.required, steps`; of a defect the exception's class: `dead_letter.defect: ValueError`.
    """
    said = {name: found.get("StringValue", "") for name, found in message.get("MessageAttributes", {}).items()}
    if "reason" in said:
        defect = [said.get("error", "")] if said["reason"] == _DEFECT else []
        more = ", ".join(filter(None, (*defect, said.get("causes"), said.get("fields"))))
        return f"{said['reason']}: {more}" if more else said["reason"]
    if "ERROR_CODE" in said:
        return f"not delivered: {said['ERROR_CODE']} {said.get('ERROR_MESSAGE', '')}".rstrip()
    return "given up by the stream's mapping" if '"DDBStreamBatchInfo"' in message["Body"] else "received too often"


_DEFECT = "dead_letter.defect"


def shown(letter: Letter) -> str:
    """Write a letter for a person: its id, since when it is there, why, and its body with an indent."""
    try:
        body = json.dumps(json.loads(letter.body), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        body = letter.body
    return f"{letter.id}  since {letter.sent:%Y-%m-%d %H:%M:%S}Z  {letter.reason}\n{body}\n"


def _sent(message: Mapping[str, Any]) -> int:
    return int(message["Attributes"]["SentTimestamp"])


def _letter(message: Mapping[str, Any]) -> Letter:
    return Letter(
        id=message["MessageId"],
        receipt=message["ReceiptHandle"],
        body=message["Body"],
        reason=reason_of(message),
        sent=datetime.fromtimestamp(_sent(message) / 1000, UTC),
    )
