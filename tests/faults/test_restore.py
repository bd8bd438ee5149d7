"""Tables are set back by an hour: every run goes on or is listed, and nothing is sent twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.faults.set_back import Backup, goes_on, says_what_is_unknown
from tests.usecases.fakes.stores import FakeViews
from tests.usecases.fakes.world import World
from tests.usecases.rules import GREET, NOTE, rule
from whenthen.domain.events.event import Event
from whenthen.domain.rules.rule import Rule
from whenthen.domain.runs.run import JobStatus, RunStatus
from whenthen.usecases.runs.start_rule import StartRule

HELLO: Mapping[str, Any] = {"action": "send_whatsapp", "with": {"template": "welcome"}}
LOST = timedelta(hours=1)


@pytest.fixture
def world() -> World:
    """A whenthen in memory."""
    return World()


def after(minutes: int, step: str = "hello", **more: Any) -> dict[str, Any]:
    return {**HELLO, "id": step, "wait": {"minutes": minutes}, **more}


def has_lead(world: World, ref: str = "lead:1") -> None:
    world.has_record(ref, phone="+905321234567", email="ayse@example.com")


def lead(world: World, number: int, ref: str = "lead:1") -> Event:
    return world.happens("lead.created", str(number), subject=ref)


def sent(world: World) -> Counter[str]:
    """How often each job sent a message."""
    mails = [mail.headers["X-Whenthen-Job"] for mail in world.mailer.sent]
    return Counter([*mails, *(key.partition("/")[2] for _, key in world.graph.sent)])


def jobs(world: World) -> dict[str, JobStatus]:
    loaded = [world.runs.load(run.id) for run in world.all_runs]
    return {job.id: job.status for state in loaded if state is not None for job in state.jobs}


def set_back(world: World, backup: Backup, *, told: bool = True) -> datetime:
    """An hour after the backup, the tables are set back to it."""
    world.pass_time(seconds=(backup.at + LOST - world.clock.now()).total_seconds())
    until = world.clock.now()
    backup.restore()
    if told:
        says_what_is_unknown(world, until)
    world.clock.at += timedelta(minutes=10)  # for so long nothing ran
    return until


def _many(world: World) -> tuple[list[Rule], list[Event], Backup]:
    """Runs that are anywhere on their way, some of which begin in the hour that is lost."""
    rules = [
        world.has_rule(rule(GREET, after(minutes), NOTE, name=f"after {minutes}"))
        for minutes in (3, 30, 61, 90, 119, 125, 500)
    ]
    events, backup = [], None
    for number in range(12):
        has_lead(world, f"lead:{number}")
    for number in range(12):
        events.append(lead(world, number, f"lead:{number}"))
        world.pass_time(minutes=10)
        if number == 5:
            backup = Backup(world)
    assert backup is not None
    return rules, events, backup


def test_every_run_goes_on_and_every_message_is_sent_once(world: World) -> None:
    rules, events, backup = _many(world)
    until = set_back(world, backup)
    goes_on(world, hours=12)
    known = len(world.all_runs)
    assert known == len(rules) * 6, "those that began in the hour are gone"
    for event in events[6:]:  # the archive of the bus has them
        world.queues["events"].add(event)
    goes_on(world, hours=12)
    assert len(world.all_runs) == len(rules) * 12
    assert {run.status for run in world.all_runs} <= {RunStatus.DONE, RunStatus.UNKNOWN}
    assert set(sent(world).values()) == {1}
    assert len(sent(world)) == len(rules) * 12 * 2, "none is missing either"
    unknown = {job for job, status in jobs(world).items() if status is JobStatus.UNKNOWN}
    assert unknown, "they are listed"
    assert all(run.due <= until or run.status is RunStatus.DONE for run in world.all_runs if run.id in unknown)
    assert all(world.records.stored[f"lead:{number}"].fields["greeted"] == "yes" for number in range(12))


def test_without_the_moment_messages_are_sent_twice(world: World) -> None:
    _, _, backup = _many(world)
    set_back(world, backup, told=False)
    goes_on(world, hours=12)
    assert max(sent(world).values()) == 2, "so the page asks for it"


@pytest.mark.parametrize("replayed", [True, False])
def test_an_exit_of_the_hour_ends_the_run_once_it_is_told_again(world: World, replayed: bool) -> None:
    has_lead(world)
    written = world.has_rule(rule(after(90), exit={"on": ["contact.replied"]}))
    event = lead(world, 1)
    world.settle()
    backup = Backup(world)
    world.pass_time(minutes=20)
    reply = world.happens("contact.replied", "r", subject="lead:1")
    world.settle()
    assert world.run_of(event, written).run.status is RunStatus.STOPPED
    assert world.sequences.open == []
    set_back(world, backup)
    if replayed:
        world.queues["events"].add(reply)
    goes_on(world, hours=3)
    run = world.run_of(event, written).run
    assert (run.status, len(sent(world))) == ((RunStatus.STOPPED, 0) if replayed else (RunStatus.DONE, 1))


def test_a_wait_whose_execution_has_ended_under_its_name_is_over_all_the_same(world: World) -> None:
    has_lead(world)
    written = world.has_rule(rule(after(200)))
    event = lead(world, 1)
    world.settle()
    backup = Backup(world)
    (execution,) = world.sequences.executions.values()
    execution.state = "ended"  # somebody stopped it, or it failed
    set_back(world, backup)
    goes_on(world, minutes=120)
    assert world.run_of(event, written).run.status is RunStatus.WAITING
    world.sequences.wait(execution.run_id, execution.step_group, execution.due)
    assert world.sequences.open == [], "the name is taken: nothing is started under it"
    goes_on(world, minutes=30)
    assert (world.run_of(event, written).run.status, set(sent(world).values())) == (RunStatus.DONE, {1})


@pytest.mark.parametrize("minutes", [0, 20])
def test_a_rule_that_began_behind_another_in_the_hour_sends_nothing_again(world: World, minutes: int) -> None:
    has_lead(world)
    first = world.has_rule(rule(after(30, "first"), name="first", order=1))
    second = world.has_rule(rule(after(minutes, "second"), name="second", order=2))
    event = lead(world, 1)
    world.settle()
    backup = Backup(world)
    set_back(world, backup)
    assert set(sent(world).values()) == {1}
    goes_on(world, hours=2)
    found = [world.run_of(event, written).run.status for written in (first, second)]
    assert (found, set(sent(world).values()), len(sent(world))) == ([RunStatus.UNKNOWN] * 2, {1}, 2)


def test_an_event_that_came_in_the_hour_ends_its_wait_again(world: World) -> None:
    has_lead(world)
    awaited = {"for_event": {"on": ["contact.replied"], "timeout": {"hours": 5}}}
    written = world.has_rule(rule({**HELLO, "id": "hello", "wait": awaited}))
    event = lead(world, 1)
    world.settle()
    backup = Backup(world)
    world.pass_time(minutes=20)
    reply = world.happens("contact.replied", "r", subject="lead:1")
    world.settle()
    set_back(world, backup)
    world.queues["events"].add(reply)
    goes_on(world, hours=8)
    assert world.run_of(event, written).run.status is RunStatus.UNKNOWN
    assert set(sent(world).values()) == {1}


@pytest.mark.parametrize(("end", "status"), [("13:00", JobStatus.UNKNOWN), ("14:30", JobStatus.DONE)])
def test_a_message_that_was_held_goes_if_its_hold_outlasted_the_hour(world: World, end: str, status: JobStatus) -> None:
    has_lead(world)
    written = world.has_rule(rule(GREET, time_zone="UTC", limits={"quiet_hours": {"from": "01:00", "to": end}}))
    assert (world.clock.at.hour, world.clock.at.minute) == (9, 30), "half past twelve, by the recipient's clocks"
    event = lead(world, 1)
    world.settle()
    assert world.job(world.run_of(event, written), "greet").held_until is not None
    backup = Backup(world)
    set_back(world, backup)
    goes_on(world, hours=3)
    assert world.job(world.run_of(event, written), "greet").status is status
    assert set(sent(world).values()) == {1}


def test_a_webhook_is_called_again_under_the_same_key(world: World) -> None:
    has_lead(world)
    call = {"id": "tell", "action": "call_webhook", "with": {"url": "https://books.example/hook"}}
    written = world.has_rule(rule({**call, "wait": {"minutes": 20}}))
    event = lead(world, 1)
    world.settle()
    backup = Backup(world)
    set_back(world, backup)
    goes_on(world, hours=1)
    keys = [request.headers["webhook-id"] for request in world.http.sent]
    assert (len(keys), len(set(keys))) == (2, 1)
    assert world.run_of(event, written).run.status is RunStatus.DONE


def test_a_birthday_of_the_hour_is_not_greeted_twice(world: World) -> None:
    has_lead(world)
    world.clock.at = world.clock.at.replace(hour=8, minute=30)
    day = world.clock.at.strftime("1990-%m-%d")
    world.has_record("contact:1", phone="+905321234567", email="ayse@example.com", birth_date=day)
    greeting = {**GREET, "with": {**GREET["with"], "to": "{{ record.email }}"}}
    world.has_rule(
        {
            "name": "Birthday",
            "trigger": {"date": {"kind": "contact", "field": "birth_date", "yearly": True, "at": "09:00"}},
            "steps": [greeting],
        }
    )
    world.queues["sweeps"].add({"sweep": "dates"})
    world.settle()
    backup = Backup(world)
    world.pass_time(minutes=40)
    world.queues["sweeps"].add({"sweep": "dates"})
    world.settle()
    assert len(sent(world)) == 1
    set_back(world, backup)
    world.queues["sweeps"].add({"sweep": "dates"})
    goes_on(world, hours=1)
    assert ([run.status for run in world.all_runs], list(sent(world).values())) == ([RunStatus.UNKNOWN], [1])


def test_what_comes_due_afterwards_is_sent_as_ever(world: World) -> None:
    has_lead(world)
    backup = Backup(world)
    set_back(world, backup)
    written = world.has_rule(rule(GREET, after(5)))
    event = lead(world, 1)
    goes_on(world, hours=1)
    assert (world.run_of(event, written).run.status, len(sent(world))) == (RunStatus.DONE, 2)


def test_an_enrolment_that_was_under_way_greets_nobody_twice(world: World) -> None:
    written = world.has_rule({**rule(GREET), "trigger": {"manual": True}})
    for number in range(30):
        world.has_record(f"lead:{number}", email=f"p{number}@example.com")
    everybody = {"kind": "lead", "filter": {"field": "record.email", "op": "exists"}}
    start = StartRule(
        world.rules, FakeViews(), world.records, world.functions.enrolments, world.bus, world.claim_key, world.clock
    )
    enrolment = start(written.id, everybody, seed="once", by="key_1")["enrolment"]
    backup = Backup(world)
    set_back(world, backup)
    assert len(sent(world)) == 30
    goes_on(world, minutes=10)
    assert world.all_runs == [], "its execution has ended, and its name is taken"
    world.functions.manage_enrolments.resume(enrolment)
    goes_on(world, hours=2)
    assert (len(sent(world)), set(sent(world).values())) == (30, {1})
    assert [run.status for run in world.all_runs] == [RunStatus.UNKNOWN] * 30
