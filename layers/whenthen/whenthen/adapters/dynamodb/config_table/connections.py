"""Store connections on the config table (`ports.administration.ConnectionStore`)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from whenthen.adapters.dynamodb.common.items import Item, to_json
from whenthen.adapters.dynamodb.common.pages import Listing, page_of
from whenthen.adapters.dynamodb.common.table import NEW, ConditionFailed, Expression, Table
from whenthen.adapters.dynamodb.common.transactions import TransactionRefused, delete, transact
from whenthen.domain.common.errors import NotFound, Stale
from whenthen.domain.events.event import format_time, parse_time
from whenthen.ports.administration import StoredConnection
from whenthen.ports.reason_codes import CONNECTION_NOT_FOUND, MOVED_ON

if TYPE_CHECKING:
    from whenthen.adapters.aws.client import AwsClient
    from whenthen.ports.values import Page

_CONNECTIONS = "connections"


class DynamoConnections:
    """Store connections, one item each."""

    def __init__(self, client: AwsClient, config_table: str) -> None:
        self._table = Table(client, config_table)

    def get(self, name: str) -> StoredConnection:
        """Read the connection. Raises NotFound."""
        item = self._table.get(_CONNECTIONS, name) if name else None
        if item is None:
            raise NotFound(CONNECTION_NOT_FOUND(connection=name))
        return _connection_of(item)

    def list(self, *, limit: int, cursor: str | None) -> Page[StoredConnection]:
        """List all connections, by name."""
        listing = Listing(self._table, _CONNECTIONS)
        return page_of(listing, limit=limit, cursor=cursor, read=_connection_of, takes=lambda _: True)

    def save(self, connection: StoredConnection, replaces: StoredConnection | None) -> None:
        """Store the connection. Raises Stale unless `replaces` is the stored one."""
        try:
            self._table.put(_item(connection), _held(replaces) if replaces else NEW)
        except ConditionFailed as error:
            raise Stale(MOVED_ON(subject=connection.name)) from error

    def delete(self, connection: StoredConnection) -> None:
        """Delete the connection. Raises Stale."""
        try:
            transact(self._table.client, [delete(self._table, _CONNECTIONS, connection.name, _held(connection))])
        except TransactionRefused as error:
            raise Stale(MOVED_ON(subject=connection.name)) from error


def _held(connection: StoredConnection) -> Expression:
    return Expression("#version = :version", values={"version": connection.version})


def _item(connection: StoredConnection) -> Item:
    return {
        "pk": _CONNECTIONS,
        "sk": connection.name,
        "version": connection.version,
        "document": to_json(dict(connection.document)),
        "updated_at": format_time(connection.updated_at),
        "updated_by": connection.updated_by,
        "made_of": connection.made_of,
        "made_by": connection.made_by,
    }


def _connection_of(item: Item) -> StoredConnection:
    return StoredConnection(
        name=item["sk"],
        version=item["version"],
        document=json.loads(item["document"]),
        updated_at=parse_time(item["updated_at"], "updated_at"),
        updated_by=item["updated_by"],
        made_of=item["made_of"],
        made_by=item["made_by"],
    )
