"""Enrolments on the deployed stack, and how often records enter: over many records, killed, paused, and each once."""

from __future__ import annotations

import json
import uuid
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dev.client import Refused
from dev.demo import account
from dev.stack import Stack
from tests.e2e.test_imports import imported, runs
from tests.e2e.test_time import put, rule_of, runs_of
from tests.waiting import until

MANY = 1_000
NOTE = {"id": "note", "action": "add_tags", "with": {"tags": ["seen"]}}


@pytest.fixture
def marker() -> str:
    return f"e{uuid.uuid4().hex[:10]}"


def enrolment(stack: Stack, enrolment_id: str) -> dict[str, Any]:
    found: dict[str, Any] = stack.api.get(f"/v1/enrolments/{enrolment_id}")
    return found


def ended(stack: Stack, enrolment_id: str) -> dict[str, Any]:
    """The enrolment once it is over."""
    until(lambda: enrolment(stack, enrolment_id)["status"] not in ("running", "paused"), "the enrolment does not end")
    return enrolment(stack, enrolment_id)


def run_for(stack: Stack, rule_id: str, **whom: Any) -> str:
    return str(stack.api.post(f"/v1/rules/{rule_id}/run", whom)["enrolment"])


def many(stack: Stack, marker: str) -> list[str]:
    """The refs of many records, which started no rule."""
    rows = [{"id": f"n{number:05}", "status": "new"} for number in range(MANY)]
    file = "\n".join(map(json.dumps, rows)).encode()
    assert imported(stack, file, kind=marker, format="json_lines", rules="skip")["status"] == "done"
    return sorted(f"{marker}:{row['id']}" for row in rows)


def kill(stack: Stack, enrolment_id: str, turn: int) -> None:
    """Stop the execution that works on it, as somebody may in the console of AWS."""
    account_of = stack.state_machine.rpartition("-sequence")[0].replace(":stateMachine:", ":execution:")
    execution = f"{account_of}-enrolment:{enrolment_id}-{turn}"
    stack.client("stepfunctions").stop_execution(executionArn=execution)


def test_many_enter_once_each_though_the_work_is_killed_and_paused(stack: Stack, marker: str) -> None:
    refs = many(stack, marker)
    rule_id = rule_of(stack, marker, {"manual": True}, steps=[NOTE])
    work = run_for(stack, rule_id, kind=marker)
    for turn in (1, 2):
        until(lambda least=turn: enrolment(stack, work)["progress"]["done"] >= least * 100, "nobody enters")
        kill(stack, work, turn)
        assert stack.api.post(f"/v1/enrolments/{work}/resume", None)["status"] == "running"
    paused = stack.api.post(f"/v1/enrolments/{work}/pause", None)
    assert (paused["status"], paused["progress"]["of"]) == ("paused", MANY)
    # What was on its way enters; then nothing moves.
    account.wait_for(lambda: len(runs(stack, rule_id)) == enrolment(stack, work)["counts"].get("entered") or None)
    held = len(runs(stack, rule_id))
    assert held < MANY
    stack.api.post(f"/v1/enrolments/{work}/resume", None)
    done = ended(stack, work)
    assert (done["status"], done["progress"], done["counts"]) == (
        "done",
        {"done": MANY, "of": MANY},
        {"entered": MANY},
    )
    assert runs(stack, rule_id) == refs


def test_a_stopped_one_lets_nobody_in_any_more(stack: Stack, marker: str) -> None:
    many(stack, marker)
    rule_id = rule_of(stack, marker, {"manual": True}, steps=[NOTE])
    work = run_for(stack, rule_id, kind=marker)
    until(lambda: enrolment(stack, work)["progress"]["done"] > 0, "nobody enters")
    assert stack.api.post(f"/v1/enrolments/{work}/stop", None)["status"] == "stopped"
    account.wait_for(lambda: len(runs(stack, rule_id)) == enrolment(stack, work)["counts"].get("entered") or None)
    assert len(runs(stack, rule_id)) < MANY
    with pytest.raises(Refused, match=r"enrolment\.over"):
        stack.api.post(f"/v1/enrolments/{work}/resume", None)


def test_one_person_gets_one_message(stack: Stack, marker: str) -> None:
    shared = f"{marker}@example.com"
    view = {"field": "record.marker", "op": "equals", "value": marker}
    for number, address in enumerate((shared, f"other-{shared}", shared)):
        put(stack, "contact", f"{marker}-{number}", email=address, marker=marker)
    mail = {"id": "mail", "action": "send_email", "with": {"subject": marker, "text": "Hello"}}
    rule_id = rule_of(stack, "contact", {"manual": True}, steps=[mail])
    done = ended(stack, run_for(stack, rule_id, kind="contact", filter=view))
    assert done["counts"] == {"entered": 2, "duplicate": 1}
    assert runs(stack, rule_id) == [f"contact:{marker}-0", f"contact:{marker}-1"]

    def sent() -> Any:
        found = [mail for mail in stack.mail.received()["messages"] if mail["subject"] == marker]
        return found if len(found) == 2 else None

    assert account.wait_for(sent) is not None


def test_a_rule_that_is_switched_on_lets_in_who_fits_already(stack: Stack, marker: str) -> None:
    inside = [put(stack, marker, f"in{number}", status="vip") for number in range(3)]
    put(stack, marker, "out", status="new")
    view = {"kind": marker, "filter": {"field": "record.status", "op": "equals", "value": "vip"}}
    rule_id = rule_of(stack, marker, {"enters": view}, mode="off", steps=[NOTE])
    switched = stack.api.put(f"/v1/rules/{rule_id}/mode", {"mode": "on", "existing": "enrol"})
    assert ended(stack, switched["enrolment"])["counts"] == {"entered": 3}
    assert runs(stack, rule_id) == sorted(inside)
    later = put(stack, marker, "later", status="vip")
    assert sorted(run["record"] for run in runs_of(stack, rule_id, 4)) == sorted([*inside, later])


def test_the_enrolments_of_a_rule_are_listed(stack: Stack, marker: str) -> None:
    rule_id = rule_of(stack, marker, {"manual": True}, steps=[NOTE])
    first = run_for(stack, rule_id, kind=marker)
    ended(stack, first)
    second = run_for(stack, rule_id, kind=marker)
    ended(stack, second)
    listed = [each["id"] for each in stack.api.get(f"/v1/enrolments?rule={rule_id}")["items"]]
    assert listed == [second, first]


# --- how often a record enters -----------------------------------------------------------------------------


def happens(stack: Stack, marker: str, ref: str, number: int) -> str:
    """An event about the record, once the rules have had it."""
    event = {"type": f"{marker}.seen", "id": f"{marker}-{number}", "subject": ref, "data": {"n": number}}
    sent = stack.api.post("/v1/events", event)["events"][0]["id"]
    assert account.handled(stack, sent) is not None
    return str(sent)


def refused(stack: Stack, event_id: str) -> list[tuple[str, dict[str, Any]]]:
    report = stack.api.get(f"/v1/events/{event_id}")
    return [(each["reason"]["code"], each["reason"]["params"]) for each in report["refused"]]


WAITS = {**NOTE, "wait": {"days": 300}}


def test_an_event_is_ignored_while_the_run_of_its_record_waits(stack: Stack, marker: str) -> None:
    ref = put(stack, marker, "1")
    rule_id = rule_of(stack, marker, {"event": f"{marker}.seen"}, steps=[WAITS], entry={"while_running": "ignore"})
    happens(stack, marker, ref, 1)
    second = happens(stack, marker, ref, 2)
    [run] = runs_of(stack, rule_id, 1)
    assert refused(stack, second) == [("explained.still_running", {"run": run["id"]})]
    stack.api.post(f"/v1/runs/{run['id']}/stop", None)
    assert refused(stack, happens(stack, marker, ref, 3)) == []


def test_an_event_starts_the_rule_anew_and_ends_the_run_that_waits(stack: Stack, marker: str) -> None:
    ref = put(stack, marker, "1")
    rule_id = rule_of(stack, marker, {"event": f"{marker}.seen"}, steps=[WAITS], entry={"while_running": "restart"})
    for number in (1, 2, 3):
        assert refused(stack, happens(stack, marker, ref, number)) == []
    found = runs_of(stack, rule_id, 3)
    assert Counter(run["status"] for run in found) == {"stopped": 2, "waiting": 1}
    reasons = {run["reason"]["code"] for run in found if run["status"] == "stopped"}
    assert reasons == {"entry.restarted"}


def test_a_record_enters_once_in_thirty_days_and_is_told_until_when(stack: Stack, marker: str) -> None:
    ref = put(stack, marker, "1")
    entry = {"again": {"every": {"days": 30}}}
    rule_id = rule_of(stack, marker, {"event": f"{marker}.seen"}, steps=[NOTE], entry=entry)
    happens(stack, marker, ref, 1)
    second = happens(stack, marker, ref, 2)
    [run] = runs_of(stack, rule_id, 1)
    [(code, params)] = refused(stack, second)
    assert (code, params["run"]) == ("explained.entered_recently", run["id"])
    told = stack.api.get(f"/v1/events/{second}/explain?rule={rule_id}")["rules"][0]
    assert (told["outcome"], params["until"] in told["sentence"]) == ("entered_recently", True)


def test_of_a_burst_the_last_event_is_the_one_that_counts(stack: Stack, marker: str) -> None:
    """Waits are short here, so a burst may be two to the stack. Each event starts a run, or goes into one."""
    ref = put(stack, marker, "1")
    note = {"id": "note", "action": "set_fields", "with": {"fields": {"last": "{{ event.data.n }}"}}}
    entry = {"debounce": {"seconds": 3600}}
    rule_id = rule_of(stack, marker, {"event": f"{marker}.seen"}, steps=[note], entry=entry)
    began = datetime.now(UTC) - timedelta(minutes=1)
    burst = [
        {"type": f"{marker}.seen", "id": f"{marker}-{n}", "subject": ref, "data": {"n": n},
         "time": (began + timedelta(seconds=n)).isoformat()}
        for n in range(10)
    ]  # fmt: skip
    sent = [event["id"] for event in stack.api.post("/v1/events", burst)["events"]]
    assert all(account.handled(stack, each) is not None for each in sent)
    taken_in = [code for each in sent for code, _ in refused(stack, each)]
    assert set(taken_in) <= {"explained.debounced"}
    started = 10 - len(taken_in)
    until(
        lambda: [run["status"] for run in runs_of(stack, rule_id, started)] == ["done"] * started, "a run does not end"
    )
    until(lambda: stack.api.get(f"/v1/records/{marker}/1")["fields"].get("last") == 9, "the last event does not count")
