"""Count the messages of one person that were answered, and decide whether one more may be. No I/O.

The count stands in a log of its own beside that of marketing messages, under the name of `place`: it holds each message
that was answered, once, however many steps answered it, and however often a worker died over them.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from msgspec import Struct

from whenthen.domain.sending.send_log import SendLog, Sent


class Bound(Struct, frozen=True):
    """Allow answers to `most` messages of one person within so many hours."""

    hours: int
    most: int

    def is_reached(self, answered: Iterable[datetime], now: datetime) -> bool:
        """Tell whether so many messages were answered that no further one may be."""
        since = now - timedelta(hours=self.hours)
        return sum(at > since for at in answered) >= self.most


BOUNDS = (Bound(hours=1, most=10), Bound(hours=24, most=50))

KEEPS = timedelta(hours=max(bound.hours for bound in BOUNDS))
"""For how long an answered message counts."""


def place(identity: str) -> str:
    """Name the log of the answers to one person, by one of their identities."""
    return f"answers#{identity}"


def answered(message: str, channel: str, log: SendLog, elsewhere: Iterable[Sent], now: datetime) -> SendLog | Bound:
    """Return the log with a message that is answered now, or the bound that is reached. The same log: it was in one.

    message    the id of the message
    channel    the channel that the first answer goes by
    elsewhere  what the logs under the person's other identities remember
    """
    known = {each.job: each for each in (*elsewhere, *log.sent) if each.at > now - KEEPS}
    if message in known:
        return log
    times = [each.at for each in known.values()]
    for bound in BOUNDS:
        if bound.is_reached(times, now):
            return bound
    kept = (each for each in log.sent if each.at > now - KEEPS)
    return SendLog(sent=(*kept, Sent(message, now, channel)), keeps=KEEPS, version=log.version)
