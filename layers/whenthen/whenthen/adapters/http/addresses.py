"""Check the addresses of outgoing calls: only those of the public internet may be called.

A URL comes from an admin or from a customer's data. It must not reach what only this network can reach: the
machine itself, its neighbours, the cloud's metadata service. The name proves nothing, so it is the address
that is checked, and the checked address that is connected.
"""

from __future__ import annotations

import socket
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from whenthen.domain.common.errors import Permanent, Temporary
from whenthen.domain.common.reasons import ReasonCode

UNRESOLVED = ReasonCode("url.unresolved", "host")
PRIVATE = ReasonCode("url.private", "host")

_UNICAST_V6 = ip_network("2000::/3")
"""All of IPv6 that is assigned to hosts; addresses that wrap IPv4 ones (mapped, compatible, NAT64) lie outside."""

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
"""Networks that some versions of Python take for global although they hold no public service."""


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Tell whether the address is one of the public internet."""
    if isinstance(address, IPv6Address) and address not in _UNICAST_V6:
        return False
    if any(address.version == special.version and address in special for special in _SPECIAL):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def resolve(host: str, port: int, *, dangerously_allow_private_addresses: bool) -> list[str]:
    """Resolve `host` to the addresses that may be called, best first. Raises Temporary, Permanent if none may be."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError) as error:
        raise Temporary(UNRESOLVED(host=host)) from error
    addresses = list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))
    if dangerously_allow_private_addresses:
        return addresses
    public = [text for text in addresses if "%" not in text and is_public(ip_address(text))]
    if not public:
        raise Permanent(PRIVATE(host=host))
    return public
