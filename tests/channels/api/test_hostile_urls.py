"""Hostile addresses: none is connected, whether a step, a value or the base of a connection names it."""

from __future__ import annotations

import socket
from dataclasses import replace
from typing import Any

import pytest

from tests.channels.api.calling import CRM, answers, called, has_connection, managing
from tests.channels.performing import performed
from tests.usecases.fakes.wiring import functions_of
from tests.usecases.fakes.world import World
from whenthen.adapters.http.client import GuardedHttp
from whenthen.domain.common.errors import Invalid
from whenthen.domain.connections.urls import check_address, check_part
from whenthen.domain.runs.run import JobStatus

HOSTILE = [
    "http://example.com/",
    "HTTP://example.com/",
    "ftp://example.com/",
    "file:///etc/passwd",
    "gopher://example.com/",
    "javascript:alert(1)",
    "data:text/plain,x",
    "//example.com/",
    "/\\example.com/",
    "https:/example.com",
    "https:example.com",
    "https://",
    "https:///path",
    "https://?x",
    "https://user@example.com/",
    "https://user:word@example.com/",
    "https://example.com@127.0.0.1/",
    "https://127.0.0.1@example.com/",
    "https://example.com:99999/",
    "https://example.com:port/",
    "https://exam ple.com/",
    "https://example.com\x00.evil.example/",
    "https://exa\nmple.com/",
    "https://example.com\\@127.0.0.1/",
    "https://127.0.0.1\\.example.com/",
    "https://[::1",
    "https://[fe80::1%25eth0]/",
    "https://" + "a" * 64 + ".com/",
    "https://127.0.0.1/",
    "https://127.1/",
    "https://127.000.000.001/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0x7f.0.0.1/",
    "https://0177.0.0.1/",
    "https://0/",
    "https://0.0.0.0/",
    "https://10.0.0.1/",
    "https://10.255.255.255/",
    "https://172.16.0.1/",
    "https://172.31.255.255/",
    "https://192.168.1.1/",
    "https://100.64.0.1/",
    "https://169.254.169.254/latest/meta-data/",
    "https://169.254.170.2/v2/credentials",
    "https://2852039166/",
    "https://198.18.0.1/",
    "https://192.0.2.1/",
    "https://224.0.0.1/",
    "https://255.255.255.255/",
    "https://[::1]/",
    "https://[::]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/",
    "https://[::127.0.0.1]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[2002:7f00:1::]/",
    "https://[2001:db8::1]/",
    "https://[fc00::1]/",
    "https://[fd00:ec2::254]/latest/meta-data/",
    "https://[fe80::1]/",
    "https://[ff02::1]/",
    "https://localhost/",
    "https://LOCALHOST/",
    "https://localhost./",
    "https://%6c%6f%63%61%6c%68%6f%73%74/",
    "https://１２７.０.０.１/",
    "https://①②⑦.⓪.⓪.①/",
]

PARTS = [
    "//evil.example",
    "///evil.example",
    "\\\\evil.example",
    "/\\evil.example",
    "\\/evil.example",
    "@evil.example",
    ":@evil.example",
    ":8443/x",
    ".evil.example/",
    "-evil.example/",
    "evil.example",
    "https://evil.example/",
    "HTTPS://evil.example/",
    "/../admin",
    "/x/../../admin",
    "/%2e%2e/admin",
    "/x/%2E%2e%2fadmin",
    "/..%5cadmin",
    "/x#@evil.example",
    "/x\r\nHost: evil.example",
    "/x y",
    "{{ record.code }}",
    "{{ record.code }}/x",
    ".{{ record.code }}",
    "{% if record.code %}@evil.example{% endif %}",
]
VALUES = [
    "//evil.example",
    "@evil.example/",
    "..",
    "../..",
    "%2e%2e",
    ".evil.example",
    "\\evil",
    "a?b#c",
    "\r\nHost: x",
]


class Recorder:
    """Stands for the network: each name is known to it, and a connection is a fault."""

    def __init__(self) -> None:
        self.connected: list[Any] = []

    def __call__(self, address: Any, _seconds: float) -> socket.socket:
        self.connected.append(address)
        raise AssertionError(f"{address} was connected")


@pytest.fixture
def network(world: World) -> Recorder:
    recorder = Recorder()
    ports = replace_http(world, GuardedHttp(connect=recorder))
    world.functions = functions_of(ports)
    world.wire = lambda tap: functions_of(ports.tapped(tap))  # type: ignore[method-assign]
    return recorder


def replace_http(world: World, http: Any) -> Any:
    world.ports = replace(world.ports, http=http)
    return world.ports


def test_there_are_some_sixty() -> None:
    assert len(set(HOSTILE)) >= 60


@pytest.mark.parametrize("url", HOSTILE)
def test_a_written_address_is_refused_or_its_step_fails(world: World, network: Recorder, url: str) -> None:
    if check_address(url, "url", open_host=False):
        return
    job = performed(world, "call_api", method="GET", url=url)
    assert (job.status, network.connected) == (JobStatus.FAILED, [])


@pytest.mark.parametrize("url", HOSTILE)
def test_an_address_that_a_value_makes_fails_its_step(world: World, network: Recorder, url: str) -> None:
    world.has_record("lead:1", code=url)
    job = performed(world, "call_api", method="GET", url="{{ record.code }}", open_host=True)
    assert (job.status, network.connected) == (JobStatus.FAILED, [])


@pytest.mark.parametrize("url", HOSTILE)
def test_no_connection_is_saved_with_it_or_its_calls_fail(world: World, network: Recorder, url: str) -> None:
    try:
        managing(world).create({**CRM, "base_url": url}, seed="s", by="key_1")
    except Invalid:
        return
    job = performed(world, "call_api", connection="crm", method="GET", url="/x")
    assert (job.status, network.connected) == (JobStatus.FAILED, [])


@pytest.mark.parametrize("part", PARTS)
def test_a_part_that_would_change_the_host_is_refused_when_it_is_saved(part: str) -> None:
    assert check_part(part, "url")


@pytest.mark.parametrize("part", PARTS)
def test_and_again_when_it_is_due(world: World, part: str) -> None:
    has_connection(world)
    world.has_record("lead:1", code="@evil.example")
    job = performed(world, "call_api", connection="crm", url=part)
    assert (job.status, world.http.sent) == (JobStatus.FAILED, [])


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("part", ["/{{ record.code }}", "/x/{{ record.code }}/y", "?q={{ record.code }}"])
def test_a_value_stays_in_its_segment_or_parameter(world: World, part: str, value: str) -> None:
    has_connection(world)
    world.has_record("lead:1", code=value)
    job = performed(world, "call_api", connection="crm", url=part)
    if job.status is JobStatus.FAILED:
        assert world.http.sent == []
        return
    [request] = world.http.sent
    rest = request.url.removeprefix("https://api.example.com/v1")
    assert rest != request.url
    assert rest.count("/") + rest.count("?") == part.count("/") + part.count("?")
    assert not set(rest) & set("\r\n\\# @")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_no_second_hop(world: World, status: int) -> None:
    has_connection(world)
    answers(world, status, location="https://evil.example/")
    assert (called(world, method="GET").status, len(world.http.sent)) == (JobStatus.FAILED, 1)


@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "a\nb", "a\x00b", "日本"])
def test_a_value_adds_no_header(world: World, value: str) -> None:
    has_connection(world)
    world.has_record("lead:1", code=value)
    job = performed(world, "call_api", connection="crm", url="/x", headers={"X-Code": "{{ record.code }}"})
    assert (job.status, world.http.sent) == (JobStatus.FAILED, [])
