"""Http, guarded: https to public addresses only, no redirects, bounded time and bounded answers.

The host is resolved once, its addresses are checked, and exactly a checked one is connected, so no second
look-up can lead elsewhere. Reasons name the host alone: paths, queries and headers may hold secrets.
"""

from __future__ import annotations

import http.client
import io
import re
import socket
import ssl
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlsplit

from msgspec import Struct

from whenthen.adapters.http.addresses import resolve
from whenthen.domain.common.errors import AnswerLost, Permanent, Temporary
from whenthen.ports.values import HttpAnswer, HttpRequest

CONNECT_SECONDS = 5.0
TOTAL_SECONDS = 20.0
"""For a whole call: far below the lease of a job, so that a claim never runs out while its call is under way."""

_MAX_ADDRESSES = 4
_CHUNK = 16_384
_PATH_SAFE = "/%:@!$&'()*+,;=~-._"
_HOST = re.compile(r"[A-Za-z0-9._-]{1,253}|[0-9A-Fa-f:.]{2,45}")
_DEFAULT_PORTS = {"https": 443, "http": 80}

Connect = Callable[[tuple[str, int], float], socket.socket]


class _Target(Struct, frozen=True):
    """Where a request goes."""

    secure: bool
    host: str
    port: int
    authority: str
    path: str


class _Deadline:
    """The end of a call; every wait gets what is left until then."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def left(self, most: float = TOTAL_SECONDS) -> float:
        """Seconds for the next wait. Raises TimeoutError when there are none left."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError("the time for this call is over")
        return min(left, most)


class _Stream(io.RawIOBase):
    """Reads from a socket under the deadline, however slowly the bytes drip."""

    def __init__(self, sock: socket.socket, deadline: _Deadline) -> None:
        self._sock = sock
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._sock.settimeout(self._deadline.left())
        return self._sock.recv_into(buffer)


class _Socket:
    """What http.client needs of a socket, under the deadline."""

    def __init__(self, sock: socket.socket, deadline: _Deadline) -> None:
        self._sock = sock
        self._deadline = deadline

    def sendall(self, data: bytes) -> None:
        for first in range(0, len(data), _CHUNK):
            self._sock.settimeout(self._deadline.left())
            self._sock.sendall(data[first : first + _CHUNK])

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Stream(self._sock, self._deadline))

    def close(self) -> None:
        self._sock.close()


class GuardedHttp:
    """One connection for each call; nothing is pooled, nothing is followed."""

    def __init__(
        self,
        *,
        dangerously_allow_private_addresses: bool = False,
        total_seconds: float = TOTAL_SECONDS,
        connect: Connect = socket.create_connection,
    ) -> None:
        self._allow_private = dangerously_allow_private_addresses
        self._total_seconds = total_seconds
        self._connect_to = connect
        self._tls: ssl.SSLContext | None = None

    def send(self, request: HttpRequest) -> HttpAnswer:
        """Raises Temporary when nothing was sent, Permanent for a forbidden address, AnswerLost when sent in vain."""
        target = self._target(request.url)
        deadline = _Deadline(self._total_seconds)
        sock = self._connect(target, deadline)
        try:
            return _exchange(_Socket(sock, deadline), target, request)
        finally:
            sock.close()

    def _target(self, url: str) -> _Target:
        """The parts of an address that may be called. Raises Permanent."""
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port
            ascii_host = host if ":" in host else host.encode("idna").decode("ascii")
        except ValueError as error:
            raise Permanent("the URL cannot be read") from error
        if parts.scheme != "https" and not (parts.scheme == "http" and self._allow_private):
            raise Permanent("only https addresses may be called")
        if not host or parts.username is not None or parts.password is not None:
            raise Permanent("the URL must name a host, and no user")
        if not _HOST.fullmatch(ascii_host):
            raise Permanent("the URL's host cannot be a host")
        default = _DEFAULT_PORTS[parts.scheme]
        bracketed = f"[{ascii_host}]" if ":" in ascii_host else ascii_host
        return _Target(
            secure=parts.scheme == "https",
            host=ascii_host,
            port=port or default,
            authority=bracketed if port in (None, default) else f"{bracketed}:{port}",
            path=(quote(parts.path, _PATH_SAFE) or "/")
            + (f"?{quote(parts.query, _PATH_SAFE + '?')}" if parts.query else ""),
        )

    def _connect(self, target: _Target, deadline: _Deadline) -> socket.socket:
        """A connection to a checked address. Raises Temporary, Permanent."""
        addresses = resolve(target.host, target.port, dangerously_allow_private_addresses=self._allow_private)
        failed: OSError | None = None
        for address in addresses[:_MAX_ADDRESSES]:
            try:
                sock = self._connect_to((address, target.port), deadline.left(CONNECT_SECONDS))
                return self._secured(sock, target, deadline) if target.secure else sock
            except OSError as error:
                failed = error
        raise Temporary(f"no connection to {target.host}: {type(failed).__name__}") from failed

    def _secured(self, sock: socket.socket, target: _Target, deadline: _Deadline) -> ssl.SSLSocket:
        if self._tls is None:
            self._tls = ssl.create_default_context()
        try:
            sock.settimeout(deadline.left(CONNECT_SECONDS))
            return self._tls.wrap_socket(sock, server_hostname=target.host)
        except BaseException:
            sock.close()
            raise


def _exchange(sock: _Socket, target: _Target, request: HttpRequest) -> HttpAnswer:
    """Send the request and read the answer. Raises AnswerLost where no status came back."""
    connection = http.client.HTTPConnection(target.host, target.port)
    connection.sock = sock  # it needs no more of a socket than this
    failed: Exception | None = None
    try:
        connection.request(
            request.method,
            target.path,
            request.body or None,
            {"Host": target.authority, "Connection": "close", **request.headers},
        )
    except OSError as error:
        failed = error  # it may have answered before it had read everything
    except (ValueError, http.client.HTTPException) as error:
        raise Permanent("the request holds what HTTP does not allow") from error
    response = http.client.HTTPResponse(sock, method=request.method)  # type: ignore[arg-type]
    try:
        response.begin()
    except (OSError, ValueError, http.client.HTTPException) as error:
        if not isinstance(response.status, int):
            raise AnswerLost(f"{target.host} gave no answer: {type(failed or error).__name__}") from error
        return HttpAnswer(response.status, {}, b"")
    headers = {name.lower(): value for name, value in response.getheaders()}
    body = _body(response, request.most + 1)
    return HttpAnswer(response.status, headers, body[: request.most], cut=len(body) > request.most)


def _body(response: http.client.HTTPResponse, most: int) -> bytes:
    """The beginning of the body; what came of it, if it breaks off: the status says already how the call went."""
    body = b""
    try:
        while len(body) < most and (part := response.read1(most - len(body))):
            body += part
    except (OSError, ValueError, http.client.HTTPException):
        return body
    return body
