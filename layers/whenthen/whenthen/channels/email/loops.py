"""Break loops: answer no mail that a program wrote, and answer one person's mail only so often.

Two programs that answer one another by mail need not mark it, and need not name the mail that they answer. So what
counts is how much mail came from the person before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from whenthen.channels.email.threads import ANSWERED, is_from
from whenthen.domain.common.reasons import ReasonCode

if TYPE_CHECKING:
    from datetime import datetime

    from whenthen.domain.common.reasons import Reason

RECEIVED = "email.received"

# `sign` is that by which the mail was recognised, such as auto_submitted.
ANSWERS_A_PROGRAM = ReasonCode("mail.answers_a_program", "sign")
ANSWERS_TOO_OFTEN = ReasonCode("mail.answers_too_often", "count", "hours")

BOUNDS = ((1, 10), (24, 50))
"""(hours, mails of one person in them after which none is answered by a rule)."""


def loop_of(context: Mapping[str, Any], recipients: Sequence[str], now: datetime) -> Reason | None:
    """Return why a mail would keep a loop going. None for what is no answer to the mail of the event."""
    event = context["event"]
    if event.get("type") not in ANSWERED or not is_from(event, recipients):
        return None
    data = event.get("data") or {}
    if data.get("automatic") is True:
        return ANSWERS_A_PROGRAM(sign=str(data.get("automatic_reason") or ""))
    history = context.get("history")
    if history is None:
        return None
    for hours, most in BOUNDS:
        earlier = len(history.times(RECEIVED, now - timedelta(hours=hours)))
        if earlier >= most:
            return ANSWERS_TOO_OFTEN(count=most, hours=hours)
    return None
