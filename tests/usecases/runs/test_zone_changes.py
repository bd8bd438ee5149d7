"""A zone whose rules change while a run waits: governments move clocks, and the time zone database follows."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.usecases.fakes.world import World
from tests.usecases.rules import CALL, rule
from whenthen.domain.rules import rule as rules


@pytest.mark.parametrize(
    ("wait", "first", "moved"),
    [
        ({"days": 1, "at": "10:00"}, datetime(2026, 3, 15, 7, tzinfo=UTC), datetime(2026, 3, 16, 6, tzinfo=UTC)),
        ({"days": 1}, datetime(2026, 3, 15, 9, 30, tzinfo=UTC), None),
    ],
)
def test_a_wait_keeps_its_hour_when_the_rules_of_its_zone_change(
    world: World, monkeypatch: pytest.MonkeyPatch, wait: dict[str, Any], first: datetime, moved: datetime | None
) -> None:
    """Here the rules of Istanbul become those of Dubai, where it is an hour later."""
    written = world.has_rule(rule({**CALL, "wait": wait}, time_zone="Europe/Istanbul"))
    event = world.happens("lead.created", subject="lead:1")
    world.settle()
    assert world.run_of(event, written).run.waits_until == first
    monkeypatch.setattr(rules, "zone_of", lambda _name: ZoneInfo("Asia/Dubai"))
    world.pass_time(hours=24)
    if moved is not None:
        assert world.run_of(event, written).run.waits_until == moved, "10:00 by the new rules"
        world.pass_time(hours=24)
    assert world.job(world.run_of(event, written), "call").due == (moved or first)
