"""The same event has the effects of one, however often it comes."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from dev.demo import account, stories
from dev.demo.stories import Customer
from dev.signing import post
from dev.stack import Stack

TIMES = 20

HOPS = 3
"""From the leads' queue by that of events to those of effects."""

HELD = [
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
]


def test_a_payment_reported_twenty_times_in_parallel(stack: Stack, rules: dict[str, str]) -> None:
    customer = Customer.new()
    with ThreadPoolExecutor(TIMES) as threads:
        sent = list(threads.map(lambda _: stories.payment(stack, customer), range(TIMES)))
    assert {one.status for one in sent} == {202}
    assert len({one.event_id for one in sent}) == 1
    found = account.handled(stack, sent[0].event_id)
    assert found is not None
    assert len(found["runs"]) == 1
    for effect in sent[0].effects:
        account.wait_for(lambda effect=effect: True if effect.seen() else None)
    _drain(stack)
    assert {effect.name: effect.seen() for effect in sent[0].effects} == {effect.name: 1 for effect in sent[0].effects}


def test_a_lead_notified_twenty_times_in_parallel(stack: Stack, rules: dict[str, str]) -> None:
    customer = Customer.new()
    sent = stories.meta_lead(stack, customer)
    notification = json.loads((stories.EVENTS / "meta/leadgen.json").read_text())
    notification["entry"][0]["changes"][0]["value"]["leadgen_id"] = customer.lead_id
    with ThreadPoolExecutor(TIMES) as threads:
        answers = list(threads.map(lambda _: _taken(stack, notification), range(TIMES - 1)))
    assert set(answers) == {200}
    for effect in sent.effects:
        account.wait_for(lambda effect=effect: True if effect.seen() else None)
    _drain(stack)
    assert {effect.name: effect.seen() for effect in sent.effects} == {effect.name: 1 for effect in sent.effects}


def _taken(stack: Stack, notification: Any) -> int:
    """The status of the answer that is no failure of the server. Meta repeats what failed, and so does this.

    Twenty new processes at once are more than a small machine starts in the time that a gateway waits.
    """
    statuses = (post(stack.hook("meta"), notification).status for _ in range(TIMES))
    return next((status for status in statuses if status < 500), 500)


def _drain(stack: Stack) -> None:
    """Wait until every queue was seen empty once for each hop from a sender to an effect.

    Only then would a doubled effect have been had. Other tests fill the queues too: as long as they move, there is
    patience.
    """
    sqs = stack.client("sqs")
    for _ in range(HOPS):
        for name, url in stack.queues.items():
            if not name.endswith("dead_letters"):
                _await_empty(sqs, url)


def _await_empty(sqs: Any, url: str) -> None:
    held = _held(sqs, url)
    while held:

        def moved(before: int = held) -> tuple[int] | None:
            now = _held(sqs, url)
            return (now,) if now != before else None

        found = account.wait_for(moved)
        assert found, f"{held} messages stand still in {url}"
        held = found[0]


def _held(sqs: Any, url: str) -> int:
    counts = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=HELD)["Attributes"]
    return sum(int(count) for count in counts.values())
