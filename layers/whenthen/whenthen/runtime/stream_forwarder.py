"""A batch of a table's stream: each change is forwarded in its order, and none holds up the others for good."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from whenthen.domain.common.errors import OnQueue, WhenthenError, handling_of
from whenthen.runtime.observability import count, logger

Publish = Callable[[Sequence[Mapping[str, Any]]], object]
"""Takes the `dynamodb` parts of some of a stream's records."""

GIVE_UP_AFTER = 120
"""Seconds after its change for which a defect is tried again, while its shard waits (a role that is being changed is
like one for as long). What is buried after them can be published again, so none of it is lost."""

MAX_DEAD_LETTER_BYTES = 240_000
"""Of a change with its images: SQS takes 256 KB, with the reason beside it. A heavier one is buried without them."""

_IMAGES = ("OldImage", "NewImage")


class Lost(Protocol):
    """Where changes go that can never be forwarded."""

    def dead_letter(self, body: str, reason: str, error: str) -> None:
        """Put it there with the reason."""


def forward(event: Mapping[str, Any], publish: Publish, lost: Lost) -> dict[str, Any]:
    """Names the first change that could not be published for now; the stream comes back to it, and to what follows.

    All are tried at once first, which takes a tenth of the calls. If that fails they go one by one, to see which it
    is: what is published twice has the same ids, and the same effects once. An outage is everybody's, so there it
    ends; a defect is that of one change, so only what follows of the same item waits with it.
    """
    records = event["Records"]
    try:
        publish([record["dynamodb"] for record in records])
    except Exception as error:  # noqa: BLE001 - whatever it is, most likely it is that of one of them
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
            logger.warning("change not published", error=type(error).__name__, sequence_number=number)
            return _failed(*waiting.values(), number)
        except Exception:  # noqa: BLE001 - a defect: the others go on
            logger.exception("change failed", sequence_number=number)
            count("MessagesFailed")
            waiting[item] = number
    return _failed(*waiting.values())


def _forward(record: Mapping[str, Any], publish: Publish, lost: Lost) -> None:
    """Raises Temporary, and for a while whatever a defect raises.

    What will never be published would hold all later changes of its shard: it is buried.
    """
    change = record["dynamodb"]
    try:
        publish([change])
    except Exception as error:
        if not _is_given_up(error, change):
            raise
        number = change["SequenceNumber"]
        if isinstance(error, WhenthenError):
            reason = error.reason
            logger.warning("change buried", error=type(error).__name__, sequence_number=number)
        else:
            reason = "a defect: the function's log has `change buried` with the exception"
            logger.exception("change buried", sequence_number=number)
            count("MessagesFailed")
        lost.dead_letter(_buried(record), reason, type(error).__name__)
        count("ChangesDeadLettered")


def _is_given_up(error: Exception, change: Mapping[str, Any]) -> bool:
    if isinstance(error, WhenthenError):
        return handling_of(error).on_queue is not OnQueue.RETRY
    made = float(change.get("ApproximateCreationDateTime", 0))
    return time.time() - made > GIVE_UP_AFTER


def _failed(*numbers: str) -> dict[str, Any]:
    """The answer to the stream: it counts from the first that it is told of."""
    return {"batchItemFailures": [{"itemIdentifier": number} for number in numbers[:1]]}


def _item_of(record: Mapping[str, Any]) -> str:
    return json.dumps(record["dynamodb"]["Keys"], sort_keys=True)


def _buried(record: Mapping[str, Any]) -> str:
    """What it takes to publish the change anew: itself, or where its stream has it for as long as 24 hours."""
    change = record["dynamodb"]
    for kept in (change, {name: value for name, value in change.items() if name not in _IMAGES}):
        body = json.dumps({"stream": record.get("eventSourceARN", ""), "change": kept})
        if len(body) <= MAX_DEAD_LETTER_BYTES:
            break
    return body
