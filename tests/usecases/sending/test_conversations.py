"""Conversations, campaigns and messages to colleagues go on: only what keeps a loop going is bounded, at what cost."""

from __future__ import annotations

from typing import Any

import pytest

from tests.usecases.fakes.world import World
from tests.usecases.sending.ways import (
    MAIL,
    PHONE,
    Way,
    about_contacts,
    answer_to,
    answering,
    through_the_record,
    ways,
    writes,
)
from whenthen.domain.runs.run import JobStatus


@pytest.fixture
def world(world: World) -> World:
    world.has_record("contact:1", email=MAIL, phone=PHONE)
    world.has_record("agent:budi", email="budi@corp.example", phone="+905559998877")
    return world


# --- what is no loop ------------------------------------------------------------------------------


@ways
def test_a_customer_who_writes_again_later_is_answered_again(world: World, way: Way) -> None:
    written = answering(world, way)
    for number in range(12):
        writes(world, way, number)
    world.clock.move(hours=2)
    assert answer_to(world, way, written, 12).status is JobStatus.DONE


@ways
def test_a_customer_who_writes_much_is_answered_where_a_rule_answers_little(world: World, way: Way) -> None:
    """Colleagues talk with the customer; a rule only answers the question for the price."""
    only: dict[str, Any] = {"conditions": {"field": "event.data.text", "op": "equals", "value": "price"}}
    written = world.has_rule(about_contacts(way.step_with(), on=way.received, **only))
    for number in range(40):
        writes(world, way, number, text="hello")
    assert answer_to(world, way, written, 40, text="price").status is JobStatus.DONE


@ways
def test_one_message_counts_once_whoever_answers_it_how_often(world: World, way: Way) -> None:
    """Two rules with three messages each answer it, one of them by the event `contact.replied`."""
    steps = [way.step_with(step_id) for step_id in ("it", "more", "last")]
    world.has_rule(about_contacts(*steps, on=way.received, name="one"))
    world.has_rule(about_contacts(*steps, on="contact.replied", name="two"))
    for number in range(9):
        data = {**way.data, "message_id": f"m{number}"}
        source = way.received.partition(".")[0]
        for kind in (way.received, "contact.replied"):
            world.happens(kind, str(number), identities=(way.identity,), data=data, source=source)
        world.run_out()
        world.clock.move(minutes=1)
    assert way.sent(world) == 9 * 6


@ways
def test_other_persons_count_apart(world: World, way: Way) -> None:
    answering(world, way)
    for number in range(30):
        phone, mail = f"+9053211100{number:02}", f"customer{number}@example.com"
        world.has_record(f"contact:{number + 2}", phone=phone, email=mail)
        identity = f"email#{mail}" if way.received == "email.received" else f"phone#{phone}"
        data = {"from": mail} if way.received == "email.received" else {"phone": phone}
        world.happens(way.received, str(number), identities=(identity,), data=data)
        world.run_out()
    assert way.sent(world) == 30


@ways
def test_colleagues_are_told_of_every_message(world: World, way: Way) -> None:
    staff = "agent:budi" if way.received == "email.received" else "+905559998877"
    answering(world, way, to=staff)
    for number in range(30):
        writes(world, way, number)
    assert way.sent(world) == 30


class Counting:
    """Notes which calls are made of the logs and plans."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def before(self, call: str) -> None:
        if call in ("send_logs.read", "send_logs.write", "log.plan_of"):
            self.calls.append(call)

    def after(self, call: str) -> None:
        pass


def counted(world: World) -> Counting:
    tap = Counting()
    world.functions = world.wire(tap)
    return tap


@ways
def test_campaigns_and_reminders_cost_no_request_and_have_no_bound(world: World, way: Way) -> None:
    reminder = {**way.step_with("later"), "wait": {"days": 1}}
    world.has_rule(about_contacts(way.step_with(), reminder, on="contact.updated"))
    world.changes("contact:1", city="Izmir")
    world.run_out()
    tap = counted(world)
    for number in range(20):
        world.changes("contact:1", city=f"City {number}")
        world.settle()
    world.run_out()
    assert (way.sent(world), tap.calls) == (42, [])


@ways
def test_an_answer_costs_a_read_and_the_first_to_a_message_a_write(world: World, way: Way) -> None:
    world.has_rule(about_contacts(way.step_with(), way.step_with("more"), on=way.received))
    tap = counted(world)
    writes(world, way)
    assert tap.calls == ["send_logs.read", "send_logs.write", "send_logs.read"]


@ways
def test_an_answer_through_a_record_costs_one_read_more(world: World, way: Way) -> None:
    through_the_record(world, way)
    tap = counted(world)
    writes(world, way)
    assert tap.calls == ["log.plan_of", "send_logs.read", "send_logs.write"]


@ways
def test_what_is_told_to_colleagues_costs_nothing(world: World, way: Way) -> None:
    answering(world, way, to="agent:budi" if way.received == "email.received" else "+905559998877")
    tap = counted(world)
    writes(world, way)
    assert tap.calls == []
