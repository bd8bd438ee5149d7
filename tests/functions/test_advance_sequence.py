"""What the state machine hands to advance_sequence, and the token that is answered."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.functions.payloads import batch, envelope
from tests.functions.stack import SEQUENCE, Stack
from whenthen.domain.common.errors import Invalid

RULE = {
    "name": "Welcome, then call",
    "trigger": {"event": "call.incoming_missed"},
    "steps": [
        {"id": "tag", "action": "add_tags", "with": {"tags": ["called"]}},
        {"id": "task", "action": "create_task", "wait": {"days": 2}, "with": {"title": "Call"}},
    ],
    "mode": "on",
}


class Machine:
    """Step Functions: notes what is started and answered."""

    def __init__(self) -> None:
        self.started: list[tuple[str, str]] = []
        self.answered: dict[str, Any] = {}

    def start_execution(self, *, stateMachineArn: str, name: str, input: str) -> None:  # noqa: A002, N803 - AWS's names
        assert json.loads(input)["run_id"] == name
        self.started.append((stateMachineArn, name))

    def send_task_success(self, *, taskToken: str, output: str) -> None:  # noqa: N803
        self.answered[taskToken] = json.loads(output)


@pytest.fixture
def machine(stack: Stack) -> Machine:
    """A stack on which one event has started a sequence."""
    stack.replaced["stepfunctions"] = machine = Machine()
    stack.wiring("manage").manage_rules.create(RULE, seed="s", by="tests")
    stack.wiring("manage").save_record.upsert("contact", "7", {"first_name": "Ayşe"}, origin="api")
    own = {"specversion": "1.0", "id": "e1", "source": "api", "type": "call.incoming_missed", "subject": "contact:7"}
    detail = {**own, "time": "2026-03-14T09:30:00Z", "data": {}}
    stack.consume("EventQueue", batch(envelope(detail, own["type"])))
    return machine


def _step(stack: Stack, token: str, output: dict[str, Any] | None = None) -> None:
    (_, run_id) = stack.replaced["stepfunctions"].started[0]
    assert stack.invoke("advance_sequence", {"run_id": run_id, "token": token, **(output or {})}) is None


def test_a_rule_that_waits_starts_the_machine_of_the_template(machine: Machine) -> None:
    ((arn, run_id),) = machine.started
    assert (arn, run_id.startswith("run_")) == (SEQUENCE, True)


def test_each_step_group_is_sent_when_it_is_due_and_answered_when_it_is_done(stack: Stack, machine: Machine) -> None:
    _step(stack, "token 1")
    (tag,) = stack.bodies("RecordQueue")
    assert (tag["step_id"], machine.answered) == ("tag", {})
    stack.consume("RecordQueue", batch(tag))
    answer = machine.answered["token 1"]
    assert answer == {"more": True, "step_group": 1, "due": answer["due"]}

    _step(stack, "token 2", {"step_group": answer["step_group"], "due": answer["due"]})
    (task,) = stack.bodies("RecordQueue")
    assert task["step_id"] == "task"
    stack.consume("RecordQueue", batch(task))
    assert machine.answered["token 2"] == {"more": False}
    assert [found.fields["title"] for found in stack.wiring("manage").records.list("task", limit=5, cursor=None).items]


def test_a_step_that_is_asked_twice_does_its_step_group_once(stack: Stack, machine: Machine) -> None:
    _step(stack, "token 1")
    _step(stack, "token 1b")
    stack.consume("RecordQueue", batch(*stack.bodies("RecordQueue")))
    assert machine.answered["token 1b"]["more"] is True
    record = stack.wiring("manage").records.get("contact:7")
    assert record is not None
    assert (record.fields["tags"], record.version) == (["called"], 2)


def test_a_due_that_is_no_time_is_a_defect_that_the_machine_repeats(stack: Stack, machine: Machine) -> None:
    with pytest.raises(Invalid):
        _step(stack, "token 1", {"step_group": 1, "due": "soon"})


def test_the_machine_of_a_run_that_is_no_more_ends(stack: Stack, machine: Machine) -> None:
    stack.invoke("advance_sequence", {"run_id": "run_gone", "token": "token 1"})
    assert machine.answered == {"token 1": {"more": False}}
