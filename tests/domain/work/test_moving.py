"""With which step a run goes on under another version of its rule."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from tests.adapters.samples import event, job, run
from whenthen.domain.common.reasons import Reason
from whenthen.domain.rules.rule import Rule, parse_rule
from whenthen.domain.runs.planner import CONDITION_FALSE
from whenthen.domain.runs.run import JobStatus
from whenthen.domain.work.moving import DONE_BEFORE, NO_STEP_IN_COMMON, moved_jobs, moved_run, place_in


def rule(ids: str, version: int = 1, **more: Any) -> Rule:
    """A rule with a step for each letter; those behind a comma start together with the one before."""
    steps = []
    for word in ids.split():
        first, *others = word.split(",")
        steps.append({"id": first, "action": "add_tags", "with": {"tags": ["x"]}})
        steps += [
            {"id": each, "action": "add_tags", "with": {"tags": ["x"]}, "start": "with_previous"} for each in others
        ]
    document = {"name": "R", "trigger": {"event": "lead.created"}, "steps": steps, **more}
    return parse_rule({**document, "id": "rule_1", "version": version})


def place(old: str, done: int, new: str) -> int | Reason:
    """Where a run goes on whose first `done` step groups are done."""
    before, after = rule(old), rule(new, 2)
    jobs = [
        job(run(event()), step.id, number, "add_tags", status=JobStatus.DONE)
        for number, group in enumerate(before.step_groups[:done])
        for step in group
    ]
    return place_in(before, after, run(event(), step_group=done - 1), jobs)


@pytest.mark.parametrize(
    ("old", "done", "new", "expected"),
    [
        ("a b c", 1, "a b c", 1),
        ("a b c", 1, "a x b c", 2),
        ("a b c", 1, "x b", 1),
        ("a b c", 2, "b c", 1),
        ("a b c", 1, "a c", 1),
        ("a b c", 3, "a b c d", 3),
        ("a b c", 3, "a b", 2),
        ("a b c", 0, "x y", 0),
        ("a b c", 0, "x a", 1),
        ("a b,c d", 1, "a c,b d", 1),
        ("a b,c d", 1, "a c b d", 1),
        ("a,b c", 1, "a b c", 2),
        ("a,b c", 1, "a b x", 2),
    ],
)
def test_a_run_goes_on_with_its_next_step_or_behind_its_last(old: str, done: int, new: str, expected: int) -> None:
    assert place(old, done, new) == expected


@pytest.mark.parametrize(
    ("old", "done", "new", "reason"),
    [
        ("a b c", 1, "x y", NO_STEP_IN_COMMON(step="b", version=2)),
        ("a b c", 3, "x y", NO_STEP_IN_COMMON(step="c", version=2)),
        ("a b c", 1, "b a c", DONE_BEFORE(step="a", version=2)),
        ("a b c", 2, "a c b", DONE_BEFORE(step="b", version=2)),
        ("a b c", 2, "c x a", DONE_BEFORE(step="a", version=2)),
    ],
)
def test_a_run_without_a_place_or_that_would_do_a_step_again_keeps_its_version(
    old: str, done: int, new: str, reason: Reason
) -> None:
    assert place(old, done, new) == reason


def test_a_branch_that_was_taken_leads_on() -> None:
    steps = [
        {"id": "a", "action": "add_tags", "with": {"tags": ["x"]}, "else": "c",
         "only_if": {"field": "record.x", "op": "exists"}},
        *({"id": each, "action": "add_tags", "with": {"tags": ["x"]}} for each in "bc"),
    ]  # fmt: skip
    old = rule("a", steps=steps)
    skipped = job(run(event()), "a", 0, "add_tags", status=JobStatus.SKIPPED, reason=CONDITION_FALSE())
    assert place_in(old, rule("a b x c", 2), run(event(), step_group=0), [skipped]) == 3


def test_a_moved_run_has_the_exits_and_the_name_of_its_new_version() -> None:
    new = rule("x a", 2, name="New", exit={"on": ["deal.won"]}, kind="deal")
    old_run = run(event(), step_group=0, moves_to=2)
    moved = moved_run(new, old_run, 1, event())
    assert (moved.rule_version, moved.rule_name, moved.step_group, moved.exits_on) == (2, "New", 0, ("deal.won",))
    assert (moved.rechecks_on, moved.moves_to, moved.id) == ((), None, old_run.id)


def test_jobs_stand_where_their_steps_are_and_the_last_right_before_the_next() -> None:
    of = run(event(), step_group=1)
    jobs = [job(of, "gone", 0), job(of, "a", 0), job(of, "b", 1)]
    found = moved_jobs(rule("x a y c", 2), of, jobs, 3)
    assert [each.step_group for each in found] == [-1, 1, 2]
    assert [replace(each, step_group=0) for each in found] == [replace(each, step_group=0) for each in jobs]
