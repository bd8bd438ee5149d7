"""Authenticate the sender of a webhook by each scheme, one row of `VERIFIERS` each. Others call `signatures`.

Comparisons take the same time wherever the difference lies. A reason says what is missing or wrong in general,
never what would have been right.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from msgspec import Struct

from whenthen.domain.common.errors import Invalid, Unauthenticated, WhenthenError
from whenthen.sources.parsing import forms
from whenthen.sources.signing.reason_codes import (
    DELIVERY_ID,
    FORM_UNREADABLE,
    HEADER_MISSING,
    NOT_RIGHT,
    SECRET_NOT_STANDARD,
    SECRET_TOO_SHORT,
    TIMESTAMP_TOO_FAR,
    TIMESTAMP_UNREADABLE,
)

if TYPE_CHECKING:
    from whenthen.domain.common.reasons import Reason
    from whenthen.sources.signing.schemes import Scheme

TOLERANCE_SECONDS = 300
"""Seconds between a signed timestamp and our clock: as many as the reference libraries of both schemes allow."""

MAX_HEADER_LENGTH = 8_192
"""Characters that a header may have: room for dozens of signatures."""

MIN_KEY_LENGTH = 8
"""Bytes that a key must have. A shorter one is refused when it is saved, and ignored in verifying."""

_UNIX_SECONDS = re.compile(r"[0-9]{1,11}")
_MESSAGE_ID = re.compile(r"[!-\-/-~]{1,256}")  # visible ASCII without the full stop that separates what is signed


class Verified(Struct, frozen=True):
    """Hold the sender's own id of an authenticated delivery, the same over its retries; None if it has none."""

    delivery_id: str | None = None


class Verifier(Struct, frozen=True):
    """Hold the functions of one scheme.

    key           gives the key of a configured secret; None if the secret is unusable
    unusable_key  reason to give an admin for an unusable secret; None if the scheme needs no secret
    """

    key: Callable[[str], bytes | None]
    unusable_key: Reason | None
    verify: Callable[[Scheme, Sequence[bytes], Mapping[str, str], bytes, datetime], Verified]
    sign: Callable[[Scheme, bytes, bytes, datetime, str], dict[str, str]]


# --- keys


def _text_key(secret: str) -> bytes | None:
    key = secret.strip().encode("utf-8", "surrogatepass")
    return key if len(key) >= MIN_KEY_LENGTH else None


def _standard_key(secret: str) -> bytes | None:
    """Decode the bytes after `whsec_`. The specification asks for 24 to 64 of them; some senders use fewer."""
    try:
        key = base64.b64decode(secret.strip().removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        return None
    return key if len(key) >= MIN_KEY_LENGTH else None


def _no_key(_secret: str) -> bytes | None:
    return None


# --- shared by all schemes


def _header(headers: Mapping[str, str], name: str) -> str:
    value: object = headers.get(name)
    if not isinstance(value, str) or not value or len(value) > MAX_HEADER_LENGTH:
        raise Unauthenticated(HEADER_MISSING(header=name))
    return value


def _own_id(headers: Mapping[str, str], name: str | None) -> str | None:
    value: object = headers.get(name) if name else None
    return value if isinstance(value, str) and 0 < len(value) <= 256 and value.isprintable() else None


def _require_equal(expected: Sequence[str], given: Sequence[str]) -> None:
    """Raise Unauthenticated unless one of `given` is one of `expected`; every pair is compared to its end."""
    wanted = [text.encode("utf-8", "surrogatepass") for text in expected]
    offered = [text.encode("utf-8", "surrogatepass") for text in given]
    if not any([hmac.compare_digest(one, other) for one in wanted for other in offered]):  # noqa: C419 - see above
        raise Unauthenticated(NOT_RIGHT())


def _require_recent(written: str, now: datetime, *, also_ahead: bool) -> None:
    if not _UNIX_SECONDS.fullmatch(written):
        raise Unauthenticated(TIMESTAMP_UNREADABLE())
    age = now.timestamp() - int(written)
    if age > TOLERANCE_SECONDS or (also_ahead and age < -TOLERANCE_SECONDS):
        raise Unauthenticated(TIMESTAMP_TOO_FAR())


def _digest(key: bytes, content: bytes) -> bytes:
    return hmac.digest(key, content, "sha256")


def _base64(digest: bytes) -> str:
    return base64.b64encode(digest).decode()


def _unsplit(scheme: Scheme, headers: Mapping[str, str]) -> str:
    """Return the scheme's header without its prefix, which is a word such as `Bearer `, in any case."""
    value = _header(headers, scheme.header)
    if value[: len(scheme.prefix)].lower() != scheme.prefix.lower():
        raise Unauthenticated(HEADER_MISSING(header=scheme.header))
    return value[len(scheme.prefix) :]


# --- Standard Webhooks 1.0.0: `id.timestamp.body`, several `v1,<base64>` in one header. Svix, whose format the standard
# took over, writes `svix-` before the same names.


def _verify_standard(
    _scheme: Scheme, keys: Sequence[bytes], headers: Mapping[str, str], body: bytes, now: datetime
) -> Verified:
    names = "svix" if "svix-signature" in headers and "webhook-signature" not in headers else "webhook"
    external_id, written = _header(headers, f"{names}-id"), _header(headers, f"{names}-timestamp")
    if not _MESSAGE_ID.fullmatch(external_id):
        raise Unauthenticated(HEADER_MISSING(header=f"{names}-id"))
    _require_recent(written, now, also_ahead=True)
    signed = f"{external_id}.{written}.".encode() + body
    _require_equal(
        [f"v1,{_base64(_digest(key, signed))}" for key in keys], _header(headers, f"{names}-signature").split(" ")
    )
    return Verified(external_id)


def _sign_standard(_scheme: Scheme, key: bytes, body: bytes, now: datetime, delivery_id: str) -> dict[str, str]:
    if not _MESSAGE_ID.fullmatch(delivery_id):
        raise Invalid.field("webhook-id", DELIVERY_ID())
    written = str(int(now.timestamp()))
    signature = _base64(_digest(key, f"{delivery_id}.{written}.".encode() + body))
    return {"webhook-id": delivery_id, "webhook-timestamp": written, "webhook-signature": f"v1,{signature}"}


# --- Stripe: `timestamp.body`, the whole `whsec_…` text is the key; only age counts, as in Stripe's own libraries


def _verify_stripe(
    _scheme: Scheme, keys: Sequence[bytes], headers: Mapping[str, str], body: bytes, now: datetime
) -> Verified:
    pairs = [part.strip().partition("=")[::2] for part in _header(headers, "stripe-signature").split(",")]
    written = [value for name, value in pairs if name == "t"]
    if len(written) != 1:
        raise Unauthenticated(TIMESTAMP_UNREADABLE())
    _require_recent(written[0], now, also_ahead=False)
    signed = f"{written[0]}.".encode() + body
    _require_equal([_digest(key, signed).hex() for key in keys], [value for name, value in pairs if name == "v1"])
    return Verified()


def _sign_stripe(_scheme: Scheme, key: bytes, body: bytes, now: datetime, _delivery_id: str) -> dict[str, str]:
    written = str(int(now.timestamp()))
    return {"stripe-signature": f"t={written},v1={_digest(key, f'{written}.'.encode() + body).hex()}"}


# --- GitHub and Meta: `sha256=<hex>` over the body; GitHub names its deliveries, Meta does not


def _verify_hub(
    scheme: Scheme, keys: Sequence[bytes], headers: Mapping[str, str], body: bytes, _now: datetime
) -> Verified:
    given = _header(headers, "x-hub-signature-256")
    _require_equal([f"sha256={_digest(key, body).hex()}" for key in keys], [given])
    return Verified(_own_id(headers, "x-github-delivery") if scheme.kind == "github" else None)


def _sign_hub(scheme: Scheme, key: bytes, body: bytes, _now: datetime, delivery_id: str) -> dict[str, str]:
    headers = {"x-hub-signature-256": f"sha256={_digest(key, body).hex()}"}
    return headers | ({"x-github-delivery": delivery_id} if scheme.kind == "github" and delivery_id else {})


# --- any other HMAC over the body, as configured


def _verify_hmac(
    scheme: Scheme, keys: Sequence[bytes], headers: Mapping[str, str], body: bytes, _now: datetime
) -> Verified:
    given = _unsplit(scheme, headers)
    digests = [_digest(key, body) for key in keys]
    if scheme.encoding == "hex":  # senders write hexadecimal digits in either case
        _require_equal([digest.hex() for digest in digests], [given.lower()])
    else:
        _require_equal([_base64(digest) for digest in digests], [given])
    return Verified(_own_id(headers, scheme.delivery_header))


def _sign_hmac(scheme: Scheme, key: bytes, body: bytes, _now: datetime, delivery_id: str) -> dict[str, str]:
    digest = _digest(key, body)
    return _with_id(scheme, digest.hex() if scheme.encoding == "hex" else _base64(digest), delivery_id)


def _with_id(scheme: Scheme, proof: str, delivery_id: str) -> dict[str, str]:
    headers = {scheme.header: scheme.prefix + proof}
    return headers | ({scheme.delivery_header: delivery_id} if scheme.delivery_header and delivery_id else {})


# --- tokens: in a header, in a form's field, or none at all


def _verify_bearer(
    scheme: Scheme, keys: Sequence[bytes], headers: Mapping[str, str], _body: bytes, _now: datetime
) -> Verified:
    _require_equal([key.decode("utf-8", "surrogatepass") for key in keys], [_unsplit(scheme, headers)])
    return Verified(_own_id(headers, scheme.delivery_header))


def _sign_bearer(scheme: Scheme, key: bytes, _body: bytes, _now: datetime, delivery_id: str) -> dict[str, str]:
    return _with_id(scheme, key.decode("utf-8", "surrogatepass"), delivery_id)


def _verify_form_token(
    scheme: Scheme, keys: Sequence[bytes], headers: Mapping[str, str], body: bytes, _now: datetime
) -> Verified:
    try:
        token = forms.read_form(body, _header(headers, "content-type")).text(scheme.field)
    except WhenthenError:
        raise Unauthenticated(FORM_UNREADABLE()) from None
    _require_equal([key.decode("utf-8", "surrogatepass") for key in keys], [token])
    return Verified()


def _verify_nothing(
    _scheme: Scheme, _keys: Sequence[bytes], _headers: Mapping[str, str], _body: bytes, _now: datetime
) -> Verified:
    return Verified()


def _sign_nothing(_scheme: Scheme, _key: bytes, _body: bytes, _now: datetime, _delivery_id: str) -> dict[str, str]:
    return {}


_ANY_TEXT = SECRET_TOO_SHORT(count=MIN_KEY_LENGTH)
_WHSEC = SECRET_NOT_STANDARD(count=MIN_KEY_LENGTH)

VERIFIERS: dict[str, Verifier] = {
    "standard_webhooks": Verifier(_standard_key, _WHSEC, _verify_standard, _sign_standard),
    "stripe": Verifier(_text_key, _ANY_TEXT, _verify_stripe, _sign_stripe),
    "github": Verifier(_text_key, _ANY_TEXT, _verify_hub, _sign_hub),
    "meta": Verifier(_text_key, _ANY_TEXT, _verify_hub, _sign_hub),
    "hmac_sha256": Verifier(_text_key, _ANY_TEXT, _verify_hmac, _sign_hmac),
    "bearer": Verifier(_text_key, _ANY_TEXT, _verify_bearer, _sign_bearer),
    "form_token": Verifier(_text_key, _ANY_TEXT, _verify_form_token, _sign_nothing),
    "dangerous_open_form": Verifier(_no_key, None, _verify_nothing, _sign_nothing),
}
"""`form_token` carries its token in the body, so it signs no header; `dangerous_open_form` takes anybody's posts."""
