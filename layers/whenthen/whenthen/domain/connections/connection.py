"""Define the stored connection to an API. `parse_connection` reads what an admin wrote, without its secrets."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from msgspec import Struct, field

from whenthen.domain.common.document_reader import LONGEST_DESCRIPTION, Reader
from whenthen.domain.common.errors import Invalid, Problem
from whenthen.domain.common.reason_codes import REQUIRED
from whenthen.domain.connections.auth import Auth, read_auth
from whenthen.domain.connections.headers import read_headers
from whenthen.domain.connections.reason_codes import BAD_BASE_URL, BAD_NAME, BAD_SECRET_NAME
from whenthen.domain.connections.urls import MAX_URL, check_part, is_base
from whenthen.domain.templating import templates
from whenthen.domain.templating.syntax import LINKS, LINKS_HERE

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
SECRET_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}")
MAX_SECRETS = 20
MAX_SECONDS = 20
"""Longest time-out of one call; the client bounds every call so."""

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD")


class TestCall(Struct, frozen=True):
    """Describe the call by which a connection is tried."""

    method: str = "GET"
    url: str = ""


class Connection(Struct, frozen=True):
    """Hold a connection without its secrets.

    seconds     after which a call is given up
    idempotent  whether the API ignores a repetition under the same Idempotency-Key
    secrets     names of secrets that templates of its steps may name
    version     of the document that was read
    secret      name under which the secrets of this very version are kept
    """

    name: str
    base_url: str
    auth: Auth = Auth()
    headers: Mapping[str, Any] = field(default_factory=dict)
    seconds: int = MAX_SECONDS
    idempotent: bool = False
    secrets: tuple[str, ...] = ()
    test: TestCall = TestCall()
    version: int = 0
    secret: str = ""


def parse_connection(document: Mapping[str, Any], *, plain_http: bool = False) -> Connection:
    """Read a connection. Raises Invalid naming every field that does not hold.

    plain_http   whether its addresses may be http, as on a local stack; the client decides again at each call
    """
    problems: list[Problem] = []
    reader = Reader(document, "", problems)
    connection = Connection(
        name=_read_name(reader),
        base_url=_read_base(reader, plain_http=plain_http),
        auth=read_auth(reader.child("auth"), plain_http=plain_http),
        headers=read_headers(reader, "headers"),
        seconds=reader.integer("timeout", default=MAX_SECONDS, least=1, most=MAX_SECONDS),
        idempotent=reader.flag("idempotent"),
        secrets=_read_secrets(reader),
        test=_read_test(reader.child("test")),
    )
    for name, value in connection.headers.items():
        problems += _header_problems(value, f"headers.{name}") if isinstance(value, str) else []
    reader.text("description", longest=LONGEST_DESCRIPTION)
    reader.finish()
    if problems:
        raise Invalid(problems)
    return connection


def _header_problems(source: str, field: str) -> list[Problem]:
    linked = [Problem(field, LINKS_HERE(options=list(LINKS)))] if templates.names_any(source, LINKS) else []
    return linked + (templates.check(source, field) if "{" in source else [])


def _read_name(reader: Reader) -> str:
    name = reader.text("name", required=True)
    if name and not NAME.fullmatch(name):
        reader.report("name", BAD_NAME())
    return name


def _read_base(reader: Reader, *, plain_http: bool) -> str:
    url = reader.text("base_url", longest=MAX_URL)
    if not url:
        reader.report("base_url", REQUIRED())
    elif len(url) <= MAX_URL and not is_base(url, plain_http=plain_http):
        reader.report("base_url", BAD_BASE_URL())
    return url.rstrip("/")


def _read_secrets(reader: Reader) -> tuple[str, ...]:
    names = tuple(map(str, reader.mapping("secrets")))
    if len(names) > MAX_SECRETS or not all(map(SECRET_NAME.fullmatch, names)):
        reader.report("secrets", BAD_SECRET_NAME())
    return names


def _read_test(reader: Reader | None) -> TestCall:
    if reader is None:
        return TestCall()
    call = TestCall(reader.choice("method", METHODS, "GET"), reader.text("url", longest=MAX_URL))
    reader.problems.extend(check_part(call.url, reader.field("url")))
    reader.finish()
    return call
