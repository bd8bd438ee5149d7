"""An answered message counts once: whoever dies, is asked twice, or counts at the same moment as others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pytest
from msgspec import Struct

from tests.usecases.fakes.sending import FakeSendLogs
from tests.usecases.fakes.world import Killed, World
from tests.usecases.sending.ways import (
    HOURLY,
    MAIL,
    NOW,
    PHONE,
    Way,
    answering,
    ways,
    writes,
)
from whenthen.domain.common.errors import Temporary
from whenthen.domain.common.reasons import Reason
from whenthen.domain.runs.run import Outcome
from whenthen.domain.sending.recipients import Recipient
from whenthen.domain.sending.send_log import SendLog, Sent
from whenthen.ports.sending import SendLogs
from whenthen.usecases.sending.answers import KEEPS, place
from whenthen.usecases.sending.break_loops import BreakLoops


@pytest.fixture
def world(world: World) -> World:
    world.has_record("contact:1", email=MAIL, phone=PHONE)
    world.has_record("agent:budi", email="budi@corp.example", phone="+905559998877")
    return world


# --- crashes, redeliveries and others who count at the same moment ----------------------------------


class Dies:
    """Each second attempt at a call dies, before or after it."""

    def __init__(self, call: str, *, late: bool) -> None:
        self.call, self.late, self.count = call, late, 0

    def before(self, call: str) -> None:
        self._die(call, late=False)

    def after(self, call: str) -> None:
        self._die(call, late=True)

    def _die(self, call: str, *, late: bool) -> None:
        if (call, late) == (self.call, self.late):
            self.count += 1
            if self.count % 2:
                raise Killed(call)


@ways
@pytest.mark.parametrize("call", ["send_logs.read", "send_logs.write", "runs.claim", "runs.complete"])
@pytest.mark.parametrize("late", [False, True], ids=["before", "after"])
def test_an_attempt_that_dies_counts_once(call: str, way: Way, *, late: bool) -> None:
    world = World(tap=Dies(call, late=late))
    world.has_record("contact:1", email=MAIL, phone=PHONE)
    answering(world, way)
    for number in range(9):
        event = writes(world, way, number)
        world.queues["events"].add(event)  # it is delivered once more
        world.run_out()
    assert world.kills, "it died"
    (log,) = [log for name, log in world.send_logs.kept.items() if name.startswith("answers#")]
    assert len(log.sent) == 9


@dataclass
class Contended:
    """Others note their answers first, so many times; then a write is the first."""

    logs: FakeSendLogs
    rivals: int

    def read(self, identities: Sequence[str]) -> list[SendLog]:
        return self.logs.read(identities)

    def write(self, identity: str, log: SendLog) -> None:
        if self.rivals:
            self.rivals -= 1
            known = self.logs.kept.get(identity, SendLog())
            sent = Sent(f"rival {self.rivals}", NOW, "sms")
            self.logs.write(identity, SendLog((*known.sent, sent), version=known.version))
        self.logs.write(identity, log)


class _Sms(Struct):
    """An SMS to the customer."""

    recipient: Recipient = Recipient(f"phone#{PHONE}")
    receiver: str = ""

    def perform(self) -> Outcome:
        raise AssertionError


def loop_of(world: World, logs: SendLogs) -> Reason | None:
    event = world.event("sms.received", identities=(f"phone#{PHONE}",), data={"phone": PHONE})
    return BreakLoops(world.log, logs).loop_of(_Sms(), "sms", event, {"record": None, "refs": ()}, NOW)


@pytest.mark.parametrize(("rivals", "reason"), [(0, None), (4, None), (7, None)])
def test_nobody_who_counts_at_the_same_moment_is_lost(world: World, rivals: int, reason: Reason | None) -> None:
    assert loop_of(world, Contended(world.send_logs, rivals)) == reason
    (log,) = world.send_logs.kept.values()
    assert len(log.sent) == rivals + 1


def test_the_last_place_goes_to_one_of_two(world: World) -> None:
    nine = tuple(Sent(f"m{number}", NOW, "sms") for number in range(9))
    world.send_logs.kept[place(f"phone#{PHONE}")] = SendLog(nine, keeps=KEEPS)
    assert loop_of(world, Contended(world.send_logs, 1)) == HOURLY


def test_who_never_is_the_first_tries_again_later(world: World) -> None:
    with pytest.raises(Temporary):
        loop_of(world, Contended(world.send_logs, 100))
