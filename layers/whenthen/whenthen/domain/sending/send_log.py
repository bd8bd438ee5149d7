"""Count the marketing messages to one person, and decide which may go next under their caps. No I/O.

The log of a person holds the messages that went out, each under its job, so that a repetition counts once; and those
that wait for their turn, with the priority of their rules. A message takes its place before it is claimed and sent. A
worker that dies between the two finds its own place again, or loses it when the window is over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from whenthen.domain.events.event import format_time
from whenthen.domain.sending.holds import CAP, PRIORITY, QUIET_HOURS, Hold

if TYPE_CHECKING:
    from whenthen.domain.sending.limits import Cap

SETTLE = timedelta(seconds=10)
"""How long the last place is kept free for a rule of the same event, and after how long who yields asks again."""

PATIENCE = timedelta(minutes=3)
"""How long others wait for a message that is to go first; then it is taken for gone."""

EARLY = timedelta(seconds=1)
"""How much too early a clock may be."""

MAX_SENT = 400
"""Bound the messages that a log remembers, the newest."""


class Sent(Struct, frozen=True, array_like=True):
    """Remember a message that went out, or is about to."""

    job: str
    at: datetime
    channel: str


class Waiting(Struct, frozen=True, array_like=True):
    """Remember a message that waits until a moment; `since` orders those of one priority."""

    job: str
    until: datetime
    channel: str
    priority: int
    since: datetime

    def __lt__(self, other: Waiting) -> bool:
        """Tell whether this one goes first: by priority, then by who asked first."""
        return (-self.priority, self.since, self.job) < (-other.priority, other.since, other.job)

    def is_ready(self, now: datetime) -> bool:
        """Tell whether its turn has come, and it is not overdue by so long that it will never go."""
        return self.until - EARLY <= now < self.until + PATIENCE


class SendLog(Struct, frozen=True):
    """Hold the log of one person.

    keeps    for how long messages are remembered: the longest window that any cap asked for
    version  counts the changes; 0: there is no log yet
    """

    sent: tuple[Sent, ...] = ()
    waiting: tuple[Waiting, ...] = ()
    keeps: timedelta = timedelta()
    version: int = 0

    @property
    def expires_at(self) -> datetime | None:
        """Return the moment from which the log says nothing. None if it says nothing now."""
        ends = [each.at + self.keeps for each in self.sent] + [each.until + PATIENCE for each in self.waiting]
        return max(ends, default=None)


class Request(Struct, frozen=True):
    """Ask for a place for one message, at `now`.

    opens_at  gives the first moment from another on that no quiet hours hold
    urgent    whether it goes whatever the limits say; it counts all the same
    """

    job: str
    channel: str
    priority: int
    caps: tuple[Cap, ...]
    now: datetime
    opens_at: Callable[[datetime], datetime]
    urgent: bool = False


class Decision(Struct, frozen=True):
    """Say what becomes of a request, and the log as it is to be written. No hold: the message may go."""

    hold: Hold | None
    log: SendLog


def decide(request: Request, log: SendLog, elsewhere: Iterable[Sent], *, rivals: bool) -> Decision:
    """Give a message its place, or hold it.

    elsewhere  what the logs under the person's other identities remember
    rivals     whether other rules that the same event started may want the last place
    """
    log = _kept(log, request)
    by_job = {each.job: each for each in (*elsewhere, *log.sent)}
    others = [each for each in by_job.values() if each.job != request.job]
    if request.urgent:
        return Decision(None, _with_place(log, request))
    hold = _hold(request, log, others, rivals=rivals)
    return Decision(hold, _with_place(log, request) if hold is None else _waiting_in(log, request, hold.until))


def without(log: SendLog, job: str) -> SendLog:
    """Return the log without a message that did not go out after all."""
    return replace(
        log,
        sent=tuple(each for each in log.sent if each.job != job),
        waiting=tuple(each for each in log.waiting if each.job != job),
    )


def _hold(request: Request, log: SendLog, others: Sequence[Sent], *, rivals: bool) -> Hold | None:
    now = request.now
    if (opens := request.opens_at(now)) > now:
        return quiet(opens)
    full = [(until, cap) for cap in request.caps if (until := _free_at(cap, others, now)) is not None]
    if full:
        free, cap = max(full, key=lambda each: each[0])
        until = request.opens_at(free)
        return Hold(until, CAP(channel=cap.channel, most=cap.most, until=format_time(until)))
    tightest = min(request.caps, key=lambda cap: cap.most - len(_counted(cap, others, now)))
    room = tightest.most - len(_counted(tightest, others, now))
    own = _own(log, request)
    ahead = [each for each in log.waiting if tightest.counts(each.channel) and each.is_ready(now) and each < own]
    if len(ahead) >= room:
        return _brief(tightest, now + SETTLE)
    if room == 1 and rivals and own.until - EARLY > now and not any(each.job == request.job for each in log.sent):
        return _brief(tightest, own.until)
    return None


def quiet(until: datetime) -> Hold:
    """Hold a message until quiet hours are over."""
    return Hold(until, QUIET_HOURS(until=format_time(until)))


def _brief(cap: Cap, until: datetime) -> Hold:
    return Hold(until, PRIORITY(channel=cap.channel, until=format_time(until)), brief=True)


def _own(log: SendLog, request: Request) -> Waiting:
    """Return the request's entry among those that wait. If there is none, return that of one which asks first now.

    One that asks before its moment, since limits changed, waits no longer than one that asks first.
    """
    first = Waiting(request.job, request.now + SETTLE, request.channel, request.priority, request.now)
    found = next((each for each in log.waiting if each.job == request.job), first)
    return replace(found, until=min(found.until, first.until))


def _counted(cap: Cap, sent: Iterable[Sent], now: datetime) -> list[datetime]:
    """Return when messages that count for a cap went out within its window, the earliest first."""
    return sorted(each.at for each in sent if cap.counts(each.channel) and each.at > now - cap.window)


def _free_at(cap: Cap, sent: Iterable[Sent], now: datetime) -> datetime | None:
    """Return when a cap has a place again. None if it has one now."""
    times = _counted(cap, sent, now)
    return times[-cap.most] + cap.window if len(times) >= cap.most else None


def _kept(log: SendLog, request: Request) -> SendLog:
    """Return the log without what counts no more."""
    keeps = max([log.keeps, *(cap.window for cap in request.caps)])
    sent = sorted((each for each in log.sent if each.at > request.now - keeps), key=lambda each: each.at)
    waiting = tuple(each for each in log.waiting if each.until + PATIENCE > request.now or each.job == request.job)
    return SendLog(tuple(sent[-MAX_SENT:]), waiting, keeps, log.version)


def _with_place(log: SendLog, request: Request) -> SendLog:
    rest = without(log, request.job)
    return replace(rest, sent=(*rest.sent, Sent(request.job, request.now, request.channel)))


def _waiting_in(log: SendLog, request: Request, until: datetime) -> SendLog:
    """Return the log with the message among those that wait; a place that it had is free again."""
    rest = without(log, request.job)
    entry = replace(_own(log, request), until=until, priority=request.priority)
    return replace(rest, waiting=(*rest.waiting, entry))
