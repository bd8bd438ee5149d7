"""Keep rejections on the runs table in two rings for each source: unauthenticated ones never push out the sender's.

A counter names the slot to be overwritten, so a source has a fixed number of items however many deliveries come.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from whenthen.adapters.dynamodb.common.items import pack, unpack
from whenthen.adapters.dynamodb.common.table import Expression, Table
from whenthen.domain.common.errors import Temporary
from whenthen.domain.common.stored_reasons import from_document, to_document
from whenthen.domain.events.event import format_time, parse_time
from whenthen.ports.values import Rejection

if TYPE_CHECKING:
    from collections.abc import Callable

    from whenthen.adapters.aws.client import AwsClient
    from whenthen.adapters.dynamodb.common.items import Item

SLOTS = {True: 20, False: 5}
"""Whether a delivery was authenticated → how many rejections are kept."""

KEPT_FOR = timedelta(days=14)
_RINGS = {True: "authenticated", False: "unauthenticated"}
_COUNTER = "counter"
_DOCUMENT = ("outcome", "proven", "status", "size", "headers", "others", "body")


class DynamoRejections:
    """Keep rejections with two writes each. The client is made for the first, which most processes never see."""

    def __init__(self, make_client: Callable[[], AwsClient], runs_table: str) -> None:
        self._make_client = make_client
        self._runs_table = runs_table

    @cached_property
    def _table(self) -> Table:
        return Table(self._make_client(), self._runs_table)

    def note(self, source: str, rejection: Rejection) -> bool:
        """Keep a rejection in place of the oldest of its ring. False if it could not be kept: this never raises."""
        try:
            self._keep(_pk(source), rejection)
        except (ClientError, BotoCoreError, Temporary):
            return False
        return True

    def _keep(self, pk: str, rejection: Rejection) -> None:
        ring, expires_at = _RINGS[rejection.proven], int((rejection.at + KEPT_FOR).timestamp())
        counting = Expression(
            update="SET #expires_at = :expires_at ADD #count :one", values={"expires_at": expires_at, "one": 1}
        )
        count: int = self._table.update(pk, f"{ring}#{_COUNTER}", counting)["count"]
        document = {name: getattr(rejection, name) for name in _DOCUMENT}
        document["reason"] = to_document(rejection.reason)
        written = {"at": format_time(rejection.at), "document": pack(document), "expires_at": expires_at}
        self._table.update(
            pk,
            f"{ring}#{count % SLOTS[rejection.proven]:02}",
            Expression(update="SET " + ", ".join(f"#{name} = :{name}" for name in written), values=written),
        )

    def last(self, source: str) -> list[Rejection]:
        """Return the rejections that are kept, newest first."""
        items = (item for item in self._table.collection(_pk(source)) if "document" in item)
        return sorted((_rejection(item) for item in items), key=_at, reverse=True)


def _pk(source: str) -> str:
    return f"rejected#{source}"


def _rejection(item: Item) -> Rejection:
    document = unpack(item["document"])
    reason, others = from_document(document.pop("reason")), tuple(document.pop("others"))
    return Rejection(at=parse_time(item["at"], "at"), reason=reason, others=others, **document)


def _at(rejection: Rejection) -> datetime:
    return rejection.at
