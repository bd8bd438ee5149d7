"""All that comes of one event is one trace, and a sender's own goes on if it is valid."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from whenthen.domain.events import trace
from whenthen.domain.events.event import Cause, Event, from_json, to_json, to_stored_json

GIVEN = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
NOW = datetime(2026, 3, 14, tzinfo=UTC)


def event(name: str, cause: Cause = Cause()) -> Event:  # noqa: B008 - frozen
    return Event(name, "api", "order.paid", NOW, cause=cause)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (GIVEN, GIVEN),
        (GIVEN[:-2] + "00", GIVEN[:-2] + "00"),
        (GIVEN[:-2] + "ff", GIVEN[:-2] + "03"),  # flags that version 00 does not know are not passed on
        ("cc" + GIVEN[2:], GIVEN),
        ("cc" + GIVEN[2:] + "-what-the-future-brings", GIVEN),
        (GIVEN + "-more", ""),
        ("cc" + GIVEN[2:] + "more", ""),
        ("ff" + GIVEN[2:], ""),
        (GIVEN.upper(), ""),
        (GIVEN[:-1], ""),
        (" " + GIVEN, ""),
        (GIVEN + "\n", ""),
        (f"{GIVEN},{GIVEN}", ""),
        ("00-" + 32 * "0" + GIVEN[35:], ""),
        (GIVEN[:36] + 16 * "0" + GIVEN[52:], ""),
        (GIVEN.replace("4", "\u0664"), ""),
        ("", ""),
        (None, ""),
        (7, ""),
        ([GIVEN], ""),
    ],
)
def test_a_senders_context_is_read_by_the_standard_or_not_at_all(text: object, found: str) -> None:
    assert trace.read(text) == found


def test_what_a_run_makes_of_an_event_is_in_the_events_trace() -> None:
    first = event("evt_1")
    second = event("evt_2", first.cause.then("run_1", first.id))
    third = event("evt_3", second.cause.then("run_2", second.id))
    assert len({trace.trace_id(each.traceparent) for each in (first, second, third)}) == 1
    assert len({each.traceparent for each in (first, second, third)}) == 3, "each hop is a span of its own"
    assert trace.read(third.traceparent) == third.traceparent
    assert trace.trace_id(event("evt_4").traceparent) != trace.trace_id(first.traceparent)
    call = trace.made_by(second.traceparent, "job_1")
    assert trace.trace_id(call) == trace.trace_id(first.traceparent)
    assert call[36:52] == trace.span_id("job_1")


def test_a_senders_trace_goes_on_through_all_that_comes_of_its_event() -> None:
    first = event("evt_1", Cause(trace=GIVEN))
    assert first.traceparent == GIVEN
    second = event("evt_2", first.cause.then("run_1", first.id))
    assert trace.trace_id(second.traceparent) == trace.trace_id(GIVEN)
    assert second.traceparent != GIVEN
    unsampled = event("evt_3", Cause(trace=GIVEN[:-2] + "00")).cause.then("run_1", "evt_3")
    assert event("evt_4", unsampled).traceparent.endswith("-00"), "who does not record is not made to"


@pytest.mark.parametrize("given", ["", GIVEN, GIVEN[:-2] + "00"])
@pytest.mark.parametrize("depth", [0, 1, 2])
def test_an_event_is_the_same_after_it_was_stored(given: str, depth: int) -> None:
    cause = Cause(trace=given)
    for number in range(depth):
        cause = cause.then(f"run_{number}", f"evt_{number}")
    written = event("evt_9.stage_changed", cause)
    assert from_json(to_json(written)) == written
    assert to_json(from_json(to_json(written))) == to_json(written)
    stored = to_stored_json(written)
    assert from_json(stored) == written
    assert ("traceparent" in stored) == (depth == 0 and given != ""), "the store keeps only what cannot be derived"


def test_all_events_of_one_change_are_one_trace() -> None:
    assert event("evt_1.stage_changed").traceparent == event("evt_1").traceparent


def test_an_application_on_the_bus_may_give_its_own_context() -> None:
    document = {**to_json(event("order-1")), "traceparent": GIVEN}
    assert from_json(document).cause.trace == GIVEN
    assert from_json({**document, "traceparent": "mine"}).cause.trace == ""
    assert from_json({**document, "traceparent": {"id": 1}}).cause.trace == ""
