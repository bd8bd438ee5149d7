"""Bound what one event can cause in breadth too, and over calls that lead back into our own hook."""

from __future__ import annotations

from typing import Any

import pytest

from tests.usecases.fakes.world import World
from tests.usecases.rules import rule
from whenthen.domain.events.event import Cause
from whenthen.domain.runs.run import RunStatus
from whenthen.sources.signing import cause_header
from whenthen.usecases.matching import match_event
from whenthen.usecases.matching.decide import MAX_DEPTH

KEY = {"key": "k" * 43}


def creates(count: int, kind: str = "ticket") -> list[dict[str, Any]]:
    return [
        {"id": f"c{number}", "action": "create_record", "with": {"kind": kind, "fields": {"subject": f"{number}"}}}
        for number in range(count)
    ]


def spreading(name: str, on: list[str], steps: int = 3) -> dict[str, Any]:
    return {"name": name, "trigger": {"event": on}, "steps": creates(steps)}


def test_rules_that_spread_have_a_budget_for_each_root(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(match_event, "MAX_RUNS", 10)
    for number in range(4):
        world.has_rule(spreading(f"r{number}", ["order.paid", "ticket.created"]))
    world.happens("order.paid", "1")
    world.run_out()
    # One run for the event itself, which is the root, and ten for all that follows.
    assert len(world.all_runs) == 4 * (1 + 10)
    assert {run.status for run in world.all_runs} == {RunStatus.DONE}
    refused = {each.code for plan in world.log.plans.values() for each in plan.refused}
    assert refused == {"budget_used_up"}
    before = len(world.all_runs)
    world.happens("order.paid", "2")
    world.run_out()
    assert len(world.all_runs) == 2 * before, "another event has its own budget"


def test_a_chain_that_only_goes_on_is_bounded_by_its_depth_alone(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(match_event, "MAX_RUNS", 10)
    world.has_rule(spreading("chain", ["order.paid", "ticket.created"], steps=1))
    world.happens("order.paid", "1")
    world.run_out()
    assert len(world.all_runs) == MAX_DEPTH


def test_a_redelivery_uses_up_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(match_event, "MAX_RUNS", 3)
    world.has_rule(spreading("r", ["order.paid", "ticket.created"], steps=2))
    world.happens("order.paid", "1")
    world.run_out()
    runs = len(world.all_runs)
    for plan in list(world.log.plans.values()):
        world.queues["events"].add(plan.event)
    world.run_out()
    assert len(world.all_runs) == runs == 1 + 3


def test_every_event_of_the_chain_names_its_root(world: World) -> None:
    world.has_rule(spreading("r", ["order.paid", "ticket.created"], steps=1))
    root = world.happens("order.paid", "1")
    world.run_out()
    causes = [plan.event.cause for plan in world.log.plans.values() if plan.event.cause.depth]
    assert causes
    assert {cause.root for cause in causes} == {root.id}


# --- calls that lead back -------------------------------------------------------------------------


def calling(world: World, cause: Cause = Cause(), event_type: str = "order.paid") -> dict[str, str]:  # noqa: B008
    """The headers of a call that a run makes."""
    world.has_record("lead:1")
    call = {"id": "call", "action": "call_webhook", "with": {"url": "https://hooks.example.com/hooks/own"}}
    world.has_rule(rule(call, on=event_type))
    world.happens(event_type, "1", subject="lead:1", cause=cause)
    world.run_out()
    return {name.lower(): value for name, value in world.http.sent[-1].headers.items()}


def received(world: World, headers: dict[str, str], body: bytes = b'{"a": 1}') -> Cause:
    """The cause of the event that our own hook makes of a call with these headers."""
    world.sources.save("own", {"name": "own", "scheme": "bearer", "mappings": [{"type": "order.told"}]})
    world.secrets.kept["sources/own"] = {"secret": "t" * 40}
    given = {**headers, "authorization": "Bearer " + "t" * 40, "content-type": "application/json"}
    world.functions.receive_webhook("own", given, body)
    return world.bus.published[-1].cause


def test_a_call_carries_its_cause_and_our_own_hook_goes_on_counting(world: World) -> None:
    world.secrets.kept["cause"] = KEY
    headers = calling(world, Cause(("run_a",), 3, "evt_root"))
    assert cause_header.HEADER in headers
    cause = received(world, {cause_header.HEADER: headers[cause_header.HEADER]})
    assert (cause.depth, cause.root, len(cause.runs)) == (4, "evt_root", 1)


def test_the_first_call_names_its_own_event_as_the_root(world: World) -> None:
    world.secrets.kept["cause"] = KEY
    headers = calling(world)
    cause = received(world, {cause_header.HEADER: headers[cause_header.HEADER]})
    (plan,) = [plan for plan in world.log.plans.values() if plan.event.type == "order.paid"]
    assert (cause.depth, cause.root) == (1, plan.event.id)


@pytest.mark.parametrize(
    ("event_type", "before", "told"),
    [
        ("order.paid", "", ""),
        ("order.paid", "evt_message", "evt_message"),
        ("sms.received", "evt_message", None),
    ],
)
def test_a_call_names_the_message_behind_it(world: World, event_type: str, before: str, told: str | None) -> None:
    """None: that is the event itself."""
    world.secrets.kept["cause"] = KEY
    headers = calling(world, Cause(("run_a",), 3, "evt_root", message=before), event_type)
    cause = received(world, {cause_header.HEADER: headers[cause_header.HEADER]})
    own = next(plan.event.id for plan in world.log.plans.values() if plan.event.type == event_type)
    assert (cause.message, cause.depth, cause.root) == (own if told is None else told, 4, "evt_root")


@pytest.mark.parametrize("message", ["", "evt_message"])
@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("v1,4,", "v1,1,"),
        lambda text: text[:-1] + ("0" if text[-1] != "0" else "1"),
        lambda text: text.replace("evt_root", "evt_else"),
        lambda text: "",
        lambda text: "v1",
        lambda text: text + ",x",
        lambda text: text.replace("v1", "v2"),
        lambda text: text.replace(",run_a,", ",run_a,evt_else,"),
        lambda text: text.replace(",evt_message", "").replace("run_a", "run_b"),
    ],
)
def test_a_header_that_others_made_counts_for_nothing(world: World, change: Any, message: str) -> None:
    cause = Cause(("run_a",), 4, "evt_root", message=message)
    text = cause_header.write(cause, KEY["key"])[cause_header.HEADER]
    world.secrets.kept["cause"] = KEY
    assert received(world, {cause_header.HEADER: change(text)}) == Cause()


def test_without_the_secret_calls_are_made_and_taken_as_before(world: World) -> None:
    headers = calling(world)
    assert cause_header.HEADER not in headers
    text = cause_header.write(Cause(("run_a",), 4, "evt_root"), KEY["key"])[cause_header.HEADER]
    assert received(world, {cause_header.HEADER: text}) == Cause()


def test_a_loop_through_our_own_hook_ends(world: World) -> None:
    """Each call of the rule comes back into the hook, whose event starts the rule again."""
    world.secrets.kept["cause"] = KEY
    call = {"id": "call", "action": "call_webhook", "with": {"url": "https://hooks.example.com/hooks/own"}}
    world.has_rule({"name": "loop", "trigger": {"event": "order.told"}, "steps": [call]})
    world.happens("order.told", "1")
    calls = 0
    for _ in range(3 * MAX_DEPTH):
        world.run_out()
        if len(world.http.sent) == calls:
            break
        calls = len(world.http.sent)
        sent = {name.lower(): value for name, value in world.http.sent[-1].headers.items()}
        received(world, {cause_header.HEADER: sent[cause_header.HEADER]}, world.http.sent[-1].body)
    assert calls == MAX_DEPTH
