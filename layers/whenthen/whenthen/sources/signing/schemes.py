"""Read the scheme by which a source authenticates, as an admin configures it. `signatures` applies it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from whenthen.domain.common.errors import Invalid, Problem
from whenthen.domain.common.reason_codes import NOT_ONE_OF
from whenthen.sources.signing.reason_codes import (
    FORM_FIELD_REQUIRED,
    HEADER_NAME_REQUIRED,
    NO_SUCH_SETTING,
    PREFIX_REQUIRED,
    UNKNOWN_SCHEME,
)

if TYPE_CHECKING:
    from whenthen.domain.common.reasons import Reason

ENCODINGS = ("hex", "base64")
HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}")
LONGEST_SETTING = 64


class Scheme(Struct, frozen=True):
    """Describe how a source authenticates. `kind` is always used, the rest by the kinds that `SETTINGS` says.

    kind             a row of `SETTINGS`, and of `verifiers.VERIFIERS`
    header           name of the header that carries the signature or token, in lower case
    prefix           text before the signature or token in that header
    encoding         of a plain HMAC: `hex` or `base64`
    delivery_header  name of the header with the delivery's own id, if the sender has one; an HMAC does not sign it
    field            name of the form field that carries the token
    """

    kind: str
    header: str = ""
    prefix: str = ""
    encoding: str = "hex"
    delivery_header: str | None = None
    field: str = "token"


SETTINGS: dict[str, dict[str, str | None]] = {
    "standard_webhooks": {},
    "stripe": {},
    "github": {},
    "meta": {},
    "hmac_sha256": {"header": "x-signature", "prefix": "", "encoding": "hex", "delivery_header": None},
    "bearer": {"header": "authorization", "prefix": "Bearer ", "delivery_header": None},
    "form_token": {"field": "token"},
    "dangerous_open_form": {},
}
"""Kind of scheme → its settings, with their defaults."""

DESCRIPTIONS: dict[str, str] = {
    "standard_webhooks": "Signed by the Standard Webhooks specification.",
    "stripe": "Signed as Stripe signs its webhooks.",
    "github": "Signed as GitHub signs its webhooks.",
    "meta": "Signed as Meta signs its webhooks.",
    "hmac_sha256": "A plain HMAC-SHA256 of the body, in a header.",
    "bearer": "A secret token in a header.",
    "form_token": "A secret token in a field of the form.",
    "dangerous_open_form": "A form without any proof: anyone can post it.",
    "header": "The header that carries the proof.",
    "prefix": "What stands before the proof in that header.",
    "encoding": "How the HMAC is written.",
    "delivery_header": "The header with the delivery's own id, if the sender has one. An HMAC does not prove it.",
    "field": "The form field that carries the token.",
}
"""Kind of scheme, or setting → its description."""

SIGNED: Mapping[str, frozenset[str]] = {
    "standard_webhooks": frozenset({"body", "delivery_id"}),
    "stripe": frozenset({"body"}),
    "github": frozenset({"body"}),
    "meta": frozenset({"body"}),
    "hmac_sha256": frozenset({"body"}),
}
"""Kind of scheme → the parts of a delivery that its signature covers.

Whoever captures a delivery can post it again with any other parts, so these alone say which event it is. The kinds that
are absent sign nothing: a token proves the whole request.
"""

FORM_SCHEMES = frozenset({"form_token", "dangerous_open_form"})
"""Kinds for forms that people post from their browsers. Programs use all others."""

UNPROVEN_SCHEMES = frozenset({"dangerous_open_form"})
"""Kinds without authentication: anybody may have sent the delivery."""


def parse_scheme(value: Any, path: str = "scheme") -> Scheme:
    """Read `"stripe"` or `{"kind": "hmac_sha256", "header": "X-Signature"}`. Raises Invalid naming the fields."""
    document = {"kind": value} if isinstance(value, str) else value
    kind = document.get("kind") if isinstance(document, Mapping) else None
    if not isinstance(kind, str) or kind not in SETTINGS:
        raise Invalid.field(path, UNKNOWN_SCHEME(schemes=list(SETTINGS)))
    settings = SETTINGS[kind]
    given = {name: setting for name, setting in document.items() if name != "kind"}
    problems = [Problem(f"{path}.{name}", NO_SUCH_SETTING(scheme=kind)) for name in given if name not in settings]
    problems += [
        Problem(f"{path}.{name}", _CHECKS[name][1])
        for name, setting in given.items()
        if name in settings and not _CHECKS[name][0](setting)
    ]
    if problems:
        raise Invalid(problems)
    return Scheme(kind, **{name: _lowered(name, setting) for name, setting in {**settings, **given}.items()})


def _lowered(name: str, setting: Any) -> Any:
    return setting.lower() if name.endswith("header") and setting is not None else setting


def _is_header(setting: Any) -> bool:
    return isinstance(setting, str) and bool(HEADER_NAME.fullmatch(setting))


def _is_text(setting: Any) -> bool:
    return isinstance(setting, str) and len(setting) <= LONGEST_SETTING


_CHECKS: dict[str, tuple[Callable[[Any], bool], Reason]] = {
    "header": (_is_header, HEADER_NAME_REQUIRED()),
    "prefix": (_is_text, PREFIX_REQUIRED(count=LONGEST_SETTING)),
    "encoding": (lambda setting: setting in ENCODINGS, NOT_ONE_OF(options=list(ENCODINGS))),
    "delivery_header": (lambda setting: setting is None or _is_header(setting), HEADER_NAME_REQUIRED()),
    "field": (lambda setting: _is_text(setting) and bool(setting), FORM_FIELD_REQUIRED()),
}
"""Setting → whether a value holds, and the reason if it does not."""
