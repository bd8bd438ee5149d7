"""A bulk mailing against a provider's sending rate: it takes as long as the rate says, and nobody is left out."""

from __future__ import annotations

import heapq
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest

from tests.usecases.fakes.outside import FakeClock, FakeMailer
from tests.usecases.fakes.queues import FakeJobQueues, FakeQueue
from tests.usecases.fakes.world import World
from tests.usecases.rules import GREET, rule
from whenthen.domain.common.errors import Throttled
from whenthen.domain.runs.run import JobStatus, RunStatus
from whenthen.ports.outgoing import WrittenMail
from whenthen.ports.reason_codes import UNAVAILABLE

WORKERS = 5
SENDING, REFUSING = timedelta(seconds=0.14), timedelta(seconds=0.07)


@dataclass
class SoonestFirst(FakeQueue):
    """A queue that finds the next of many messages quickly."""

    waiting: list[tuple[datetime, int, Any]] = field(default_factory=list)
    order: count[int] = field(default_factory=count)

    def add(self, body: Any, delay: float = 0.0) -> None:
        heapq.heappush(self.waiting, (self.clock.now() + timedelta(seconds=delay), next(self.order), body))


@dataclass
class Limited(FakeMailer):
    """Takes so many mails a second, as SES does: what was not used of a second is lost."""

    clock: FakeClock = field(default_factory=FakeClock)
    rate: float = 1.0
    left: float = 1.0
    at: datetime = FakeClock.at
    rejections: int = 0

    def send(self, mail: WrittenMail) -> str:
        since = max(self.clock.now() - self.at, timedelta())
        self.at += since
        self.left = min(self.rate, self.left + since.total_seconds() * self.rate)
        if self.left < 1:
            self.rejections += 1
            self.clock.at += REFUSING
            raise Throttled(UNAVAILABLE(provider="SES", error="Throttling"))
        self.left -= 1
        self.clock.at += SENDING
        return super().send(mail)


def send_all(world: World, queue: SoonestFirst) -> None:
    """Let the workers take messages until there are none. Each has its own time, of which the clock shows one."""
    free = [world.clock.now()] * WORKERS
    send = world.functions.channels["email"]
    while queue.waiting:
        visible_at, _, job = heapq.heappop(queue.waiting)
        world.clock.at = max(heapq.heappop(free), visible_at)
        send(*job)
        heapq.heappush(free, world.clock.now())
    world.clock.at = max(free)


@pytest.mark.parametrize(
    ("mails", "rate", "at_most"), [pytest.param(5_000, 14.0, 1.5, marks=pytest.mark.long), (300, 1.0, 4.0)]
)
def test_every_mail_of_a_bulk_is_sent_once_and_takes_one_attempt(
    world: World, mails: int, rate: float, at_most: float
) -> None:
    queue = SoonestFirst(world.clock, "email")
    mailer = Limited(clock=world.clock, rate=rate, left=rate)
    queues = FakeJobQueues({**world.queues, "email": queue})
    world.ports = replace(world.ports, mailer=mailer, queues=queues)
    world.functions = world.wire(world.tap)
    world.has_rule(rule(GREET))
    for number in range(mails):
        world.functions.match_event(world.event("lead.created", str(number), subject="lead:1"))
    began = world.clock.now()

    send_all(world, queue)

    assert Counter(run.status for run in world.all_runs) == {RunStatus.DONE: mails}
    jobs = world.runs.jobs.values()
    assert {(job.status, job.attempts) for job in jobs} == {(JobStatus.DONE, 1)}
    assert len({mail.headers["X-Whenthen-Job"] for mail in mailer.sent}) == len(mailer.sent) == mails
    assert mailer.rejections == sum(job.postponed for job in jobs) > mails / 2
    took = (world.clock.now() - began).total_seconds() * rate / mails
    assert 0.9 < took < at_most, "as long as the rate says, and not many times as long"
