"""Which addresses of the internet an outgoing call may go to: those that are anybody's to reach, and no others.

A URL comes from an admin or from a customer's data. It must not reach what only this network can reach: the
machine itself, its neighbours, the cloud's metadata service. The name proves nothing, so it is the address
that is checked, and the checked address that is connected.
"""

from __future__ import annotations

import socket
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from whenthen.domain.common.errors import Permanent, Temporary

_UNICAST_V6 = ip_network("2000::/3")
"""All of IPv6 that is assigned to hosts: what wraps an IPv4 address (mapped, compatible, NAT64) lies outside."""

_SPECIAL = tuple(
    ip_network(text)
    for text in (
        "192.0.0.0/24",  # protocol assignments
        "192.88.99.0/24",  # 6to4 relays
        "2001::/23",  # Teredo, ORCHID, benchmarks and other protocol assignments
        "2002::/16",  # 6to4: wraps any IPv4 address
        "3fff::/20",  # documentation
    )
)
"""What Python, up to some version or other, takes for global although no service of the public stands there."""


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether the address is one of the public internet."""
    if isinstance(address, IPv6Address) and address not in _UNICAST_V6:
        return False
    if any(address.version == special.version and address in special for special in _SPECIAL):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def resolve(host: str, port: int, *, dangerously_allow_private_addresses: bool) -> list[str]:
    """The addresses of `host` that may be connected, best first. Raises Temporary, Permanent if none may be."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError) as error:
        raise Temporary(f"the name {host} does not resolve") from error
    addresses = list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))
    if dangerously_allow_private_addresses:
        return addresses
    public = [text for text in addresses if "%" not in text and is_public(ip_address(text))]
    if not public:
        raise Permanent(f"{host} has no public address; calls to private ones are forbidden")
    return public
