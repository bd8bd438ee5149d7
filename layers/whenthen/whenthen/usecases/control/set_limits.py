"""set_limits: save the limits of sending, and let messages go that the old ones held and the new ones do not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.sending.limits import SUBJECT, read_limit_settings
from whenthen.domain.work.selection import Selection
from whenthen.domain.work.work import RunChange

if TYPE_CHECKING:
    from whenthen.domain.work.work import Work
    from whenthen.usecases.admin.manage_settings import ManageSettings
    from whenthen.usecases.control.manage_work import ManageWork

# Messages that were held are looked at anew, as an admin changed the limits of sending.
LIMITS_CHANGED = ReasonCode("work.limits_changed", "by", "work")

_HELD = Selection(held=True)


class SetLimits(Struct, frozen=True):
    """Save the limits; if they are looser in any way, begin to look at all messages anew that are held."""

    settings: ManageSettings
    work: ManageWork

    def __call__(self, document: Mapping[str, Any], *, seed: str, by: str) -> Work | None:
        """Save the document. Returns the work that lets messages go; None if nothing is looser. Raises Invalid.

        Also a repetition begins the work: it does no harm, and the call before may have died.
        """
        before = self.settings.get(SUBJECT)
        self.settings.save(SUBJECT, document)
        repeated = before == document
        if not repeated and not read_limit_settings(document).is_looser_than(read_limit_settings(before)):
            return None
        of = self.work.count(RunChange.RECHECK, _HELD)
        if of == 0 and repeated:
            return None
        return self.work.begin(RunChange.RECHECK, _HELD, LIMITS_CHANGED, seed=seed, by=by, of=of)
