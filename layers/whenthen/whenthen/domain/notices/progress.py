"""Say how far one message to colleagues came, so that a repeated job sends none a second time."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from msgspec import Struct


class MessageStatus(StrEnum):
    """Name how far a message came: it may be under way, went out, or was given to a provider that did not answer."""

    BEGUN = "begun"
    DONE = "done"
    UNKNOWN = "unknown"


class MessageProgress(Struct, frozen=True):
    """Hold how far a message came, and since when."""

    status: MessageStatus
    at: datetime

    def is_of_before(self, opened: datetime | None) -> bool:
        """Tell whether it is unclear since before somebody opened the job again (`opened`), to have it sent anew."""
        return self.status is not MessageStatus.DONE and opened is not None and self.at < opened
