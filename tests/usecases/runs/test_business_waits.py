"""Waits by working hours and holidays, read from the settings when a step waits by them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.usecases.fakes.world import World
from tests.usecases.rules import CALL, GREET, rule
from whenthen.domain.runs.run import JobStatus, RunStatus

CALENDAR: dict[str, Any] = {
    "working_hours": {day: ["09:00", "18:00"] for day in ("mon", "tue", "wed", "thu", "fri")},
    "holidays": {"also": ["2026-03-16"]},
}


def waiting_until(world: World, **wait: Any) -> datetime | None:
    """When a step with this wait is due for an event of Saturday, 14 March 2026, 09:30 UTC, in Istanbul."""
    written = world.has_rule(rule({**CALL, "wait": wait}, time_zone="Europe/Istanbul"))
    event = world.happens("lead.created", subject="lead:1")
    world.settle()
    return world.run_of(event, written).run.waits_until


@pytest.mark.parametrize(
    ("calendar", "wait", "expected"),
    [
        ({}, {"business_days": 1, "at": "10:00"}, datetime(2026, 3, 16, 7, tzinfo=UTC)),
        (CALENDAR, {"business_days": 1, "at": "10:00"}, datetime(2026, 3, 17, 7, tzinfo=UTC)),
        (CALENDAR, {"business_hours": 2}, datetime(2026, 3, 17, 8, tzinfo=UTC)),
        ({"working_hours": {"sun": ["12:00", "13:00"]}}, {"business_hours": 2}, datetime(2026, 3, 22, 10, tzinfo=UTC)),
        (CALENDAR, {"days": 1}, datetime(2026, 3, 15, 9, 30, tzinfo=UTC)),
    ],
)
def test_a_wait_goes_by_the_calendar_of_the_installation(
    world: World, calendar: dict[str, Any], wait: dict[str, Any], expected: datetime
) -> None:
    assert world.clock.now() == datetime(2026, 3, 14, 9, 30, tzinfo=UTC)
    world.settings.save("calendar", calendar)
    assert waiting_until(world, **wait) == expected


def test_a_holiday_that_is_added_counts_for_waits_that_begin_after_it(world: World) -> None:
    written = world.has_rule(
        rule(GREET, {**CALL, "wait": {"business_days": 1, "at": "10:00"}}, time_zone="Europe/Istanbul")
    )
    first = world.happens("lead.created", "1", subject="lead:1")
    world.settle()
    world.settings.save("calendar", CALENDAR)
    world.has_record("lead:2", email="ayse2@example.com", first_name="Ayşe")
    second = world.happens("lead.created", "2", subject="lead:2")
    world.settle()
    due = [world.run_of(event, written).run.waits_until for event in (first, second)]
    assert due == [datetime(2026, 3, 16, 7, tzinfo=UTC), datetime(2026, 3, 17, 7, tzinfo=UTC)]
    world.run_out()
    state = world.run_of(second, written)
    assert (state.run.status, world.outcomes(state)["call"]) == (RunStatus.DONE, JobStatus.DONE)
    assert world.job(state, "call").finished_at == datetime(2026, 3, 17, 7, tzinfo=UTC)


def test_hours_before_a_date_of_the_record(world: World) -> None:
    world.has_record("lead:1", meeting_at="2026-03-20T14:00:00")
    written = world.has_rule(
        rule({**CALL, "wait": {"until": {"field": "meeting_at", "hours": -2}}}, time_zone="Europe/Istanbul")
    )
    event = world.happens("lead.created", subject="lead:1")
    world.settle()
    assert world.run_of(event, written).run.waits_until == datetime(2026, 3, 20, 9, tzinfo=UTC)
