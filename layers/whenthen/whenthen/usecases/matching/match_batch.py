"""match_batch: match the events of a batch of messages, which are read for together."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from whenthen.domain.events.siblings import Group
    from whenthen.ports.values import Plan, Preloaded
    from whenthen.usecases.matching.match_event import MatchEvent


class MatchBatch(Struct):
    """Match a batch group by group. What all of it needs is read with the first group that is matched.

    groups  the events of each message; those of an unreadable message may be absent
    """

    match_event: MatchEvent
    groups: Iterable[Group]
    ahead: Preloaded | None = None

    def __call__(self, group: Group) -> list[Plan]:
        """Match the events of one message. Raises Temporary if anything cannot be read or written for now."""
        if self.ahead is None:
            self.ahead = self.match_event.preload(self.groups)
        return self.match_event.match_all(group, self.ahead)
