"""Addresses that outgoing calls may go to."""

from __future__ import annotations

import socket
from ipaddress import ip_address
from typing import Any

import pytest

from whenthen.adapters.http.addresses import is_public, resolve
from whenthen.domain.common.errors import Permanent, Temporary


@pytest.mark.parametrize(
    "text", ["8.8.8.8", "1.1.1.1", "157.240.1.35", "2606:4700:4700::1111", "2a03:2880:f12f:83:face:b00c:0:25de"]
)
def test_public_addresses_may_be_called(text: str) -> None:
    assert is_public(ip_address(text))


@pytest.mark.parametrize(
    "text",
    [
        # this machine and its networks
        *("127.0.0.1", "127.255.255.254", "0.0.0.0", "0.1.2.3", "10.0.0.1", "172.16.0.1", "192.168.1.1"),  # noqa: S104
        *("::1", "::", "fe80::1", "fc00::1", "fd12:3456::1", "fec0::1"),
        # the metadata services of clouds
        *("169.254.169.254", "169.254.170.2", "fd00:ec2::254", "100.100.100.200"),
        # carriers' and protocols' own, documentation, benchmarks, multicast, reserved
        *("100.64.0.1", "192.0.0.8", "192.0.0.9", "192.0.0.192", "192.88.99.1", "192.0.2.1", "198.18.0.1"),
        *("203.0.113.9", "224.0.0.1", "239.1.2.3", "240.0.0.1", "255.255.255.255"),
        *("2001:db8::1", "3fff::1", "ff02::1", "ff0e::1", "2001:20::1", "2001:2::1", "100::1", "5f00::1"),
        # an IPv4 address in the clothes of an IPv6 one: even where it is public, nobody writes it so
        *("::ffff:127.0.0.1", "::ffff:8.8.8.8", "::127.0.0.1", "::ffff:0:127.0.0.1"),
        *("64:ff9b::7f00:1", "64:ff9b::808:808", "64:ff9b:1::a00:1", "2002:7f00:1::", "2002:808:808::1", "2001:0:1::"),
    ],
)
def test_all_others_may_not(text: str) -> None:
    assert not is_public(ip_address(text))


def _resolving(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    answers: list[Any] = [
        (socket.AF_INET6 if ":" in text else socket.AF_INET, socket.SOCK_STREAM, 6, "", (text, 443))
        for text in addresses
    ]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_named: answers)


def test_a_name_with_private_and_public_addresses_gives_the_public_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    _resolving(monkeypatch, "10.0.0.1", "8.8.8.8", "fe80::1%eth0", "8.8.8.8", "2606:4700::1")
    assert resolve("x.example", 443, dangerously_allow_private_addresses=False) == ["8.8.8.8", "2606:4700::1"]


def test_a_name_with_private_addresses_alone_is_forbidden(monkeypatch: pytest.MonkeyPatch) -> None:
    _resolving(monkeypatch, "10.0.0.1", "::ffff:10.0.0.1")
    with pytest.raises(Permanent, match=r"x\.example"):
        resolve("x.example", 443, dangerously_allow_private_addresses=False)
    assert len(resolve("x.example", 443, dangerously_allow_private_addresses=True)) == 2


@pytest.mark.parametrize("host", ["127.1", "2130706433", "0x7f000001", "017700000001", "localhost"])
def test_no_writing_of_this_machine_gets_through(host: str) -> None:
    with pytest.raises((Permanent, Temporary)):
        resolve(host, 443, dangerously_allow_private_addresses=False)


def test_a_name_that_does_not_resolve_may_do_so_later(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_args: Any, **_named: Any) -> None:
        raise socket.gaierror(socket.EAI_AGAIN, "try again")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    with pytest.raises(Temporary):
        resolve("x.example", 443, dangerously_allow_private_addresses=False)
