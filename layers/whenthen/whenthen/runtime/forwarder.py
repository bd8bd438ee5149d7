"""A batch of a table's stream: each change is forwarded in its order, and none holds up the others for good."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from whenthen.domain.errors import OnQueue, WhenthenError, handling_of
from whenthen.runtime.observability import count, logger

Publish = Callable[[Sequence[Mapping[str, Any]]], object]
"""Takes the `dynamodb` parts of some of a stream's records."""


class Lost(Protocol):
    """Where changes go that can never be forwarded."""

    def bury(self, body: str, reason: str, error: str) -> None:
        """Put it there with the reason."""


def forward(event: Mapping[str, Any], publish: Publish, lost: Lost) -> dict[str, Any]:
    """Names the first change that could not be published for now; the stream comes back to it, and to what follows.

    All are tried at once first, which takes a tenth of the calls. If that fails they go one by one, to see which it
    is: what is published twice has the same ids, and the same effects once.
    """
    changes = [record["dynamodb"] for record in event["Records"]]
    try:
        publish(changes)
    except WhenthenError as error:
        logger.info("changes go one by one", error=type(error).__name__, changes=len(changes))
    else:
        return {"batchItemFailures": []}
    for record in event["Records"]:
        try:
            _forward(record["dynamodb"], publish, lost)
        except WhenthenError:
            logger.exception("change not published", sequence_number=record["dynamodb"]["SequenceNumber"])
            return {"batchItemFailures": [{"itemIdentifier": record["dynamodb"]["SequenceNumber"]}]}
    return {"batchItemFailures": []}


def _forward(change: Mapping[str, Any], publish: Publish, lost: Lost) -> None:
    """Raises Temporary. What will never be published would hold all later changes of its shard: it is buried."""
    try:
        publish([change])
    except WhenthenError as error:
        if handling_of(error).on_queue is OnQueue.RETRY:
            raise
        logger.warning("change buried", error=type(error).__name__, sequence_number=change["SequenceNumber"])
        lost.bury(_name_of(change), error.reason, type(error).__name__)
        count("ChangesDeadLettered")


def _name_of(change: Mapping[str, Any]) -> str:
    """Which change it was, without what it changed: a dead-letter queue is no place for customers' data."""
    return json.dumps({"keys": change["Keys"], "sequence_number": change["SequenceNumber"]})
