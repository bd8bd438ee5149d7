"""Store the log of marketing messages to each person on the runs table (`ports.sending.SendLogs`).

Its key is a hash of the identity, so that a log outlives a deleted record without naming anybody. It expires with the
longest window of the caps that asked for it.
"""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

import msgspec

from whenthen.adapters.dynamodb.common.table import NEW, ConditionFailed, Expression, Table
from whenthen.domain.common.errors import Stale
from whenthen.domain.sending.send_log import SendLog, Sent, Waiting
from whenthen.ports.reason_codes import MOVED_ON

if TYPE_CHECKING:
    from collections.abc import Sequence

    from whenthen.adapters.aws.client import AwsClient
    from whenthen.adapters.dynamodb.common.items import Item

_SK = "sends"
_MARGIN = timedelta(days=1)


class DynamoSendLogs:
    """Write each log as a whole, on condition of its version."""

    def __init__(self, client: AwsClient, runs_table: str) -> None:
        self._table = Table(client, runs_table)

    def read(self, identities: Sequence[str]) -> list[SendLog]:
        """Read the log under each identity, consistently and in this order. An empty one where there is none."""
        places = [_place(identity) for identity in identities]
        found = self._table.get_all(places)
        return [_log(found.get(place)) for place in places]

    def write(self, identity: str, log: SendLog) -> None:
        """Write the log as the version after `log.version`. Raises Stale if that is not the stored one any more."""
        pk, sk = _place(identity)
        expires_at = log.expires_at
        item = {
            "pk": pk,
            "sk": sk,
            "sent": msgspec.json.encode(log.sent).decode(),
            "waiting": msgspec.json.encode(log.waiting).decode(),
            "keeps": int(log.keeps.total_seconds()),
            "version": log.version + 1,
            "expires_at": int((expires_at + _MARGIN).timestamp()) if expires_at else None,
        }
        try:
            self._table.put(item, Expression("#version = :seen", values={"seen": log.version}) if log.version else NEW)
        except ConditionFailed as error:
            raise Stale(MOVED_ON(subject=_SK)) from error


def _place(identity: str) -> tuple[str, str]:
    return f"sends#{sha256(identity.encode()).hexdigest()[:32]}", _SK


def _log(item: Item | None) -> SendLog:
    if item is None:
        return SendLog()
    return SendLog(
        msgspec.json.decode(item["sent"], type=tuple[Sent, ...]),
        msgspec.json.decode(item["waiting"], type=tuple[Waiting, ...]),
        timedelta(seconds=item["keeps"]),
        item["version"],
    )
