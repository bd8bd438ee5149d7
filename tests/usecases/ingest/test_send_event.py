"""send_event: what other systems may report, and that none of a batch is sent when one of it does not hold."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.usecases.fakes.stores import FakeIdempotencyKeys
from whenthen.domain.common.errors import Conflict, Invalid
from whenthen.domain.events.event import Event
from whenthen.usecases.context.idempotency import KEY_REUSED, ClaimKey
from whenthen.usecases.ingest.send_event import SendEvent

NOW = datetime(2026, 3, 14, 9, 30, tzinfo=UTC)


class Clock:
    def now(self) -> datetime:
        return NOW


class Bus:
    def __init__(self) -> None:
        self.published: list[Event] = []

    def publish(self, events: Sequence[Event], settled: Collection[str] = ()) -> None:
        self.published += events


@pytest.fixture
def bus() -> Bus:
    return Bus()


def fields_of(bus: Bus, *written: Any) -> list[str]:
    with pytest.raises(Invalid) as caught:
        SendEvent(bus, Clock(), "TR", ClaimKey(FakeIdempotencyKeys(), Clock()))(written, seed="s", by="key_1")
    assert bus.published == []
    return [problem.field for problem in caught.value.problems]


def test_a_reported_event_goes_on_the_bus(bus: Bus) -> None:
    call = {"type": "call.incoming_missed", "id": "c-1", "person": {"phone": "0532 123 45 67"}, "data": {"duration": 0}}
    (event,) = SendEvent(bus, Clock(), "TR", ClaimKey(FakeIdempotencyKeys(), Clock()))([call], seed="s", by="key_1")
    assert bus.published == [event]
    assert (event.type, event.time, event.identities) == ("call.incoming_missed", NOW, ("phone#+905321234567",))
    assert (
        SendEvent(bus, Clock(), "TR", ClaimKey(FakeIdempotencyKeys(), Clock()))([call], seed="other", by="key_1")[0].id
        == event.id
    )


def test_what_is_derived_cannot_be_reported(bus: Bus) -> None:
    assert fields_of(bus, {"type": "contact.created"}) == ["type"]
    assert fields_of(bus, {"type": "rule.finished", "data": {"rule": "r"}}) == ["type"]


def test_each_problem_of_a_batch_has_its_place(bus: Bus) -> None:
    fine = {"type": "button.clicked", "data": {"button": "offer"}}
    assert fields_of(bus, fine, {"type": "button.clicked"}) == ["events[1].data.button"]
    assert fields_of(bus, fine, {"type": "chat.text_selected", "data": {"text": 7}}) == ["events[1].data.text"]


def test_a_whole_number_that_the_bus_does_not_take_is_refused_by_its_name(bus: Bus) -> None:
    long = {"type": "shop.ordered", "data": {"id": 2**63 - 1, "items": [{"sku": 1}, {"sku": 2**63}]}}
    assert fields_of(bus, long) == ["data.items[1].sku"]
    assert fields_of(bus, {"type": "button.clicked", "data": {"button": "a"}}, long) == ["events[1].data.items[1].sku"]


@pytest.mark.parametrize(
    ("value", "field"),
    [
        ({"x": float("nan")}, "data.x"),
        ({"x": [{"y": float("inf")}]}, "data.x[0].y"),
        ({"x": json.loads("[" * 900 + "]" * 900)}, "data"),
    ],
    ids=["NaN", "Infinity", "deep"],
)
def test_what_no_store_takes_is_refused_by_its_name(bus: Bus, value: Any, field: str) -> None:
    assert fields_of(bus, {"type": "shop.ordered", "data": value}) == [field]


def test_types_of_an_admins_own_are_free(bus: Bus) -> None:
    (event,) = SendEvent(bus, Clock(), None, ClaimKey(FakeIdempotencyKeys(), Clock()))(
        [{"type": "spaceship.landed", "data": {"x": [1]}}], seed="s", by="k"
    )
    assert event.data == {"x": [1]}


def test_a_key_is_for_one_set_of_events() -> None:
    bus, keys = Bus(), FakeIdempotencyKeys()
    send = SendEvent(bus, Clock(), "TR", ClaimKey(keys, Clock()))
    call = {"type": "call.incoming_missed", "data": {"line": "sales"}}
    first = send([call], seed="k", by="key_1", key="k")
    assert send([dict(reversed(call.items()))], seed="k", by="key_1", key="k")[0].id == first[0].id
    for other in ([{**call, "data": {"line": "other"}}], [call, call], [{**call, "id": "7"}]):
        with pytest.raises(Conflict) as refused:
            send(other, seed="k", by="key_1", key="k")
        assert refused.value.reason == KEY_REUSED()
    send([{**call, "data": {}}], seed="k", by="key_2", key="k")
    send([{**call, "data": {}}], seed="k", by="key_1", key="")
    with pytest.raises(Invalid):
        send([{"type": "No"}], seed="x", by="key_1", key="x")
    send([call], seed="x", by="key_1", key="x")
