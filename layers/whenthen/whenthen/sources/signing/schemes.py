"""Which scheme a source uses to prove itself, as an admin configures it. Doing it is in `signatures`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct

from whenthen.domain.common.errors import Invalid, Problem

_ENCODINGS = ("hex", "base64")
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}")
_LONGEST_TEXT = 64


class Scheme(Struct, frozen=True):
    """How a source proves itself. Only `kind` is always used, the rest by the kinds that `SETTINGS` says.

    kind             a row of `SETTINGS`, and of `signatures.VERIFIERS`
    header           the header that carries the proof, in lower case
    prefix           what stands before the proof in that header
    encoding         of a plain HMAC: `hex` or `base64`
    delivery_header  the header with the delivery's own id, where the sender has one
    field            the form field that carries the token
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
"""The kinds of scheme, each with the settings that it knows and what they are when nothing is said."""


FORM_SCHEMES = frozenset({"form_token", "dangerous_open_form"})
"""The kinds by which people post forms from their browsers; all others are programs' own."""


def parse_scheme(value: Any, path: str = "scheme") -> Scheme:
    """Read `"stripe"` or `{"kind": "hmac_sha256", "header": "X-Signature"}`. Raises Invalid naming the fields."""
    document = {"kind": value} if isinstance(value, str) else value
    kind = document.get("kind") if isinstance(document, Mapping) else None
    if not isinstance(kind, str) or kind not in SETTINGS:
        raise Invalid.field(path, f"a scheme is one of {', '.join(SETTINGS)}, or an object with such a kind")
    settings = SETTINGS[kind]
    given = {name: setting for name, setting in document.items() if name != "kind"}
    problems = [Problem(f"{path}.{name}", f"{kind} has no such setting") for name in given if name not in settings]
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
    return isinstance(setting, str) and bool(_HEADER_NAME.fullmatch(setting))


def _is_text(setting: Any) -> bool:
    return isinstance(setting, str) and len(setting) <= _LONGEST_TEXT


_CHECKS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "header": (_is_header, "the name of a header is required"),
    "prefix": (_is_text, f"a text of at most {_LONGEST_TEXT} characters is required"),
    "encoding": (lambda setting: setting in _ENCODINGS, f"one of {', '.join(_ENCODINGS)} is required"),
    "delivery_header": (lambda setting: setting is None or _is_header(setting), "the name of a header is required"),
    "field": (lambda setting: _is_text(setting) and bool(setting), "the name of a form field is required"),
}
