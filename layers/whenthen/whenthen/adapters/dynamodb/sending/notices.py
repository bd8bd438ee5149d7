"""Keep notices to colleagues on the runs table, which expires (`ports.sending.Notices`)."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from whenthen.adapters.dynamodb.common.items import struct_item, struct_of
from whenthen.adapters.dynamodb.common.pages import Listing, page_of
from whenthen.adapters.dynamodb.common.table import EXISTS, NEW, ConditionFailed, Expression, Table
from whenthen.domain.common.errors import NotFound
from whenthen.domain.events.event import format_time
from whenthen.domain.notices.notice import KEPT_FOR, Notice
from whenthen.ports.reason_codes import NOTICE_NOT_FOUND

if TYPE_CHECKING:
    from datetime import datetime

    from whenthen.adapters.aws.client import AwsClient
    from whenthen.adapters.dynamodb.common.items import Item
    from whenthen.ports.values import Page

SK = "notice"
_BEHIND_IDS = "~"
"""Stands behind every id, where the times before them are the same."""


class DynamoNotices:
    """Store one item for each notice. Those not read stand in a second index, which reading takes them out of."""

    def __init__(self, client: AwsClient, runs_table: str) -> None:
        self._table = Table(client, runs_table)

    def add(self, notice: Notice) -> None:
        """Store a notice, unless there is one of this id. Raises Temporary."""
        with suppress(ConditionFailed):
            self._table.put(_item(notice), NEW)

    def get(self, notice_id: str) -> Notice:
        """Read a notice. Raises NotFound."""
        item = self._table.get(_pk(notice_id), SK)
        if item is None:
            raise NotFound(NOTICE_NOT_FOUND(id=notice_id))
        return _notice(item)

    def list(self, agent: str, *, unread: bool, limit: int, cursor: str | None) -> Page[Notice]:
        """List the notices of a colleague, or those not read, newest first; eventually consistent."""
        pk, index = (_unread_of(agent), "gsi2") if unread else (_list_of(agent), "gsi1")
        listing = Listing(self._table, pk, index, backwards=True)
        takes = _is_unread if unread else (lambda _: True)
        return page_of(listing, limit=limit, cursor=cursor, read=_notice, takes=takes)

    def unread_until(self, agent: str, until: datetime, most: int) -> Sequence[Notice]:
        """Return the first notices of a colleague that are not read and not younger; eventually consistent."""
        before = f"{format_time(until)}#{_BEHIND_IDS}"
        keys, _ = self._table.query(_unread_of(agent), index="gsi2", before=before, limit=most)
        items = self._table.get_all((key["pk"], key["sk"]) for key in keys)
        return [notice for notice in map(_notice, items.values()) if _is_unread(notice)]

    def save(self, notice: Notice) -> None:
        """Write whether a notice was read. Raises NotFound if it has expired."""
        try:
            self._table.update(_pk(notice.id), SK, _change(notice))
        except ConditionFailed as error:
            raise NotFound(NOTICE_NOT_FOUND(id=notice.id)) from error


def _change(notice: Notice) -> Expression:
    if notice.read_at is None:
        values = {"list": _unread_of(notice.agent), "place": _place(notice)}
        return Expression(EXISTS.condition, "SET #gsi2pk = :list, #gsi2sk = :place REMOVE #read_at", values)
    return Expression(
        EXISTS.condition, "SET #read_at = :at REMOVE #gsi2pk, #gsi2sk", {"at": format_time(notice.read_at)}
    )


def _item(notice: Notice) -> Item:
    return {
        "pk": _pk(notice.id),
        "sk": SK,
        "gsi1pk": _list_of(notice.agent),
        "gsi1sk": _place(notice),
        "gsi2pk": _unread_of(notice.agent),
        "gsi2sk": _place(notice),
        "expires_at": int((notice.created_at + KEPT_FOR).timestamp()),
        **struct_item(notice),
    }


def _notice(item: Item) -> Notice:
    return struct_of({"record": None, **item}, Notice)


def _is_unread(notice: Notice) -> bool:
    return notice.read_at is None


def _place(notice: Notice) -> str:
    return f"{format_time(notice.created_at)}#{notice.id}"


def _pk(notice_id: str) -> str:
    return f"notice#{notice_id}"


def _list_of(agent: str) -> str:
    return f"notices#{agent}"


def _unread_of(agent: str) -> str:
    return f"unread#{agent}"
