"""A zone whose rules change while a run waits: governments move clocks, and the time zone database follows."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from tests.usecases.fakes.world import World
from tests.usecases.rules import CALL, NOTE, rule
from whenthen.domain.rules import rule as rules


def test_a_wait_keeps_its_moment_when_the_rules_of_its_zone_change(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Here the rules of Istanbul become those of Dubai, where it is an hour later."""
    wait = {"days": 1, "at": "10:00"}
    written = world.has_rule(rule({**CALL, "wait": wait}, {**NOTE, "wait": wait}, time_zone="Europe/Istanbul"))
    event = world.happens("lead.created", subject="lead:1")
    world.settle()
    before = datetime(2026, 3, 15, 7, tzinfo=UTC)
    assert world.run_of(event, written).run.waits_until == before
    monkeypatch.setattr(rules, "zone_of", lambda _name: ZoneInfo("Asia/Dubai"))
    world.pass_time(hours=24)
    run = world.run_of(event, written).run
    assert world.job(world.run_of(event, written), "call").due == before
    assert run.waits_until == datetime(2026, 3, 16, 6, tzinfo=UTC), "10:00 by the new rules"
