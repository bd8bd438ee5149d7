"""The event queue, on real stores: our envelopes and those of AWS-native applications start rules, once."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from tests.adapters.samples import NOW, record
from tests.aws import client
from tests.functions.payloads import batch, envelope, failed
from tests.functions.stack import Stack
from whenthen.domain.event_catalog.derivation import change_events
from whenthen.domain.events import siblings
from whenthen.domain.events.event import Event, from_json, parse_time, to_json

CHANGES = ("contact.updated", "contact.status_changed", "contact.owner_changed")


class Noted:
    """A client that notes its calls."""

    def __init__(self, found: Any, noted: list[str]) -> None:
        self.found, self.noted = found, noted

    def __getattr__(self, name: str) -> Any:
        self.noted.append(name)
        return getattr(self.found, name)


RULE = {
    "name": "Call back",
    "trigger": {"event": ["call.incoming_missed", "order.shipped"]},
    "conditions": {"field": "event.data.number", "op": ">=", "value": 5},
    "steps": [{"id": "tag", "action": "add_tags", "with": {"tags": ["called"]}}],
    "mode": "on",
}


@pytest.fixture
def ruled(stack: Stack) -> Stack:
    """A stack with one rule."""
    stack.wiring("manage").manage_rules.create(RULE, seed="s", by="tests")
    stack.wiring("manage").save_record.upsert("contact", "7", {"phone": "+905321234567"}, origin="api")
    return stack


def _own(number: int) -> dict[str, Any]:
    event = Event(
        id=f"evt_{number}",
        source="api",
        type="call.incoming_missed",
        time=parse_time("2026-03-14T09:30:00Z", "time"),
        subject="contact:7",
        data={"number": number},
    )
    return envelope(to_json(event), event.type)


def test_the_events_of_a_batch_start_the_rules_that_they_match(ruled: Stack) -> None:
    assert failed(ruled.consume("EventQueue", batch(*(_own(number) for number in range(10))))) == []
    assert len(ruled.bodies("RecordQueue")) == 5


def test_events_of_imports_come_by_a_queue_of_their_own_and_start_the_same_rules(ruled: Stack) -> None:
    """The bus sorts them by their origin, so that an event of now waits behind no import."""
    event = replace(from_json(_own(9)["detail"]), origin="import")
    wiring = ruled.wiring("receive_webhook")
    wiring.bus.publish([event, replace(event, id="evt_of_now", origin="human")])
    (imported,), (live,) = ruled.bodies("ImportQueue"), ruled.bodies("EventQueue")
    assert (imported["detail"]["id"], live["detail"]["id"]) == ("evt_9", "evt_of_now")
    assert failed(ruled.consume("ImportQueue", batch(imported))) == []
    assert len(ruled.bodies("RecordQueue")) == 1


def test_an_event_that_comes_twice_starts_a_rule_once(ruled: Stack) -> None:
    ruled.consume("EventQueue", batch(_own(9), _own(9)))
    ruled.consume("EventQueue", batch(_own(9)))
    assert len(ruled.bodies("RecordQueue")) == 1


def test_a_native_application_s_event_is_known_by_its_envelope(ruled: Stack) -> None:
    native = envelope({"number": 8}, "order.shipped", source="com.example.shop")
    assert failed(ruled.consume("EventQueue", batch(native, native))) == []
    assert len(ruled.bodies("RecordQueue")) == 1


def _of_application(source: str, external_id: str, **more: Any) -> dict[str, Any]:
    detail = {"specversion": "1.0", "id": external_id, "source": source, "type": "order.shipped", "data": {"number": 8}}
    return envelope(detail | {"time": "2026-03-14T09:30:00Z"} | more, "order.shipped", source=source)


def test_two_applications_may_use_the_same_id(ruled: Stack) -> None:
    both = [_of_application(source, "1", subject="contact:7") for source in ("app.one", "app.two")]
    assert failed(ruled.consume("EventQueue", batch(*both, *both))) == []
    assert len(ruled.bodies("RecordQueue")) == 2


def test_ids_and_identities_that_are_no_keys_are_no_obstacle(ruled: Stack) -> None:
    odd = _of_application("app.one", "ş" * 3_000, identities=["crm#" + "x" * 3_000, "phone#+905321234567"])
    assert failed(ruled.consume("EventQueue", batch(odd, odd))) == []
    assert len(ruled.bodies("RecordQueue")) == 1


@pytest.mark.parametrize("time", ["2026-03-14T12:30:00Z", "2099-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
def test_an_application_s_event_is_not_later_than_its_message_in_the_queue(ruled: Stack, time: str) -> None:
    """SQS says 09:30; this process's clock is later, so that it would not bound the first of these times."""
    dated = _of_application("app.one", "1", subject="contact:7", time=time)
    native = envelope({"number": 8}, "order.shipped", source="com.example.shop", time=time, id="7-8-9")
    assert failed(ruled.consume("EventQueue", batch(dated, native))) == []
    runs = ruled.wiring("manage").runs.by_status("running", limit=5, cursor=None).items
    assert {run.entered for run in runs} == {parse_time("2026-03-14T09:30:00Z", "time")}


@pytest.mark.parametrize(
    "foreign",
    [
        envelope({"number": 8}, "Order Shipped", source="com.example.shop"),
        envelope({}, "lead.created", source="com.example.shop"),
        envelope({"number": 8}, "order.shipped", source="com.example.shop", time="yesterday"),
        {"detail": "no object"},
    ],
    ids=["no type of ours", "whenthen's own to say", "no time", "no detail"],
)
def test_an_envelope_that_means_nothing_is_dead_lettered(ruled: Stack, foreign: dict[str, Any]) -> None:
    assert failed(ruled.consume("EventQueue", batch(foreign, _own(9)))) == []
    assert len(ruled.messages("EventDeadLetters")) == 1
    assert len(ruled.bodies("RecordQueue")) == 1


def test_the_job_that_it_sends_is_done_by_its_queue_s_function_once(ruled: Stack) -> None:
    ruled.consume("EventQueue", batch(_own(9)))
    (job,) = ruled.bodies("RecordQueue")
    assert failed(ruled.consume("RecordQueue", batch(job, job))) == []
    record = ruled.wiring("manage").records.get("contact:7")
    assert record is not None
    assert (record.fields["tags"], record.version) == (["called"], 2)
    (run,) = ruled.wiring("manage").runs.by_status("done", limit=5, cursor=None).items
    assert run.event_id == "evt_9"


def test_a_batch_is_read_for_in_one_request(ruled: Stack) -> None:
    ruled.consume("EventQueue", batch(_own(1)))  # the rules are loaded
    reads: list[str] = []
    dynamodb = ruled.replaced["dynamodb"] = Noted(client("dynamodb"), reads)
    assert failed(ruled.consume("EventQueue", batch(*(_own(number) for number in range(2, 5))))) == []
    assert dynamodb.noted.count("batch_get_item") == 1
    assert not {"get_item"} & {*reads[: reads.index("put_item")]}


def test_all_that_one_change_means_is_matched_from_one_message(ruled: Stack) -> None:
    tag = [{"id": "tag", "action": "add_tags", "with": {"tags": ["moved"]}}]
    rules = [{**RULE, "name": on, "trigger": {"event": on}, "conditions": None, "steps": tag} for on in CHANGES]
    for number, document in enumerate(rules):
        ruled.wiring("manage").manage_rules.create(document, seed=f"c{number}", by="tests")
    before = record("contact", "7", status="new")
    after = record("contact", "7", version=2, status="won", owner="agent:ayse")
    found = siblings.to_json(change_events(before, after, after.updated_at or NOW))
    assert failed(ruled.consume("EventQueue", batch(*[envelope(found, found["type"])] * 2))) == []
    assert len(ruled.bodies("RecordQueue")) == len(CHANGES)
