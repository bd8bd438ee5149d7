"""Replies never loop: mail of programs is not answered, and two programs end soon, each time with an outcome."""

from __future__ import annotations

from typing import Any

import pytest

from tests.usecases.fakes.world import World
from tests.usecases.rules import rule
from whenthen.channels.email.loops import ANSWERS_A_PROGRAM, ANSWERS_TOO_OFTEN
from whenthen.domain.rules.rule import Rule
from whenthen.domain.runs.run import Job, JobStatus

ANSWER = {"id": "it", "action": "send_email", "with": {"subject": "Re", "text": "Thanks", "purpose": "service"}}


def answering(world: World, **parameters: Any) -> Rule:
    world.has_record("contact:1", email="ayse@example.com")
    world.has_record("agent:budi", email="budi@corp.example")
    step = {**ANSWER, "with": {**ANSWER["with"], **parameters}}  # type: ignore[dict-item]
    return world.has_rule(rule(step, on="email.received") | {"kind": "contact"})


def mailed(world: World, written: Rule, number: int = 0, **data: Any) -> Job:
    """A mail of the customer, and the job of the rule that answers it."""
    given = {"from": "ayse@example.com", "message_id": f"m{number}@mail.example", **data}
    event = world.happens("email.received", str(number), identities=("email#ayse@example.com",), data=given)
    world.run_out()
    return world.job(world.run_of(event, written), "it")


@pytest.mark.parametrize("sign", ["auto_submitted", "own_mail", "own_address", "empty_return_path", "mailing_list"])
def test_what_a_program_wrote_is_not_answered(world: World, sign: str) -> None:
    job = mailed(world, answering(world), automatic=True, automatic_reason=sign)
    assert (job.status, job.reason, world.mailer.sent) == (JobStatus.SKIPPED, ANSWERS_A_PROGRAM(sign=sign), [])


def test_a_colleague_is_told_of_it_all_the_same(world: World) -> None:
    job = mailed(world, answering(world, to="agent:budi"), automatic=True, automatic_reason="auto_submitted")
    assert (job.status, world.mailer.sent[0].to) == (JobStatus.DONE, "budi@corp.example")


def test_a_copy_to_the_program_is_an_answer_too(world: World) -> None:
    job = mailed(world, answering(world, to="agent:budi", bcc="record"), automatic=True, automatic_reason="bulk")
    assert job.status is JobStatus.SKIPPED


def test_two_programs_that_answer_one_another_end_with_an_outcome(world: World) -> None:
    """The other one answers each mail within a minute, marks nothing and names no thread."""
    written = answering(world)
    jobs = []
    for number in range(30):
        jobs.append(mailed(world, written, number))
        world.clock.move(minutes=1)
        if jobs[-1].status is not JobStatus.DONE:
            break
    assert len(world.mailer.sent) == 10
    assert jobs[-1].reason == ANSWERS_TOO_OFTEN(count=10, hours=1)


def test_two_slow_programs_end_within_a_day(world: World) -> None:
    written = answering(world)
    number = 0
    while (job := mailed(world, written, number)).status is JobStatus.DONE:
        number += 1
        world.clock.move(minutes=7)
    assert (number, job.reason) == (50, ANSWERS_TOO_OFTEN(count=50, hours=24))


def test_a_customer_who_writes_again_later_is_answered_again(world: World) -> None:
    written = answering(world)
    for number in range(11):
        mailed(world, written, number)
    world.clock.move(hours=2)
    assert mailed(world, written, 12).status is JobStatus.DONE
