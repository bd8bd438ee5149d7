"""What admins set: sources, settings, keys and secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from whenthen.ports.values import ApiKey, Rejection


class ApiKeys(Protocol):
    """API keys, found by the hash of what the caller presented."""

    def find(self, key_hash: str) -> ApiKey | None:
        """The key with this hash."""

    def add(self, key: ApiKey) -> None:
        """Keep a key."""


class SourceStore(Protocol):
    """The configured webhook sources."""

    def get(self, name: str) -> Mapping[str, Any]:
        """The source's document. Raises NotFound."""

    def save(self, name: str, document: Mapping[str, Any]) -> None:
        """Keep a source's document."""

    def list(self) -> list[Mapping[str, Any]]:
        """All sources, by name."""


class SettingStore(Protocol):
    """What an installation is told by its admins, by name."""

    def get(self, name: str) -> Mapping[str, Any]:
        """The document; empty where none was saved."""

    def save(self, name: str, document: Mapping[str, Any]) -> None:
        """Keep a document, in place of the one that is there."""


class SecretVault(Protocol):
    """Secrets that admins set; only `manage` has it."""

    def put(self, name: str, document: Mapping[str, str]) -> None:
        """Keep the secret, in place of the one that is there."""

    def read(self, name: str) -> Mapping[str, str] | None:
        """The secret as it is now, without a cache; None where there is none."""


class Rejections(Protocol):
    """The last deliveries of each source that were refused or that no mapping took."""

    def note(self, source: str, rejection: Rejection) -> bool:
        """Keep it in place of the oldest of its kind. False where it could not be kept: this never raises."""

    def last(self, source: str) -> Sequence[Rejection]:
        """Those that are kept, newest first."""
