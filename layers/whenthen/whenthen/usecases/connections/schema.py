"""The schema of a connection to an API, as an admin writes it and `parse_connection` reads it."""

from __future__ import annotations

from functools import cache
from typing import Any

from whenthen.domain.common.document_reader import LONGEST_DESCRIPTION
from whenthen.domain.connections.auth import CLIENT_AUTH, KINDS, MAX_SCOPE, MAX_SECRET
from whenthen.domain.connections.connection import MAX_SECONDS, MAX_SECRETS, METHODS, NAME, SECRET_NAME
from whenthen.domain.connections.headers import MAX_HEADERS
from whenthen.domain.connections.urls import MAX_URL
from whenthen.domain.schemas.parts import (
    Schema,
    choice,
    document,
    filled_text,
    flag,
    integer,
    noted,
    patterned,
    record,
    ref,
    text,
    union,
    whole,
)

EXAMPLE: dict[str, Any] = {
    "name": "crm",
    "base_url": "https://api.example.com/v1",
    "auth": {"kind": "bearer", "token": "a secret"},
    "headers": {"accept-language": "tr"},
    "idempotent": True,
    "test": {"method": "GET", "url": "/me"},
}

_SECRET = {**filled_text(MAX_SECRET), "writeOnly": True}
_FIELDS: dict[str, Schema] = {
    "name": noted(filled_text(100), "The name of the header.", examples=["X-Api-Key"]),
    "username": noted(filled_text(MAX_SCOPE), "The name of the user."),
    "token_url": noted(
        filled_text(MAX_URL), "The address that gives tokens.", examples=["https://id.example.com/token"]
    ),
    "client_id": noted(filled_text(MAX_SCOPE), "The id of the client."),
    "scope": noted(text(MAX_SCOPE), "The scope that is asked for."),
    "client_auth": noted(
        choice(CLIENT_AUTH), "Whether id and secret go in a Basic header, or in the body.", default=CLIENT_AUTH[0]
    ),
}
_KINDS = {
    "none": ("NoAuth", "Calls without credentials."),
    "header": ("HeaderAuth", "A header with a secret."),
    "basic": ("BasicAuth", "A user and a password."),
    "bearer": ("BearerAuth", "A token that does not change by itself."),
    "oauth_client_credentials": ("OAuthAuth", "A token that whenthen asks for (OAuth 2.0 client credentials)."),
}


def _auth(kind: str) -> Schema:
    title, description = _KINDS[kind]
    row = KINDS[kind]
    secret = {row.secret: noted(_SECRET, "Given once, never shown. Left out of a replacement: as it is.")}
    members = {
        "kind": {"const": kind, "description": description},
        **{name: _FIELDS[name] for name in row.fields},
        **(secret if row.secret else {}),
    }
    return record(title, description, members, required=("kind", *(name for name, must in row.fields.items() if must)))


_CONNECTION: dict[str, Schema] = {
    "name": noted(patterned(NAME.pattern), "Its name, by which steps use it.", examples=["crm"]),
    "description": noted(text(LONGEST_DESCRIPTION), "Notes for admins."),
    "base_url": noted(
        filled_text(MAX_URL), "The https address before that of each step.", examples=[EXAMPLE["base_url"]]
    ),
    "auth": noted(ref("ConnectionAuth"), "How calls authenticate; by default not at all."),
    "secrets": noted(
        {
            "type": "object",
            "propertyNames": {"pattern": whole(SECRET_NAME.pattern)},
            "additionalProperties": {"type": ["string", "null"], "writeOnly": True},
            "maxProperties": MAX_SECRETS,
        },
        "Secrets that templates of its steps name, as secrets.api_key. Shown as null; null leaves one as it is.",
    ),
    "headers": noted(
        {
            "type": "object",
            "additionalProperties": {"type": ["string", "number", "boolean", "null"]},
            "maxProperties": MAX_HEADERS,
        },
        "Headers of every call. Their values are templates.",
    ),
    "timeout": noted(integer(MAX_SECONDS, 1), "Seconds after which a call is given up.", default=MAX_SECONDS),
    "idempotent": noted(flag(), "Whether the API ignores a repetition under the same Idempotency-Key.", default=False),
    "test": noted(ref("ConnectionTest"), "The call by which it is tried; by default GET of the base."),
}

DEFINITIONS: dict[str, Schema] = {
    **{_KINDS[kind][0]: _auth(kind) for kind in KINDS},
    "ConnectionAuth": union("ConnectionAuth", "How calls authenticate.", (_KINDS[kind][0] for kind in KINDS)),
    "ConnectionTest": record(
        "ConnectionTest",
        "A call that does no harm.",
        {
            "method": noted(choice(METHODS), "The method of HTTP.", default="GET"),
            "url": noted(text(MAX_URL), "The path behind the base.", examples=["/me"]),
        },
    ),
    "Connection": record(
        "Connection", "How an API is reached.", _CONNECTION, required=("name", "base_url"), examples=[EXAMPLE]
    ),
}


@cache
def connection_schema() -> dict[str, Any]:
    """The JSON Schema of a connection. Its definitions are under `$defs`; do not change what is returned."""
    return document("Connection", DEFINITIONS)
