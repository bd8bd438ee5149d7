"""Orders of enrolments: their ids, their view, and who is one person."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec import convert, to_builtins

from whenthen.domain.enrolments.order import Asked, Order, enters_once_per_person, existing_view, view_of
from whenthen.domain.rules.rule import Rule, parse_rule

NOW = datetime(2026, 3, 14, 9, tzinfo=UTC)
TAG = {"id": "tag", "action": "add_tags", "with": {"tags": ["seen"]}}
MAIL = {"id": "mail", "action": "send_email", "with": {"subject": "Hello", "text": "Hello"}}
VIP = {"field": "record.tags", "op": "has", "value": "vip"}
EVENT = {"field": "event.data.amount", "op": ">", "value": 5}


def rule(trigger: dict[str, Any], *steps: dict[str, Any], **more: Any) -> Rule:
    return parse_rule({"name": "it", "kind": "contact", "trigger": trigger, "steps": list(steps or (TAG,)), **more})


ORDERS = [
    Order("rule_1", 3, NOW, Asked.SCHEDULE),
    Order("rule_1", 3, NOW, by="key_1", seed="s", view={"kind": "contact", "filter": VIP}, per_person=False),
    Order("rule_1", 3, NOW, Asked.EXISTING, by="key_1", seed="s"),
]


@pytest.mark.parametrize("order", ORDERS, ids=lambda order: order.asked.value)
def test_an_order_is_stored_whole(order: Order) -> None:
    assert convert(to_builtins(order), Order) == order


def test_each_kind_of_order_has_ids_of_its_own_and_each_record_an_event_of_its_own() -> None:
    ids = {order.event(ref).id for order in ORDERS for ref in (None, "contact:1", "contact:2")}
    assert len(ids) == 9
    assert [order.event("contact:1").type for order in ORDERS] == [
        "schedule.reached",
        "rule.started_manually",
        "rule.enrolled",
    ]


def test_a_later_attempt_with_the_same_key_is_the_same_enrolment() -> None:
    later = Order("rule_1", 4, NOW.replace(hour=10), by="key_1", seed="s")
    assert later.id == ORDERS[1].id


def test_the_view_is_the_orders_own_or_that_of_the_rule() -> None:
    scheduled = rule({"schedule": {"cron": "0 9 * * mon", "kind": "contact", "filter": VIP}})
    own = view_of(ORDERS[1], scheduled)
    assert own is not None
    assert own.kind == "contact"
    assert view_of(ORDERS[0], scheduled) == scheduled.trigger.view
    assert view_of(ORDERS[0], rule({"manual": True})) is None


def test_who_fits_a_rule_already() -> None:
    entering = rule({"enters": {"kind": "contact", "filter": VIP}})
    assert existing_view(entering) == entering.trigger.view
    waiting = rule({"event": "contact.updated"}, conditions=VIP)
    view = existing_view(waiting)
    assert view is not None
    assert (view.kind, view.filter) == ("contact", waiting.conditions)


def test_conditions_on_the_event_are_left_to_the_matcher() -> None:
    view = existing_view(rule({"event": "contact.updated"}, conditions={"all": [VIP, EVENT]}))
    assert view is not None
    assert (view.kind, view.filter) == ("contact", None)


@pytest.mark.parametrize(
    "trigger",
    [{"leaves": {"kind": "contact", "filter": VIP}}, {"manual": True}, {"event": "birthday.reached"},
     {"after_rule": ["rule_x"]}, {"schedule": {"cron": "0 9 * * *", "kind": "contact"}}],
)  # fmt: skip
def test_nobody_fits_other_rules_already(trigger: dict[str, Any]) -> None:
    assert existing_view(rule(trigger)) is None


@pytest.mark.parametrize(
    ("steps", "kind", "asked", "once"),
    [
        ([MAIL], "contact", None, True),
        ([TAG, MAIL], "lead", None, True),
        ([TAG], "contact", None, False),
        ([MAIL], "invoice", None, False),
        ([MAIL], "contact", False, False),
        ([TAG], "invoice", True, True),
    ],
)
def test_people_who_get_messages_get_one_each(
    steps: list[dict[str, Any]], kind: str, asked: bool | None, once: bool
) -> None:
    order = Order("rule_1", 1, NOW, by="key_1", per_person=asked)
    assert enters_once_per_person(order, rule({"manual": True}, *steps), kind) is once
