"""switch_sending: stop all sending of the installation, and let it go on at a bounded rate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.sending.switch import SENDING, SUBJECT, read_sending_settings
from whenthen.domain.work.selection import Selection
from whenthen.domain.work.work import RunChange

if TYPE_CHECKING:
    from whenthen.domain.work.work import Work
    from whenthen.ports.administration import SettingStore
    from whenthen.usecases.control.manage_work import ManageWork

# Jobs that were withheld go on, as an admin switched sending on again.
RELEASED = ReasonCode("work.released", "by", "work")

_WITHHELD = Selection(withheld=SENDING)


class SwitchSending(Struct, frozen=True):
    """Save how the switch stands; when it is on, begin to let go what was withheld."""

    settings: SettingStore
    work: ManageWork

    def __call__(self, document: Mapping[str, Any], *, seed: str, by: str) -> Work | None:
        """Save the document. Returns the work that lets jobs go; None if sending is stopped. Raises Invalid.

        Also a repetition begins the work: it does no harm, and the call before may have died.
        """
        wanted = read_sending_settings(document)
        self.settings.save(SUBJECT, document)
        if wanted.paused:
            return None
        of = self.work.count(RunChange.RELEASE, _WITHHELD)
        return self.work.begin(RunChange.RELEASE, _WITHHELD, RELEASED, seed=seed, by=by, of=of, rate=wanted.rate)
