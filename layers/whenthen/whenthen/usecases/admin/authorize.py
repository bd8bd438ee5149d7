"""authorize: find the scopes of the presented API key."""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING

from msgspec import Struct

from whenthen.domain.common.errors import NotFound, Temporary, Unauthenticated
from whenthen.domain.common.reasons import ReasonCode
from whenthen.ports.values import ApiKey

if TYPE_CHECKING:
    from whenthen.ports.administration import ApiKeys
    from whenthen.ports.providers import Secrets

SCOPES = ("rules:read", "rules:write", "records:read", "records:write", "runs:read", "runs:write", "admin")
ADMIN_SECRET = "admin-key"  # noqa: S105 - the name of a secret
_MAX_KEY = 200

# The request needs the header `Authorization: Bearer <key>`.
KEY_REQUIRED = ReasonCode("api_key.required")
KEY_UNKNOWN = ReasonCode("api_key.unknown")


def hash_of(key: str) -> str:
    """Hash a key for storage: keys are long and random, so a plain hash cannot be reversed by search."""
    return hashlib.sha256(key.encode()).hexdigest()


class Authorize(Struct, frozen=True):
    """Check `Authorization: Bearer <key>` against the stack's first admin key and the keys made since."""

    keys: ApiKeys
    secrets: Secrets

    def __call__(self, header: str) -> ApiKey:
        """Return the key with its scopes. Raises Unauthenticated; Temporary if nobody can say whose key it is."""
        scheme, _, presented = header.partition(" ")
        presented = presented.strip()
        if scheme.lower() != "bearer" or not presented or len(presented) > _MAX_KEY:
            raise Unauthenticated(KEY_REQUIRED())
        key_hash = hash_of(presented)
        try:
            is_admin, unknown = self._is_admin(presented), None
        except Temporary as error:  # the keys that were made since do not depend on the first one
            is_admin, unknown = False, error
        if is_admin:
            return ApiKey(id="admin", hash=key_hash, name="The stack's first key", scopes=("admin",))
        found = self.keys.find(key_hash)
        if found is None:
            raise unknown or Unauthenticated(KEY_UNKNOWN())
        return found

    def _is_admin(self, presented: str) -> bool:
        try:
            kept = self.secrets.get(ADMIN_SECRET).get("key")
        except NotFound:
            return False
        return isinstance(kept, str) and bool(kept) and hmac.compare_digest(kept.encode(), presented.encode())


def allows(scopes: tuple[str, ...], wanted: str) -> bool:
    """Tell whether a key with these scopes has the scope `wanted`; `admin` has all."""
    return "admin" in scopes or wanted in scopes
