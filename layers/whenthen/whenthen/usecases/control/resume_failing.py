"""resume_failing: let a rule go on that paused itself, since an admin changed it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.runs.pausing import RULE_FAILING
from whenthen.domain.runs.run import RunStatus
from whenthen.domain.work.failing import resumed_event
from whenthen.domain.work.selection import Selection
from whenthen.domain.work.work import RunChange

if TYPE_CHECKING:
    from whenthen.ports.background.work import FailingRules
    from whenthen.ports.clock import Clock
    from whenthen.ports.events import Bus
    from whenthen.usecases.control.manage_work import ManageWork

# An admin saved the rule of a run that was held because the rule kept failing.
RULE_CHANGED = ReasonCode("run.failing_rule_changed", "rule", "by", "work")


class ResumeFailing(Struct, frozen=True):
    """End the pause of a rule, and resume the runs that it held."""

    failing: FailingRules
    work: ManageWork
    bus: Bus
    clock: Clock

    def __call__(self, rule: str, *, seed: str, by: str) -> None:
        """Let the rule go on; one that did not pause itself stays as it is. May be repeated after a crash.

        Workers that know nothing of it yet hold a run for some seconds more: the work that tries the rule finds it.
        """
        found = self.failing.get(rule)
        if found is None:
            return
        now = self.clock.now()
        self.bus.publish([resumed_event(found, now)])
        selection = Selection(rule=rule, status=RunStatus.PAUSED, paused_as=RULE_FAILING.code)
        of = self.work.count(RunChange.RESUME, selection)
        self.work.begin(RunChange.RESUME, selection, RULE_CHANGED, seed=seed, by=by, of=of, rule=rule)
        self.failing.clear(rule, now)
