"""try_connection: call the API of a connection once, and say what came back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct

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
from whenthen.usecases.connections.reason_codes import ANSWERED
from whenthen.usecases.connections.tokens import Tokens

if TYPE_CHECKING:
    from datetime import datetime

    from whenthen.domain.common.reasons import Reason
    from whenthen.ports.administration import ConnectionStore, SecretVault
    from whenthen.ports.clock import Clock
    from whenthen.ports.providers import Http

MAX_SHOWN = 4_000
"""Characters of an answer that are shown."""

MASK = "•••"
SHORTEST_SECRET = 4
"""Characters of a secret that is masked in an answer: a shorter one would mask half of any text."""


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
        known = {SECRETS: secrets_of(connection, secrets)}
        given = headers.written(Rendering(known).value(connection.headers), "headers")
        address = Rendering(known).url(joined(connection.base_url, url))
        call = CallConnection(self.http, secrets, Tokens(self.http, self.clock), self.clock)
        began = self.clock.now()
        hidden = tuple(map(str, (self.vault.read(stored.secret) or {} if stored.secret else {}).values()))
        try:
            answer = call(connection, HttpRequest(method, address, {"user-agent": "whenthen", **given}))
        except (Temporary, Permanent, AnswerLost) as error:
            return Tried(ok=False, reason=error.reason, milliseconds=self._since(began))
        return _shown(answer, hidden, self._since(began))

    def _since(self, began: datetime) -> int:
        return round((self.clock.now() - began).total_seconds() * 1000)


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
    body = _masked(answer.body.decode(errors="replace"), hidden)
    return Tried(
        ok=200 <= answer.status < 300,
        reason=ANSWERED(status=answer.status),
        milliseconds=milliseconds,
        status=answer.status,
        headers={name: _masked(value, hidden) for name, value in answer.headers.items() if name != "set-cookie"},
        body=body[:MAX_SHOWN],
        cut=answer.cut or len(body) > MAX_SHOWN,
    )


def _masked(text: str, hidden: tuple[str, ...]) -> str:
    """Return the text without the secrets that the API may have sent back."""
    for secret in hidden:
        if len(secret) >= SHORTEST_SECRET:
            text = text.replace(secret, MASK)
    return text
