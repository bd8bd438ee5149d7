"""When a rule keeps failing, and what a run that tries it says."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.adapters.samples import NOW, event, job, minutes, run
from whenthen.domain.common.errors import Invalid
from whenthen.domain.event_catalog.catalog import find
from whenthen.domain.runs.run import JobStatus, RunStatus
from whenthen.domain.work.failing import (
    FailingRule,
    FailureSettings,
    Verdict,
    paused_event,
    read_failure_settings,
    resumed_event,
    verdict_of,
)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ({}, FailureSettings(20, timedelta(minutes=10), timedelta(minutes=30))),
        ({"pause_after": 0}, FailureSettings(pause_after=0)),
        (
            {"pause_after": 3, "within": {"hours": 1}, "try_again_after": {"days": 1, "minutes": 5}},
            FailureSettings(3, timedelta(hours=1), timedelta(days=1, minutes=5)),
        ),
    ],
)
def test_the_bounds_are_read(written: Any, expected: FailureSettings) -> None:
    assert read_failure_settings(written) == expected


@pytest.mark.parametrize(
    ("written", "field"),
    [
        ({"pause_after": -1}, "pause_after"),
        ({"pause_after": "many"}, "pause_after"),
        ({"within": {"days": 8}}, "within"),
        ({"within": {}}, "within"),
        ({"try_again_after": "soon"}, "try_again_after"),
        ({"after": 3}, "after"),
    ],
)
def test_what_is_not_understood_is_refused(written: Any, field: str) -> None:
    with pytest.raises(Invalid) as error:
        read_failure_settings(written)
    assert [problem.field for problem in error.value.problems] == [field]


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (RunStatus.DONE, Verdict.WORKS),
        (RunStatus.WAITING, Verdict.WORKS),
        (RunStatus.FAILED, Verdict.FAILS),
        (RunStatus.UNKNOWN, Verdict.FAILS),
        (RunStatus.STOPPED, Verdict.NOTHING),
        (RunStatus.SKIPPED, Verdict.NOTHING),
        (RunStatus.PAUSED, Verdict.NOTHING),
        (RunStatus.RUNNING, Verdict.OPEN),
    ],
)
def test_a_run_says_by_its_status_what_is_with_its_rule(status: RunStatus, verdict: str) -> None:
    assert verdict_of(run(event(), status=status), (), NOW) == verdict


@pytest.mark.parametrize(("finished", "verdict"), [(-1, Verdict.OPEN), (1, Verdict.WORKS)])
def test_a_step_that_was_done_since_then_says_that_the_rule_works(finished: int, verdict: str) -> None:
    of = run(event())
    done = job(of, status=JobStatus.DONE, finished_at=minutes(finished))
    assert verdict_of(of, (done, job(of, "next")), NOW) == verdict


def test_the_events_are_those_of_the_catalogue_and_each_pause_has_its_own() -> None:
    first, second = FailingRule("rule_1", "work_1", NOW), FailingRule("rule_1", "work_2", NOW)
    for made in (paused_event(first, 20), resumed_event(first, minutes(30))):
        known = find(made.type)
        assert known is not None
        assert {field.name for field in known.data} >= set(made.data)
    assert paused_event(first, 20).id != paused_event(second, 20).id
    assert paused_event(first, 20) == paused_event(first, 20)
