"""The runs table's stream: an outcome becomes an event where a rule waits for it, and never holds up the others."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Sequence
from typing import Any

import pytest
from boto3.dynamodb.types import TypeSerializer
from msgspec.structs import replace

from tests.adapters.samples import event, minutes, run, why
from tests.functions.api import Api
from tests.functions.payloads import changes, failed
from tests.functions.stack import Stack
from whenthen.adapters.dynamodb.common.items import struct_item
from whenthen.adapters.dynamodb.runs_table.run_items import run_items
from whenthen.domain.common.errors import Temporary, TooLarge
from whenthen.domain.runs.run import STEPS_DONE, Job, Run, RunStatus
from whenthen.domain.sending.circuits import Circuit
from whenthen.domain.work.selection import Selection
from whenthen.domain.work.work import RunChange

OPEN = run(event(), rule="rule_first")
DONE = replace(OPEN, status=RunStatus.DONE, reason=STEPS_DONE(done=1, count=1), finished_at=minutes(5))


def _image(of: Run) -> dict[str, Any]:
    return image_with(of, ())


def image_with(of: Run, jobs: tuple[Job, ...]) -> dict[str, Any]:
    """The image of a run with its jobs, as the stream has it."""
    (whole,) = run_items(of, event(), jobs, None)
    item = {name: value for name, value in whole.items() if value is not None}
    image = TypeSerializer().serialize(item)["M"]
    return {name: {"B": b64encode(value["B"]).decode()} if "B" in value else value for name, value in image.items()}


@pytest.fixture
def waited_for(stack: Stack) -> Stack:
    """A stack with a rule that follows another, whose run is under way."""
    Api(stack).has_rule(trigger={"after_rule": ["rule_first"]}, mode="on", kind=None)
    stack.wiring("manage").runs.start(OPEN, event(), (), enrolment_key=None)
    return stack


def _publish(stack: Stack, *images: tuple[Any, Any]) -> list[str]:
    return failed(stack.invoke("publish_outcomes", changes(*images)))


@pytest.mark.parametrize("before", [_image(OPEN), None], ids=["it was open", "it was over as it began"])
def test_an_outcome_becomes_an_event(waited_for: Stack, before: Any) -> None:
    assert _publish(waited_for, (before, _image(DONE))) == []
    [found] = waited_for.events()
    assert (found["type"], found["subject"], found["time"]) == (
        "rule.finished",
        DONE.record,
        "2026-03-14T09:35:00.000Z",
    )
    reason = {"code": "run.steps_done", "params": {"done": 1, "count": 1}}
    told = {"rule": "rule_first", "run": DONE.id, "status": "done", "reason": reason, "converted": False}
    assert found["data"] == told
    assert found["cause"] == {"runs": [DONE.id], "depth": 1, "root": event().id}


@pytest.mark.parametrize(
    "images",
    [
        (_image(OPEN), _image(replace(OPEN, step_group=1))),
        (_image(DONE), _image(replace(DONE, reason=STEPS_DONE(done=1, count=2)))),
        (_image(DONE), None),
        (None, {"pk": {"S": "run#1"}, "sk": {"S": "event"}}),
        (_image(OPEN), _image(replace(DONE, shadow=True))),
    ],
    ids=["still open", "over already", "expired", "no run", "a shadow"],
)
def test_what_is_no_outcome_is_no_event(waited_for: Stack, images: tuple[Any, Any]) -> None:
    assert _publish(waited_for, images) == []
    assert waited_for.events() == []


def test_nothing_is_published_where_no_rule_waits(stack: Stack) -> None:
    assert _publish(stack, (_image(OPEN), _image(DONE))) == []
    assert stack.events() == []


class Refusing:
    """A bus that takes nothing."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def publish(self, _events: Sequence[Any]) -> None:
        raise self.error


def test_what_may_pass_comes_back(waited_for: Stack) -> None:
    waited_for.adapters["bus"] = Refusing(Temporary(why("throttled")))
    assert _publish(waited_for, (_image(OPEN), _image(DONE))) == [f"{1:021}"]


def test_an_outcome_that_can_never_be_published_is_dead_lettered(waited_for: Stack) -> None:
    waited_for.adapters["bus"] = Refusing(TooLarge(why("too large")))
    assert _publish(waited_for, (_image(OPEN), _image(DONE))) == []
    [message] = waited_for.messages("OutcomeDeadLetters")
    assert message["MessageAttributes"]["queue"]["StringValue"] == "runs"


def test_the_runs_that_follow_one_that_is_over_are_called(stack: Stack) -> None:
    """Also by an outcome that no rule waits for."""
    started: list[dict[str, Any]] = []
    machine = {"start_execution": lambda _, **request: started.append(request)}
    stack.replaced["stepfunctions"] = type("Machine", (), machine)()
    ledger = stack.wiring("manage").runs
    ledger.start(OPEN, event(), (), enrolment_key=None)
    followed = replace(DONE, followers=("run_second", "run_third"), turn=1)
    assert _publish(stack, (_image(OPEN), _image(followed))) == []
    assert [json.loads(request["input"]) for request in started] == [
        {"run_id": each, "step_group": -2, "due": "2026-03-14T09:35:00.000Z"} for each in ("run_second", "run_third")
    ]
    assert len({request["name"] for request in started}) == 2


def _circuit(circuit: Circuit) -> dict[str, Any]:
    item = {**struct_item(circuit), "pk": f"circuit#{circuit.channel}", "sk": "whole"}
    image: dict[str, Any] = TypeSerializer().serialize({k: v for k, v in item.items() if v is not None})["M"]
    return image


FAILING = Circuit("email").failing(why("down"), minutes(1), account=False)
RUNNING = FAILING.running(minutes(9), rate=300)


class Machines:
    """Executions that were begun."""

    def __init__(self) -> None:
        self.begun: set[str] = set()

    def start_execution(self, **asked: Any) -> None:
        self.begun.add(asked["name"])


def test_a_channel_that_pauses_and_goes_on_becomes_two_events_and_lets_its_jobs_go(stack: Stack) -> None:
    machines = stack.replaced["stepfunctions"] = Machines()
    first, then = (None, _circuit(FAILING)), (_circuit(FAILING), _circuit(RUNNING))
    assert _publish(stack, first, (_circuit(FAILING), _circuit(FAILING.trying(minutes(2)))), then) == []
    assert _publish(stack, first, then) == [], "told again"
    events = stack.events()
    expected = [("channel.paused", "email"), ("channel.resumed", "email")] * 2
    assert sorted((found["type"], found["data"]["channel"]) for found in events) == sorted(expected)
    assert len({found["id"] for found in events}) == 2
    (work,) = stack.wiring("manage").work.list(limit=10, cursor=None).items
    assert (work.change, work.selection, work.rate) == (RunChange.RELEASE, Selection(withheld="email"), 300)
    assert machines.begun == {f"{work.id}-1"}
    assert _publish(stack, (_circuit(RUNNING), None)) == [], "it expired"
