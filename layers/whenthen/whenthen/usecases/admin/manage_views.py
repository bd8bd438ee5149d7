"""manage_views: manage saved filters over records of a kind, and renew the rules that name them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from whenthen.domain.common import ids
from whenthen.domain.common.errors import Conflict, Invalid, NotFound, Stale
from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.views.view import parse_view
from whenthen.ports.reason_codes import OTHER_VERSION
from whenthen.ports.values import StoredView
from whenthen.usecases.context.idempotency import KEY_REUSED
from whenthen.usecases.context.related import Related

if TYPE_CHECKING:
    from whenthen.domain.records.record import Record
    from whenthen.ports.clock import Clock
    from whenthen.ports.records import RecordStore
    from whenthen.ports.rules import RuleStore, ViewStore
    from whenthen.ports.values import Page
    from whenthen.usecases.admin.manage_rules import ManageRules

OWN_FIELDS = ("id", "version")
"""Fields that the API writes into a view's document; their values in an admin's document are ignored."""

# These rules name the view.
IN_USE = ReasonCode("view.in_use", "rules")
# The view's kind, `kind`, cannot change while these rules name the view.
KIND_IN_USE = ReasonCode("view.kind_in_use", "kind", "rules")
# The view is about records of the kind `kind`, and not of the one asked for.
OTHER_KIND = ReasonCode("view.other_kind", "view", "kind")


class ManageViews(Struct, frozen=True):
    """Manage the saved views for admins."""

    views: ViewStore
    rules: RuleStore
    manage_rules: ManageRules
    records: RecordStore
    clock: Clock

    def create(self, written: Mapping[str, Any], *, seed: str, by: str) -> StoredView:
        """Create a view. `seed` makes its id: a repetition finds the first. Raises Invalid, Conflict."""
        new = self._prepare(written, ids.view_id(seed), 1, by)
        try:
            self.views.save(new, None)
        except Stale:
            found = self.views.get(new.id)
            if found.made_of != new.made_of:
                raise Conflict(KEY_REUSED()) from None
            return found
        return new

    def get(self, view_id: str) -> StoredView:
        """Return the view. Raises NotFound."""
        return self.views.get(view_id)

    def list(self, *, limit: int, cursor: str | None) -> Page[StoredView]:
        """List all views, by id."""
        return self.views.list(limit=limit, cursor=cursor)

    def users(self, view_id: str) -> tuple[str, ...]:
        """List the ids of the rules that name the view. Raises NotFound."""
        self.views.get(view_id)
        return tuple(self.rules.naming_view(view_id))

    def replace(self, view_id: str, written: Mapping[str, Any], *, version: int | None, by: str) -> StoredView:
        """Replace the view, and make a new version of each rule that names it.

        The rules follow one by one: if that is interrupted, the same call again does the rest. Raises NotFound,
        Invalid; Stale if the view is not at `version`; Conflict for another kind while rules name it.
        """
        current = self._current(view_id, version)
        new = replace(self._prepare(written, view_id, current.version + 1, by), made_of=current.made_of)
        users = self.rules.naming_view(view_id)
        if users and new.document["kind"] != current.document["kind"]:
            raise Conflict(KIND_IN_USE(kind=current.document["kind"], rules=list(users)))
        if _as_written(new.document) == _as_written(current.document):
            new = current
        else:
            for rule_id in users:
                with suppress(NotFound):
                    self.manage_rules.check_renewal(rule_id, new)
            self.views.save(new, current)
        for rule_id in users:
            with suppress(NotFound):  # deleted meanwhile
                self.manage_rules.renew(rule_id, by=by)
        return new

    def delete(self, view_id: str, *, version: int | None) -> None:
        """Delete the view. Raises NotFound, Stale; Conflict while rules name it."""
        current = self._current(view_id, version)
        users = self.rules.naming_view(view_id)
        if users:
            raise Conflict(IN_USE(rules=list(users)))
        self.views.delete(current)

    def records_in(self, view_id: str, kind: str, *, limit: int, cursor: str | None) -> Page[Record]:
        """List records of the view by id. Raises NotFound, and Invalid if the view is of another kind."""
        return self.records.list(kind, limit=limit, cursor=cursor, takes=self.member_test(view_id, kind))

    def member_test(self, view_id: str, kind: str) -> Callable[[Record], bool]:
        """Return the test whether a record is in the view now. Raises as `records_in`."""
        view, now = parse_view(_as_written(self.views.get(view_id).document)), self.clock.now()
        if view.kind != kind:
            raise Invalid.field("view", OTHER_KIND(view=view_id, kind=view.kind))
        return lambda record: view.takes(record, now, Related(self.records, record))

    def _current(self, view_id: str, version: int | None) -> StoredView:
        current = self.views.get(view_id)
        if version is not None and version != current.version:
            raise Stale(OTHER_VERSION(subject=view_id, current=current.version, wanted=version))
        return current

    def _prepare(self, written: Mapping[str, Any], view_id: str, version: int, by: str) -> StoredView:
        document = _as_written(written)
        parse_view(document)
        made_of = ids.content_id(json.dumps(document, sort_keys=True))
        return StoredView(view_id, version, {**document, "id": view_id}, self.clock.now(), by, made_of)


def _as_written(document: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name not in OWN_FIELDS}
