"""Rejections on the runs table: two rings for each source, so that strangers do not push out what its sender sent.

A counter names the slot to be written, and the slot is overwritten: however many come, a source has so many items.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError
from msgspec.structs import replace

from whenthen.adapters.dynamodb.common.items import pack, unpack
from whenthen.adapters.dynamodb.common.table import Expression, Table
from whenthen.domain.common.errors import Temporary
from whenthen.domain.events.event import format_time, parse_time
from whenthen.ports.values import Rejection

if TYPE_CHECKING:
    from collections.abc import Callable

    from whenthen.adapters.aws.client import AwsClient
    from whenthen.adapters.dynamodb.common.items import Item

SLOTS = {True: 20, False: 5}
"""How many are kept of those that were proven to come from the source, and of strangers'."""

KEPT_FOR = timedelta(days=14)
_RINGS = {True: "authenticated", False: "unauthenticated"}
_COUNTER = "counter"
_DOCUMENT = ("outcome", "proven", "status", "reason", "size", "headers", "others", "body")


class DynamoRejections:
    """Two writes for each; the client is made when the first is to be kept, which most processes never see."""

    def __init__(self, make_client: Callable[[], AwsClient], runs_table: str) -> None:
        self._make_client = make_client
        self._runs_table = runs_table

    @cached_property
    def _table(self) -> Table:
        return Table(self._make_client(), self._runs_table)

    def note(self, source: str, rejection: Rejection) -> bool:
        """Keep it in place of the oldest of its kind. False where it could not be kept: this never raises."""
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
        written = {"at": format_time(rejection.at), "document": pack(document), "expires_at": expires_at}
        self._table.update(
            pk,
            f"{ring}#{count % SLOTS[rejection.proven]:02}",
            Expression(update="SET " + ", ".join(f"#{name} = :{name}" for name in written), values=written),
        )

    def last(self, source: str) -> list[Rejection]:
        """Those that are kept, newest first."""
        items = (item for item in self._table.collection(_pk(source)) if "document" in item)
        return sorted((_rejection(item) for item in items), key=_at, reverse=True)


def _pk(source: str) -> str:
    return f"rejected#{source}"


def _rejection(item: Item) -> Rejection:
    document = unpack(item["document"])
    kept = Rejection(at=parse_time(item["at"], "at"), **document)
    return replace(kept, others=tuple(kept.others))


def _at(rejection: Rejection) -> datetime:
    return rejection.at
