"""Several workers at once, in orders that hypothesis chooses: the effects are those of one after the other."""

from __future__ import annotations

import json
from collections import Counter
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.examples import examples
from tests.usecases.fakes.lockstep import Task, in_lock_step
from tests.usecases.fakes.taps import Tap
from tests.usecases.fakes.world import World
from tests.usecases.rules import CALL, GREET, NOTE, rule, together
from whenthen.channels.registry import CHANNELS
from whenthen.domain.common.errors import Busy
from whenthen.domain.events.event import Event
from whenthen.domain.runs.run import RunStatus
from whenthen.sources.meta.notification import LeadRef

TELL: dict[str, Any] = {"id": "tell", "action": "call_webhook", "with": {"url": "https://example.com/hook"}}

in_any_order = given(order=st.randoms(use_true_random=False))
often = settings(max_examples=examples(60, fast=20))
seldom = settings(max_examples=examples(15, fast=6))


def a_world() -> World:
    world = World()
    world.has_record("lead:1", first_name="Ayşe", email="ayse@example.com", phone="+905321234567", status="new")
    return world


def matching(world: World, event: Event) -> Task:
    return lambda tap: _matched(world, event, tap)


def _matched(world: World, event: Event, tap: Tap) -> None:
    world.wire(tap).match_event(event)


def performing(world: World, channel: str, message: Any) -> Task:
    return lambda tap: world.wire(tap).channels[channel](*message)


@in_any_order
@seldom
def test_the_same_event_twenty_times_at_once_has_the_effects_of_one(order: Random) -> None:
    world = a_world()
    steps = (GREET, together(NOTE), together(TELL))
    world.has_rule(rule(*steps, name="at once", entry={"again": "once_per_record"}))
    world.has_rule(rule(GREET, CALL, name="in order"))
    event = world.event("lead.created", subject="lead:1")
    errors = in_lock_step(order.choice, [matching(world, event) for _ in range(20)])
    assert errors == [None] * 20
    messages = [(channel, message) for channel in CHANNELS for message in set(world.queues[channel].bodies)]
    jobs = [performing(world, *message) for message in messages for _ in range(3)]
    in_lock_step(order.choice, jobs)
    world.run_out()
    assert Counter(run.rule_name for run in world.all_runs) == {"at once": 1, "in order": 1}
    assert {run.status for run in world.all_runs} == {RunStatus.DONE}
    assert len(world.mailer.sent) == 2
    assert len({request.headers["idempotency-key"] for request in world.http.sent}) == 1
    assert len([ref for ref in world.records.stored if ref.startswith("task:")]) == 1
    assert world.records.stored["lead:1"].version == 2


@in_any_order
@often
def test_two_workers_with_one_job_have_one_effect(order: Random) -> None:
    world = a_world()
    written = world.has_rule(rule(GREET))
    event = world.event("lead.created", subject="lead:1")
    world.functions.match_event(event)
    (message,) = world.queues["email"].bodies
    errors = in_lock_step(order.choice, [performing(world, "email", message) for _ in range(2)])
    assert len(world.mailer.sent) == 1
    assert all(error is None or isinstance(error, Busy) for error in errors)
    assert world.run_of(event, written).run.status is RunStatus.DONE


@in_any_order
@often
def test_a_run_ends_though_its_last_jobs_end_at_the_same_time(order: Random) -> None:
    world = a_world()
    written = world.has_rule(rule(GREET, together(NOTE), together(TELL)))
    event = world.event("lead.created", subject="lead:1")
    world.functions.match_event(event)
    tasks = [performing(world, name, world.queues[name].bodies[0]) for name in ("email", "record", "webhook")]
    assert in_lock_step(order.choice, tasks) == [None] * 3
    assert world.run_of(event, written).run.status is RunStatus.DONE


@in_any_order
@often
def test_a_reply_stops_the_run_whichever_of_both_is_matched_first(order: Random) -> None:
    world = a_world()
    written = world.has_rule(rule(CALL, exit={"on": ["contact.replied"]}))
    event = world.event("lead.created", subject="lead:1")
    world.clock.move(seconds=1)
    reply = world.event("contact.replied", identities=("phone#+905321234567",))
    assert in_lock_step(order.choice, [matching(world, event), matching(world, reply)]) == [None, None]
    world.run_out()
    assert world.run_of(event, written).run.status is RunStatus.STOPPED
    assert not [ref for ref in world.records.stored if ref.startswith("task:")]


@in_any_order
@often
def test_a_record_enters_once_though_several_events_call_for_it_at_once(order: Random) -> None:
    world = a_world()
    world.has_rule(rule(GREET, entry={"again": "once_per_record"}))
    events = [world.event("lead.created", str(number), subject="lead:1") for number in range(4)]
    assert in_lock_step(order.choice, [matching(world, event) for event in events]) == [None] * 4
    world.run_out()
    assert len(world.all_runs) == len(world.mailer.sent) == 1


@in_any_order
@often
def test_owners_take_turns_though_leads_are_assigned_at_once(order: Random) -> None:
    world = a_world()
    agents = ["agent:ayse", "agent:budi", "agent:cem"]
    world.has_rule(rule({"id": "own", "action": "assign_owner", "with": {"from": agents}}))
    for number in range(6):
        world.has_record(f"lead:{number}")
        world.functions.match_event(world.event("lead.created", str(number), subject=f"lead:{number}"))
    tasks = [performing(world, "record", message) for message in world.queues["record"].bodies]
    in_lock_step(order.choice, tasks)
    world.run_out()
    owners = Counter(world.records.stored[f"lead:{number}"].fields["owner"] for number in range(6))
    assert owners == dict.fromkeys(agents, 2)


@in_any_order
@often
def test_a_wait_that_is_over_twice_at_once_is_dispatched_once(order: Random) -> None:
    """The machine tries again while its first call is still at work, or a sweep finds the run overdue."""
    world = a_world()
    written = world.has_rule(rule(CALL, GREET))
    event = world.event("lead.created", subject="lead:1")
    world.functions.match_event(event)
    run = world.run_of(event, written).run
    assert run.waits_until is not None
    due = run.waits_until
    world.clock.at = due

    def advancing(tap: Tap) -> object:
        return world.wire(tap).advance_sequence(run.id, 0, due)

    assert in_lock_step(order.choice, [advancing, advancing]) == [None, None]
    world.run_out()
    assert len(world.mailer.sent) == 1
    assert world.run_of(event, written).run.status is RunStatus.DONE
    assert world.sequences.open == []


@in_any_order
@often
def test_a_lead_that_is_fetched_twice_at_once_is_not_set_back(order: Random) -> None:
    """Between the two, a rule (here: a person) has moved the lead on."""
    world = World()
    world.graph.documents["77"] = {"id": "77", "field_data": [{"name": "email", "values": ["bo@example.com"]}]}

    def fetching(tap: Tap) -> None:
        world.wire(tap).fetch_lead(LeadRef("77"))

    def fetching_then_moving_on(tap: Tap) -> None:
        fetching(tap)
        world.changes("lead:77", status="contacted")

    assert in_lock_step(order.choice, [fetching, fetching_then_moving_on]) == [None, None]
    assert world.records.stored["lead:77"].fields["status"] == "contacted"
    assert len({event.id for event in world.bus.published}) == 1


@in_any_order
@often
def test_what_a_source_tells_at_once_and_twice_leaves_what_happened_last(order: Random) -> None:
    world = World()
    fields = "body.{email: email, full_name: name, first_name: first}"
    mapping = {
        "type": "customer.told",
        "id": "body.id",
        "time": "body.at",
        "record": {"kind": "contact", "fields": fields},
    }
    world.sources.kept["shop"] = {"name": "shop", "scheme": "bearer", "mappings": [mapping]}
    world.secrets.kept["sources/shop"] = {"secret": "key-of-the-shop"}
    older = {"id": "1", "at": 1773480000, "email": "ayse@example.com", "name": "Aise", "first": "Ayşe"}
    newer = {"id": "2", "at": 1773480060, "email": "ayse@example.com", "name": "Ayşe Yılmaz"}

    def update(body: dict[str, Any]) -> Task:
        def task(tap: Tap) -> None:
            headers = {"authorization": "Bearer key-of-the-shop"}
            world.wire(tap).receive_webhook("shop", headers, json.dumps(body).encode())

        return task

    tasks = [update(body) for body in (older, newer, older, newer)]
    assert in_lock_step(order.choice, tasks) == [None] * 4
    (contact,) = (record for ref, record in world.records.stored.items() if ref.startswith("contact:"))
    assert (contact.fields["full_name"], contact.fields["first_name"]) == ("Ayşe Yılmaz", "Ayşe")
    assert contact.version == 2, "each was written once"
    assert len({event.id for event in world.bus.published}) == 2
