"""Work on a batch of queue messages: each is done, deferred or dead-lettered by the table of `domain.common.errors`.

A message is only begun while there is time to end it. A function that is stopped in the middle of a send leaves the
job `unknown`, although the message may have gone out.

An outage or a throttle of AWS has no wish when to be asked again: its message comes back after a pause that grows with
its receives (`outage_pause`), and the queue allows so many receives that hours pass before it becomes a dead letter.
A defect has far fewer: it is dead-lettered here, with its reason.

Powertools has a batch processor; it would load the models of all event sources and asyncio at every cold start.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Protocol, TypeVar

from whenthen.domain.common.backoff import outage_pause
from whenthen.domain.common.errors import Malformed, Misconfigured, OnQueue, Temporary, WhenthenError, handling_of
from whenthen.domain.common.json_bounds import MAX_DEPTH, TOO_DEEP, is_deeper
from whenthen.domain.common.reasons import ReasonCode
from whenthen.runtime.dead_letters import attributes_of
from whenthen.runtime.observability import count, loggable, logger, work_begins
from whenthen.sources.parsing.json_body import LONG_NUMBER, NOT_JSON

T = TypeVar("T")
Work = Callable[[Mapping[str, Any]], object]
DatedWork = Callable[[Mapping[str, Any], datetime | None], object]

STORE_SECONDS = 8.0
"""Seconds of an invocation that must be left to begin a message that only calls AWS. Stopped, it repeats the same."""

CALL_SECONDS = 30.0
"""Seconds that must be left to begin a message with a call to the outside: the longest call, and its stores."""

DEFECT_RECEIVES = 8
"""Receives after which a message that fails for an unforeseen reason is dead-lettered."""

MAX_MESSAGE_DEPTH = 2 * MAX_DEPTH
"""Levels of a message: what anybody may send, within the envelopes of the bus, of an event and of its record."""

NOT_AN_OBJECT = ReasonCode("message.not_an_object")
# A message of a sweep's queue is `{"sweep": …}` with this name.
NOT_A_TICK = ReasonCode("message.not_a_tick", "sweep")
# A message of the mail queue is a notification of S3, or a report of SES.
NOT_ABOUT_MAIL = ReasonCode("message.not_about_mail")


class Messages(Protocol):
    """Dead-letter or defer messages of a queue."""

    def dead_letter(self, body: str, attributes: Mapping[str, str]) -> None:
        """Send the message to the dead-letter queue. `attributes` say why it can never be processed."""

    def defer(self, receipt: str, seconds: float) -> None:
        """Let the message come back after so long instead of after the queue's visibility timeout."""


class Invocation(Protocol):
    """Offer what is needed of Lambda's context."""

    def get_remaining_time_in_millis(self) -> int:
        """Return milliseconds until the function is stopped."""


def consume(
    event: Mapping[str, Any], work: Work, messages: Messages, context: Invocation, seconds: float = STORE_SECONDS
) -> dict[str, Any]:
    """Do `work` with the JSON object of each message; the answer names the messages that are to come back.

    A message is begun while `seconds` are left; the messages behind it come back at once, as they were. The first is
    always begun, or none ever would be.
    """
    return _consume(event, lambda record: work(_document(record["body"])), messages, context, seconds)


def consume_dated(
    event: Mapping[str, Any], work: DatedWork, messages: Messages, context: Invocation, seconds: float = STORE_SECONDS
) -> dict[str, Any]:
    """Do `work` as `consume` does, with the moment at which each message reached its queue; None if SQS tells none."""
    return _consume(event, lambda record: work(_document(record["body"]), _sent_at(record)), messages, context, seconds)


def _consume(
    event: Mapping[str, Any], work: Work, messages: Messages, context: Invocation, seconds: float
) -> dict[str, Any]:
    failed = []
    for place, record in enumerate(event["Records"]):
        if place and context.get_remaining_time_in_millis() < seconds * 1_000:
            failed += _left_for_another(event["Records"][place:], messages)
            break
        if not _is_done_with(record, work, messages):
            failed.append(record["messageId"])
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}


def readable(records: Sequence[Mapping[str, Any]], read: Callable[[Mapping[str, Any]], T]) -> list[T]:
    """Read what the messages hold, for a look at the batch as a whole; leave out those that cannot be read."""
    found = []
    for record in records:
        with suppress(WhenthenError):  # `consume` finds it again, and dead-letters it
            found.append(read(_document(record["body"])))
    return found


def _left_for_another(records: Sequence[Mapping[str, Any]], messages: Messages) -> list[str]:
    """Release messages that were not begun. Each costs one of its receives, which is why batches are small."""
    logger.warning("no time left in this invocation", messages=len(records))
    count("MessagesPutBack", len(records))
    for record in records:
        with suppress(Exception):  # then it comes back when the queue's visibility timeout is over
            messages.defer(record["receiptHandle"], 0)
    return [record["messageId"] for record in records]


def _is_done_with(record: Mapping[str, Any], work: Work, messages: Messages) -> bool:
    work_begins(_receives(record))
    try:
        work(record)
    except WhenthenError as error:
        logger.warning("message not processed", message_id=record["messageId"], **loggable(error))
        if handling_of(error).on_queue is OnQueue.DEAD_LETTER:
            return _is_dead_lettered(record, error, messages)
        if isinstance(error, Misconfigured):  # an alarm rings for an operator, and the message waits for them
            count("MessagesFailed")
        _defer(record, error, messages)
        return False
    except Exception as error:  # noqa: BLE001 - a defect: its message comes back alone, the others are not held up
        logger.exception("message failed", message_id=record["messageId"])
        count("MessagesFailed")
        return _receives(record) >= DEFECT_RECEIVES and _is_dead_lettered(record, error, messages)
    return True


def _is_dead_lettered(record: Mapping[str, Any], error: Exception, messages: Messages) -> bool:
    """Dead-letter the message with its reason; False if that fails too, and the message comes back."""
    try:
        messages.dead_letter(record["body"], attributes_of(error))
    except Temporary as unreachable:
        logger.warning("message not dead-lettered", message_id=record["messageId"], **loggable(unreachable))
        _defer(record, unreachable, messages)
        return False
    except Exception:  # noqa: BLE001 - a defect of its own, such as a permission that is missing
        logger.exception("message not dead-lettered", message_id=record["messageId"])
        count("MessagesFailed")
        return False
    count("MessagesDeadLettered")
    return True


def _sent_at(record: Mapping[str, Any]) -> datetime | None:
    written = record.get("attributes", {}).get("SentTimestamp", "")
    return datetime.fromtimestamp(int(written) / 1_000, UTC) if str(written).isdecimal() else None


def _document(body: str) -> Mapping[str, Any]:
    try:
        document = json.loads(body)
    except json.JSONDecodeError as error:
        raise Malformed(NOT_JSON(line=error.lineno, column=error.colno)) from error
    except ValueError as error:  # an integer of more digits than Python reads
        raise Malformed(LONG_NUMBER()) from error
    except RecursionError:
        raise Malformed(TOO_DEEP(count=MAX_MESSAGE_DEPTH)) from None
    if not isinstance(document, dict):
        raise Malformed(NOT_AN_OBJECT())
    if is_deeper(document, MAX_MESSAGE_DEPTH):
        raise Malformed(TOO_DEEP(count=MAX_MESSAGE_DEPTH))
    return document


def _defer(record: Mapping[str, Any], error: WhenthenError, messages: Messages) -> None:
    """Let the message come back when the error wishes, or after the pause of an outage."""
    wish = error.retry_after if isinstance(error, Temporary) else None
    pause = outage_pause(record["messageId"], _receives(record)) if wish is None else wish
    try:
        messages.defer(record["receiptHandle"], pause)
    except Exception as failed:  # noqa: BLE001 - then it comes back when the queue's visibility timeout is over
        logger.warning("message not deferred", message_id=record["messageId"], error=type(failed).__name__)


def _receives(record: Mapping[str, Any]) -> int:
    """Return how often the message was received, this time included."""
    return int(record["attributes"]["ApproximateReceiveCount"])
