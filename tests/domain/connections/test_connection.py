"""Connections as admins write them: each field that does not hold is named."""

from __future__ import annotations

from typing import Any

import pytest

from whenthen.domain.common.errors import Invalid
from whenthen.domain.connections.auth import OAUTH, Auth
from whenthen.domain.connections.connection import MAX_SECONDS, parse_connection
from whenthen.domain.connections.urls import is_base, joined, with_query

BASE: dict[str, Any] = {"name": "crm", "base_url": "https://api.example.com/v1/"}


def test_a_short_connection_has_harmless_defaults() -> None:
    connection = parse_connection(BASE)
    assert (connection.base_url, connection.auth, connection.seconds, connection.idempotent) == (
        "https://api.example.com/v1",
        Auth(),
        MAX_SECONDS,
        False,
    )


@pytest.mark.parametrize(
    ("part", "field"),
    [
        ({"name": None}, "name"),
        ({"name": "Two Words"}, "name"),
        ({"name": "../crm"}, "name"),
        ({"name": "x" * 64}, "name"),
        ({"base_url": None}, "base_url"),
        ({"base_url": "http://api.example.com"}, "base_url"),
        ({"base_url": "https://api.example.com/?key=1"}, "base_url"),
        ({"base_url": "https://api.example.com/#x"}, "base_url"),
        ({"base_url": "https://u:p@api.example.com/"}, "base_url"),
        ({"base_url": "https://{{ record.host }}/"}, "base_url"),
        ({"base_url": "https://api.example.com/a/../b"}, "base_url"),
        ({"base_url": "https://api.example.com/%2e%2e/"}, "base_url"),
        ({"base_url": "https://api.example.com:0/"}, "base_url"),
        ({"base_url": "https://" + "a" * 2_000}, "base_url"),
        ({"headers": {"Host": "x"}}, "headers.Host"),
        ({"headers": {"Content-Length": "5"}}, "headers.Content-Length"),
        ({"headers": {"Idempotency-Key": "x"}}, "headers.Idempotency-Key"),
        ({"headers": {"a\r\nb": "x"}}, "headers.a\r\nb"),
        ({"headers": {"a": ["x"]}}, "headers.a"),
        ({"headers": {"a": "{{ loop( }}"}}, "headers.a"),
        ({"headers": {"a": "<{{ unsubscribe_url }}>"}}, "headers.a"),
        ({"headers": {f"h{number}": "x" for number in range(31)}}, "headers"),
        ({"secrets": {"two words": None}}, "secrets"),
        ({"secrets": {f"s{number}": None for number in range(21)}}, "secrets"),
        ({"timeout": 0}, "timeout"),
        ({"timeout": 21}, "timeout"),
        ({"idempotent": "yes"}, "idempotent"),
        ({"test": {"method": "TRACE"}}, "test.method"),
        ({"test": {"url": "//evil.example"}}, "test.url"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_what_does_not_hold_is_named(part: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as raised:
        parse_connection({**BASE, **part})
    assert [problem.field for problem in raised.value.problems] == [field]


def test_plain_http_is_for_local_stacks_alone() -> None:
    local = {**BASE, "base_url": "http://127.0.0.1:8080/api"}
    assert parse_connection(local, plain_http=True).base_url == "http://127.0.0.1:8080/api"
    with pytest.raises(Invalid):
        parse_connection(local)
    assert not is_base("ftp://127.0.0.1/", plain_http=True)


@pytest.mark.parametrize(
    ("auth", "secret", "headers"),
    [
        (Auth(), "", {}),
        (Auth("header", name="X-Key"), "k", {"X-Key": "k"}),
        (Auth("basic", username="üser"), "pä:ss", {"authorization": "Basic w7xzZXI6cMOkOnNz"}),
        (Auth("bearer"), "t", {"authorization": "Bearer t"}),
        (Auth(OAUTH), "s", {}),
    ],
)
def test_each_kind_of_authentication_writes_its_header(auth: Auth, secret: str, headers: Any) -> None:
    assert auth.headers(secret) == headers


@pytest.mark.parametrize(
    ("url", "query", "found"),
    [
        ("https://a.example/x", None, "https://a.example/x"),
        ("https://a.example/x", {}, "https://a.example/x"),
        ("https://a.example/x", {"a": None}, "https://a.example/x"),
        ("https://a.example/x", {"a": [1, True, "ş&="], "b c": 1.5}, "https://a.example/x?a=1&a=true&a=%C5%9F%26%3D&b%20c=1.5"),
        ("https://a.example/x?y=1", {"a": 1}, "https://a.example/x?y=1&a=1"),
        ("https://a.example/x?", {"a": 1}, "https://a.example/x?a=1"),
        ("https://a.example/x#top", {"a": 1}, "https://a.example/x?a=1#top"),
    ],
)  # fmt: skip
def test_a_query_is_encoded_behind_the_address(url: str, query: Any, found: str) -> None:
    assert with_query(url, query) == found


@pytest.mark.parametrize(
    ("part", "found"),
    [("", "https://a.example/v1"), ("/c", "https://a.example/v1/c"), ("?q=1", "https://a.example/v1?q=1")],
)
def test_a_part_stands_behind_the_base(part: str, found: str) -> None:
    assert joined("https://a.example/v1/", part) == found
