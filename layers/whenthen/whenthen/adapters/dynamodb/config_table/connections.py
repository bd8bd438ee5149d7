"""Store connections on the config table (`ports.administration.ConnectionStore`)."""

from __future__ import annotations

import json
from itertools import islice
from typing import TYPE_CHECKING

from whenthen.adapters.dynamodb.common.items import Item, to_json
from whenthen.adapters.dynamodb.common.pages import Listing, page_of
from whenthen.adapters.dynamodb.common.table import EXISTS, NEW, Expression, Table
from whenthen.adapters.dynamodb.common.transactions import TransactionRefused, Write, delete, put, transact
from whenthen.domain.common.errors import NotFound, Stale
from whenthen.domain.events.event import format_time, parse_time
from whenthen.ports.administration import StoredConnection
from whenthen.ports.reason_codes import CONNECTION_NOT_FOUND, MOVED_ON

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from whenthen.adapters.aws.client import AwsClient
    from whenthen.ports.values import Page

_CONNECTIONS = "connections"
_UNUSED = "unused_secrets"
"""Name the collection of secrets that no connection names: written before a secret, deleted after it."""

MAX_UNUSED = 20
"""Unused secrets that are listed at once."""


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
        """Store the connection. Raises Stale unless `replaces` is the stored one, by its version and its secret.

        Whether a secret is noted as unused changes in the same transaction. Raises Stale if the new one was not noted.
        """
        writes = [put(self._table, _item(connection), _held(replaces) if replaces else NEW)]
        before = replaces.secret if replaces else ""
        if connection.secret and connection.secret != before:
            writes.append(delete(self._table, _UNUSED, connection.secret, EXISTS))
        if before and connection.secret != before:
            writes.append(put(self._table, _unused(before, connection.updated_at)))
        self._transact(connection, writes)

    def delete(self, connection: StoredConnection, now: datetime) -> None:
        """Delete the connection, and note its secret as unused. Raises Stale."""
        writes = [delete(self._table, _CONNECTIONS, connection.name, _held(connection))]
        if connection.secret:
            writes.append(put(self._table, _unused(connection.secret, now)))
        self._transact(connection, writes)

    def note_unused(self, secret: str, now: datetime) -> None:
        """Note the name of a secret that no stored connection names, before it is written."""
        self._table.put(_unused(secret, now))

    def unused_secrets(self, before: datetime) -> tuple[str, ...]:
        """List names of secrets that are unused since before this time, at most MAX_UNUSED."""
        found = (item["sk"] for item in self._table.collection(_UNUSED) if item["since"] < format_time(before))
        return tuple(islice(found, MAX_UNUSED))

    def forget_unused(self, secret: str) -> None:
        """Forget the name of a secret that was deleted."""
        self._table.delete(_UNUSED, secret)

    def _transact(self, connection: StoredConnection, writes: Sequence[Write]) -> None:
        try:
            transact(self._table.client, writes)
        except TransactionRefused as error:
            raise Stale(MOVED_ON(subject=connection.name)) from error


def _former_secret(name: str) -> str:
    """Return the name of the secret of a connection whose item does not say it, as they were stored at first."""
    return f"connections/{name}"


def _held(connection: StoredConnection) -> Expression:
    """Return the condition that this is the stored one: one that was created again counts versions from 1 again."""
    values = {"version": connection.version, "secret": connection.secret}
    unnamed = " OR attribute_not_exists(#secret)" if connection.secret == _former_secret(connection.name) else ""
    return Expression(f"#version = :version AND (#secret = :secret{unnamed})", values=values)


def _unused(secret: str, now: datetime) -> Item:
    return {"pk": _UNUSED, "sk": secret, "since": format_time(now)}


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
        "secret": connection.secret,
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
        secret=item.get("secret", _former_secret(item["sk"])),
    )
