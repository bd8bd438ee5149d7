"""The sweep queue and the enrolments: from a tick of the scheduler to events on the bus."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.adapters.samples import why
from tests.functions.api import Api
from tests.functions.payloads import batch, failed
from tests.functions.stack import ENROLMENT, Stack, app
from whenthen.domain.common.errors import Temporary
from whenthen.domain.events.event import format_time, parse_time
from whenthen.usecases.ingest.fire_due_dates import Swept

TICK = {"sweep": "dates"}


class Machines:
    """Notes the executions that are started."""

    def __init__(self) -> None:
        self.started: list[dict[str, Any]] = []

    def start_execution(self, **request: Any) -> None:
        self.started.append(request)


def _in_force(stack: Stack, trigger: dict[str, Any]) -> str:
    rule = Api(stack).has_rule(trigger=trigger, mode="on")
    return str(rule["id"])


class Later:
    """The clock of a sweep that comes a second after `moment`."""

    def __init__(self, moment: datetime) -> None:
        self._moment = moment

    def now(self) -> datetime:
        return self._moment + timedelta(seconds=1)


def test_a_tick_makes_events_of_what_came_due(stack: Stack) -> None:
    rule_id = _in_force(stack, {"event": "birthday.reached"})
    due = datetime.now(UTC) + timedelta(minutes=5)
    Api(stack).call("PUT", "/v1/records/contact/ada", {"birth_date": due.replace(year=1996).isoformat()})
    stack.events()
    stack.adapters["clock"] = Later(due)
    assert failed(stack.consume("SweepQueue", batch(TICK))) == []
    [event] = stack.events()
    assert (event["type"], event["subject"], event["data"]["rule"]) == ("birthday.reached", "contact:ada", rule_id)


def test_a_schedule_over_a_view_starts_an_enrolment(stack: Stack) -> None:
    stack.replaced["stepfunctions"] = machines = Machines()
    due = datetime.now(UTC) + timedelta(minutes=5)
    rule_id = _in_force(stack, {"schedule": {"at": format_time(due), "kind": "contact"}})
    stack.adapters["clock"] = Later(due)
    for _ in range(2):
        assert failed(stack.consume("SweepQueue", batch(TICK))) == []
    assert {request["stateMachineArn"] for request in machines.started} == {ENROLMENT}
    assert len({request["name"] for request in machines.started}) == 1
    [work] = stack.wiring("manage").enrolment_store.list(rule=rule_id, limit=9, cursor=None).items
    assert machines.started[0]["name"] == f"{work.id}-1"
    assert (work.kind, work.order.asked, work.order.moment) == ("contact", "schedule", parse_time(format_time(due), ""))


@pytest.mark.parametrize("bad", ["{not json", "{}", '{"sweep": "chimneys"}', "[]"])
def test_a_message_that_is_no_tick_is_dead_lettered(stack: Stack, bad: str) -> None:
    assert failed(stack.consume("SweepQueue", batch(bad))) == []
    assert len(stack.messages("SweepDeadLetters")) == 1


def test_a_sweep_that_cannot_be_made_now_is_made_later(stack: Stack) -> None:
    class Broken:
        def __call__(self) -> None:
            raise Temporary(why("the bus is full"))

    stack.adapters["fire_due_dates"] = Broken()
    assert failed(stack.consume("SweepQueue", batch(TICK))) == ["m0"]


def test_what_was_skipped_is_told_by_rule(stack: Stack, caplog: pytest.LogCaptureFixture) -> None:
    stack.adapters["fire_due_dates"] = lambda: Swept(skipped={"rule_1": 2, "rule_2": 3}, finished=False)
    assert failed(stack.consume("SweepQueue", batch(TICK))) == []
    said = [vars(record) for record in caplog.records if "too late" in record.message]
    assert [(entry["rule_id"], entry["count"]) for entry in said] == [("rule_1", 2), ("rule_2", 3)]


def test_a_rule_that_failed_is_told_with_its_reason_and_counted(
    stack: Stack, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The metric has an alarm, and the tick is done with: the next one tries the rule again."""
    counted: dict[str, float] = {}
    monkeypatch.setattr(app("fire_due_dates"), "count", counted.__setitem__)
    stack.adapters["fire_due_dates"] = lambda: Swept(failed={"rule_1": KeyError("birth_date")})
    assert failed(stack.consume("SweepQueue", batch(TICK))) == []
    [said] = [record for record in caplog.records if "rule failed" in record.message]
    assert (vars(said)["rule_id"], said.levelname) == ("rule_1", "ERROR")
    assert said.exc_info is not None
    assert isinstance(said.exc_info[1], KeyError)
    assert counted["RulesFailed"] == 1


def test_a_rule_is_started_by_hand(stack: Stack) -> None:
    stack.replaced["stepfunctions"] = machines = Machines()
    api = Api(stack)
    rule = api.has_rule(trigger={"manual": True}, mode="on")
    api.call("PUT", "/v1/records/contact/1", {"status": "open"})
    stack.events()
    answer = api.call("POST", f"/v1/rules/{rule['id']}/run", {"record": "contact:1"})
    assert answer.status == 202
    assert [event["id"] for event in stack.events()] == [answer.document["event"]]
    view = api.call("POST", "/v1/views", {"name": "All", "kind": "contact"})
    started = api.call("POST", f"/v1/rules/{rule['id']}/run", {"view": view.document["id"]})
    assert f"{started.document['enrolment']}-1" == machines.started[0]["name"]
    assert Api(stack, "rules:write").call("POST", f"/v1/rules/{rule['id']}/run", {}).status == 403
