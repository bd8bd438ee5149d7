"""manage_views: saved filters over records of a kind, and the rules that go by them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from whenthen.domain.common import ids
from whenthen.domain.common.errors import Conflict, Invalid, NotFound, Stale
from whenthen.domain.rules.views import parse_view
from whenthen.ports.values import Page, StoredView
from whenthen.usecases.context.related import Related

if TYPE_CHECKING:
    from whenthen.domain.records.record import Record
    from whenthen.ports.clock import Clock
    from whenthen.ports.records import RecordStore
    from whenthen.ports.rules import RuleStore, ViewStore
    from whenthen.usecases.admin.manage_rules import ManageRules

OWN_FIELDS = ("id", "version")
"""What the API writes into a view's document; what an admin sends in these is not read."""

MAX_PAGES = 20
"""How many pages of records are read for one page of a view, of which most records may not be in it."""


class ManageViews(Struct, frozen=True):
    """The saved views, as admins see them."""

    views: ViewStore
    rules: RuleStore
    manage_rules: ManageRules
    records: RecordStore
    clock: Clock

    def create(self, written: Mapping[str, Any], *, seed: str, by: str) -> StoredView:
        """A new view. `seed` makes its id: a repetition finds the first. Raises Invalid, Conflict."""
        new = self._prepare(written, ids.view_id(seed), 1, by)
        try:
            self.views.save(new, None)
        except Stale:
            found = self.views.get(new.id)
            if found.made_of != new.made_of:
                raise Conflict("this Idempotency-Key was used for another view") from None
            return found
        return new

    def get(self, view_id: str) -> StoredView:
        """The view. Raises NotFound."""
        return self.views.get(view_id)

    def list(self, *, limit: int, cursor: str | None) -> Page[StoredView]:
        """All views, by id."""
        return self.views.list(limit=limit, cursor=cursor)

    def users(self, view_id: str) -> tuple[str, ...]:
        """The ids of the rules that name the view. Raises NotFound."""
        self.views.get(view_id)
        return tuple(self.rules.naming_view(view_id))

    def replace(self, view_id: str, written: Mapping[str, Any], *, version: int | None, by: str) -> StoredView:
        """The view anew, and with it a new version of each rule that names it.

        The rules follow one by one: if that is interrupted, the same call again does the rest. Raises NotFound,
        Invalid; Stale if it is no longer at `version`; Conflict for another kind while rules name it.
        """
        current = self._current(view_id, version)
        new = replace(self._prepare(written, view_id, current.version + 1, by), made_of=current.made_of)
        users = self.rules.naming_view(view_id)
        if users and new.document["kind"] != current.document["kind"]:
            raise Conflict(f"rules name this view of {current.document['kind']} records: {', '.join(users)}")
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
        """Take the view out. Raises NotFound, Stale; Conflict while rules name it."""
        current = self._current(view_id, version)
        users = self.rules.naming_view(view_id)
        if users:
            raise Conflict(f"rules name this view: {', '.join(users)}")
        self.views.delete(current)

    def records_in(self, view_id: str, kind: str, *, limit: int, cursor: str | None) -> Page[Record]:
        """Records of the view by id. A page may hold fewer than `limit` while there is a cursor.

        Raises NotFound, and Invalid if the view is of another kind.
        """
        view, now = parse_view(_as_written(self.views.get(view_id).document)), self.clock.now()
        if view.kind != kind:
            raise Invalid.field("view", f"{view_id} is a view of {view.kind} records")
        found: list[Record] = []
        for _ in range(MAX_PAGES):
            # As many as are missing, never more: a cursor stands between two pages of the store.
            page = self.records.list(kind, limit=limit - len(found), cursor=cursor)
            found += [record for record in page.items if view.takes(record, now, Related(self.records, record))]
            cursor = page.cursor
            if cursor is None or len(found) == limit:
                break
        return Page(tuple(found), cursor)

    def _current(self, view_id: str, version: int | None) -> StoredView:
        current = self.views.get(view_id)
        if version is not None and version != current.version:
            raise Stale(f"the view is at version {current.version}, not {version}")
        return current

    def _prepare(self, written: Mapping[str, Any], view_id: str, version: int, by: str) -> StoredView:
        document = _as_written(written)
        parse_view(document)
        made_of = ids.content_id(json.dumps(document, sort_keys=True))
        return StoredView(view_id, version, {**document, "id": view_id}, self.clock.now(), by, made_of)


def _as_written(document: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name not in OWN_FIELDS}
