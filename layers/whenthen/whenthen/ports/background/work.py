"""Store work in the background, and start it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from whenthen.domain.work.work import Work
    from whenthen.ports.values import Page


class WorkStore(Protocol):
    """Store work and its progress."""

    def get(self, work_id: str) -> Work:
        """Read the work. Raises NotFound."""

    def list(self, *, limit: int, cursor: str | None) -> Page[Work]:
        """List all work, newest first; eventually consistent."""

    def create(self, new: Work) -> Work:
        """Store new work unless there is some of this id; return the stored one."""

    def save(self, after: Work) -> None:
        """Store it in place of the version before it. Raises Stale."""


class Workers(Protocol):
    """Start work."""

    def start(self, work_id: str, turn: int) -> None:
        """Start this turn, unless it was started. Raises Temporary."""
