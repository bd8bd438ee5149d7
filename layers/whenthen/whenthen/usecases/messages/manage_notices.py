"""manage_notices: list the notices of colleagues, and note which they have read."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from msgspec import Struct

from whenthen.domain.common.errors import Invalid
from whenthen.domain.common.reason_codes import REQUIRED
from whenthen.domain.events import identities

if TYPE_CHECKING:
    from whenthen.domain.notices.notice import Notice
    from whenthen.ports.clock import Clock
    from whenthen.ports.sending import Notices
    from whenthen.ports.values import Page

MAX_READ_AT_ONCE = 100
"""How many notices one request notes as read."""


class ManageNotices(Struct, frozen=True):
    """Show notices, and note that they were read."""

    notices: Notices
    clock: Clock

    def get(self, notice_id: str) -> Notice:
        """Return a notice. Raises NotFound."""
        return self.notices.get(notice_id)

    def list(self, agent: str, *, unread: bool, limit: int, cursor: str | None) -> Page[Notice]:
        """List the notices of a colleague, newest first. Raises Invalid."""
        return self.notices.list(person_of(agent), unread=unread, limit=limit, cursor=cursor)

    def read(self, notice_id: str) -> Notice:
        """Note that it was read; one that was read before stays so. Raises NotFound."""
        return self._changed(self.notices.get(notice_id).read(self.clock.now()))

    def unread(self, notice_id: str) -> Notice:
        """Note that it is to be read again. Raises NotFound."""
        return self._changed(self.notices.get(notice_id).unread())

    def read_all(self, agent: str, until: datetime | None) -> tuple[int, bool]:
        """Note that a colleague read what they got until a moment, now if None. Raises Invalid.

        Returns how many were noted, and whether there may be more: then the caller asks again.
        """
        now = self.clock.now()
        found = self.notices.unread_until(person_of(agent), min(until or now, now), MAX_READ_AT_ONCE)
        for notice in found:
            self.notices.save(notice.read(now))
        return len(found), len(found) == MAX_READ_AT_ONCE

    def _changed(self, notice: Notice) -> Notice:
        self.notices.save(notice)
        return notice


def person_of(text: str) -> str:
    """Return the one form of a colleague: a reference as it is, an address as identities have it. Raises Invalid."""
    person = text.strip()
    if not person:
        raise Invalid.field("agent", REQUIRED())
    return identities.email(person) or person
