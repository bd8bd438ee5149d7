"""Ask whether all sending is stopped, or may have been done before a restore, without a request for each job."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from msgspec import Struct

from whenthen.domain.sending.restored import SUBJECT as RESTORE
from whenthen.domain.sending.restored import RestoreSettings, read_restore_settings
from whenthen.domain.sending.switch import KEPT_FOR, SUBJECT, SendingSettings, read_sending_settings
from whenthen.usecases.sending.restored import may_have_been_sent

if TYPE_CHECKING:
    from whenthen.domain.common.reasons import Reason
    from whenthen.domain.runs.run import Job, Run
    from whenthen.ports.administration import SettingStore
    from whenthen.ports.clock import Clock


class SendingSwitch(Struct):
    """Remember how the switch stands for some seconds.

    read_at   when it was last read; None: never
    restored  what is said about a restore of the tables, read with it
    """

    settings: SettingStore
    clock: Clock
    known: SendingSettings = SendingSettings()
    read_at: datetime | None = None
    restored: RestoreSettings = RestoreSettings()

    def is_paused(self) -> bool:
        """Tell whether sending was stopped, KEPT_FOR ago or later. Raises Temporary."""
        self._renew()
        return self.known.paused

    def doubts(self, run: Run, job: Job) -> Reason | None:
        """Return why nobody knows whether the job was done before the tables were restored. Raises Temporary."""
        self._renew()
        until = self.restored.unknown_until
        return None if until is None else may_have_been_sent(run, job, until)

    def _renew(self) -> None:
        now = self.clock.now()
        if self.read_at is None or not self.read_at <= now < self.read_at + KEPT_FOR:
            self.restored = read_restore_settings(self.settings.get(RESTORE))
            self.known, self.read_at = self.read(), now

    def read(self) -> SendingSettings:
        """Read how the switch stands now. Raises Temporary."""
        return read_sending_settings(self.settings.get(SUBJECT))
