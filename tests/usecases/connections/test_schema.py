"""The schema of connections: it takes what the parser takes, and refuses what that refuses."""

from __future__ import annotations

from typing import Any

import pytest

from tests.schemas.validating import Validator
from whenthen.domain.common.errors import Invalid
from whenthen.domain.connections.connection import parse_connection
from whenthen.usecases.connections.schema import EXAMPLE, connection_schema

BASE = {"name": "crm", "base_url": "https://api.example.com/v1"}


def _parses(document: dict[str, Any]) -> bool:
    auth = document.get("auth")
    if isinstance(auth, dict):
        named = ("value", "password", "token", "client_secret")
        document = {**document, "auth": {name: value for name, value in auth.items() if name not in named}}
    try:
        parse_connection(document)
    except Invalid:
        return False
    return True


@pytest.mark.parametrize(
    ("document", "fits"),
    [
        (EXAMPLE, True),
        (BASE, True),
        ({**BASE, "auth": {"kind": "header", "name": "X-Key", "value": "k"}}, True),
        ({**BASE, "auth": {"kind": "header", "value": "k"}}, False),
        ({**BASE, "auth": {"kind": "basic", "username": "u", "password": "p"}}, True),
        ({**BASE, "auth": {"kind": "basic", "username": "u", "token": None, "password": "p"}}, False),
        ({**BASE, "auth": {"kind": "digest"}}, False),
        ({**BASE, "secrets": {"api_key": None}}, True),
        ({**BASE, "secrets": {"api key": "x"}}, False),
        ({**BASE, "timeout": 21}, False),
        ({**BASE, "surprise": 1}, False),
        ({"name": "Big", "base_url": "https://a.example"}, False),
        ({"name": "crm"}, False),
    ],
)
def test_schema_and_parser_agree(document: dict[str, Any], fits: bool) -> None:
    assert Validator(connection_schema()).is_valid(document) is fits
    if "token" not in document.get("auth", {}) or document["auth"]["kind"] != "basic":
        assert _parses(document) is fits
