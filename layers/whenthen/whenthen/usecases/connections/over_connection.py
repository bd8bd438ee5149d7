"""Let steps send requests over stored connections, and say what each answer means for their job."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from whenthen.domain.common.answers import Next
from whenthen.domain.common.errors import CredentialsRefused, Invalid, NotFound, Temporary, WhenthenError
from whenthen.domain.connections.answers import row_of
from whenthen.domain.sending.retry_after import retry_after
from whenthen.ports.outgoing import is_not_now
from whenthen.ports.reason_codes import MOVED_ON
from whenthen.usecases.connections.call_connection import CallConnection, connection_of, secrets_of
from whenthen.usecases.connections.reason_codes import ANSWERED

if TYPE_CHECKING:
    from whenthen.domain.connections.connection import Connection
    from whenthen.ports.administration import ConnectionStore
    from whenthen.ports.clock import Clock
    from whenthen.ports.outgoing import HttpAnswer, HttpRequest
    from whenthen.ports.providers import Secrets


class OverConnection(Struct, frozen=True):
    """Read connections, and send over them.

    An error is Temporary if the connection was replaced while a request was prepared or sent: the job is done with the
    new credentials then, and these are not blamed.
    """

    connections: ConnectionStore
    call: CallConnection
    secrets: Secrets
    clock: Clock

    def read(self, name: str) -> Connection:
        """Return the connection that a step names. Raises Invalid: there is none, or it is written in an older form."""
        try:
            stored = self.connections.get(name)
        except NotFound as error:
            raise Invalid.field("with.connection", error.reason) from error
        return connection_of(stored)

    def secrets_of(self, connection: Connection) -> dict[str, str]:
        """Return the secrets that templates may name. Raises Invalid: one has no value; Temporary."""
        try:
            return secrets_of(connection, self.secrets)
        except Invalid as error:
            raise self._error_after(connection, error) from error

    def send(self, connection: Connection, request: HttpRequest) -> HttpAnswer:
        """Send a request with the connection's credentials. Raises as `CallConnection`; Temporary."""
        try:
            return self.call(connection, request)
        except (CredentialsRefused, Invalid) as error:
            raise self._error_after(connection, error) from error

    def error_of(self, answer: HttpAnswer, connection: Connection | None, *, repeatable: bool) -> WhenthenError:
        """Return the error of an answer that is no success. connection: None for a call without one."""
        keyed = connection is not None and connection.idempotent
        row = row_of(answer.status, not_now=is_not_now(answer), repeatable=repeatable, keyed=keyed)
        reason = ANSWERED(status=answer.status)
        if row.next is Next.STOP and connection is not None:
            return self._error_after(connection, CredentialsRefused(reason))
        wish = retry_after(answer.headers.get("retry-after", ""), self.clock.now())
        return replace(row, pause=wish).error(reason, str(answer.status))

    def _error_after(self, connection: Connection, error: WhenthenError) -> WhenthenError:
        """Return the error of a request that did nothing; Temporary if its connection was replaced meanwhile."""
        with suppress(NotFound):
            now = self.connections.get(connection.name)
            if (now.version, now.secret) != (connection.version, connection.secret):
                return Temporary(MOVED_ON(subject=connection.name), retry_after=1)
        return error
