"""authorize: which scopes the presented API key has."""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING

from msgspec import Struct

from whenthen.domain.common.errors import NotFound, Unauthenticated
from whenthen.ports.values import ApiKey

if TYPE_CHECKING:
    from whenthen.ports.administration import ApiKeys
    from whenthen.ports.providers import Secrets

SCOPES = ("rules:read", "rules:write", "records:read", "records:write", "runs:read", "runs:write", "admin")
ADMIN_SECRET = "admin-key"  # noqa: S105 - the name of a secret
_MAX_KEY = 200


def hash_of(key: str) -> str:
    """How a key is kept: keys are long and random, so a plain hash cannot be searched."""
    return hashlib.sha256(key.encode()).hexdigest()


class Authorize(Struct, frozen=True):
    """Checks `Authorization: Bearer <key>` against the stack's first admin key and the keys made since."""

    keys: ApiKeys
    secrets: Secrets

    def __call__(self, header: str) -> ApiKey:
        """The key, with its scopes. Raises Unauthenticated."""
        scheme, _, presented = header.partition(" ")
        presented = presented.strip()
        if scheme.lower() != "bearer" or not presented or len(presented) > _MAX_KEY:
            raise Unauthenticated("an API key is required: Authorization: Bearer <key>")
        key_hash = hash_of(presented)
        if self._is_admin(presented):
            return ApiKey(id="admin", hash=key_hash, name="The stack's first key", scopes=("admin",))
        found = self.keys.find(key_hash)
        if found is None:
            raise Unauthenticated("the API key is not known")
        return found

    def _is_admin(self, presented: str) -> bool:
        try:
            kept = self.secrets.get(ADMIN_SECRET).get("key")
        except NotFound:
            return False
        return isinstance(kept, str) and bool(kept) and hmac.compare_digest(kept.encode(), presented.encode())


def allows(scopes: tuple[str, ...], wanted: str) -> bool:
    """Whether a key with these scopes may do what needs `wanted`; admin may do everything."""
    return "admin" in scopes or wanted in scopes
