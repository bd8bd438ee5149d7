"""try_connection: call the API of a connection once, and say what came back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field
from msgspec.structs import replace

from whenthen.domain.common.document_reader import Reader
from whenthen.domain.common.errors import AnswerLost, Invalid, NotFound, Permanent, Problem, Temporary
from whenthen.domain.connections import headers
from whenthen.domain.connections.connection import METHODS, Connection
from whenthen.domain.connections.urls import MAX_URL, check_part, joined
from whenthen.domain.rules.step_parameters import Rendering
from whenthen.domain.templating.syntax import SECRETS
from whenthen.ports.outgoing import HttpAnswer, HttpRequest
from whenthen.ports.reason_codes import SECRET_NOT_FOUND
from whenthen.usecases.connections.call_connection import CallConnection, connection_of, secrets_of
from whenthen.usecases.connections.masking import (
    MASK,
    credentials_of,
    derives_from_secrets,
    masked,
    names_secrets,
    without_values,
)
from whenthen.usecases.connections.reason_codes import ANSWERED
from whenthen.usecases.connections.tokens import Tokens

if TYPE_CHECKING:
    from datetime import datetime

    from whenthen.domain.common.reasons import Reason
    from whenthen.ports.administration import ConnectionStore, SecretVault
    from whenthen.ports.clock import Clock
    from whenthen.ports.providers import Http

_PLAIN = frozenset({"user-agent", "content-type", "accept"})

MAX_SHOWN = 4_000
"""Characters of an answer that are shown."""


class Tried(Struct, frozen=True):
    """Say what came of a call. `status` is None if none came back.

    ok      whether the API answered with 2xx
    cut     whether the body is longer than what is shown
    """

    ok: bool
    reason: Reason
    milliseconds: int
    status: int | None = None
    headers: Mapping[str, str] = {}
    body: str = ""
    cut: bool = False


class VaultSecrets(Struct, frozen=True):
    """Read secrets as they are now: an admin tries what was just saved."""

    vault: SecretVault

    def get(self, name: str) -> Mapping[str, Any]:
        """Return the secret. Raises NotFound."""
        found = self.vault.read(name)
        if found is None:
            raise NotFound(SECRET_NOT_FOUND(name=name))
        return found

    def refreshed(self, name: str) -> Mapping[str, Any]:
        """Return the secret, as `get` does."""
        return self.get(name)


class TryConnection(Struct, frozen=True):
    """Call once, with fresh secrets and a fresh token."""

    connections: ConnectionStore
    vault: SecretVault
    http: Http
    clock: Clock

    def __call__(self, name: str, written: Mapping[str, Any]) -> Tried:
        """Call the API as `test` of the connection says, or the body: `{"method": "GET", "url": "/me"}`.

        Raises NotFound, Invalid. What goes wrong with the call is in what is returned.
        """
        stored = self.connections.get(name)
        connection = connection_of(stored)
        method, url = _read(connection, written)
        secrets = VaultSecrets(self.vault)
        given, address = _rendered(connection, url, secrets_of(connection, secrets))
        http = _Noting(self.http)
        call = CallConnection(http, secrets, Tokens(http, self.clock), self.clock)
        began = self.clock.now()
        hidden = tuple(map(str, (self.vault.read(stored.secret) or {} if stored.secret else {}).values()))
        try:
            answer = call(connection, HttpRequest(method, address, {"user-agent": "whenthen", **given}))
        except (Temporary, Permanent, AnswerLost) as error:
            return Tried(ok=False, reason=error.reason, milliseconds=self._since(began))
        if derives_from_secrets(url, connection.headers):
            answer = replace(answer, headers={}, body=MASK.encode())
        credentials = [value for sent in http.sent for value in credentials_of(_without(sent, given))]
        return _shown(answer, (*hidden, *credentials), self._since(began))

    def _since(self, began: datetime) -> int:
        return round((self.clock.now() - began).total_seconds() * 1000)


class _Noting(Struct, frozen=True):
    """Send requests, and note their headers: among them are credentials that were made of a secret, or fetched."""

    http: Http
    sent: list[Mapping[str, str]] = field(default_factory=list)

    def send(self, request: HttpRequest) -> HttpAnswer:
        """Send the request. Raises as `Http.send`."""
        self.sent.append(request.headers)
        return self.http.send(request)


def _without(sent: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    """Return the headers by which a request authenticates: those that nobody wrote, and that say nothing else."""
    return {name: value for name, value in sent.items() if name not in _PLAIN and given.get(name) != value}


def _rendered(connection: Connection, url: str, secrets: Mapping[str, str]) -> tuple[dict[str, str], str]:
    """Return the headers and the address of the call. Raises Invalid, whose reasons show no secret."""
    known = {SECRETS: secrets}
    try:
        given = headers.written(Rendering(known).value(connection.headers), "headers")
        return given, Rendering(known).url(joined(connection.base_url, url))
    except Invalid as error:
        raise (without_values(error) if names_secrets(connection.headers, url) else error) from None


def _read(connection: Connection, written: Mapping[str, Any]) -> tuple[str, str]:
    problems: list[Problem] = []
    reader = Reader(written, "", problems)
    method = reader.choice("method", METHODS, connection.test.method)
    url = reader.text("url", default=connection.test.url, longest=MAX_URL)
    problems += check_part(url, "url")
    reader.finish()
    if problems:
        raise Invalid(problems)
    return method, url


def _shown(answer: HttpAnswer, hidden: tuple[str, ...], milliseconds: int) -> Tried:
    body = masked(answer.body.decode(errors="replace"), hidden)
    return Tried(
        ok=200 <= answer.status < 300,
        reason=ANSWERED(status=answer.status),
        milliseconds=milliseconds,
        status=answer.status,
        headers={name: masked(value, hidden) for name, value in answer.headers.items() if name != "set-cookie"},
        body=body[:MAX_SHOWN],
        cut=answer.cut or len(body) > MAX_SHOWN,
    )
