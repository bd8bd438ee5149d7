"""Runs that a selection takes, and those of them that a change can be made to."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.adapters.samples import NOW, event, minutes, run, why
from whenthen.domain.common.errors import Invalid
from whenthen.domain.runs.run import RunStatus
from whenthen.domain.work.selection import Selection, read_selection
from whenthen.domain.work.work import END, MAX_FAILURES, STATUSES, Failure, RunChange, Work

WAITING = run(event(), status=RunStatus.WAITING)


def test_what_is_given_selects_and_all_of_it_holds() -> None:
    found = read_selection({"rule": "rule_1", "record": "lead:4711", "status": "waiting"}, STATUSES[RunChange.STOP])
    assert found == Selection("rule_1", ("lead:4711",), "waiting")
    assert found.takes(WAITING)
    others: list[dict[str, Any]] = [{"rule_id": "rule_2"}, {"record": "lead:5"}, {"record": None}]
    for other in (*others, {"status": RunStatus.RUNNING}):
        assert not found.takes(run(event(), **{"status": RunStatus.WAITING, **other}))


@pytest.mark.parametrize(
    ("written", "fields"),
    [
        ({}, [""]),
        ({"rule": None}, [""]),
        ({"rules": "rule_1"}, ["", "rules"]),
        ({"rule": "rule_1", "view": "v"}, ["view"]),
        ({"record": "4711"}, ["record"]),
        ({"status": "done"}, ["status"]),
        ({"rule": ["rule_1"]}, ["rule"]),
    ],
)
def test_a_selection_that_says_too_little_or_something_unknown_is_refused(written: Any, fields: list[str]) -> None:
    with pytest.raises(Invalid) as error:
        read_selection(written, STATUSES[RunChange.STOP])
    assert [problem.field for problem in error.value.problems] == fields


@pytest.mark.parametrize(("change", "status"), [(RunChange.PAUSE, "paused"), (RunChange.RESUME, "waiting")])
def test_a_status_to_which_the_change_cannot_be_made_is_refused(change: RunChange, status: str) -> None:
    with pytest.raises(Invalid) as error:
        read_selection({"status": status}, STATUSES[change])
    assert [problem.field for problem in error.value.problems] == ["status"]


@pytest.mark.parametrize("status", [status for status in RunStatus if status.final])
def test_a_run_that_has_its_outcome_is_never_selected(status: RunStatus) -> None:
    assert not Selection(rule="rule_1").takes(run(event(), status=status))


def test_runs_are_selected_by_version_and_by_the_reason_of_their_pause() -> None:
    assert Selection(below=2).takes(WAITING)
    assert not Selection(below=1).takes(WAITING)
    paused = run(event(), status=RunStatus.PAUSED, reason=why("x"))
    assert Selection(paused_as="sample.why").takes(paused)
    assert not Selection(paused_as="admin.paused").takes(paused)
    assert not Selection(paused_as="sample.why").takes(WAITING)


def work(change: RunChange, selection: Selection) -> Work:
    return Work("work_1", change, selection, why("x"), "key_1", NOW)


@pytest.mark.parametrize(
    ("until", "paused_as", "changes"),
    [
        (None, "", {RunChange.STOP, RunChange.RESUME}),
        (minutes(1), "", {RunChange.STOP, RunChange.PAUSE}),
        (minutes(1), "sample.why", {RunChange.STOP, RunChange.PAUSE, RunChange.RESUME}),
        (NOW, "sample.why", {RunChange.STOP, RunChange.PAUSE}),
        (NOW + timedelta(milliseconds=1), "sample.why", {RunChange.STOP, RunChange.PAUSE}),
    ],
)
def test_a_pause_is_made_longer_or_ended_unless_it_is_so_already(
    until: Any, paused_as: str, changes: set[RunChange]
) -> None:
    paused = run(event(), status=RunStatus.PAUSED, reason=why("x"), paused_until=until)
    selection = Selection(paused_as=paused_as)
    asked = set(STATUSES) - {RunChange.TRY_AGAIN}
    assert {change for change in asked if work(change, selection).concerns(paused, NOW)} == {*changes, RunChange.MOVE}


def test_work_goes_over_all_pages_until_it_finds_no_run() -> None:
    begun = work(RunChange.STOP, Selection(rule="rule_1"))
    first = begun.found(["run_1"], "1#")
    assert (first.pending, first.place) == (("run_1",), "1#")
    again = first.changed(["stopped"], []).found([], None)
    assert (again.place, again.fresh) == ("", 0)
    assert again.found([], "1#").found([], None).place == END
    assert again.over(minutes(1)).of == 1


def test_paused_runs_stand_still_so_one_look_is_enough() -> None:
    found = work(RunChange.RESUME, Selection(rule="rule_1")).found(["run_1"], None)
    assert (found.pending, found.place) == (("run_1",), END)


def test_failures_are_bounded_and_all_are_counted() -> None:
    many = [Failure(f"run_{number}", why("x")) for number in range(MAX_FAILURES + 5)]
    after = work(RunChange.STOP, Selection()).changed(["kept"] * len(many), many)
    assert (after.done, len(after.failures)) == (MAX_FAILURES + 5, MAX_FAILURES)
