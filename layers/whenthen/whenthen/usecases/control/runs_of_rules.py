"""runs_of_rules: say what becomes of the runs under way of a rule that is switched off, deleted or replaced."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from msgspec import Struct

from whenthen.domain.common.errors import Invalid
from whenthen.domain.common.reason_codes import NOT_ONE_OF
from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.rules.rule import Mode
from whenthen.domain.work.selection import Selection
from whenthen.domain.work.work import RunChange

if TYPE_CHECKING:
    from whenthen.usecases.control.manage_work import ManageWork

FIELD = "runs"
"""Name of the parameter, in the body or the query, and of the answer's member."""

FINISH, KEEP, STOP, PAUSE, MOVE, RESUME = "finish", "keep", "stop", "pause", "move", "resume"

# A run was stopped or paused because of what an admin did to its rule. `by` is the id of the API key, `work` that of
# the work that did it.
RULE_SWITCHED_OFF = ReasonCode("run.rule_switched_off", "rule", "by", "work")
RULE_DELETED = ReasonCode("run.rule_deleted", "rule", "by", "work")
RULE_REPLACED = ReasonCode("run.rule_replaced", "rule", "by", "work")
RULE_SWITCHED_ON = ReasonCode("run.rule_switched_on", "rule", "by", "work")


class Occasion(Struct, frozen=True):
    """Describe what may happen to a rule: the choices for its runs, the first of which is the default."""

    choices: tuple[str, ...]
    why: ReasonCode

    def read(self, written: str) -> str:
        """Return the choice; the default for an empty text. Raises Invalid."""
        if written and written not in self.choices:
            raise Invalid.field(FIELD, NOT_ONE_OF(options=list(self.choices)))
        return written or self.choices[0]


SWITCHED_OFF = Occasion((STOP, PAUSE, FINISH), RULE_SWITCHED_OFF)
SWITCHED_ON = Occasion((KEEP, RESUME), RULE_SWITCHED_ON)
TO_SHADOW = Occasion((KEEP,), RULE_SWITCHED_ON)
DELETED = Occasion((STOP, PAUSE, FINISH), RULE_DELETED)
REPLACED = Occasion((KEEP, MOVE, STOP), RULE_REPLACED)

OF_MODE: Mapping[str, Occasion] = {Mode.OFF: SWITCHED_OFF, Mode.SHADOW: TO_SHADOW, Mode.ON: SWITCHED_ON}
"""Mode that a rule is switched to → what may become of its runs."""

_CHANGES: Mapping[str, RunChange] = {
    STOP: RunChange.STOP,
    PAUSE: RunChange.PAUSE,
    MOVE: RunChange.MOVE,
    RESUME: RunChange.RESUME,
}


class RunsUnderWay(Struct, frozen=True):
    """Tell what becomes of a rule's runs under way.

    concerned  how many there were; None if nothing becomes of them, or they were too many to be counted at once
    work       the id of the work that changes them; None if there is none to do
    """

    do: str
    concerned: int | None
    work: str | None


class RunsOfRules(Struct, frozen=True):
    """Change the runs under way of a rule, in the background."""

    work: ManageWork

    def __call__(
        self, occasion: Occasion, do: str, rule_id: str, *, seed: str, by: str, version: int | None = None
    ) -> RunsUnderWay:
        """Begin to do with the rule's open runs what the admin chose. The same `seed` begins it once.

        version   the rule's new version: only runs of older ones are changed
        """
        if do == KEEP:
            return RunsUnderWay(do, None, None)
        selection = Selection(rule=rule_id, below=version)
        change = _CHANGES.get(do)
        concerned = self.work.count(change, selection, version)
        if change is None or concerned == 0:
            return RunsUnderWay(do, concerned, None)
        work = self.work.begin(
            change, selection, occasion.why, seed=seed, by=by, target=version, of=concerned, rule=rule_id
        )
        return RunsUnderWay(do, concerned, work.id)
