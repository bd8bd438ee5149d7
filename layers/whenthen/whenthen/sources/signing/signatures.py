"""Proof of who sent a webhook: verify it, make it, and refuse secrets that prove nothing.

Everything is checked on the raw bytes, before anything reads them. A source without a secret accepts
nothing; only the scheme `dangerous_open_form` asks for none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from whenthen.domain.common.errors import Invalid, Unauthenticated
from whenthen.sources.signing.schemes import Scheme, parse_scheme
from whenthen.sources.signing.verifiers import VERIFIERS, Verified

__all__ = ["Scheme", "Verified", "check_secret", "parse_scheme", "sign", "verify"]


def verify(scheme: Scheme, secrets: Sequence[str], headers: Mapping[str, str], body: bytes, now: datetime) -> Verified:
    """Check the proof that `headers` (names in lower case) and `body` carry. Raises Unauthenticated.

    Any of `secrets` may have made it, so that one can be replaced while the other is still in use.
    """
    proof = VERIFIERS[scheme.kind]
    keys = [key for secret in secrets if (key := proof.key(secret)) is not None]
    if not keys and scheme.kind != "dangerous_open_form":
        raise Unauthenticated("this source has no secret, so it accepts nothing")
    return proof.verify(scheme, keys, headers, body, now)


def sign(scheme: Scheme, secret: str, body: bytes, now: datetime, delivery_id: str = "") -> dict[str, str]:
    """The headers by which a sender proves itself. Raises Invalid for a secret or id that the scheme cannot use."""
    check_secret(scheme, secret)
    proof = VERIFIERS[scheme.kind]
    return proof.sign(scheme, proof.key(secret) or b"", body, now, delivery_id)


def check_secret(scheme: Scheme, secret: str, path: str = "secret") -> None:
    """Refuse, when it is saved, a secret that `verify` would ignore. Raises Invalid naming `path`."""
    proof = VERIFIERS[scheme.kind]
    if proof.key_form and proof.key(secret) is None:
        raise Invalid.field(path, proof.key_form)
