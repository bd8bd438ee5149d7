"""Hold a notice: what a rule tells one colleague, until they have read it."""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from whenthen.domain.common.stored_reasons import CUT

KEPT_FOR = timedelta(days=90)
"""How long a notice is kept, whether it was read or not."""

MAX_TITLE = 200
MAX_TEXT = 4_000
MAX_LINK = 2_000


class Notice(Struct, frozen=True):
    """Hold what a rule tells one colleague.

    agent    the colleague: a reference such as `agent:ayse`, or an e-mail address in its one form
    title    one line; empty if the step has none
    link     an address to open; empty if the step has none
    record   that the run is about; None if it is about none
    rule     the rule's id; `run` is that of the run
    read_at  None until it was read
    """

    id: str
    agent: str
    text: str
    title: str
    link: str
    record: str | None
    rule: str
    run: str
    created_at: datetime
    read_at: datetime | None = None

    def read(self, now: datetime) -> Notice:
        """Return it as read; one that was read before keeps its moment."""
        return self if self.read_at is not None else replace(self, read_at=now)

    def unread(self) -> Notice:
        """Return it as unread."""
        return replace(self, read_at=None)


def shortened(text: str, most: int) -> str:
    """Return a text of at most `most` characters; one that is longer ends in an ellipsis."""
    return text if len(text) <= most else text[: most - len(CUT)].rstrip() + CUT
