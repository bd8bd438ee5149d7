"""manage_connections: create, show, replace and delete connections to APIs. Their secrets are given once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from whenthen.domain.common import ids
from whenthen.domain.common.errors import Conflict, Invalid, NotFound, Problem, Stale, Temporary
from whenthen.domain.common.reason_codes import REQUIRED
from whenthen.domain.connections.auth import KINDS, check_secret
from whenthen.domain.connections.connection import Connection, parse_connection
from whenthen.domain.sending.circuits import CircuitState
from whenthen.ports.administration import StoredConnection
from whenthen.ports.reason_codes import MOVED_ON, OTHER_VERSION
from whenthen.usecases.connections.call_connection import AUTH, OF_TEMPLATES
from whenthen.usecases.connections.reason_codes import EXISTS, IN_USE, OTHER_NAME
from whenthen.usecases.context.idempotency import KEY_REUSED

if TYPE_CHECKING:
    from whenthen.ports.administration import ConnectionStore, SecretVault
    from whenthen.ports.clock import Clock
    from whenthen.ports.rules import RuleStore
    from whenthen.ports.sending import Circuits
    from whenthen.ports.values import Page

CHANNEL = "api"
"""Name the channel whose circuits are those of connections."""

UNUSED_FOR = timedelta(minutes=15)
"""How long a secret is unused before any change removes it: longer than a change takes to use the one it wrote."""

OWN_FIELDS = ("version", "updated_at", "updated_by", "rules")
"""Fields that the API shows beside a connection's own; their values in an admin's document are ignored."""


class ManageConnections(Struct, frozen=True):
    """Manage connections for admins. Secrets live in the vault alone: nothing that is stored or shown holds one.

    plain_http   whether addresses may be http, as on a local stack
    """

    connections: ConnectionStore
    vault: SecretVault
    rules: RuleStore
    circuits: Circuits
    clock: Clock
    plain_http: bool = False

    def create(self, written: Mapping[str, Any], *, seed: str, by: str) -> StoredConnection:
        """Create a connection. A repetition with the same `seed` finds the first. Raises Invalid, Conflict."""
        new, secrets = self._prepare(written, 1, by, {}, made_by=ids.content_id(f"{by}#{seed}"))
        found = self._found(new.name)
        if found is None:
            try:
                found = self._save(new, secrets, None)
            except Stale:
                found = self.connections.get(new.name)
            self._clean_up()
        if found.made_by != new.made_by:
            raise Conflict(EXISTS(connection=new.name))
        if found.made_of != new.made_of:
            raise Conflict(KEY_REUSED())
        return found

    def get(self, name: str) -> StoredConnection:
        """Return the connection without its secrets. Raises NotFound."""
        return self.connections.get(name)

    def list(self, *, limit: int, cursor: str | None) -> Page[StoredConnection]:
        """List all connections, by name, without their secrets."""
        return self.connections.list(limit=limit, cursor=cursor)

    def users(self, name: str) -> tuple[str, ...]:
        """List the ids of the rules that name the connection."""
        return tuple(self.rules.naming_connection(name))

    def replace(self, name: str, written: Mapping[str, Any], *, version: int | None, by: str) -> StoredConnection:
        """Replace the connection. A secret that is not given stays as it is; one that is not named goes.

        Its calls go on at once if they waited for it to be put right. Raises NotFound, Invalid, Stale.
        """
        current = self._current(name, version)
        if written.get("name", name) != name:
            raise Invalid.field("name", OTHER_NAME(connection=name))
        secrets_before = self._secrets_of(current)
        before = parse_connection(current.document, plain_http=True).auth.kind
        same_kind = _kind_of(written) == before
        kept = {key: value for key, value in secrets_before.items() if same_kind or key != AUTH}
        new, secrets = self._prepare(
            {**written, "name": name}, current.version + 1, by, kept, made_by=current.made_by, made_of=current.made_of
        )
        if secrets == dict(secrets_before):
            new = replace(new, secret=current.secret)
            self.connections.save(new, current)
        else:
            new = self._save(new, secrets, current)
            self._remove(current.secret)
        self._let_go_on(name, by)
        self._clean_up()
        return new

    def delete(self, name: str, *, version: int | None) -> None:
        """Delete the connection and its secrets. Raises NotFound, Stale; Conflict while rules name it."""
        current = self._current(name, version)
        users = self.rules.naming_connection(name)
        if users:
            raise Conflict(IN_USE(rules=list(users)))
        self.connections.delete(current, self.clock.now())
        self._remove(current.secret)
        self._clean_up()

    def _save(
        self, new: StoredConnection, secrets: Mapping[str, str], replaces: StoredConnection | None
    ) -> StoredConnection:
        """Write the secrets under a name of their own, then the connection that names them. Raises Stale, Temporary.

        Nobody reads a secret that no stored connection names: a caller that is refused or dies here changed nothing.
        """
        named = new
        if secrets:
            named = replace(new, secret=self.vault.new_name(f"connections/{new.name}"))
            self.connections.note_unused(named.secret, self.clock.now())
            self.vault.put(named.secret, secrets)
        try:
            self.connections.save(named, replaces)
        except Stale:
            self._remove(named.secret)
            raise
        return named

    def _remove(self, secret: str) -> None:
        """Remove a secret that no stored connection names. If that fails now, `_clean_up` does so later."""
        if secret:
            with suppress(Temporary):
                self.vault.delete(secret)
                self.connections.forget_unused(secret)

    def _clean_up(self) -> None:
        """Remove the secrets of changes that were not carried through, or whose end failed."""
        with suppress(Temporary):
            for secret in self.connections.unused_secrets(self.clock.now() - UNUSED_FOR):
                self._remove(secret)

    def _secrets_of(self, current: StoredConnection) -> Mapping[str, str]:
        """Read the secrets of the stored version. Raises Stale if another writer replaced it meanwhile."""
        kept = self.vault.read(current.secret) if current.secret else {}
        if kept is None and self.connections.get(current.name).secret != current.secret:
            raise Stale(MOVED_ON(subject=current.name))
        return kept or {}

    def _found(self, name: str) -> StoredConnection | None:
        with suppress(NotFound):
            return self.connections.get(name)
        return None

    def _current(self, name: str, version: int | None) -> StoredConnection:
        current = self.connections.get(name)
        if version is not None and version != current.version:
            raise Stale(OTHER_VERSION(subject=name, current=current.version, wanted=version))
        return current

    def _prepare(
        self,
        written: Mapping[str, Any],
        version: int,
        by: str,
        kept: Mapping[str, str],
        *,
        made_by: str,
        made_of: str = "",
    ) -> tuple[StoredConnection, dict[str, str]]:
        """Return what is stored, and its secrets. Raises Invalid naming every field that does not hold."""
        document, given = _without_secrets(written)
        connection = parse_connection(document, plain_http=self.plain_http)
        secrets = _checked(connection, given, kept)
        content = ids.content_id(json.dumps([document, sorted(given)], sort_keys=True))
        stored = StoredConnection(connection.name, version, document, self.clock.now(), by, made_of or content, made_by)
        return stored, secrets

    def _let_go_on(self, name: str, by: str) -> None:
        """Close the connection's circuit, if it is open since its credentials were refused. A trial does so else."""
        circuit = self.circuits.of_channel(CHANNEL).get(name)
        if circuit is not None and circuit.state is CircuitState.FAILING:
            with suppress(Stale, Temporary):
                self.circuits.save(circuit.running(self.clock.now(), by=by))


def _kind_of(written: Mapping[str, Any]) -> Any:
    auth = written.get("auth")
    return auth.get("kind") if isinstance(auth, Mapping) else "none"


def _without_secrets(written: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Split a document: what is stored and shown, and the secrets in it, by the names under which they are kept."""
    document = {name: value for name, value in written.items() if name not in OWN_FIELDS}
    given: dict[str, Any] = {}
    auth = document.get("auth")
    if isinstance(auth, Mapping):
        kind = KINDS.get(auth["kind"]) if isinstance(auth.get("kind"), str) else None
        field = kind.secret if kind else ""
        document["auth"] = {name: value for name, value in auth.items() if name != field or not field}
        if field and auth.get(field) is not None:
            given[AUTH] = auth[field]
    named = document.get("secrets")
    if isinstance(named, Mapping):
        document["secrets"] = dict.fromkeys(map(str, named))
        given |= {f"{OF_TEMPLATES}{name}": value for name, value in named.items() if value is not None}
    return document, given


def _checked(connection: Connection, given: Mapping[str, Any], kept: Mapping[str, str]) -> dict[str, str]:
    """Return all secrets of the connection, those that are not given as they are kept. Raises Invalid."""
    places = {AUTH: f"auth.{connection.auth.secret}"} if connection.auth.secret else {}
    places |= {f"{OF_TEMPLATES}{name}": f"secrets.{name}" for name in connection.secrets}
    problems: list[Problem] = []
    found: dict[str, str] = {}
    for key, place in places.items():
        try:
            if key in given:
                found[key] = check_secret(given[key], place)
            elif key in kept:
                found[key] = kept[key]
            else:
                problems.append(Problem(place, REQUIRED()))
        except Invalid as error:
            problems += error.problems
    if problems:
        raise Invalid(problems)
    return found
