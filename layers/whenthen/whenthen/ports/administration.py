"""Store what admins configure: sources, settings, API keys and secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from whenthen.ports.values import ApiKey, Page, Rejection


class ApiKeys(Protocol):
    """Store API keys, found by the hash of the presented key."""

    def find(self, key_hash: str) -> ApiKey | None:
        """Return the key with this hash; None if there is none."""

    def add(self, key: ApiKey) -> None:
        """Store a key."""


class IdempotencyKeys(Protocol):
    """Remember what each Idempotency-Key asked for."""

    def claim(self, key: str, content: str, now: datetime) -> bool:
        """Note what a key asks for. False if it asked for something else before."""


class SourceStore(Protocol):
    """Store webhook sources."""

    def get(self, name: str) -> Mapping[str, Any]:
        """Read the source's document. Raises NotFound."""

    def save(self, name: str, document: Mapping[str, Any]) -> None:
        """Store a source's document."""

    def list(self) -> list[Mapping[str, Any]]:
        """List all sources, by name."""


class StoredConnection(Struct, frozen=True):
    """Hold a connection as its admin wrote it, without its secrets.

    made_of  id of the content of its first version, with `made_by`: detects a repetition of the same request
    made_by  id of the request that made it
    secret   name under which the secrets of this very version are kept; empty if it has none
    """

    name: str
    version: int
    document: Mapping[str, Any]
    updated_at: datetime
    updated_by: str
    made_of: str = ""
    made_by: str = ""
    secret: str = ""


class ConnectionStore(Protocol):
    """Store connections to APIs, without their secrets."""

    def get(self, name: str) -> StoredConnection:
        """Read the connection. Raises NotFound."""

    def list(self, *, limit: int, cursor: str | None) -> Page[StoredConnection]:
        """List all connections, by name."""

    def save(self, connection: StoredConnection, replaces: StoredConnection | None) -> None:
        """Store the connection. Raises Stale unless `replaces` is the stored one, by its version and its secret.

        Its secret, if it is not that of `replaces`, was noted as unused before: it is so no more, and the other one is.
        """

    def delete(self, connection: StoredConnection, now: datetime) -> None:
        """Delete the connection, and note its secret as unused. Raises Stale."""

    def note_unused(self, secret: str, now: datetime) -> None:
        """Note the name of a secret that no stored connection names, before it is written."""

    def unused_secrets(self, before: datetime) -> Sequence[str]:
        """List the names of secrets that are unused since before this time: some of them, if there are many."""

    def forget_unused(self, secret: str) -> None:
        """Forget the name of a secret that was deleted."""


class SettingStore(Protocol):
    """Store the installation's settings, by name."""

    def get(self, name: str) -> Mapping[str, Any]:
        """Read the document; empty if none was saved."""

    def save(self, name: str, document: Mapping[str, Any]) -> None:
        """Store a document, in place of an existing one."""


class SecretVault(Protocol):
    """Store secrets that admins set; only `manage` may."""

    def put(self, name: str, document: Mapping[str, str]) -> None:
        """Write the secret, in place of an existing one."""

    def new_name(self, name: str) -> str:
        """Return a name below `name` that no secret ever had, such as `connections/crm/5f…`."""

    def read(self, name: str) -> Mapping[str, str] | None:
        """Read the current secret, without a cache; None if there is none."""

    def delete(self, name: str) -> None:
        """Delete the secret at once; its name may be used again."""


class Rejections(Protocol):
    """Store the last rejections of each source."""

    def note(self, source: str, rejection: Rejection) -> bool:
        """Store it in place of the oldest of its kind. Returns False if it could not be stored; never raises."""

    def last(self, source: str) -> Sequence[Rejection]:
        """List the stored rejections, newest first."""
