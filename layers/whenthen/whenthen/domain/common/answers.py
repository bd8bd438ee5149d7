"""Say what happens after a provider's answer: each client has a table of codes, and all tables have these rows."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct

from whenthen.domain.common.errors import AccountRefused, AnswerLost, Permanent, Temporary, Throttled

if TYPE_CHECKING:
    from whenthen.domain.common.reasons import Reason, ReasonCode


class Next(StrEnum):
    """Name what happens to a job after an answer.

    LATER    nothing was done: it is tried again, and given up by time
    NOT_NOW  nothing was done, as there was too much at once: it is put off, which is no attempt
    STOP     the account is refused: the channel pauses, and the job waits
    NEVER    it is refused, and fails at once
    LOST     the outside may have acted: it is repeated under its key, or unknown on a channel without one
    """

    LATER = "later"
    NOT_NOW = "not_now"
    STOP = "stop"
    NEVER = "never"
    LOST = "lost"


class Row(Struct, frozen=True):
    """Hold a row of a table of answers.

    cause     the reason that is shown for the code; None: the code alone is
    pause     seconds until the next attempt at least; None: by the schedule
    attempts  how often it is tried at most; None: by the schedule
    """

    next: Next
    cause: ReasonCode | None = None
    pause: float | None = None
    attempts: int | None = None

    def error(self, reason: Reason, code: str | None = None) -> Temporary | Permanent | AnswerLost:
        """Make the error by which a job learns of the answer."""
        if self.next is Next.NEVER:
            return Permanent(reason, code=code)
        if self.next is Next.LOST:
            return AnswerLost(reason)
        return _PASSING[self.next](reason, retry_after=self.pause, attempts=self.attempts)


_PASSING: Mapping[Next, type[Temporary]] = {
    Next.LATER: Temporary,
    Next.NOT_NOW: Throttled,
    Next.STOP: AccountRefused,
}
