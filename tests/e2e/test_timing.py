"""When steps come, in which order, and until when, as the checklist asks for it (S01-S20), on the deployed stack."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dev.client import Refused
from dev.demo import account
from dev.stack import Stack
from tests.e2e.test_enrolments import ended, run_for
from tests.e2e.test_imports import runs
from tests.e2e.test_limits import is_over, moment, run_of
from tests.e2e.test_time import put, rule_of, runs_of

NOTE = {"id": "note", "action": "add_tags", "with": {"tags": ["seen"]}}
LONG = {**NOTE, "wait": {"days": 300}}
WEEK = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


@pytest.fixture
def marker() -> str:
    return f"s{uuid.uuid4().hex[:10]}"


def vip(marker: str) -> dict[str, Any]:
    return {"kind": marker, "filter": {"field": "record.status", "op": "equals", "value": "vip"}}


def test_a_step_comes_so_many_days_after_the_entry_at_its_hour_on_its_day(stack: Stack, marker: str) -> None:
    """S02, S03 and S04: the run's own clock tells, since waits are short here."""
    day = WEEK[(datetime.now(UTC) + timedelta(days=5)).weekday()]
    wait = {"days": 3, "at": "10:30", "weekdays": [day]}
    rule_id = rule_of(stack, marker, {"event": f"{marker}.created"}, steps=[{**NOTE, "wait": wait}])
    begun = datetime.now(UTC)
    put(stack, marker, "ada")
    due = moment(run_of(stack, rule_id, is_over)["jobs"][0]["due"])
    assert (due.strftime("%H:%M"), WEEK[due.weekday()]) == ("10:30", day)
    assert timedelta(days=3) <= due - begun < timedelta(days=3 + 7)


def test_steps_act_together_and_others_after_them(stack: Stack, marker: str) -> None:
    """S05 and S08."""
    together = {**NOTE, "id": "also", "start": "with_previous"}
    after = {**NOTE, "id": "after", "wait": {"days": 1}}
    rule_id = rule_of(stack, marker, {"event": f"{marker}.created"}, steps=[NOTE, together, after])
    put(stack, marker, "ada")
    run = run_of(stack, rule_id, is_over)
    due = {job["step"]: moment(job["due"]) for job in run["jobs"]}
    assert {job["status"] for job in run["jobs"]} == {"done"}
    assert due["note"] == due["also"]
    assert timedelta(days=1) <= due["after"] - due["note"] < timedelta(days=2)


def test_a_one_time_run_takes_who_is_in_the_view_and_a_continuous_rule_who_comes_and_goes(
    stack: Stack, marker: str
) -> None:
    """S09 and S10, the pair of [3]: the same view, once for all who are there, and for each who enters later."""
    once = rule_of(stack, marker, {"manual": True}, steps=[NOTE])
    continuous = rule_of(stack, marker, {"enters": vip(marker)}, steps=[{**NOTE, "id": "came"}])
    left = rule_of(stack, marker, {"leaves": vip(marker)}, steps=[{**NOTE, "id": "left"}])
    inside = [put(stack, marker, f"in{number}", status="vip") for number in range(3)]
    later = put(stack, marker, "later", status="new")
    assert sorted(run["record"] for run in runs_of(stack, continuous, 3)) == inside
    assert ended(stack, run_for(stack, once, **vip(marker)))["counts"] == {"entered": 3}
    put(stack, marker, "later", status="vip")
    assert sorted(run["record"] for run in runs_of(stack, continuous, 4)) == [*inside, later]
    put(stack, marker, "in0", status="new")
    assert [run["record"] for run in runs_of(stack, left, 1)] == [inside[0]]
    put(stack, marker, "in0", status="vip")
    assert sorted(run["record"] for run in runs_of(stack, continuous, 5)) == sorted([*inside, inside[0], later])
    assert runs(stack, once) == inside, "who comes later does not enter a run that was for once"


def test_only_new_customers_enter(stack: Stack, marker: str) -> None:
    """S11: a change lets in who was created after the rule was switched on, and nobody else."""
    put(stack, marker, "old", status="new")
    rule_id = rule_of(stack, marker, {"event": f"{marker}.updated"}, steps=[NOTE], entry={"only_new": True})
    for external_id in ("old", "young"):
        put(stack, marker, external_id, status="new")
        put(stack, marker, external_id, status="vip")
    found = runs_of(stack, rule_id, 1)
    assert {run["record"] for run in found} == {f"{marker}:young"}


def test_a_rule_that_is_paused_lets_nobody_in_and_holds_its_runs(stack: Stack, marker: str) -> None:
    """S12: its runs go on, where they were, when it is switched on again."""
    rule_id = rule_of(stack, marker, {"event": f"{marker}.created"}, steps=[LONG])
    put(stack, marker, "first")
    [waiting] = runs_of(stack, rule_id, 1)
    assert waiting["status"] == "waiting"
    off = stack.api.put(f"/v1/rules/{rule_id}/mode", {"mode": "off", "runs": "pause"})
    assert (off["runs"]["do"], off["runs"]["concerned"]) == ("pause", 1)
    assert work_is_done(stack, off["runs"]["work"])["counts"] == {"paused": 1}
    put(stack, marker, "second")
    assert [(run["id"], run["status"]) for run in runs_of(stack, rule_id, 1)] == [(waiting["id"], "paused")]
    on = stack.api.put(f"/v1/rules/{rule_id}/mode", {"mode": "on", "runs": "resume"})
    assert work_is_done(stack, on["runs"]["work"])["counts"] == {"resumed": 1}
    run = run_of(stack, rule_id, lambda run: run["status"] != "paused")
    assert run["status"] in ("waiting", "running", "done")
    put(stack, marker, "third")
    assert sorted(str(run["record"]) for run in runs_of(stack, rule_id, 2)) == [f"{marker}:first", f"{marker}:third"]


def test_all_runs_of_a_rule_are_stopped_as_work(stack: Stack, marker: str) -> None:
    rule_id = rule_of(stack, marker, {"event": f"{marker}.created"}, steps=[LONG])
    for number in range(5):
        put(stack, marker, f"n{number}")
    runs_of(stack, rule_id, 5)
    key = uuid.uuid4().hex
    work, again = (stack.api.post("/v1/runs/stop", {"rule": rule_id}, idempotency_key=key) for _ in range(2))
    assert work["id"] == again["id"]
    done = work_is_done(stack, work["id"])
    assert (done["done"], done["counts"]) == (5, {"stopped": 5})
    found = stack.api.get(f"/v1/runs?rule={rule_id}")["items"]
    assert {(run["status"], run["reason"]["code"]) for run in found} == {("stopped", "work.stopped")}


def test_a_sequence_ends_at_its_goal_and_counts(stack: Stack, marker: str) -> None:
    """S18 and S20: what it is for is reached, so nothing more is sent."""
    goal = {"field": "record.status", "op": "equals", "value": "won"}
    rule_id = rule_of(stack, marker, {"event": f"{marker}.created"}, steps=[LONG], exit={"goal": goal})
    for external_id in ("ada", "eve"):
        put(stack, marker, external_id, status="new")
    runs_of(stack, rule_id, 2)
    put(stack, marker, "ada", status="won")

    def reached() -> list[dict[str, Any]] | None:
        items: list[dict[str, Any]] = stack.api.get(f"/v1/runs?rule={rule_id}&converted=true")["items"]
        return items or None

    found = account.wait_for(reached)
    assert found is not None, stack.api.get(f"/v1/runs?rule={rule_id}")
    assert [(run["record"], run["reason"]["code"]) for run in found] == [(f"{marker}:ada", "exit.goal_reached")]


def test_a_key_stands_for_one_start(stack: Stack, marker: str) -> None:
    """S13: a person starts a rule once, however often the call is repeated."""
    ref = put(stack, marker, "ada")
    rule_id, key = rule_of(stack, marker, {"manual": True}, steps=[NOTE]), uuid.uuid4().hex
    first, again = (stack.api.post(f"/v1/rules/{rule_id}/run", {"record": ref}, idempotency_key=key) for _ in range(2))
    assert first == again
    with pytest.raises(Refused, match=r"idempotency_key\.reused"):
        stack.api.post(f"/v1/rules/{rule_id}/run", {"kind": marker}, idempotency_key=key)
    assert [run["record"] for run in runs_of(stack, rule_id, 1)] == [ref]


def work_is_done(stack: Stack, work_id: str) -> dict[str, Any]:
    """The work once it is done."""

    def look() -> dict[str, Any] | None:
        work: dict[str, Any] = stack.api.get(f"/v1/work/{work_id}")
        return work if work["status"] == "done" else None

    done = account.wait_for(look)
    assert done is not None, stack.api.get(f"/v1/work/{work_id}")
    return done
