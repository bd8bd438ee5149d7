"""Decide when a channel that fails throughout pauses, and when one job tries it again: a circuit breaker. No I/O.

A channel has one circuit, or one for each receiver where its receivers fail apart from one another.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from msgspec import Struct, to_builtins
from msgspec.structs import replace

from whenthen.domain.common import ids
from whenthen.domain.common.backoff import ACCOUNT_REFUSED, CHANNEL_DOWN
from whenthen.domain.common.reasons import Reason, ReasonCode
from whenthen.domain.events.event import Event
from whenthen.domain.events.types import CHANNEL_PAUSED, CHANNEL_RESUMED
from whenthen.domain.sending.switch import RATE

WHOLE = ""
"""Stands for the receiver of a circuit that holds for the whole channel."""

FAILURES = 5
"""Failures in a row after which a circuit opens. A refused account opens that of a whole channel at once."""

WITHIN = timedelta(minutes=10)
"""Time within which the failures follow one another; what failed before that says nothing."""

TRIAL_LOST = timedelta(minutes=2)
"""How long a trial may be overdue before another job is taken for it."""

# The job waits, since its channel fails throughout; `reason` is that of the failure which paused it.
CHANNEL_FAILING = ReasonCode("channel.failing", "channel", "reason")
# The job waits, since an admin paused its channel. `by` is the id of the API key.
CHANNEL_PAUSED_BY = ReasonCode("channel.paused_by", "channel", "by")
# Jobs that waited for a channel go on. `by` is the id of an API key, or the engine.
CHANNEL_GOES_ON = ReasonCode("work.channel_goes_on", "channel", "by", "work")

ENGINE = "engine"
"""Stands for whoever let a channel go on that no admin resumed."""


class CircuitState(StrEnum):
    """Name how a channel stands: it runs, failed and pauses itself, or was paused by an admin."""

    RUNNING = "running"
    FAILING = "failing"
    PAUSED = "paused"


class Circuit(Struct, frozen=True, omit_defaults=True):
    """Hold how a channel stands, or one of its receivers.

    since    when it took this state
    reason   why it fails; that of its last failure once it runs again; None: it never failed
    account  whether the provider refused the account, so that somebody has to mend it
    trials   how often it was tried again since it failed
    try_at   when the next job may try it
    by       who paused or resumed it: the id of an API key; empty: the engine
    rate     jobs a minute that go on when it runs again
    version  counts the writes; 0: it was never written
    """

    channel: str
    receiver: str = WHOLE
    state: CircuitState = CircuitState.RUNNING
    since: datetime | None = None
    reason: Reason | None = None
    account: bool = False
    trials: int = 0
    try_at: datetime | None = None
    by: str = ""
    rate: int = RATE
    version: int = 0

    @property
    def name(self) -> str:
        """Return the name under which jobs wait for it: `email`, or `webhook/example.com`."""
        return f"{self.channel}/{self.receiver}" if self.receiver else self.channel

    @property
    def blocks(self) -> bool:
        """Tell whether jobs wait."""
        return self.state is not CircuitState.RUNNING

    @property
    def why(self) -> Reason:
        """Return the reason for which a job waits for it."""
        if self.state is CircuitState.PAUSED:
            return CHANNEL_PAUSED_BY(channel=self.name, by=self.by)
        return CHANNEL_FAILING(channel=self.name, reason=self.reason)

    def may_try(self, now: datetime) -> bool:
        """Tell whether a job may try it now."""
        return self.state is CircuitState.FAILING and (self.try_at is None or now >= self.try_at)

    def is_trial_lost(self, now: datetime) -> bool:
        """Tell whether it should have been tried a while ago, so that no job seems to be left that does."""
        return self.may_try(now) and (self.try_at is None or now - self.try_at >= TRIAL_LOST)

    def failing(self, reason: Reason, now: datetime, *, account: bool) -> Circuit:
        """Return it as it opens."""
        state = CircuitState.FAILING
        opened = replace(self, state=state, since=now, reason=reason, account=account, trials=0, by="", rate=RATE)
        return opened.trying(now)

    def trying(self, now: datetime) -> Circuit:
        """Return it as one job tries it: the next may do so after a rest that grows."""
        schedule = ACCOUNT_REFUSED if self.account else CHANNEL_DOWN
        rest = timedelta(seconds=round(schedule.pause(self.name, self.trials + 1)))
        return replace(self, trials=self.trials + 1, try_at=now + rest, version=self.version + 1)

    def paused(self, by: str, now: datetime) -> Circuit:
        """Return it as an admin pauses it."""
        return replace(self, state=CircuitState.PAUSED, since=now, by=by, try_at=None, version=self.version + 1)

    def switched_off(self, reason: Reason, now: datetime) -> Circuit:
        """Return it as the engine closes it for good: only an admin lets it go on."""
        return replace(self.paused("", now), reason=reason)

    def running(self, now: datetime, *, by: str = "", rate: int = RATE) -> Circuit:
        """Return it as it runs again."""
        on = replace(self, state=CircuitState.RUNNING, since=now, by=by, rate=rate, try_at=None, account=False)
        return replace(on, trials=0, version=self.version + 1)


def change_event(before: Circuit | None, after: Circuit) -> Event | None:
    """Make the event of a circuit that was paused or runs again; None if it stands as before."""
    was = before is not None and before.blocks
    if was == after.blocks or after.since is None:
        return None
    event_type = CHANNEL_PAUSED if after.blocks else CHANNEL_RESUMED
    data: dict[str, Any] = {"channel": after.channel, "by": after.by or ENGINE}
    if after.receiver:
        data["receiver"] = after.receiver
    if not after.by and after.blocks and after.reason is not None:
        data["reason"] = to_builtins(after.reason)
    return Event(
        id=ids.event_id("engine", f"{event_type}#{after.name}#{after.version}#{after.since.timestamp()}"),
        source="engine",
        type=event_type,
        time=after.since,
        data=data,
        origin="engine",
    )
