"""Make a call over a connection: with its credentials, which are read once more if the API refuses them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from whenthen.domain.common.errors import Invalid, NotFound, Temporary
from whenthen.domain.connections.answers import REFUSED
from whenthen.domain.connections.auth import NONE, OAUTH
from whenthen.domain.connections.connection import MAX_SECONDS, Connection, parse_connection
from whenthen.usecases.connections.reason_codes import NO_SECRET, NO_TIME_LEFT

if TYPE_CHECKING:
    from whenthen.ports.administration import StoredConnection
    from whenthen.ports.clock import Clock
    from whenthen.ports.outgoing import HttpAnswer, HttpRequest
    from whenthen.ports.providers import Http, Secrets
    from whenthen.usecases.connections.tokens import Tokens

AUTH = "auth"
"""Name the secret of a connection's authentication among those of the connection."""

OF_TEMPLATES = "secrets."
"""Begin the names of secrets that templates may name."""


def connection_of(stored: StoredConnection) -> Connection:
    """Read a stored connection, with the name of its own secrets. Raises Invalid: it is written in an older form.

    The client decides at each call whether an address may be plain http.
    """
    connection = parse_connection(stored.document, plain_http=True)
    return replace(connection, version=stored.version, secret=stored.secret)


def secrets_of(connection: Connection, secrets: Secrets) -> dict[str, str]:
    """Return the secrets that templates may name. Raises Invalid: one has no value; Temporary."""
    return _named(connection, _kept(connection, secrets.get))


class CallConnection(Struct, frozen=True):
    """Call an API. All that one call needs, asking for a token and a second try included, is bounded in time."""

    http: Http
    secrets: Secrets
    tokens: Tokens
    clock: Clock

    def __call__(self, connection: Connection, request: HttpRequest) -> HttpAnswer:
        """Send the request with the connection's credentials.

        An API that answers 401 did nothing: it is called once more, if there is another token or secret by then.
        Raises as `Http.send`; Invalid without a secret; CredentialsRefused if no token is given.
        """
        began = self.clock.now()
        secret = self._secret(connection, self.secrets.get)
        answer = self._send(connection, request, secret, began)
        if answer.status != REFUSED or connection.auth.kind == NONE:
            return answer
        current = self._secret(connection, self.secrets.refreshed)
        if connection.auth.kind == OAUTH:
            self.tokens.forget(connection)
        elif current == secret:
            return answer
        return self._send(connection, request, current, began)

    def _send(self, connection: Connection, request: HttpRequest, secret: str, began: datetime) -> HttpAnswer:
        def left() -> float:
            return self._left(connection, began)

        auth = connection.auth.headers(secret)
        if connection.auth.kind == OAUTH:
            auth = {"authorization": f"Bearer {self.tokens.get(connection, secret, left)}"}
        own = {name.lower(): value for name, value in auth.items()}
        return self.http.send(replace(request, headers={**request.headers, **own}, seconds=left()))

    def _left(self, connection: Connection, began: datetime) -> float:
        """Return the seconds for the next request. Raises Temporary if the time for the call is over."""
        left = MAX_SECONDS - (self.clock.now() - began).total_seconds()
        if left <= 0:
            raise Temporary(NO_TIME_LEFT(connection=connection.name))
        return min(left, float(connection.seconds))

    def _secret(self, connection: Connection, read: Callable[[str], Mapping[str, Any]]) -> str:
        if connection.auth.kind == NONE:
            return ""
        found = _kept(connection, read).get(AUTH)
        if not isinstance(found, str) or not found:
            raise Invalid.field("with.connection", NO_SECRET(connection=connection.name, name=connection.auth.secret))
        return found


def _kept(connection: Connection, read: Callable[[str], Mapping[str, Any]]) -> Mapping[str, Any]:
    if not connection.secret:
        return {}
    try:
        return read(connection.secret)
    except NotFound:
        return {}


def _named(connection: Connection, kept: Mapping[str, Any]) -> dict[str, str]:
    found = {name: kept.get(f"{OF_TEMPLATES}{name}") for name in connection.secrets}
    for name, value in found.items():
        if not isinstance(value, str):
            raise Invalid.field("with.connection", NO_SECRET(connection=connection.name, name=name))
    return {name: str(value) for name, value in found.items()}
