"""Stories whose requests are counted, told on the deployed handlers and the real adapters, over moto.

Five are those of the table by which the engine was reviewed: an event that nothing matches, a webhook with one step, a
lead with four steps and a wait, and changes of a record that no rule is about. Two more differ in who is written to, so
that they show what an answer costs: the customer who wrote, or a colleague.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from benchmarks import prices
from benchmarks.request_meter import Meter, pieces, round_trips
from tests.adapters.tables import RECORDS
from tests.faults.aws_machinery import Flight
from tests.faults.aws_stage import AwsStage
from whenthen.domain.common import ids
from whenthen.domain.events.event import Event

PHONE, MAIL, DESK = "+905321234567", "ayse@example.com", "+905559998877"
HOOK = {"id": "tell", "action": "call_webhook", "with": {"url": "https://books.example/hook"}}
AGENTS = ["agent:ayse", "agent:budi"]
PERSON = "{phone: body.phone, email: body.email}"
_KEY = "key-of-the-shop"
_SHOP: Mapping[str, Any] = {
    "name": "shop",
    "scheme": "bearer",
    "mappings": [
        {
            "when": "body.lead",
            "type": "form.submitted",
            "id": "body.number",
            "data": "{number: body.number}",
            "record": {"kind": "lead", "fields": "{full_name: body.name, phone: body.phone, email: body.email}"},
        },
        {
            "type": "order.placed",
            "id": "body.number",
            "identities": PERSON,
            "data": "{number: body.number, total: body.total, items: body.items}",
        },
    ],
}


class _Counting:
    """A tap that tells the calls of functions from those of the machinery around them."""

    def __init__(self) -> None:
        self._own = threading.local()
        self.effects: list[float] = []

    @property
    def inside(self) -> bool:
        return getattr(self._own, "inside", False)

    def enter(self, function: str) -> None:
        pass

    def before(self, call: str) -> None:
        self._own.inside = True
        if call == "http.send":
            self.effects.append(time.monotonic())

    def after(self, _call: str) -> None:
        self._own.inside = False


class _Metered:
    """A client of AWS whose calls are counted when a function makes them."""

    def __init__(self, client: Any, service: str, stage: MeteredStage) -> None:
        self._client, self._service, self._stage = client, service, stage

    def __getattr__(self, name: str) -> Any:
        found, stage = getattr(self._client, name), self._stage
        if not callable(found):
            return found

        def counted(**request: Any) -> Any:
            if not stage.counting.inside:
                return found(**request)
            return stage.meter.call(self._service, name, request, found)

        return counted


class MeteredStage(AwsStage):
    """Tells stories, and counts what they cost from `begin` on."""

    def __init__(self) -> None:
        self.counting = _Counting()
        super().__init__(self.counting)  # type: ignore[arg-type]
        self.meter = self._new_meter()

    def _new_meter(self) -> Meter:
        return Meter(self._stored)

    def begin(self) -> Meter:
        """Count anew."""
        self.meter, self.counting.effects = self._new_meter(), []
        return self.meter

    def _stored(self, table: str, key: Mapping[str, Any]) -> Any:
        found = super().clients("dynamodb").get_item(TableName=table, Key=dict(key), ConsistentRead=True)
        return found.get("Item")

    def clients(self, service: str) -> Any:
        return _Metered(super().clients(service), service, self)

    def invoke(self, function: str, event: Mapping[str, Any], queue: str = "") -> Any:
        self.meter.invoked.append(function)
        self.meter.totals["invocations"] += 1
        return super().invoke(function, event, queue)

    def _taken(self, flight: Flight) -> bool:
        """A message of the bus was sent to its queue; each is received and deleted."""
        size = pieces(flight.message["Body"])
        self.meter.totals["queue_requests"] += 1 + size + (size if flight.queue in ("events", "imports") else 0)
        return super()._taken(flight)

    def _receive(self) -> None:
        """The mapping's filter: identities and dates of records go to nobody."""
        super()._receive()
        own = [
            change for change in self.changes[RECORDS] if change["dynamodb"]["Keys"]["pk"]["S"].startswith("record#")
        ]
        self.changes[RECORDS][:] = own

    def post(self, **body: Any) -> None:
        """The shop's system posts an order or a lead."""
        self.meter.totals["api_requests"] += 1
        headers = {"authorization": f"Bearer {_KEY}", "content-type": "application/json"}
        self.post_to_hook("shop", headers, json.dumps(body).encode())

    def rules(self, *documents: Mapping[str, Any]) -> None:
        for document in documents:
            self.has_rule({"name": document["id"], "mode": "on", **document})

    def has_shop(self) -> None:
        self.has_source("shop", _SHOP, _KEY)

    def has_customer(self) -> None:
        self.writes("contact:8", full_name="Ayşe Yılmaz", phone=PHONE, email=MAIL, city="Izmir", status="new")


@dataclass(frozen=True)
class Story:
    """`prepare` sets the stage; `warm` and `tell` happen one after the other, and the second is counted."""

    name: str
    title: str
    prepare: Callable[[MeteredStage], None]
    warm: Callable[[MeteredStage], None]
    tell: Callable[[MeteredStage], None]


def _order(number: int) -> Callable[[MeteredStage], None]:
    items = [{"sku": "A-17", "count": 2}, {"sku": "B-4", "count": 1}]
    return lambda stage: stage.post(number=str(number), total=129.5, items=items, phone=PHONE, email=MAIL)


def _lead(number: int) -> Callable[[MeteredStage], None]:
    def comes(stage: MeteredStage) -> None:
        phone, mail = f"+90532123450{number}", f"lead{number}@example.com"
        stage.post(lead=True, number=str(number), name="Budi Santoso", phone=phone, email=mail)

    return comes


def _change(**fields: Any) -> Callable[[MeteredStage], None]:
    return lambda stage: stage.writes("contact:8", **fields)


def _customer_and_shop(stage: MeteredStage) -> None:
    stage.has_shop()
    stage.has_customer()
    stage.run_out()


def _unmet(stage: MeteredStage) -> None:
    """Rules watch all that happens here, and none of them is about this customer."""
    _customer_and_shop(stage)
    never = {"field": "record.city", "op": "equals", "value": "Budapest"}
    stage.rules(
        {"id": "rule_order", "trigger": {"event": "order.placed"}, "conditions": never, "steps": [HOOK]},
        {"id": "rule_update", "kind": "contact", "trigger": {"event": "contact.updated"}, "conditions": never,
         "steps": [HOOK]},
    )  # fmt: skip


def _one_step(stage: MeteredStage) -> None:
    _customer_and_shop(stage)
    stage.rules({"id": "rule_order", "trigger": {"event": "order.placed"}, "steps": [HOOK]})


def _four_steps(stage: MeteredStage) -> None:
    """The lead enters once, and whoever answers is not called."""
    stage.has_shop()
    steps = [
        {"id": "assign", "action": "assign_owner", "with": {"from": AGENTS, "by": "round_robin"}},
        {"id": "hello", "action": "send_whatsapp", "with": {"template": "welcome"}},
        {"id": "call", "action": "create_task", "wait": {"days": 2}, "with": {"title": "Call {{ record.full_name }}"}},
        HOOK,
    ]
    more = {"entry": {"again": "once_per_record"}, "exit": {"on": ["contact.replied"]}}
    stage.rules({"id": "rule_lead", "kind": "lead", "trigger": {"event": "form.submitted"}, "steps": steps, **more})


def _message(number: int) -> Callable[[MeteredStage], None]:
    """Tell that the customer writes by WhatsApp."""
    kind, key = "whatsapp.message_received", ids.event_id("whatsapp", str(number))
    data = {"message_id": f"wamid.{number}", "kind": "text", "text": "Hello", "phone": PHONE}
    return lambda stage: stage.publish(
        Event(key, "whatsapp", kind, stage.clock.now(), identities=(f"phone#{PHONE}",), data=data)
    )


def _writes_to(stage: MeteredStage, number: str) -> None:
    """A rule writes to this number when the customer wrote."""
    stage.has_customer()
    stage.run_out()
    step = {"id": "write", "action": "send_whatsapp", "with": {"template": "hello", "purpose": "service", "to": number}}
    stage.rules({"id": "rule_write", "trigger": {"event": "whatsapp.message_received"}, "steps": [step]})


STORIES = (
    Story("a", "an event that no rule matches", _unmet, _order(1), _order(2)),
    Story("b", "a webhook, one rule, one immediate step", _one_step, _order(1), _order(2)),
    Story("c", "a lead, record written, four steps one after another, one wait", _four_steps, _lead(1), _lead(2)),
    Story("d", "a changed record, nothing matches", _unmet, _change(city="Bursa"), _change(city="Ankara")),
    Story("d2", "owner and status changed at once", _unmet, _change(owner="agent:ayse", status="active"),
          _change(owner="agent:budi", status="won")),
    Story("e", "a message comes, a rule answers", lambda stage: _writes_to(stage, PHONE), _message(1), _message(2)),
    Story("e2", "the same, a colleague is told", lambda stage: _writes_to(stage, DESK), _message(1), _message(2)),
)  # fmt: skip


@cache
def memory_mb(function: str) -> int:
    """Return a function's memory, as the template gives it."""
    from tests.functions.stack import logical_name  # noqa: PLC0415 - pytest is not wanted before
    from tests.template.reading import properties  # noqa: PLC0415

    return int(properties(logical_name(function)).get("MemorySize", prices.DEFAULT_MEMORY_MB))


def gb_seconds(meter: Meter) -> float:
    """Return memory × time of all invocations, by the assumed times of `prices`."""
    total = 0.0
    for number, function in enumerate(meter.invoked, start=1):
        own = [call for call in meter.calls if call.invocation == number]
        seconds = (prices.INVOCATION_MS + prices.CALL_MS * round_trips(own)) / 1000
        total += memory_mb(function) / 1024 * seconds
    return total


def trips_to_effect(meter: Meter, effects: list[float]) -> int:
    """Count the round trips from a POST to the first call outside that are made one after the other."""
    if not effects:
        return 0
    total = 0
    for number, function in enumerate(meter.invoked, start=1):
        own = [call for call in meter.calls if call.invocation == number and call.ended <= effects[0]]
        hands_over = [place for place, call in enumerate(own) if call.name in HANDS_OVER]
        goes_on = own[: hands_over[-1] + 1] if hands_over else own if function == "call_webhook" else []
        total += round_trips(goes_on)
    return total


HANDS_OVER = frozenset({"events.put_events", "sqs.send_message_batch"})
"""The calls with which a function gives the work to the next one."""


def tell(story: Story) -> tuple[Meter, int]:
    """Tell a story on an AWS that holds nothing else; returns what was counted, and the round trips to its effect."""
    import requests  # noqa: PLC0415 - moto's own interface

    requests.post("http://motoapi.amazonaws.com/moto-api/reset", timeout=60)
    stage = MeteredStage()
    story.prepare(stage)
    story.warm(stage)
    stage.run_out()
    meter = stage.begin()
    story.tell(stage)
    stage.run_out()
    left = stage.left_over()
    if left:
        raise SystemExit(f"story {story.name} did not come to its end: {left}")
    return meter, trips_to_effect(meter, stage.counting.effects)
