"""Know which rules keep failing, without a request for each job."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from msgspec import Struct, field

from whenthen.domain.sending.switch import KEPT_FOR

if TYPE_CHECKING:
    from whenthen.domain.runs.run import Run
    from whenthen.domain.work.failing import FailingRule
    from whenthen.ports.background.work import FailingRules
    from whenthen.ports.clock import Clock


class KnownFailing(Struct):
    """Remember for some seconds which rules paused themselves. `read_at`: when that was read; None: never."""

    rules: FailingRules
    clock: Clock
    known: Mapping[str, FailingRule] = field(default_factory=dict)
    read_at: datetime | None = None

    def holds(self, run: Run) -> bool:
        """Tell whether the run's rule paused itself, and the run is not the one that tries it. Raises Temporary."""
        now = self.clock.now()
        if self.read_at is None or not self.read_at <= now < self.read_at + KEPT_FOR:
            self.known, self.read_at = self.rules.all(), now
        failing = self.known.get(run.rule_id)
        return failing is not None and failing.trial != run.id
