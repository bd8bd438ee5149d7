"""Ask for the access tokens of connections (OAuth client credentials), and keep each until shortly before its end."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from msgspec import Struct, field
from msgspec.structs import replace

from whenthen.domain.common.answers import Next
from whenthen.domain.common.errors import AnswerLost, CredentialsRefused, Permanent, Temporary
from whenthen.domain.connections.answers import token_row
from whenthen.domain.connections.headers import is_value
from whenthen.domain.sending.retry_after import retry_after
from whenthen.ports.outgoing import HttpAnswer, HttpRequest, is_not_now
from whenthen.usecases.connections.masking import masked
from whenthen.usecases.connections.reason_codes import NO_TOKEN, TOKEN_REFUSED

if TYPE_CHECKING:
    from whenthen.domain.connections.connection import Connection
    from whenthen.ports.clock import Clock
    from whenthen.ports.providers import Http

BEFORE_END = timedelta(seconds=60)
"""How long before its end a token is used no more."""

UNTOLD = timedelta(minutes=5)
"""How long a token is kept whose end its giver does not tell."""

LONGEST = timedelta(hours=24)

MAX_TOKENS = 500
"""Tokens that a worker keeps at once."""


_Key = tuple[str, int, str, str, str]
"""(name of the connection's secret, its version, address of tokens, client id, scope)"""


class Token(Struct, frozen=True):
    """Hold an access token, and until when it is used."""

    text: str
    until: datetime


class Tokens(Struct):
    """Keep tokens by all that they were given for; lives as long as the worker."""

    http: Http
    clock: Clock
    kept: dict[_Key, Token] = field(default_factory=dict)

    def get(self, connection: Connection, secret: str, seconds: Callable[[], float]) -> str:
        """Return a token that is good. Raises Temporary, CredentialsRefused; nothing was done for the job then.

        seconds   returns the time that is left for asking
        """
        key = _key(connection)
        known = self.kept.get(key)
        if known is not None and self.clock.now() < known.until:
            return known.text
        token = self._ask(connection, secret, seconds())
        if len(self.kept) >= MAX_TOKENS:
            self.kept.clear()
        self.kept[key] = token
        return token.text

    def forget(self, connection: Connection) -> None:
        """Forget the connection's token, which the API refused."""
        self.kept.pop(_key(connection), None)

    def _ask(self, connection: Connection, secret: str, seconds: float) -> Token:
        headers, form = connection.auth.token_request(secret)
        headers = {**headers, "content-type": "application/x-www-form-urlencoded", "accept": "application/json"}
        request = HttpRequest("POST", connection.auth.token_url, headers, urlencode(form).encode(), seconds=seconds)
        try:
            answer = self.http.send(request)
        except AnswerLost as error:
            raise Temporary(error.reason) from error  # a token that nobody got did nothing
        except Permanent as error:
            raise CredentialsRefused(error.reason) from error
        document = _document(answer)
        if 200 <= answer.status < 300:
            return self._read(connection, document, answer.status)
        code = masked(str(document.get("error", "")), (secret,))[:100]
        row = token_row(answer.status, code, not_now=is_not_now(answer))
        reason = TOKEN_REFUSED(connection=connection.name, error=code, status=answer.status)
        wish = retry_after(answer.headers.get("retry-after", ""), self.clock.now())
        raise CredentialsRefused(reason) if row.next is Next.STOP else replace(row, pause=wish).error(reason)

    def _read(self, connection: Connection, document: Mapping[str, Any], status: int) -> Token:
        text, kind = document.get("access_token"), document.get("token_type", "bearer")
        usable = isinstance(text, str) and text and is_value(text) and str(kind).lower() == "bearer"
        if not usable:
            raise CredentialsRefused(NO_TOKEN(connection=connection.name, status=status))
        return Token(str(text), self.clock.now() + _lasts(document.get("expires_in")) - BEFORE_END)


def _key(connection: Connection) -> _Key:
    """Return what a token belongs to. A connection that was created again has another secret, and so another token."""
    auth = connection.auth
    return connection.secret, connection.version, auth.token_url, auth.client_id, auth.scope


def _document(answer: HttpAnswer) -> Mapping[str, Any]:
    try:
        document = json.loads(answer.body)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, Mapping) else {}


def _lasts(expires_in: Any) -> timedelta:
    """Return how long a token lasts: seconds, which some givers write as a text."""
    text = str(expires_in).partition(".")[0]
    if isinstance(expires_in, bool) or not (text.isascii() and text.isdigit()):
        return UNTOLD + BEFORE_END
    return min(timedelta(seconds=int(text[:9])), LONGEST)
