"""The records table's stream: what changed becomes events, in order, and no change holds up the others for good."""

from __future__ import annotations

import json
import logging
from collections.abc import Collection, Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from boto3.dynamodb.types import TypeSerializer
from msgspec.structs import replace

from tests.adapters.samples import record, why
from tests.functions.api import Api
from tests.functions.payloads import changes, failed
from tests.functions.stack import Stack
from whenthen.adapters.dynamodb.records_table.record_items import record_item
from whenthen.domain.common.errors import Invalid, Temporary, TooLarge, WhenthenError
from whenthen.domain.events.event import Event
from whenthen.domain.records.record import Record
from whenthen.runtime import stream_forwarder
from whenthen.runtime.stream_forwarder import GIVE_UP_AFTER

NEW = record(status="new", phone="+905321234567")
CALLED = replace(NEW, version=2, fields={**NEW.fields, "status": "called"})


def _image(of: Record) -> dict[str, Any]:
    kept = {name: value for name, value in record_item(of).items() if value is not None}
    return dict(TypeSerializer().serialize(kept)["M"])


def _lead(number: int) -> Record:
    return record(external_id=str(number))


IDENTITY = {"pk": {"S": "identity#phone#+905321234567"}, "sk": {"S": "1#lead:4711"}}
"""The filter of the mapping keeps these away; if it did not, they would mean nothing."""


class FailingBus:
    """A bus that refuses events about some records."""

    def __init__(self, errors: dict[str, Exception]) -> None:
        self.errors = errors
        self.published: list[str | None] = []

    def publish(self, events: Sequence[Event], settled: Collection[str] = ()) -> None:
        for event in events:
            if event.subject in self.errors:
                raise self.errors[event.subject]
        self.published += [event.subject for event in events]


def _publish(stack: Stack, *images: tuple[Any, Any]) -> list[str]:
    return failed(stack.invoke("publish_changes", changes(*images)))


@pytest.mark.parametrize(
    ("images", "expected"),
    [
        ((None, _image(NEW)), {"lead.created"}),
        ((_image(NEW), _image(CALLED)), {"lead.updated", "lead.status_changed"}),
        ((_image(CALLED), None), {"lead.deleted"}),
        ((_image(NEW), _image(NEW)), set()),
        ((None, IDENTITY), set()),
        ((IDENTITY, None), set()),
    ],
    ids=["insert", "modify", "remove", "no field differs", "no record", "no record any more"],
)
def test_a_change_becomes_its_events(stack: Stack, images: tuple[Any, Any], expected: set[str]) -> None:
    assert _publish(stack, images) == []
    assert stack.events() == [], "no rule is about it"
    told = stack.settled()
    assert len(told) == bool(expected), "one entry tells all that a change means"
    types = {event_type for event in told for event_type in event["types"]}
    assert expected <= types
    assert bool(expected) == bool(types)


def test_a_change_that_a_rule_is_about_goes_to_the_queue(stack: Stack) -> None:
    met = {"field": "record.status", "op": "equals", "value": "called"}
    Api(stack).has_rule(trigger={"event": "lead.updated"}, conditions=met, mode="on", kind="lead")
    assert _publish(stack, (None, _image(_lead(1))), (_image(NEW), _image(CALLED))) == []
    [found] = stack.events()
    assert (found["type"], found["subject"]) == ("lead.updated", CALLED.ref)
    [other] = stack.settled()
    assert other["subject"] == "lead:1"
    log = stack.wiring("manage").event_log
    assert log.plan_of(found["id"]) is None, "the matcher decides it"
    kept = log.plan_of(other["id"])
    assert kept is not None
    assert kept.completed
    assert [each.type for each in (kept.event, *kept.also)] == other["types"]


def test_rules_that_cannot_be_read_leave_the_decision_to_the_queue(
    stack: Stack, caplog: pytest.LogCaptureFixture
) -> None:
    class Unreadable:
        def read(self, _: Any) -> Any:
            raise Temporary(why("reading: ProvisionedThroughputExceeded"))

    stack.adapters["preloading"] = Unreadable()
    with caplog.at_level(logging.WARNING):
        assert _publish(stack, (None, _image(NEW))) == []
    assert len(stack.events()) == 1
    assert stack.settled() == []
    assert "changes go to the queue unsettled" in caplog.text


def test_a_batch_keeps_its_order(stack: Stack) -> None:
    stack.adapters["bus"] = bus = FailingBus({})
    assert _publish(stack, *((None, _image(_lead(number))) for number in range(10))) == []
    assert list(dict.fromkeys(bus.published)) == [f"lead:{number}" for number in range(10)]


def test_what_may_pass_stops_the_batch_at_its_record(stack: Stack) -> None:
    stack.adapters["bus"] = bus = FailingBus({"lead:2": Temporary(why("throttled"))})
    assert _publish(stack, *((None, _image(_lead(number))) for number in range(5))) == [f"{3:021}"]
    assert set(bus.published) == {"lead:0", "lead:1"}
    assert stack.messages("ChangeDeadLetters") == []


@pytest.mark.parametrize("error", [TooLarge(why("an event of 300000 bytes")), Invalid.field("status", why("wrong"))])
def test_a_change_that_can_never_be_published_is_dead_lettered_and_holds_nothing_up(
    stack: Stack, error: WhenthenError
) -> None:
    stack.adapters["bus"] = bus = FailingBus({"lead:2": error})
    assert _publish(stack, *((None, _image(_lead(number))) for number in range(5))) == []
    assert set(bus.published) == {"lead:0", "lead:1", "lead:3", "lead:4"}
    (message,) = stack.messages("ChangeDeadLetters")
    letter = json.loads(message["Body"])
    assert (letter["change"]["Keys"]["pk"], letter["change"]["SequenceNumber"]) == ({"S": "record#lead:2"}, f"{3:021}")
    assert letter["change"]["NewImage"] == _image(_lead(2)), "it can be published from its dead letter"
    assert letter["stream"].startswith("arn:aws:dynamodb:")
    told = {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}
    expected = {"reason": error.reason.code, "error": type(error).__name__, "queue": "records"}
    named = {"causes": "sample.why", "fields": "status"} if isinstance(error, Invalid) else {}
    assert told == {**expected, **named}


def test_a_change_too_heavy_for_a_message_is_dead_lettered_by_its_keys_and_its_number_in_the_stream(
    stack: Stack,
) -> None:
    stack.adapters["bus"] = FailingBus({"lead:4711": TooLarge(why("too large"))})
    heavy = replace(NEW, fields={"note": "ş" * 60_000})
    assert _publish(stack, (None, _image(heavy))) == []
    (message,) = stack.messages("ChangeDeadLetters")
    change = json.loads(message["Body"])["change"]
    assert (change["Keys"]["pk"], change["SequenceNumber"]) == ({"S": "record#lead:4711"}, f"{1:021}")
    assert "NewImage" not in change


def test_an_image_that_cannot_be_read_is_dead_lettered_with_a_reason_that_quotes_nothing_of_it(stack: Stack) -> None:
    broken = {**_image(NEW), "pk": {"S": "record#not a ref"}}
    assert _publish(stack, (None, broken), (None, _image(NEW))) == []
    (message,) = stack.messages("ChangeDeadLetters")
    assert "905321234567" not in json.dumps(message["MessageAttributes"])
    assert "lead.created" in {event["type"] for event in stack.settled()}


def test_a_change_that_could_not_be_dead_lettered_comes_again(stack: Stack) -> None:
    class Unreachable:
        def dead_letter(self, *_: Any) -> None:
            raise Temporary(why("dead-lettering a message: ServiceUnavailable"))

    stack.adapters |= {"bus": FailingBus({"lead:0": TooLarge(why("too large"))}), "lost_changes": Unreachable()}
    assert _publish(stack, (None, _image(_lead(0))), (None, _image(_lead(1)))) == [f"{1:021}"]


NOW = 1_800_000_000


@pytest.fixture(autouse=True)
def time_stands_still(monkeypatch: pytest.MonkeyPatch) -> None:
    """For the look at how long ago a change was made."""
    monkeypatch.setattr(stream_forwarder, "time", SimpleNamespace(time=lambda: NOW))


def _made_ago(seconds: float, *images: tuple[Any, Any]) -> dict[str, Any]:
    event = changes(*images)
    for each in event["Records"]:
        each["dynamodb"]["ApproximateCreationDateTime"] = NOW - int(seconds)
    return event


def test_a_defect_on_one_change_is_tried_again_while_the_others_are_published(
    stack: Stack, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    stack.adapters["bus"] = bus = FailingBus({"lead:1": KeyError("Ayşe")})
    with caplog.at_level(logging.ERROR):
        answer = stack.invoke("publish_changes", _made_ago(5, *((None, _image(_lead(number))) for number in range(4))))
    assert failed(answer) == [f"{2:021}"]
    assert list(dict.fromkeys(bus.published)) == ["lead:0", "lead:2", "lead:3"]
    assert stack.messages("ChangeDeadLetters") == []
    assert '"MessagesFailed":[1.0]' in capsys.readouterr().out


def test_what_follows_of_the_same_record_waits_with_it(stack: Stack) -> None:
    class Once(FailingBus):
        def publish(self, events: Sequence[Event], settled: Collection[str] = ()) -> None:
            if any(event.type == "lead.created" and event.subject == "lead:4711" for event in events):
                raise KeyError("defect")
            super().publish(events)

    stack.adapters["bus"] = bus = Once({})
    images = [(None, _image(NEW)), (None, _image(_lead(1))), (_image(NEW), _image(CALLED)), (None, _image(_lead(2)))]
    assert failed(stack.invoke("publish_changes", _made_ago(5, *images))) == [f"{1:021}"]
    assert set(bus.published) == {"lead:1", "lead:2"}


def test_a_defect_that_stays_is_dead_lettered_and_its_shard_goes_on(
    stack: Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    stack.adapters["bus"] = bus = FailingBus({"lead:1": KeyError("Ayşe")})
    event = _made_ago(GIVE_UP_AFTER + 5, *((None, _image(_lead(number))) for number in range(4)))
    assert failed(stack.invoke("publish_changes", event)) == []
    assert set(bus.published) == {"lead:0", "lead:2", "lead:3"}
    (message,) = stack.messages("ChangeDeadLetters")
    told = {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}
    assert told == {"error": "KeyError", "reason": "dead_letter.defect", "queue": "records"}
    assert '"MessagesFailed":[1.0]' in capsys.readouterr().out


def test_an_outage_behind_a_defect_lets_the_stream_come_back_to_the_defect(stack: Stack) -> None:
    stack.adapters["bus"] = FailingBus({"lead:0": KeyError("defect"), "lead:2": Temporary(why("throttled"))})
    event = _made_ago(5, *((None, _image(_lead(number))) for number in range(4)))
    assert failed(stack.invoke("publish_changes", event)) == [f"{1:021}"]


def test_it_is_told_of_its_dead_letters_alone(stack: Stack) -> None:
    given = stack.environment("publish_changes")
    assert given["DEAD_LETTER_URL"] == stack.queues["ChangeDeadLetters"]
    assert not {name for name in given if name.endswith("QUEUE_URL")}
