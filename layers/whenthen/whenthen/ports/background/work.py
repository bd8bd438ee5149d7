"""Store work in the background, and start it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from whenthen.domain.runs.run import Run
    from whenthen.domain.work.failing import FailingRule
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


class FailingRules(Protocol):
    """Count the failed runs of each rule, and remember the rules that paused themselves."""

    def note(self, run: Run) -> None:
        """Note that the run failed. A repetition changes nothing."""

    def count(self, rule: str, since: datetime, *, limit: int) -> int:
        """Count the failures of the rule since then, and since it went on last; at most `limit`."""

    def begin(self, failing: FailingRule) -> FailingRule:
        """Store that the rule paused itself, unless it is stored; return what is stored."""

    def get(self, rule: str) -> FailingRule | None:
        """Return the rule as it paused itself; None if it goes on."""

    def all(self) -> Mapping[str, FailingRule]:
        """Return all rules that paused themselves, by their ids."""

    def set_trial(self, rule: str, run_id: str) -> None:
        """Name the run that tries the rule."""

    def clear(self, rule: str, at: datetime) -> None:
        """Store that the rule goes on from then on: its failures before count no more."""
