"""Messages between advance_sequence and its state machine, in both directions."""

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
    """Step Functions: notes what is started."""

    def __init__(self) -> None:
        self.started: list[tuple[str, str, dict[str, Any]]] = []

    def start_execution(self, *, stateMachineArn: str, name: str, input: str) -> None:  # noqa: A002, N803 - AWS's names
        self.started.append((stateMachineArn, name, json.loads(input)))


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


def _waiting(stack: Stack, machine: Machine) -> dict[str, Any]:
    """The input of the execution that the end of the first step starts."""
    (tag,) = stack.bodies("RecordQueue")
    assert (tag["step_id"], machine.started) == ("tag", [])
    stack.consume("RecordQueue", batch(tag))
    ((arn, name, wait),) = machine.started
    assert (arn, name.startswith(f"{wait['run_id']}-1-")) == (SEQUENCE, True)
    return wait


def test_a_step_that_is_due_at_once_needs_no_machine_and_a_wait_starts_one(stack: Stack, machine: Machine) -> None:
    wait = _waiting(stack, machine)
    assert wait.keys() == {"run_id", "step_group", "due"}
    assert wait["step_group"] == 1


def test_when_the_wait_is_over_its_step_is_done_and_the_run_ends(stack: Stack, machine: Machine) -> None:
    wait = _waiting(stack, machine)
    assert stack.invoke("advance_sequence", wait) is None
    (task,) = stack.bodies("RecordQueue")
    assert task["step_id"] == "task"
    stack.consume("RecordQueue", batch(task))
    assert [found.fields["title"] for found in stack.wiring("manage").records.list("task", limit=5, cursor=None).items]
    assert stack.wiring("manage").read_history.run(wait["run_id"]).run.status == "done"
    assert len(machine.started) == 1


def test_a_wait_that_is_over_twice_does_its_step_once(stack: Stack, machine: Machine) -> None:
    wait = _waiting(stack, machine)
    for _ in range(2):
        stack.invoke("advance_sequence", wait)
    stack.consume("RecordQueue", batch(*stack.bodies("RecordQueue")))
    assert len(stack.wiring("manage").records.list("task", limit=5, cursor=None).items) == 1


def test_a_due_that_is_no_time_is_a_defect_that_the_machine_repeats(stack: Stack, machine: Machine) -> None:
    with pytest.raises(Invalid):
        stack.invoke("advance_sequence", {**_waiting(stack, machine), "due": "soon"})


def test_the_wait_of_a_run_that_is_no_more_ends(stack: Stack, machine: Machine) -> None:
    gone = {"run_id": "run_gone", "step_group": 1, "due": "2026-03-16T09:30:00.000Z"}
    assert stack.invoke("advance_sequence", gone) is None
    assert machine.started == []
