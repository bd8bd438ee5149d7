"""Runs that the clock, people and rules themselves start, on the deployed stack."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import pytest

from dev.demo import account
from dev.stack import Stack

T = TypeVar("T")


@pytest.fixture
def marker() -> str:
    """A word that no other test uses: kinds and records of their own keep tests apart."""
    return f"t{uuid.uuid4().hex[:10]}"


def rule_of(stack: Stack, kind: str | None, trigger: dict[str, Any], **more: Any) -> str:
    steps = [{"id": "note", "action": "create_task", "with": {"title": "Seen {{ event.type }}"}}]
    document = {"name": f"About {kind}", "kind": kind, "trigger": trigger, "steps": steps, "mode": "on", **more}
    return str(stack.api.post("/v1/rules", document)["id"])


def put(stack: Stack, kind: str, external_id: str, **fields: Any) -> str:
    stack.api.put(f"/v1/records/{kind}/{external_id}", fields)
    return f"{kind}:{external_id}"


def sweep(stack: Stack, times: int = 1) -> None:
    """Let the scheduler tick, which by itself it does every five minutes."""
    for _ in range(times):
        stack.client("sqs").send_message(QueueUrl=stack.queues["sweep"], MessageBody=json.dumps({"sweep": "dates"}))


def runs_of(stack: Stack, rule_id: str, at_least: int) -> list[dict[str, Any]]:
    """The rule's runs once there are so many, and no more came a moment later."""

    def look() -> list[dict[str, Any]] | None:
        found: list[dict[str, Any]] = stack.api.get(f"/v1/runs?rule={rule_id}")["items"]
        return found if len(found) >= at_least else None

    assert account.wait_for(look) is not None, stack.api.get(f"/v1/runs?rule={rule_id}")
    assert account.wait_for(lambda: all_swept(stack) or None)
    return list(stack.api.get(f"/v1/runs?rule={rule_id}")["items"])


def all_swept(stack: Stack) -> bool:
    """Whether no tick and no event is under way any more."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    counts = [
        int(count)
        for queue in ("sweep", "event")
        for count in stack.client("sqs")
        .get_queue_attributes(QueueUrl=stack.queues[queue], AttributeNames=names)["Attributes"]
        .values()
    ]
    return not any(counts)


def made_before(prepare: Callable[[datetime], T]) -> tuple[datetime, T]:
    """A moment that is over now, and what `prepare` made for it before it came.

    What is made for a moment that is past does not count, so where the machine is too slow it is made anew, with
    more time.
    """
    for seconds in (4, 30, 240):
        due = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=seconds)
        made = prepare(due)
        left = (due - datetime.now(UTC)).total_seconds()
        if left > 0:
            time.sleep(left + 0.5)
            return due, made
    raise AssertionError("the machine is too slow to make a rule and its records within four minutes")


def test_a_birthday_is_kept_once_however_often_the_sweep_runs(stack: Stack, marker: str) -> None:

    def prepare(due: datetime) -> str:
        rule_id = rule_of(stack, marker, {"event": "birthday.reached"})
        put(stack, marker, "ada", birth_date=due.replace(year=1996).isoformat())
        put(stack, marker, "bob", birth_date=due.replace(year=2000).isoformat())
        put(stack, marker, "eve", birth_date=(due.replace(year=1996) + timedelta(days=3)).isoformat())
        return rule_id

    due, rule_id = made_before(prepare)
    sweep(stack, times=3)
    runs = runs_of(stack, rule_id, 2)
    assert sorted(run["record"] for run in runs) == [f"{marker}:ada", f"{marker}:bob"]
    assert {run["event"]["type"] for run in runs} == {"birthday.reached"}
    sweep(stack, times=2)
    assert len(runs_of(stack, rule_id, 2)) == 2
    event = stack.api.get(f"/v1/events/{runs[0]['event']['id']}")["event"]
    assert event["data"]["years"] in (due.year - 1996, due.year - 2000)


def test_a_date_is_reached_so_many_days_before_it(stack: Stack, marker: str) -> None:
    date = {"kind": marker, "field": "renewal_at", "days": -7}

    def prepare(due: datetime) -> str:
        rule_id = rule_of(stack, marker, {"date": date})
        put(stack, marker, "near", renewal_at=(due + timedelta(days=7)).isoformat())
        put(stack, marker, "far", renewal_at=(due + timedelta(days=8)).isoformat())
        put(stack, marker, "moved", renewal_at=(due + timedelta(days=7)).isoformat())
        put(stack, marker, "moved", renewal_at=(due + timedelta(days=20)).isoformat())
        return rule_id

    _, rule_id = made_before(prepare)
    sweep(stack, times=2)
    assert [run["record"] for run in runs_of(stack, rule_id, 1)] == [f"{marker}:near"]


def test_a_schedule_runs_once_at_its_moment(stack: Stack) -> None:
    _, rule_id = made_before(lambda due: rule_of(stack, None, {"schedule": {"at": due.isoformat()}}))
    sweep(stack, times=3)
    [run] = runs_of(stack, rule_id, 1)
    assert (run["record"], run["event"]["type"]) == (None, "schedule.reached")


def test_a_schedule_over_a_view_runs_for_each_record_in_it(stack: Stack, marker: str) -> None:
    inside = [put(stack, marker, f"in{number}", status="open") for number in range(3)]
    put(stack, marker, "out", status="closed")
    in_view = {"kind": marker, "filter": {"field": "record.status", "op": "equals", "value": "open"}}
    _, rule_id = made_before(lambda due: rule_of(stack, marker, {"schedule": {"at": due.isoformat(), **in_view}}))
    sweep(stack, times=2)
    assert sorted(run["record"] for run in runs_of(stack, rule_id, 3)) == sorted(inside)


def test_a_person_starts_a_rule_for_one_record_and_for_all_of_a_view(stack: Stack, marker: str) -> None:
    refs = [put(stack, marker, f"r{number}", status="open") for number in range(3)]
    rule_id = rule_of(stack, marker, {"manual": True})
    stack.api.post(f"/v1/rules/{rule_id}/run", {"record": refs[0]})
    [run] = runs_of(stack, rule_id, 1)
    assert (run["record"], run["event"]["type"]) == (refs[0], "rule.started_manually")
    for _ in range(2):
        stack.api.post(f"/v1/rules/{rule_id}/run", {"kind": marker}, idempotency_key=marker)
    assert sorted(run["record"] for run in runs_of(stack, rule_id, 4)) == sorted([refs[0], *refs])


def test_only_whenthen_says_that_a_rule_was_started(stack: Stack, marker: str) -> None:
    rule_id = rule_of(stack, marker, {"manual": True})
    for event_type in ("rule.started_manually", "birthday.reached", "schedule.reached", "rule.finished"):
        answer = stack.api.call("POST", "/v1/events", {"type": event_type, "data": {"rule": rule_id}})
        assert answer.status == 422


def test_a_rule_follows_another(stack: Stack, marker: str) -> None:
    first = rule_of(stack, marker, {"event": f"{marker}.created"})
    then = rule_of(stack, marker, {"after_rule": [first]})
    never = rule_of(stack, marker, {"after_rule": [first], "outcome": ["failed"]})
    ref = put(stack, marker, "one", status="new")
    [run] = runs_of(stack, then, 1)
    assert (run["record"], run["event"]["type"]) == (ref, "rule.finished")
    assert runs_of(stack, never, 0) == []


def test_a_stage_trigger_moves_the_item(stack: Stack, marker: str) -> None:
    trigger = {"event": f"{marker}.contacted", "moves_to": {"stage": "in_contact", "from": ["new"]}}
    rule_id = rule_of(stack, marker, trigger, steps=[])
    ref = put(stack, marker, "one", stage="new")
    sent = stack.api.post("/v1/events", {"type": f"{marker}.contacted", "subject": ref})
    assert account.handled(stack, sent["events"][0]["id"]) is not None
    assert account.wait_for(
        lambda: stack.api.get(f"/v1/records/{marker}/one")["fields"]["stage"] == "in_contact" or None
    )
    again = stack.api.post("/v1/events", {"type": f"{marker}.contacted", "subject": ref})
    assert account.handled(stack, again["events"][0]["id"]) is not None
    assert len(runs_of(stack, rule_id, 1)) == 1


def _stage(stack: Stack, kind: str) -> str:
    return str(stack.api.get(f"/v1/records/{kind}/one")["fields"]["stage"])
