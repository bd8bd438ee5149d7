"""Say why a message is held, and until when."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from msgspec import Struct

from whenthen.domain.common.reasons import ReasonCode

if TYPE_CHECKING:
    from whenthen.domain.common.reasons import Reason

# The clocks of the recipient show quiet hours.
QUIET_HOURS = ReasonCode("hold.quiet_hours", "until")
# The person got so many marketing messages already; `channel` is `any` for all channels together.
CAP = ReasonCode("hold.cap", "channel", "most", "until")
# A cap leaves place for one message, and a rule with a higher priority goes first.
PRIORITY = ReasonCode("hold.priority", "channel", "until")

LONGEST = timedelta(days=30)
"""Bound one hold: a message that is held longer is looked at again, and held on."""


class Hold(Struct, frozen=True):
    """Hold a message until a moment, for a reason.

    brief  whether it only lets others of the same moment go first; it stays on its queue, and is not shown as held
    """

    until: datetime
    reason: Reason
    brief: bool = False
