"""Forward a batch of a table's stream: each change in its order, and none holds up the others for good."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from whenthen.domain.common.errors import OnQueue, WhenthenError, handling_of
from whenthen.runtime.dead_letters import attributes_of
from whenthen.runtime.observability import count, loggable, logger, work_begins

Publish = Callable[[Sequence[Mapping[str, Any]]], object]
"""Takes the `dynamodb` parts of some of a stream's records."""

GIVE_UP_AFTER = 120
"""Seconds after its change for which a defect is tried again, while its shard waits (a role that is being changed looks
like a defect for as long). A dead-lettered change can be published again, so none is lost."""

MAX_DEAD_LETTER_BYTES = 240_000
"""Bytes of a change with its images: SQS takes 256 KB with the attributes. A larger one is sent without images."""

_IMAGES = ("OldImage", "NewImage")


class Lost(Protocol):
    """Dead-letter changes that can never be forwarded."""

    def dead_letter(self, body: str, attributes: Mapping[str, str]) -> None:
        """Send the change to the dead-letter queue. `attributes` say why it can never be forwarded."""


def forward(event: Mapping[str, Any], publish: Publish, lost: Lost) -> dict[str, Any]:
    """Publish the changes; name the first that failed for now. The stream comes back to it, and to what follows.

    All are tried at once first, which takes a tenth of the calls. If that fails they go one by one, to find the one
    that fails: events that are published twice have the same ids, and the same effects once. An outage affects all
    changes, so there it ends; a defect affects one change, so only later changes of the same item wait with it.
    """
    records = event["Records"]
    work_begins()
    try:
        publish([record["dynamodb"] for record in records])
    except Exception as error:  # noqa: BLE001 - most likely one of them fails: find out which
        logger.info("changes go one by one", error=type(error).__name__, changes=len(records))
    else:
        return _failed()
    waiting: dict[str, str] = {}
    for record in records:
        item, number = _item_of(record), record["dynamodb"]["SequenceNumber"]
        if item in waiting:
            continue
        try:
            _forward(record, publish, lost)
        except WhenthenError as error:
            logger.warning("change not published", sequence_number=number, **loggable(error))
            return _failed(*waiting.values(), number)
        except Exception:  # noqa: BLE001 - a defect: the others go on
            logger.exception("change failed", sequence_number=number)
            count("MessagesFailed")
            waiting[item] = number
    return _failed(*waiting.values())


def _forward(record: Mapping[str, Any], publish: Publish, lost: Lost) -> None:
    """Publish one change, or dead-letter it: a change that can never be published would hold up its shard.

    Raises Temporary, and for GIVE_UP_AFTER seconds any exception of a defect.
    """
    change = record["dynamodb"]
    try:
        publish([change])
    except Exception as error:
        if not _is_given_up(error, change):
            raise
        number = change["SequenceNumber"]
        if isinstance(error, WhenthenError):
            logger.warning("change dead-lettered", sequence_number=number, **loggable(error))
        else:
            logger.exception("change dead-lettered", sequence_number=number)
            count("MessagesFailed")
        lost.dead_letter(_body(record), attributes_of(error))
        count("ChangesDeadLettered")


def _is_given_up(error: Exception, change: Mapping[str, Any]) -> bool:
    if isinstance(error, WhenthenError):
        return handling_of(error).on_queue is not OnQueue.RETRY
    made = float(change.get("ApproximateCreationDateTime", 0))
    return time.time() - made > GIVE_UP_AFTER


def _failed(*numbers: str) -> dict[str, Any]:
    """Answer the stream, which comes back to the first change that is named."""
    return {"batchItemFailures": [{"itemIdentifier": number} for number in numbers[:1]]}


def _item_of(record: Mapping[str, Any]) -> str:
    return json.dumps(record["dynamodb"]["Keys"], sort_keys=True)


def _body(record: Mapping[str, Any]) -> str:
    """Write what it takes to publish the change again: itself, or its place in the stream, which keeps it 24 hours."""
    change = record["dynamodb"]
    for kept in (change, {name: value for name, value in change.items() if name not in _IMAGES}):
        body = json.dumps({"stream": record.get("eventSourceARN", ""), "change": kept})
        if len(body) <= MAX_DEAD_LETTER_BYTES:
            break
    return body
