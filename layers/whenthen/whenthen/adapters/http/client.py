"""Call the outside over HTTP: https to public addresses only, no redirects, bounded time and bounded answers.

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
from whenthen.domain.common.reasons import ReasonCode
from whenthen.ports.outgoing import HttpAnswer, HttpRequest
from whenthen.ports.reason_codes import NO_ANSWER, NOT_REACHED

CONNECT_SECONDS = 5.0
TOTAL_SECONDS = 20.0
"""Longest time of a whole call: far below a job's lease, so that a claim never runs out during its call."""

_MAX_ADDRESSES = 4
_CHUNK = 16_384
_PATH_SAFE = "/%:@!$&'()*+,;=~-._"
_HOST = re.compile(r"[A-Za-z0-9._-]{1,253}|[0-9A-Fa-f:.]{2,45}")
_DEFAULT_PORTS = {"https": 443, "http": 80}

Connect = Callable[[tuple[str, int], float], socket.socket]

UNREADABLE_URL = ReasonCode("url.unreadable")
NOT_HTTPS = ReasonCode("url.not_https")
# The URL names no host, or it holds a user or a password.
NO_HOST = ReasonCode("url.no_host")
INVALID_HOST = ReasonCode("url.invalid_host")
# Method, path or headers hold characters that HTTP does not allow.
INVALID_REQUEST = ReasonCode("http.invalid_request")


class _Target(Struct, frozen=True):
    """Hold the parts of a URL that a request needs."""

    secure: bool
    host: str
    port: int
    authority: str
    path: str


class _Deadline:
    """Bound a call: every wait gets the time that is left."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def left(self, most: float = TOTAL_SECONDS) -> float:
        """Return seconds for the next wait. Raises TimeoutError if none are left."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError("the time for this call is over")
        return min(left, most)


class _Stream(io.RawIOBase):
    """Read from a socket under the deadline, however slowly the bytes come."""

    def __init__(self, sock: socket.socket, deadline: _Deadline) -> None:
        self._sock = sock
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._sock.settimeout(self._deadline.left())
        return self._sock.recv_into(buffer)


class _Socket:
    """Offer what http.client needs of a socket, under the deadline."""

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
    """Open one connection for each call; pool nothing and follow no redirect."""

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
        """Send a request and read the answer.

        Raises Temporary if nothing was sent, Permanent for a forbidden address, AnswerLost if no answer came back.
        """
        target = self._target(request.url)
        deadline = _Deadline(min(self._total_seconds, request.seconds or self._total_seconds))
        sock = self._connect(target, deadline)
        try:
            return _exchange(_Socket(sock, deadline), target, request)
        finally:
            sock.close()

    def _target(self, url: str) -> _Target:
        """Check and split a URL. Raises Permanent for one that may not be called."""
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port
            ascii_host = host if ":" in host else host.encode("idna").decode("ascii")
        except ValueError as error:
            raise Permanent(UNREADABLE_URL()) from error
        if parts.scheme != "https" and not (parts.scheme == "http" and self._allow_private):
            raise Permanent(NOT_HTTPS())
        if not host or parts.username is not None or parts.password is not None:
            raise Permanent(NO_HOST())
        if not _HOST.fullmatch(ascii_host):
            raise Permanent(INVALID_HOST())
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
        """Connect to a checked address. Raises Temporary, Permanent."""
        addresses = resolve(target.host, target.port, dangerously_allow_private_addresses=self._allow_private)
        failed: OSError | None = None
        for address in addresses[:_MAX_ADDRESSES]:
            try:
                sock = self._connect_to((address, target.port), deadline.left(CONNECT_SECONDS))
                return self._secured(sock, target, deadline) if target.secure else sock
            except OSError as error:
                failed = error
        raise Temporary(NOT_REACHED(provider=target.host, error=type(failed).__name__)) from failed

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
    """Send the request and read the answer. Raises AnswerLost if no status came back."""
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
        failed = error  # the receiver may have answered before it had read everything
    except (ValueError, http.client.HTTPException) as error:
        raise Permanent(INVALID_REQUEST()) from error
    response = http.client.HTTPResponse(sock, method=request.method)  # type: ignore[arg-type]
    try:
        response.begin()
    except (OSError, ValueError, http.client.HTTPException) as error:
        if not isinstance(response.status, int):
            raise AnswerLost(NO_ANSWER(provider=target.host, error=type(failed or error).__name__)) from error
        return HttpAnswer(response.status, {}, b"")
    headers = {name.lower(): value for name, value in response.getheaders()}
    body = _body(response, request.most + 1)
    return HttpAnswer(response.status, headers, body[: request.most], cut=len(body) > request.most)


def _body(response: http.client.HTTPResponse, most: int) -> bytes:
    """Read the beginning of the body, or what came before it broke off: the status already says how the call went."""
    body = b""
    try:
        while len(body) < most and (part := response.read1(most - len(body))):
            body += part
    except (OSError, ValueError, http.client.HTTPException):
        return body
    return body
