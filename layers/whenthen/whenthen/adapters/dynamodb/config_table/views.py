"""Store views on the config table (`ports.rules.ViewStore`)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from whenthen.adapters.dynamodb.common.items import Item, to_json
from whenthen.adapters.dynamodb.common.pages import Listing, page_of
from whenthen.adapters.dynamodb.common.table import NEW, ConditionFailed, Expression, Table
from whenthen.adapters.dynamodb.common.transactions import TransactionRefused, delete, transact
from whenthen.domain.common.errors import NotFound, Stale
from whenthen.domain.events.event import format_time, parse_time
from whenthen.ports.reason_codes import MOVED_ON, VIEW_NOT_FOUND
from whenthen.ports.values import Page, StoredView

if TYPE_CHECKING:
    from whenthen.adapters.aws.client import AwsClient

_VIEWS = "views"


class DynamoViews:
    """Store saved views, one item each."""

    def __init__(self, client: AwsClient, config_table: str) -> None:
        self._table = Table(client, config_table)

    def get(self, view_id: str) -> StoredView:
        """Read the view. Raises NotFound."""
        item = self._table.get(_VIEWS, view_id) if view_id else None
        if item is None:
            raise NotFound(VIEW_NOT_FOUND(view=view_id))
        return _view_of(item)

    def list(self, *, limit: int, cursor: str | None) -> Page[StoredView]:
        """List all views, by id."""
        listing = Listing(self._table, _VIEWS)
        return page_of(listing, limit=limit, cursor=cursor, read=_view_of, takes=lambda _: True)

    def save(self, view: StoredView, replaces: StoredView | None) -> None:
        """Store the view. Raises Stale unless `replaces` is the stored one."""
        try:
            self._table.put(_item(view), _held(replaces) if replaces else NEW)
        except ConditionFailed as error:
            raise Stale(MOVED_ON(subject=view.id)) from error

    def delete(self, view: StoredView) -> None:
        """Delete the view. Raises Stale."""
        try:
            transact(self._table.client, [delete(self._table, _VIEWS, view.id, _held(view))])
        except TransactionRefused as error:
            raise Stale(MOVED_ON(subject=view.id)) from error


def _held(view: StoredView) -> Expression:
    return Expression("#version = :version", values={"version": view.version})


def _item(view: StoredView) -> Item:
    return {
        "pk": _VIEWS,
        "sk": view.id,
        "version": view.version,
        "document": to_json(dict(view.document)),
        "updated_at": format_time(view.updated_at),
        "updated_by": view.updated_by,
        "made_of": view.made_of,
    }


def _view_of(item: Item) -> StoredView:
    return StoredView(
        id=item["sk"],
        version=item["version"],
        document=json.loads(item["document"]),
        updated_at=parse_time(item["updated_at"], "updated_at"),
        updated_by=item["updated_by"],
        made_of=item.get("made_of", ""),
    )
