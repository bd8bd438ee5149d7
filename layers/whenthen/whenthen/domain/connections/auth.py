"""Describe how calls of a connection authenticate: each kind with its fields, one of which is its secret."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import quote_plus

from msgspec import Struct, field

from whenthen.domain.common.errors import Invalid
from whenthen.domain.common.reason_codes import EMPTY, NOT_TEXT, REQUIRED
from whenthen.domain.connections.headers import check_name, is_value
from whenthen.domain.connections.reason_codes import BAD_BASE_URL, BAD_HEADER_VALUE
from whenthen.domain.connections.urls import is_base

if TYPE_CHECKING:
    from whenthen.domain.common.document_reader import Reader

NONE, HEADER, BASIC, BEARER = "none", "header", "basic", "bearer"
OAUTH = "oauth_client_credentials"

MAX_SECRET = 4_000
MAX_SCOPE = 1_000

CLIENT_AUTH = ("basic", "body")
"""Name the ways in which the client's id and secret go to the token's address: in a Basic header, or in the form."""


class AuthKind(Struct, frozen=True):
    """Describe one kind. `secret`: the name of its secret field, empty without one; `fields`: name → required."""

    secret: str
    fields: Mapping[str, bool] = field(default_factory=dict)


KINDS: Mapping[str, AuthKind] = {
    NONE: AuthKind(""),
    HEADER: AuthKind("value", {"name": True}),
    BASIC: AuthKind("password", {"username": True}),
    BEARER: AuthKind("token"),
    OAUTH: AuthKind("client_secret", {"token_url": True, "client_id": True, "scope": False, "client_auth": False}),
}
"""Kind of authentication → its fields. The secret is given once, and never shown again."""


class Auth(Struct, frozen=True):
    """Hold the kind and its fields, without the secret."""

    kind: str = NONE
    name: str = ""
    username: str = ""
    token_url: str = ""
    client_id: str = ""
    scope: str = ""
    client_auth: str = CLIENT_AUTH[0]

    @property
    def secret(self) -> str:
        """Name the field that holds the secret; empty if there is none."""
        return KINDS[self.kind].secret

    def headers(self, secret: str) -> dict[str, str]:
        """Return the headers by which a call authenticates. Empty for kinds that need a token of their own."""
        if self.kind == HEADER:
            return {self.name: secret}
        if self.kind == BASIC:
            return {"authorization": f"Basic {_encoded(f'{self.username}:{secret}')}"}
        return {"authorization": f"Bearer {secret}"} if self.kind == BEARER else {}

    def token_request(self, secret: str) -> tuple[dict[str, str], dict[str, str]]:
        """Return the headers and the form by which a token is asked for (RFC 6749, 4.4.2 and 2.3.1)."""
        form = {"grant_type": "client_credentials", **({"scope": self.scope} if self.scope else {})}
        if self.client_auth == "body":
            return {}, {**form, "client_id": self.client_id, "client_secret": secret}
        pair = f"{quote_plus(self.client_id)}:{quote_plus(secret)}"
        return {"authorization": f"Basic {_encoded(pair)}"}, form


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode("ascii")


def read_auth(reader: Reader | None, *, plain_http: bool) -> Auth:
    """Read `auth`, whose secret was taken out before. Without it, calls do not authenticate."""
    if reader is None:
        return Auth()
    kind = reader.choice("kind", tuple(KINDS), NONE)
    if reader.value("kind") is None:
        reader.report("kind", REQUIRED())
    values = {name: _read(reader, name, required=required) for name, required in KINDS[kind].fields.items()}
    if kind == HEADER and values["name"]:
        check_name(reader, "name", values["name"])
    if kind == OAUTH and values["token_url"] and not is_base(values["token_url"], plain_http=plain_http):
        reader.report("token_url", BAD_BASE_URL())
    reader.finish()
    return Auth(kind, **{name: value for name, value in values.items() if value})


def _read(reader: Reader, name: str, *, required: bool) -> str:
    if name == "client_auth":
        return reader.choice(name, CLIENT_AUTH, CLIENT_AUTH[0])
    return reader.text(name, required=required, longest=MAX_SCOPE)


def check_secret(value: object, place: str) -> str:
    """Return a secret that an admin gave. Raises Invalid: it is no text, empty, too long, or unfit for a header."""
    if not isinstance(value, str) or not value.strip():
        raise Invalid.field(place, EMPTY() if isinstance(value, str) else NOT_TEXT())
    if len(value) > MAX_SECRET or not is_value(value):
        raise Invalid.field(place, BAD_HEADER_VALUE(name=place.rpartition(".")[2]))
    return value
