"""Events on EventBridge: all of them, or the caller hears of it."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from tests.adapters.samples import NOW, client_error, event
from tests.waiting import HANGS
from whenthen.adapters.aws.event_bus import MAX_CALL_BYTES, EventBridgeBus
from whenthen.domain.common.errors import Malformed, Temporary, TooLarge
from whenthen.domain.events import event as events
from whenthen.domain.events.event import Event


class FakeEvents:
    """EventBridge, refusing with `code` what `refuses` says of a detail at its n-th call."""

    def __init__(
        self,
        refuses: Callable[[int, dict[str, Any]], bool] = lambda _call, _detail: False,
        code: str = "ThrottlingException",
    ) -> None:
        self._refuses, self._code = refuses, code
        self.calls: list[list[dict[str, Any]]] = []
        self.taken: list[str] = []

    def put_events(self, *, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803 - boto3's name
        self.calls.append(Entries)
        results = []
        for entry in Entries:
            refused = self._refuses(len(self.calls), json.loads(entry["Detail"]))
            results.append({"ErrorCode": self._code} if refused else {"EventId": "x"})
            if not refused:
                self.taken.append(json.loads(entry["Detail"])["id"])
        return {"FailedEntryCount": sum("ErrorCode" in result for result in results), "Entries": results}


def _events(count: int, **more: Any) -> list[Event]:
    return [event(f"e{number}", **more) for number in range(count)]


def test_an_entry_carries_the_event_in_its_cloudevents_form() -> None:
    client = FakeEvents()
    own = event()
    EventBridgeBus(client, "bus-1").publish([own])
    [[entry]] = client.calls
    assert (entry["EventBusName"], entry["Source"], entry["DetailType"], entry["Time"]) == (
        "bus-1",
        "whenthen",
        "meta_lead.created",
        NOW,
    )
    assert events.from_json(json.loads(entry["Detail"])) == own


def test_ten_at_a_time() -> None:
    client = FakeEvents()
    EventBridgeBus(client, "bus").publish(_events(25))
    assert [len(call) for call in client.calls] == [10, 10, 5]
    assert client.taken == [each.id for each in _events(25)]


def test_no_call_is_larger_than_eventbridge_takes() -> None:
    client = FakeEvents()
    EventBridgeBus(client, "bus").publish(_events(6, data={"text": "ş" * 40_000}))
    assert [len(call) for call in client.calls] == [3, 3]
    for call in client.calls:
        assert sum(len(entry["Detail"].encode()) for entry in call) <= MAX_CALL_BYTES


def test_an_event_that_no_call_can_hold_is_refused_before_any_is_put() -> None:
    client = FakeEvents()
    with pytest.raises(TooLarge):
        EventBridgeBus(client, "bus").publish([event(), event("e2", data={"text": "x" * 260_000})])
    assert client.calls == []


def test_what_was_refused_is_put_again_alone(no_sleep: list[float]) -> None:
    events_ = _events(12)
    unlucky = {events_[3].id, events_[7].id}
    client = FakeEvents(lambda call, detail: call == 1 and detail["id"] in unlucky)
    EventBridgeBus(client, "bus").publish(events_)
    assert [len(call) for call in client.calls] == [10, 2, 2]
    assert sorted(client.taken) == sorted(each.id for each in events_)
    assert len(no_sleep) == 1


def test_what_stays_refused_is_reported(no_sleep: list[float]) -> None:
    unlucky = event("e1").id
    client = FakeEvents(lambda _call, detail: detail["id"] == unlucky)
    with pytest.raises(Temporary, match="left=1, count=3"):
        EventBridgeBus(client, "bus").publish(_events(3))
    assert [len(call) for call in client.calls] == [3, 1, 1, 1]
    assert no_sleep == sorted(no_sleep)


@pytest.mark.parametrize("code", ["MalformedDetail", "InvalidArgument", "NotAuthorizedForSourceException"])
def test_what_is_refused_for_good_is_named_and_not_put_again(code: str, no_sleep: list[float]) -> None:
    published = _events(30)
    client = FakeEvents(lambda _call, detail: detail["id"] == published[4].id, code)
    with pytest.raises(Malformed, match=f"meta_lead.created {published[4].id} .{code}."):
        EventBridgeBus(client, "bus").publish(published)
    assert [len(call) for call in client.calls] == [10, 10, 10]
    assert no_sleep == []
    assert len(client.taken) == 29


def test_what_may_yet_be_taken_is_waited_for_before_another_is_refused(no_sleep: list[float]) -> None:
    class Both(FakeEvents):
        def put_events(self, *, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803 - boto3's name
            self.calls.append(Entries)
            codes = {published[0].id: "MalformedDetail", published[1].id: "InternalFailure"}
            found = [codes.get(json.loads(entry["Detail"])["id"]) for entry in Entries]
            return {"Entries": [{"ErrorCode": code} if code else {"EventId": "x"} for code in found]}

    published = _events(3)
    client = Both()
    with pytest.raises(Temporary, match="left=1, count=3"):
        EventBridgeBus(client, "bus").publish(published)
    assert [len(call) for call in client.calls] == [3, 1, 1, 1]


def test_the_detail_holds_nothing_that_eventbridge_or_sqs_refuses() -> None:
    client = FakeEvents()
    data = {"n": [2**63, -(2**63) - 1, 2**63 - 1, 0.5], "text": "ş\ufffe\uffff\ud83d\x0b😀", "digits": "1" * 30}
    EventBridgeBus(client, "bus").publish([event(data=data)])
    detail = client.calls[0][0]["Detail"]
    assert not re.search("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", detail)
    assert json.loads(detail)["data"] == {
        "n": ["9223372036854775808", "-9223372036854775809", 2**63 - 1, 0.5],
        "text": "ş\ufffd\ufffd\ufffd\x0b😀",
        "digits": "1" * 30,
    }


def test_nothing_to_publish_is_no_call() -> None:
    client = FakeEvents()
    EventBridgeBus(client, "bus").publish([])
    assert client.calls == []


@pytest.mark.parametrize(
    "error",
    [
        client_error("ThrottlingException"),
        client_error("Unheard", 500),
        EndpointConnectionError(endpoint_url="https://aws.example"),
    ],
)
def test_what_passes_is_temporary(error: Exception) -> None:
    with pytest.raises(Temporary):
        EventBridgeBus(_Raising(error), "bus").publish([event()])


def test_a_missing_permission_is_a_defect() -> None:
    error = client_error("AccessDeniedException")
    with pytest.raises(ClientError):
        EventBridgeBus(_Raising(error), "bus").publish([event()])


class _Raising:
    def __init__(self, error: Exception) -> None:
        self._error = error

    def put_events(self, **_request: Any) -> None:
        raise self._error


def test_many_calls_are_made_several_at_a_time_and_all_of_them(no_sleep: list[float]) -> None:
    published = _events(2_000)
    unlucky = {each.id for each in published[::97]}
    lock, others, refused, at_once = threading.Lock(), threading.Event(), set(), []

    class Slow(FakeEvents):
        under_way = 0

        def put_events(self, *, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803 - boto3's name
            with lock:
                Slow.under_way += 1
                at_once.append(Slow.under_way)
                if Slow.under_way > 1:
                    others.set()
            assert others.wait(HANGS), "calls are made one after the other"
            with lock:
                Slow.under_way -= 1
                return super().put_events(Entries=Entries)

    def refuses(_call: int, detail: dict[str, Any]) -> bool:
        first = detail["id"] in unlucky - refused
        refused.update({detail["id"]} if first else ())
        return first

    client = Slow(refuses)
    EventBridgeBus(client, "bus").publish(published)
    assert sorted(client.taken) == sorted(each.id for each in published), "each once, and none lost"
    assert 1 < max(at_once) <= 8


def test_of_many_calls_one_that_stays_refused_is_reported_when_the_others_are_through(no_sleep: list[float]) -> None:
    published = _events(200)
    unlucky = published[5].id
    client = FakeEvents(lambda _call, detail: detail["id"] == unlucky)
    with pytest.raises(Temporary, match="left=1, count=10"):
        EventBridgeBus(client, "bus").publish(published)
    assert len(set(client.taken)) == 199
