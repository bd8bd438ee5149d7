"""The rules of the smoke test reach nobody: mail goes to the simulator of SES, calls to the stack itself."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dev.demo.stories import RULES, Customer
from dev.smoke.rules import MAILBOX, harmless_rules

CUSTOMER = Customer.new(MAILBOX)
RECEIVER = "https://api.example/hooks/smoke-receiver"
MADE = harmless_rules(CUSTOMER, RECEIVER)


def _steps() -> list[dict[str, Any]]:
    return [step for rule in MADE for step in rule["steps"]]


def test_each_rule_of_the_demo_is_there_with_its_steps_in_their_order() -> None:
    demo = [json.loads(file.read_text()) for file in sorted(RULES.glob("*.json"))]
    assert [[step["id"] for step in rule["steps"]] for rule in MADE] == [
        [step["id"] for step in rule["steps"]] for rule in demo
    ]
    assert [rule["exit"] for rule in MADE if "exit" in rule] == [rule["exit"] for rule in demo if "exit" in rule]


def test_no_step_sends_anything_to_anybody() -> None:
    outside = {"send_email", "call_webhook"}
    assert {step["action"] for step in _steps()} == outside | {"assign_owner", "create_task"}
    for step in _steps():
        given = step["with"]
        if step["action"] == "call_webhook":
            assert given["url"] == RECEIVER
        if step["action"] == "send_email" and "to" in given:
            assert given["to"].endswith("@simulator.amazonses.com") or given["to"] == "{{ event.data.customer.email }}"


@pytest.mark.parametrize("rule", MADE, ids=lambda rule: rule["trigger"]["event"])
def test_each_rule_is_for_this_customer_alone(rule: dict[str, Any]) -> None:
    """Real events of a stack that is in use meet these rules too."""
    _, mine = rule["conditions"]["all"]
    assert CUSTOMER.number in str(mine["value"])
    assert CUSTOMER.number in rule["name"]


def test_a_wait_is_short_unless_the_customers_answer_has_to_end_it() -> None:
    waits = {step["id"]: step["wait"] for step in _steps() if "wait" in step}
    assert waits == {"call": {"minutes": 1}, "remind": {"days": 30, "at": "09:00"}}


def test_two_smoke_tests_have_addresses_of_their_own() -> None:
    other = Customer("1", MAILBOX)
    assert other.address("elif") == "success+elif.1@simulator.amazonses.com" != CUSTOMER.address("elif")
