"""The three stories of the demo, on the deployed stack: from the signed post to the last effect."""

from __future__ import annotations

import pytest

from dev.demo import account, stories
from dev.demo.stories import Customer, Sent
from dev.signing import post
from dev.stack import Stack


@pytest.fixture
def customer() -> Customer:
    return Customer.new()


def runs_of(stack: Stack, sent: Sent) -> list[dict]:
    found = account.handled(stack, sent.event_id)
    assert found is not None, f"{sent.title}: the event was not handled"
    return found["runs"]


def settled(stack: Stack, run_id: str, steps: int) -> dict:
    """The run, once so many of its steps have their outcomes."""

    def look() -> dict | None:
        run = stack.api.get(f"/v1/runs/{run_id}")
        return run if sum(1 for job in run["jobs"] if job["finished_at"]) >= steps else None

    run = account.wait_for(look)
    assert run is not None, f"{run_id}: {stack.api.get(f'/v1/runs/{run_id}')}"
    return run


def ended(stack: Stack, run_id: str) -> dict:
    """The run, once it has its outcome, which is written after that of its last step."""

    def look() -> dict | None:
        run = stack.api.get(f"/v1/runs/{run_id}")
        return run if run["finished_at"] else None

    run = account.wait_for(look)
    assert run is not None, f"{run_id}: {stack.api.get(f'/v1/runs/{run_id}')}"
    return run


def assert_effects(sent: Sent) -> None:
    for effect in sent.effects:
        account.wait_for(lambda effect=effect: True if effect.seen() >= effect.times else None)
        assert effect.seen() == effect.times, effect.name


def test_a_meta_lead_is_recorded_assigned_greeted_and_followed_up(
    stack: Stack, rules: dict[str, str], customer: Customer
) -> None:
    sent = stories.meta_lead(stack, customer)
    assert sent.status == 200
    [run] = runs_of(stack, sent)
    run = settled(stack, run["id"], 3)
    assert {job["step"]: job["status"] for job in run["jobs"]} == {"assign": "done", "hello": "done", "call": "done"}
    assert_effects(sent)
    task = next(
        item
        for item in stack.api.items("/v1/records/task")
        if item["fields"].get("parent") == f"lead:{customer.lead_id}"
    )
    lead = stack.api.get(f"/v1/records/lead/{customer.lead_id}")
    assert task["fields"]["assignee"] == lead["fields"]["owner"]
    call = next(job for job in run["jobs"] if job["step"] == "call")
    assert call["due"][11:16] == "07:00", "10:00 in Istanbul is 07:00 UTC"


def test_a_large_payment_is_thanked_for_and_booked(stack: Stack, rules: dict[str, str], customer: Customer) -> None:
    sent = stories.payment(stack, customer)
    assert sent.status == 202
    [run] = runs_of(stack, sent)
    run = ended(stack, run["id"])
    assert run["status"] == "done"
    assert_effects(sent)
    call = next(call for call in stack.webhooks.received()["calls"] if f"INV-{customer.number}" in call["body"])
    assert call["headers"]["webhook-id"] == next(job["id"] for job in run["jobs"] if job["step"] == "book")


def test_an_answer_is_given_and_stops_the_customers_sequence(
    stack: Stack, rules: dict[str, str], customer: Customer
) -> None:
    [lead_run] = runs_of(stack, stories.meta_lead(stack, customer))
    settled(stack, lead_run["id"], 2)
    sent = stories.whatsapp_question(stack, customer, lead_run["id"])
    [run] = runs_of(stack, sent)
    assert ended(stack, run["id"])["status"] == "done"
    assert_effects(sent)
    stopped = stack.api.get(f"/v1/runs/{lead_run['id']}")
    assert (stopped["status"], stopped["reason"]["code"]) == ("stopped", "exit.event")
    assert stopped["reason"]["params"] == {"event_type": "contact.replied"}


def test_the_explanation_names_what_did_not_hold(stack: Stack, rules: dict[str, str], customer: Customer) -> None:
    hook = stack.hook("payments")
    body = {"type": "payment.received", "timestamp": "2026-11-22T10:00:00Z", "data": {"amount": 10}}
    event_id = post(hook, body, delivery_id=f"msg_small_{customer.number}").json()["events"][0]
    assert account.handled(stack, event_id) is not None
    explanation = stack.api.get(f"/v1/events/{event_id}/explain")
    [rule] = [rule for rule in explanation["rules"] if rule["id"] in rules]
    assert rule["matched"] is False
    assert any(
        "amount" in text and "1000" in text and "10" in text for text in (each["text"] for each in rule["reasons"])
    )
