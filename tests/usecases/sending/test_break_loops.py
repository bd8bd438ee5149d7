"""Replies never loop: what programs wrote is not answered, and two programs end soon, each time with an outcome."""

from __future__ import annotations

import pytest

from tests.usecases.fakes.world import World
from tests.usecases.sending.ways import (
    DAILY,
    HOURLY,
    MAIL,
    PHONE,
    WAYS,
    Way,
    about_contacts,
    answer_to,
    answering,
    jobs_of,
    through_the_record,
    ways,
    writes,
)
from whenthen.domain.events.identities import identity
from whenthen.domain.runs.run import JobStatus
from whenthen.usecases.sending.break_loops import ANSWERS_A_PROGRAM


@pytest.fixture
def world(world: World) -> World:
    world.has_record("contact:1", email=MAIL, phone=PHONE)
    world.has_record("agent:budi", email="budi@corp.example", phone="+905559998877")
    return world


# --- what programs wrote --------------------------------------------------------------------------


@pytest.mark.parametrize("sign", ["auto_submitted", "own_mail", "own_address", "empty_return_path", "mailing_list"])
def test_mail_that_a_program_wrote_is_not_answered(world: World, sign: str) -> None:
    way = WAYS["email"]
    job = answer_to(world, way, answering(world, way), automatic=True, automatic_reason=sign)
    assert (job.status, job.reason, world.mailer.sent) == (JobStatus.SKIPPED, ANSWERS_A_PROGRAM(sign=sign), [])


@ways
def test_a_message_that_a_program_wrote_is_not_answered_on_any_channel(world: World, way: Way) -> None:
    job = answer_to(world, way, answering(world, way), automatic=True)
    assert (job.status, job.reason) == (JobStatus.SKIPPED, ANSWERS_A_PROGRAM(sign="automatic"))
    assert way.sent(world) == 0


@ways
def test_it_is_not_answered_on_another_channel_either(world: World, way: Way) -> None:
    for name, other in WAYS.items():
        world.has_rule(about_contacts(other.step_with(), on=way.received, name=name))
    writes(world, way, automatic=True)
    assert [each.sent(world) for each in WAYS.values()] == [0, 0, 0]
    assert {job.reason for run in world.all_runs for job in world.runs.load(run.id).jobs} == {  # type: ignore[union-attr]
        ANSWERS_A_PROGRAM(sign="automatic")
    }


def test_a_colleague_is_told_of_it_all_the_same(world: World) -> None:
    way = WAYS["email"]
    job = answer_to(world, way, answering(world, way, to="agent:budi"), automatic=True)
    assert (job.status, world.mailer.sent[0].to) == (JobStatus.DONE, "budi@corp.example")


def told(world: World, *ways_of_telling: str, times: int = 1, automatic: bool = False) -> list[JobStatus]:
    """Let a colleague's mails start a rule that tells the same colleague, and return how each telling ended."""
    parameters = {"to": "agent:budi", "text": "{{ event.data.text }}", "via": list(ways_of_telling)}
    world.has_rule(
        {
            "name": "Tell Budi",
            "kind": "agent",
            "trigger": {"event": "email.received"},
            "steps": [{"id": "it", "action": "notify", "with": parameters}],
            "mode": "on",
        }
    )
    data = {"from": "budi@corp.example", "text": "I am away", "automatic": automatic}
    for number in range(times):
        mail = identity("email", "budi@corp.example")
        world.happens("email.received", str(number), subject="agent:budi", identities=(mail,), data=data)
        world.run_out()
    return [job.status for run in world.all_runs for job in world.runs.load(run.id).jobs]  # type: ignore[union-attr]


def test_a_colleague_s_program_gets_no_mail_for_its_answer(world: World) -> None:
    assert told(world, "notice", "email", automatic=True) == [JobStatus.SKIPPED]
    assert world.mailer.sent == []


def test_a_notice_answers_nobody(world: World) -> None:
    assert told(world, "notice", automatic=True) == [JobStatus.DONE]


def test_a_colleague_is_mailed_for_so_many_of_their_mails_only(world: World) -> None:
    found, most = told(world, "email", times=13), HOURLY.params["count"]
    assert found == [JobStatus.DONE] * most + [JobStatus.SKIPPED] * (13 - most)
    assert len(world.mailer.sent) == most


def test_a_copy_to_the_program_is_an_answer_too(world: World) -> None:
    way = WAYS["email"]
    job = answer_to(world, way, answering(world, way, to="agent:budi", bcc="record"), automatic=True)
    assert job.status is JobStatus.SKIPPED


# --- two programs that answer one another -----------------------------------------------------------


@ways
def test_two_programs_that_answer_one_another_end_with_an_outcome(world: World, way: Way) -> None:
    """The other one answers each message within a minute, marks nothing and names no thread."""
    written = answering(world, way)
    number = 0
    while (job := answer_to(world, way, written, number)).status is JobStatus.DONE and number < 30:
        number += 1
        world.clock.move(minutes=1)
    assert (way.sent(world), job.status, job.reason) == (10, JobStatus.SKIPPED, HOURLY)


@ways
def test_two_slow_programs_end_within_a_day(world: World, way: Way) -> None:
    written = answering(world, way)
    number = 0
    while (job := answer_to(world, way, written, number)).status is JobStatus.DONE and number < 80:
        number += 1
        world.clock.move(minutes=7)
    assert (number, job.reason) == (50, DAILY)


@pytest.mark.parametrize(("first", "second"), [("sms", "whatsapp"), ("sms", "email"), ("email", "whatsapp")])
def test_answers_count_over_all_channels(world: World, first: str, second: str) -> None:
    """A rule answers each channel on the other one, and the program answers on whichever it was written to."""
    one, other = WAYS[first], WAYS[second]
    rules = [
        world.has_rule(about_contacts(other.step_with(), on=one.received, name="there")),
        world.has_rule(about_contacts(one.step_with(), on=other.received, name="back")),
    ]
    way, number = one, 0
    while (job := answer_to(world, way, rules[number % 2], number)).status is JobStatus.DONE and number < 30:
        way, number = (other, one)[number % 2], number + 1
        world.clock.move(minutes=1)
    assert (one.sent(world) + other.sent(world), job.reason) == (10, HOURLY)


@ways
def test_a_change_of_the_record_in_between_breaks_no_chain(world: World, way: Way) -> None:
    through_the_record(world, way)
    first = writes(world, way)
    assert world.records.stored["contact:1"].cause.message == first.id
    for number in range(1, 30):
        world.clock.move(minutes=1)
        writes(world, way, number)
    reasons = [job.reason for run in world.all_runs for job in jobs_of(world, run.id) if job.step_id == "it"]
    assert (way.sent(world), len(reasons), reasons[-1]) == (10, 30, HOURLY)


@ways
def test_a_program_is_not_answered_through_a_change_of_the_record(world: World, way: Way) -> None:
    through_the_record(world, way)
    writes(world, way, automatic=True)
    (reason,) = [job.reason for run in world.all_runs for job in jobs_of(world, run.id) if job.step_id == "it"]
    assert (reason, way.sent(world)) == (ANSWERS_A_PROGRAM(sign="automatic"), 0)


def test_nor_through_two_changes_and_the_end_of_a_run(world: World) -> None:
    """The message is noted, that makes a second note, and the end of its run starts the answer."""
    first = {"id": "note", "action": "set_fields", "with": {"fields": {"last_message": "{{ event.id }}"}}}
    second = {"id": "again", "action": "set_fields", "with": {"fields": {"noted": "{{ event.id }}"}}}
    told = {"event": "contact.updated", "field": "last_message"}
    world.has_rule(about_contacts(first, on="sms.received", name="first"))
    world.has_rule(about_contacts(second, on="contact.updated", name="second", trigger=told))
    written = world.has_rule(about_contacts(WAYS["email"].step_with(), on="rule.finished", name="after"))
    writes(world, WAYS["sms"], automatic=True)
    answers = [job for run in world.all_runs if run.rule_id == written.id for job in jobs_of(world, run.id)]
    assert {job.reason for job in answers} == {ANSWERS_A_PROGRAM(sign="automatic")}
    assert len(answers) > 1, "of the first run, and of the second"
    assert world.mailer.sent == []


@pytest.mark.parametrize(
    ("way", "report"),
    [("email", "email.delivered"), ("sms", "sms.delivered"), ("whatsapp", "whatsapp.message_delivered")],
)
def test_a_rule_that_answers_reports_of_its_own_messages_ends(world: World, way: str, report: str) -> None:
    """Each message that is delivered makes the next one: no program is on the other side."""
    channel = WAYS[way]
    world.has_rule(about_contacts(channel.step_with(), on=report))
    reported = 0
    while reported <= channel.sent(world) and reported < 30:
        data = {"message_id": f"ours-{reported}"}
        world.happens(report, str(reported), identities=(channel.identity,), data=data)
        world.run_out()
        reported += 1
        world.clock.move(minutes=1)
    assert channel.sent(world) == 10


def test_a_chatbot_of_ours_that_answers_another_ends() -> None:
    """Two installations answer each SMS that they get by an SMS to whoever wrote it."""
    numbers = ("+905321234567", "+905559998877")
    worlds = (World(), World())
    for world, number in zip(worlds, reversed(numbers), strict=True):
        world.has_record("contact:1", phone=number)
        answering(world, WAYS["sms"])
    carried = [0, 0]
    worlds[0].happens("sms.received", "hello", identities=(f"phone#{numbers[1]}",), data={"phone": numbers[1]})
    for _ in range(100):
        for own, other in ((0, 1), (1, 0)):
            worlds[own].run_out()
            for sms in worlds[own].sms.sent[carried[own] :]:
                carried[own] += 1
                assert sms.to == numbers[other]
                told = {"phone": numbers[own], "message_id": str(carried[own]), "text": sms.text}
                worlds[other].happens(
                    "sms.received", str(carried[own]), identities=(f"phone#{numbers[own]}",), data=told
                )
            worlds[own].clock.move(seconds=20)
    assert carried == [10, 10]
    reasons = [jobs_of(worlds[0], run.id)[0].reason for run in worlds[0].all_runs]
    assert (len(reasons), reasons[-1]) == (11, HOURLY)
