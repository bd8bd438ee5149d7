"""Verify and make signatures and tokens of webhooks, and refuse secrets that prove nothing.

Verifiers check the raw bytes, before anything reads them. A source without a secret accepts nothing; only the scheme
`dangerous_open_form` needs none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from whenthen.domain.common.errors import Invalid, Unauthenticated
from whenthen.sources.signing.reason_codes import NO_SECRET
from whenthen.sources.signing.schemes import Scheme, parse_scheme
from whenthen.sources.signing.verifiers import VERIFIERS, Verified

__all__ = ["Scheme", "Verified", "check_secret", "parse_scheme", "sign", "verify"]


def verify(scheme: Scheme, secrets: Sequence[str], headers: Mapping[str, str], body: bytes, now: datetime) -> Verified:
    """Authenticate a delivery by its `headers` (names in lower case) and `body`. Raises Unauthenticated.

    The sender may have used any of `secrets`, so that an admin can replace one while the other is still in use.
    """
    verifier = VERIFIERS[scheme.kind]
    keys = [key for secret in secrets if (key := verifier.key(secret)) is not None]
    if not keys and scheme.kind != "dangerous_open_form":
        raise Unauthenticated(NO_SECRET())
    return verifier.verify(scheme, keys, headers, body, now)


def sign(scheme: Scheme, secret: str, body: bytes, now: datetime, delivery_id: str = "") -> dict[str, str]:
    """Make the headers that authenticate a sender. Raises Invalid for a secret or id that the scheme cannot use."""
    check_secret(scheme, secret)
    verifier = VERIFIERS[scheme.kind]
    return verifier.sign(scheme, verifier.key(secret) or b"", body, now, delivery_id)


def check_secret(scheme: Scheme, secret: str, path: str = "secret") -> None:
    """Refuse, when it is saved, a secret that `verify` would ignore. Raises Invalid naming `path`."""
    verifier = VERIFIERS[scheme.kind]
    if verifier.unusable_key and verifier.key(secret) is None:
        raise Invalid.field(path, verifier.unusable_key)
