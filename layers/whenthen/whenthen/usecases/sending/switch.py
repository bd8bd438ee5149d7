"""Ask whether all sending is stopped, without a request for each job."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from msgspec import Struct

from whenthen.domain.sending.switch import KEPT_FOR, SUBJECT, SendingSettings, read_sending_settings

if TYPE_CHECKING:
    from whenthen.ports.administration import SettingStore
    from whenthen.ports.clock import Clock


class SendingSwitch(Struct):
    """Remember how the switch stands for some seconds. `read_at`: when it was last read; None: never."""

    settings: SettingStore
    clock: Clock
    known: SendingSettings = SendingSettings()
    read_at: datetime | None = None

    def is_paused(self) -> bool:
        """Tell whether sending was stopped, KEPT_FOR ago or later. Raises Temporary."""
        now = self.clock.now()
        if self.read_at is None or not self.read_at <= now < self.read_at + KEPT_FOR:
            self.known, self.read_at = self.read(), now
        return self.known.paused

    def read(self) -> SendingSettings:
        """Read how the switch stands now. Raises Temporary."""
        return read_sending_settings(self.settings.get(SUBJECT))
