"""An event is one trace: through runs, records, further events, and calls to the outside."""

from __future__ import annotations

from typing import Any

import pytest

from tests.usecases.fakes.world import World
from tests.usecases.matching.test_budget import KEY, received
from whenthen.domain.events import trace
from whenthen.domain.events.event import Cause, Event
from whenthen.domain.runs.run import Job
from whenthen.sources.signing import cause_header

GIVEN = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"
CALL = {"id": "call", "action": "call_webhook", "with": {"url": "https://hooks.example.com/hooks/own"}}
CREATE = {"id": "open", "action": "create_record", "with": {"kind": "ticket", "fields": {"subject": "paid"}}}
TEXT = {"id": "text", "action": "send_whatsapp", "with": {"to": "+905321234567", "text": "Hello", "purpose": "service"}}


def told(world: World, cause: Cause = Cause()) -> Event:  # noqa: B008 - frozen
    """Let an order create a ticket, whose rule calls outside and writes a message."""
    world.has_record("lead:1")
    world.has_rule({"name": "open", "trigger": {"event": "order.paid"}, "steps": [CREATE], "mode": "on"})
    world.has_rule({"name": "tell", "trigger": {"event": "ticket.created"}, "steps": [CALL, TEXT], "mode": "on"})
    event = world.happens("order.paid", "1", subject="lead:1", cause=cause)
    world.run_out()
    return event


def jobs_of(world: World, run: str) -> tuple[Job, ...]:
    state = world.runs.load(run)
    assert state is not None
    return state.jobs


def headers_of(world: World) -> dict[str, str]:
    return {name.lower(): value for name, value in world.http.sent[-1].headers.items()}


@pytest.mark.parametrize("cause", [Cause(), Cause(trace=GIVEN)])
def test_all_that_comes_of_an_event_is_in_its_trace(world: World, cause: Cause) -> None:
    event = told(world, cause)
    plans = list(world.log.plans.values())
    assert {"order.paid", "ticket.created"} <= {plan.event.type for plan in plans}
    assert {trace.trace_id(plan.event.traceparent) for plan in plans} == {trace.trace_id(event.traceparent)}
    (job,) = [job for run in world.all_runs for job in jobs_of(world, run.id) if job.step_id == "call"]
    assert headers_of(world)[trace.HEADER] == trace.made_by(event.traceparent, job.id)


def test_a_whatsapp_message_carries_the_trace(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[Any] = []
    send = world.graph.send_message

    def noting(call: Any) -> str:
        calls.append(call)
        return send(call)

    monkeypatch.setattr(world.graph, "send_message", noting)
    event = told(world)
    (call,) = calls
    assert trace.trace_id(call.headers[trace.HEADER]) == trace.trace_id(event.traceparent)


def test_a_call_that_comes_back_goes_on_in_the_trace(world: World) -> None:
    world.secrets.kept["cause"] = KEY
    event = told(world)
    sent = headers_of(world)
    back = received(world, {name: sent[name] for name in (cause_header.HEADER, trace.HEADER)})
    assert (back.root, back.trace) == (event.id, ""), "what follows from the root need not be carried"
    assert trace.trace_id(world.bus.published[-1].traceparent) == trace.trace_id(event.traceparent)


def test_a_hooks_sender_gives_the_context_and_nothing_else(world: World) -> None:
    world.secrets.kept["cause"] = KEY
    assert received(world, {trace.HEADER: GIVEN}) == Cause(trace=GIVEN)


@pytest.mark.parametrize("text", ["", "1", GIVEN + "x", GIVEN.upper(), "00-" + 32 * "0" + GIVEN[35:]])
def test_a_context_that_is_not_valid_counts_as_none(world: World, text: str) -> None:
    assert received(world, {trace.HEADER: text}) == Cause()


def test_records_that_a_hook_writes_are_in_its_senders_trace(world: World) -> None:
    mapping = {"type": "order.told", "record": {"kind": "lead", "id": "body.id", "fields": "body"}}
    world.sources.save("shop", {"name": "shop", "scheme": "bearer", "mappings": [mapping]})
    world.secrets.kept["sources/shop"] = {"secret": "t" * 40}
    given = {"authorization": "Bearer " + "t" * 40, "content-type": "application/json", trace.HEADER: GIVEN}
    world.functions.receive_webhook("shop", given, b'{"id": "7", "status": "new"}')
    world.run_out()
    record = world.records.get("lead:7")
    assert record is not None
    assert record.cause == Cause(trace=GIVEN)
