"""The standing of a run: its wait, the steps to come, and those that it never reached."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from whenthen.domain.common.reasons import Reason
from whenthen.domain.events.event import Event
from whenthen.domain.explain.standing import (
    WAITS_FOR_CHANNEL,
    WAITS_FOR_LIMITS,
    WAITS_FOR_RETRY,
    WAITS_FOR_STEP,
    WAITS_FOR_TIME,
    WAITS_WHILE_PAUSED,
    Waiting,
    WaitsFor,
    not_reached,
    to_come,
    waits_of,
)
from whenthen.domain.rules.rule import parse_rule
from whenthen.domain.runs.run import Job, JobStatus, Run, RunStatus, begin
from whenthen.domain.sending.circuits import CHANNEL_FAILING, CHANNEL_PAUSED_BY
from whenthen.domain.sending.holds import QUIET_HOURS

NOW = datetime(2026, 3, 14, 9, 30, tzinfo=UTC)
LATER = NOW + timedelta(days=2)
SAID = "2026-03-16T09:30:00.000Z"
WHY = Reason("sample.why")


def step(step_id: str, **more: Any) -> dict[str, Any]:
    return {"id": step_id, "action": "add_tags", "with": {"tags": ["x"]}, **more}


RULE = parse_rule(
    {
        "name": "r",
        "trigger": {"event": "lead.created"},
        "steps": [step("a"), step("b", start="with_previous"), step("c", wait={"days": 2}), step("d")],
    }
)
BEGUN = begin(RULE, Event("evt_1", "test", "lead.created", NOW), None, NOW, shadow=False)


def run(status: str, step_group: int = -1, until: datetime | None = None) -> Run:
    return replace(BEGUN, status=RunStatus(status), step_group=step_group, waits_until=until)


def job(step_id: str, status: str, held_until: datetime | None = None) -> Job:
    return Job(BEGUN.id, step_id, 0, "add_tags", NOW, status=JobStatus(status), reason=WHY, held_until=held_until)


@pytest.mark.parametrize(
    ("found", "jobs", "expected"),
    [
        (run("waiting", 0, LATER), [], Waiting(WaitsFor.TIME, LATER, WAITS_FOR_TIME(step="c", due=SAID))),
        (run("waiting", -1, LATER), [], Waiting(WaitsFor.TIME, LATER, WAITS_FOR_TIME(step="a", due=SAID))),
        (run("paused", 0, LATER), [], Waiting(WaitsFor.RESUME, None, WAITS_WHILE_PAUSED())),
        (
            run("running", 0),
            [job("a", "done"), job("b", "claimed")],
            Waiting(WaitsFor.STEP, None, WAITS_FOR_STEP(step="b")),
        ),
        (
            run("running", 0),
            [job("a", "pending", LATER)],
            Waiting(WaitsFor.RETRY, LATER, WAITS_FOR_RETRY(step="a", due=SAID, reason=WHY)),
        ),
        (
            run("running", 0),
            [replace(job("a", "pending", LATER), reason=QUIET_HOURS(until=SAID))],
            Waiting(WaitsFor.LIMITS, LATER, WAITS_FOR_LIMITS(step="a", reason=QUIET_HOURS(until=SAID))),
        ),
        (run("running", 0), [job("a", "claimed", NOW)], Waiting(WaitsFor.STEP, None, WAITS_FOR_STEP(step="a"))),
        (run("running", 0), [job("a", "done")], None),
        *(
            (
                run("running", 0),
                [replace(job("a", "pending"), reason=why)],
                Waiting(WaitsFor.CHANNEL, None, WAITS_FOR_CHANNEL(step="a", reason=why)),
            )
            for why in (CHANNEL_FAILING(channel="email", reason=WHY), CHANNEL_PAUSED_BY(channel="email", by="key_1"))
        ),
        *((run(each, 0, LATER), [job("a", "pending")], None) for each in RunStatus if each.final),
    ],
)
def test_what_a_run_waits_for(found: Run, jobs: list[Job], expected: Waiting | None) -> None:
    assert waits_of(found, jobs, RULE) == expected


@pytest.mark.parametrize(
    ("found", "ahead", "missed"),
    [
        (run("running"), ["a", "b", "c", "d"], []),
        (run("waiting", 0, LATER), [("c", LATER), "d"], []),
        (run("waiting", -1, LATER), [("a", LATER), ("b", LATER), "c", "d"], []),
        (run("running", 2), [], []),
        (run("stopped", 0), [], ["c", "d"]),
        (run("failed", 1), [], ["d"]),
        (run("done", 2), [], []),
        (replace(run("skipped", 0), shadow=True), [], []),
    ],
)
def test_the_steps_behind_a_run(found: Run, ahead: list[Any], missed: list[str]) -> None:
    assert [(each.step.id, each.due) if each.due else each.step.id for each in to_come(found, RULE)] == ahead
    assert [each.step.id for each in not_reached(found, RULE)] == missed
