"""authorize: find the scopes of the presented API key."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from whenthen.domain.common.errors import Misconfigured, NotFound, Temporary, Unauthenticated
from whenthen.domain.common.reasons import ReasonCode
from whenthen.ports.reason_codes import SECRET_UNREADABLE
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
            is_admin, unknown = _is_first(presented, self.secrets.get), None
        except Temporary as error:  # the keys that were made since do not depend on the first one
            is_admin, unknown = False, error
        found = None if is_admin else self.keys.find(key_hash)
        if found is not None:
            return found
        if unknown is not None:
            raise unknown
        if is_admin or _is_first(presented, self.secrets.refreshed):  # it may have been replaced since it was read
            return ApiKey(id="admin", hash=key_hash, name="The stack's first key", scopes=("admin",))
        raise Unauthenticated(KEY_UNKNOWN())


def _is_first(presented: str, read: Callable[[str], Mapping[str, Any]]) -> bool:
    """Tell whether it is the stack's first key. Raises Misconfigured if the secret of that holds none."""
    try:
        kept = read(ADMIN_SECRET).get("key")
    except NotFound:
        return False
    if not isinstance(kept, str) or not kept:
        raise Misconfigured(SECRET_UNREADABLE(name=ADMIN_SECRET))
    return hmac.compare_digest(kept.encode(), presented.encode())


def allows(scopes: tuple[str, ...], wanted: str) -> bool:
    """Tell whether a key with these scopes has the scope `wanted`; `admin` has all."""
    return "admin" in scopes or wanted in scopes
