"""Caps on marketing: over all rules and channels, by priority, exactly, whoever asks at the same moment."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.usecases.fakes.lockstep import Task, in_lock_step
from tests.usecases.fakes.outside import Fails
from tests.usecases.fakes.world import World
from tests.usecases.rules import GREET, rule
from whenthen.domain.common.errors import AnswerLost, Permanent, Temporary
from whenthen.domain.common.reasons import Reason
from whenthen.domain.events.event import Event, format_time
from whenthen.domain.rules.rule import Rule
from whenthen.domain.runs.run import Job, JobStatus
from whenthen.domain.sending.holds import CAP
from whenthen.ports.reason_codes import NO_ANSWER, UNAVAILABLE

HELLO: dict[str, Any] = {"id": "hello", "action": "send_whatsapp", "with": {"template": "welcome"}}
SERVICE = {**HELLO, "with": {**HELLO["with"], "purpose": "service"}}
WEEK = timedelta(days=7)


def capped(world: World, *caps: tuple[str, int], **more: Any) -> None:
    marketing = [{"channel": channel, "most": most, "per": {"days": 7}} for channel, most in caps]
    world.settings.save("limits", {"marketing": marketing, **more})


def happens(world: World, name: str, subject: str = "lead:1") -> Event:
    event = world.happens("lead.created", name, subject=subject)
    world.settle()
    return event


def job_of(world: World, written: Rule, event: Event) -> Job:
    return world.run_of(event, written).jobs[0]


def sent(world: World) -> int:
    return len(world.mailer.sent) + len(world.graph.sent)


def test_a_message_over_the_cap_is_held_until_the_window_moves_on(world: World) -> None:
    capped(world, ("whatsapp", 2))
    written = world.has_rule(rule(HELLO))
    start = world.clock.now()
    jobs = [job_of(world, written, happens(world, str(number))) for number in range(3)]
    assert [job.status for job in jobs] == [JobStatus.DONE, JobStatus.DONE, JobStatus.PENDING]
    until = start + WEEK
    assert (jobs[2].held_until, jobs[2].reason) == (until, CAP(channel="whatsapp", most=2, until=format_time(until)))
    world.pass_time(days=6, hours=23)
    assert sent(world) == 2
    world.run_out()
    assert (sent(world), world.clock.now()) == (3, until)


def test_nothing_is_dropped_however_much_there_is(world: World) -> None:
    capped(world, ("email", 1))
    written = world.has_rule(rule(GREET))
    start = world.clock.now()
    events = [happens(world, str(number)) for number in range(5)]
    world.run_out()
    times = sorted(job_of(world, written, event).finished_at or start for event in events)
    assert len(world.mailer.sent) == 5
    assert all(later - earlier >= WEEK for earlier, later in pairwise(times))


def test_a_cap_on_any_channel_counts_all_of_them(world: World) -> None:
    capped(world, ("any", 1))
    mail, message = world.has_rule(rule(GREET, name="Mail")), world.has_rule(rule(HELLO, on="lead.updated"))
    first = happens(world, "1")
    second = world.happens("lead.updated", "2", subject="lead:1")
    world.settle()
    assert job_of(world, mail, first).status is JobStatus.DONE
    assert job_of(world, message, second).held_until is not None


def test_a_cap_on_one_channel_leaves_the_others_alone(world: World) -> None:
    capped(world, ("whatsapp", 1))
    world.has_rule(rule(GREET))
    for number in range(3):
        happens(world, str(number))
    assert len(world.mailer.sent) == 3
    assert world.send_logs.kept == {}


def test_service_messages_neither_count_nor_wait(world: World) -> None:
    capped(world, ("whatsapp", 1))
    world.has_rule(rule(SERVICE))
    for number in range(3):
        happens(world, str(number))
    assert (sent(world), world.send_logs.kept) == (3, {})


def test_an_urgent_message_goes_over_the_cap_and_counts(world: World) -> None:
    capped(world, ("whatsapp", 1))
    world.has_rule(rule({**HELLO, "urgent": True}, name="Urgent"))
    plain = world.has_rule(rule(HELLO, on="lead.updated", name="Plain"))
    for number in range(2):
        happens(world, str(number))
    assert sent(world) == 2
    event = world.happens("lead.updated", "3", subject="lead:1")
    world.settle()
    assert job_of(world, plain, event).held_until is not None


def test_a_cap_is_for_a_person_and_not_for_a_record(world: World) -> None:
    capped(world, ("whatsapp", 1))
    world.has_record("lead:2", phone="+905321234567")
    world.has_record("lead:3", phone="+905329999999")
    written = world.has_rule(rule(HELLO))
    first, second, other = (happens(world, ref, ref) for ref in ("lead:1", "lead:2", "lead:3"))
    assert job_of(world, written, first).status is JobStatus.DONE
    assert job_of(world, written, second).held_until is not None
    assert job_of(world, written, other).status is JobStatus.DONE


def test_a_person_with_two_addresses_is_one_person(world: World) -> None:
    """A record that shares the mail address is found; the log is kept under the number of the other record."""
    capped(world, ("any", 1))
    world.has_record("contact:9", email="ayse@example.com")
    mail = world.has_rule({**rule(GREET, name="Mail"), "kind": "contact", "trigger": {"event": "contact.created"}})
    world.has_rule(rule(HELLO))
    happens(world, "1")
    event = world.happens("contact.created", "2", subject="contact:9")
    world.settle()
    assert len(world.graph.sent) == 1
    assert job_of(world, mail, event).held_until is not None


def test_a_message_to_somebody_else_does_not_count_for_the_record(world: World) -> None:
    capped(world, ("email", 1))
    boss = {**GREET, "with": {**GREET["with"], "to": "boss@example.com"}}
    world.has_rule(rule(boss, name="Boss"))
    happens(world, "1")
    written = world.has_rule(rule(GREET, on="lead.updated"))
    event = world.happens("lead.updated", "2", subject="lead:1")
    world.settle()
    assert job_of(world, written, event).status is JobStatus.DONE


def test_a_rules_own_cap_counts_the_messages_of_all_rules(world: World) -> None:
    capped(world, ("whatsapp", 5))
    world.has_rule(rule(HELLO, name="Loose"))
    own = {"marketing": [{"channel": "whatsapp", "most": 1, "per": {"days": 30}}]}
    strict = world.has_rule(rule(HELLO, on="lead.updated", name="Strict", limits=own))
    start = world.clock.now()
    happens(world, "1")
    event = world.happens("lead.updated", "2", subject="lead:1")
    world.settle()
    assert job_of(world, strict, event).held_until == start + timedelta(days=30)
    happens(world, "3")
    assert len(world.graph.sent) == 2, "the other rule goes by the installation's cap"


@pytest.mark.parametrize("order", [("low", "high"), ("high", "low")])
def test_of_two_rules_of_one_event_the_higher_priority_goes_first(world: World, order: tuple[str, str]) -> None:
    capped(world, ("whatsapp", 1))
    priorities = {"low": 1, "high": 10}
    rules = {name: world.has_rule(rule(HELLO, name=name, priority=priorities[name])) for name in order}
    event = happens(world, "1")
    world.pass_time(minutes=1)
    assert job_of(world, rules["high"], event).status is JobStatus.DONE
    low = job_of(world, rules["low"], event)
    assert (low.status, low.reason and low.reason.code) == (JobStatus.PENDING, "hold.cap")
    world.run_out()
    assert sent(world) == 2


def test_a_rule_that_is_alone_does_not_wait_for_others(world: World) -> None:
    capped(world, ("whatsapp", 1))
    written = world.has_rule(rule(HELLO))
    event = happens(world, "1")
    assert job_of(world, written, event).finished_at == world.clock.now()


def test_after_quiet_hours_the_higher_priority_goes_first(world: World) -> None:
    capped(world, ("whatsapp", 1), quiet_hours={"from": "12:00", "to": "14:00"})
    low = world.has_rule(rule(HELLO, name="low"))
    high = world.has_rule(rule(HELLO, on="lead.updated", name="high", priority=1))
    first = happens(world, "1")
    second = world.happens("lead.updated", "2", subject="lead:1")
    world.settle()
    held = [job_of(world, low, first).held_until, job_of(world, high, second).held_until]
    assert held[0] == held[1] is not None
    world.pass_time(hours=3)
    assert job_of(world, high, second).status is JobStatus.DONE
    assert job_of(world, low, first).held_until == (held[0] or world.clock.now()) + WEEK
    world.run_out()
    assert sent(world) == 2


@pytest.mark.parametrize(
    ("error", "again"),
    [
        (Permanent(Reason("sample.blocked")), True),
        (AnswerLost(NO_ANSWER(provider="Graph", error="x")), False),
    ],
)
def test_a_message_that_was_not_sent_gives_its_place_back(world: World, error: Any, again: bool) -> None:
    capped(world, ("whatsapp", 1))
    world.graph.will(Fails(error))
    written = world.has_rule(rule(HELLO))
    happens(world, "1")
    second = job_of(world, written, happens(world, "2"))
    assert (second.status is JobStatus.DONE) is again


def test_a_message_that_is_tried_again_has_one_place(world: World) -> None:
    capped(world, ("whatsapp", 2))
    world.graph.will(Fails(Temporary(UNAVAILABLE(provider="Graph", error="x"))))
    written = world.has_rule(rule(HELLO))
    first = happens(world, "1")
    world.run_out()
    second = happens(world, "2")
    assert [job_of(world, written, event).status for event in (first, second)] == [JobStatus.DONE] * 2
    (log,) = world.send_logs.kept.values()
    assert len(log.sent) == 2


def test_a_message_that_is_tried_late_counts_when_it_went(world: World) -> None:
    """Not when it first asked: else a window could hold two."""
    world.settings.save("limits", {"marketing": [{"channel": "whatsapp", "most": 1, "per": {"minutes": 1}}]})
    world.graph.will(Fails(Temporary(UNAVAILABLE(provider="Graph", error="x"), retry_after=90)))
    written = world.has_rule(rule(HELLO))
    first = happens(world, "1")
    world.pass_time(seconds=89)
    second = happens(world, "2")
    world.run_out()
    times = sorted(job_of(world, written, event).finished_at or world.clock.now() for event in (first, second))
    assert sent(world) == 2
    assert times[1] - times[0] >= timedelta(minutes=1)


def test_a_message_costs_one_write_where_a_cap_exists(world: World) -> None:
    capped(world, ("whatsapp", 3))
    world.has_rule(rule(HELLO))
    happens(world, "1")
    assert world.send_logs.writes == 1


def performing(world: World, run_id: str) -> Task:
    return lambda tap: world.wire(tap).channels["whatsapp"](run_id, "hello", 0)


@given(order=st.randoms(use_true_random=False), workers=st.integers(2, 4), most=st.integers(1, 2))
@settings(max_examples=60)
def test_workers_at_the_same_moment_never_go_over_a_cap(order: Random, workers: int, most: int) -> None:
    world = World()
    world.has_record("lead:1", phone="+905321234567")
    capped(world, ("whatsapp", most))
    written = world.has_rule(rule(HELLO))
    events = [world.event("lead.created", str(number), subject="lead:1") for number in range(workers)]
    for event in events:
        world.functions.match_event(event)
    runs = [world.run_of(event, written).run.id for event in events]
    in_lock_step(order.choice, [performing(world, run) for run in runs for _ in range(2)])
    assert len(world.graph.sent) == min(most, workers)
    assert sum(job_of(world, written, event).held_until is not None for event in events) == max(0, workers - most)
    world.run_out()
    assert len(world.graph.sent) == workers
