"""A worker that dies at any moment tells nobody twice, and nobody is forgotten without a word."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.channels.performing import performed
from tests.usecases.fakes.world import Killed, World
from whenthen.channels.staff.telling import UNCLEAR
from whenthen.domain.runs.run import JobStatus

STEP = {"to": ["owner", "owner.manager"], "text": "Call", "via": ["notice", "email", "slack", "teams"]}
MOMENTS = 80
"""Moments before and after calls from the claim on, at most."""


class Dying:
    """Let the worker die at one moment: before or after a call, once the job is under way."""

    def __init__(self, moment: int) -> None:
        self.left, self.under_way = moment, False

    def before(self, call: str) -> None:
        self._pass()
        del call

    def after(self, call: str) -> None:
        self.under_way = self.under_way or call == "runs.claim"
        self._pass()

    def _pass(self) -> None:
        if self.under_way:
            self.left -= 1
            if self.left == 0:
                raise Killed


def office(tap: Dying) -> World:
    """A lead with its owner, their manager, and rooms."""
    world = World(tap=tap)
    world.has_record("agent:ayse", email="ayse@corp.example", manager="agent:mert")
    world.has_record("agent:mert", email="mert@corp.example")
    world.has_record("lead:1", owner="agent:ayse")
    world.secrets.kept["staff/default"] = {"slack": "https://slack.example/1", "teams": "https://teams.example/1"}
    return world


def told(world: World) -> Counter[str]:
    """How often each colleague and room was told, by way."""
    notices = [f"notice {notice.agent}" for notice in world.notices.kept.values()]
    rooms = [f"room {request.url}" for request in world.http.sent]
    return Counter([*notices, *(f"email {mail.to}" for mail in world.mailer.sent), *rooms])


@pytest.mark.parametrize("moment", range(1, MOMENTS))
def test_whenever_a_worker_dies_each_is_told_once_or_said_to_be_unclear(moment: int) -> None:
    tap = Dying(moment)
    world = office(tap)
    job = performed(world, "notify", **STEP)
    found = told(world)
    assert set(found.values()) == {1}
    assert {"notice agent:ayse", "notice agent:mert"} <= found.keys()
    assert world.kills == (1 if tap.left <= 0 else 0)
    if job.status is JobStatus.DONE:
        assert len(found) == 6
    else:
        assert job.status is JobStatus.UNKNOWN
        assert job.reason is not None
        [unclear] = job.reason.params["failed"]  # type: ignore[misc, union-attr]
        assert unclear.params["reason"] == UNCLEAR()  # type: ignore[union-attr]
        assert len(found) >= 5


def test_the_moments_are_all_that_there_are() -> None:
    tap = Dying(10 * MOMENTS)
    performed(office(tap), "notify", **STEP)
    assert MOMENTS / 2 < 10 * MOMENTS - tap.left < MOMENTS
