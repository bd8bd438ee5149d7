"""A step that is skipped by its condition keeps what that demanded, and what there was."""

from __future__ import annotations

from typing import Any

import pytest

from tests.usecases.fakes.world import World
from tests.usecases.rules import GREET, NOTE, rule
from whenthen.domain.runs.planner import CONDITION_FALSE

WON = {"field": "record.status", "op": "equals", "value": "won"}
LARGE = {"field": "record.amount", "op": ">=", "value": 1000}


@pytest.mark.parametrize(
    ("only_if", "expected"),
    [
        (WON, [("record.status", "equals", "won", "new", False)]),
        (
            {"all": [WON, LARGE, {"field": "record.status", "op": "exists"}]},
            [("record.status", "equals", "won", "new", False), ("record.amount", ">=", 1000, None, False)],
        ),
        (
            {"not": {"field": "record.status", "op": "in", "value": ["new", "open"]}},
            [("record.status", "in", ["new", "open"], "new", True)],
        ),
    ],
)
@pytest.mark.parametrize("first", [True, False])
def test_what_decided_is_kept(world: World, only_if: Any, expected: list[tuple[Any, ...]], *, first: bool) -> None:
    """Also of a run's first step, which is decided where the run begins."""
    asked = {**NOTE, "only_if": only_if}
    written = world.has_rule(rule(*([asked] if first else [GREET, asked])))
    event = world.happens("lead.created", subject="lead:1")
    world.run_out()
    job = world.job(world.run_of(event, written), "note")
    names = ("field", "op", "expected", "actual", "result")
    assert job.reason == CONDITION_FALSE()
    assert [tuple(each[name] for name in names) for each in job.result["conditions"]] == expected


def test_the_record_of_that_moment_counts(world: World) -> None:
    written = world.has_rule(rule(GREET, {**NOTE, "only_if": WON, "wait": {"days": 1}}))
    event = world.happens("lead.created", subject="lead:1")
    world.pass_time(hours=1)
    world.changes("lead:1", status="lost")
    world.pass_time(days=2)
    world.changes("lead:1", status="won")
    job = world.job(world.run_of(event, written), "note")
    assert [each["actual"] for each in job.result["conditions"]] == ["lost"]


def test_other_skips_say_nothing_of_conditions(world: World) -> None:
    written = world.has_rule(rule({**NOTE, "wait": {"until": {"field": "no_such_date"}}}))
    event = world.happens("lead.created", subject="lead:1")
    world.run_out()
    assert world.job(world.run_of(event, written), "note").result == {}
