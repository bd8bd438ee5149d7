"""Customers enter an audience only if they agreed, and leave it whatever they said."""

from __future__ import annotations

from typing import Any

import pytest

from tests.codes import at
from tests.usecases.fakes.outside import Fails
from tests.usecases.fakes.world import World
from tests.usecases.rules import rule
from whenthen.channels.audience.effect import CHANGED, NOBODY, NOT_AGREED, ROW_REFUSED
from whenthen.channels.audience.hashing import row_of
from whenthen.domain.common.errors import AnswerLost, Permanent, Temporary, WhenthenError
from whenthen.domain.common.reason_codes import NOT_WHOLE_NUMBER
from whenthen.domain.common.reasons import Reason
from whenthen.domain.events.event import Cause
from whenthen.domain.runs.run import Job, JobStatus
from whenthen.ports.reason_codes import NO_ANSWER, UNAVAILABLE
from whenthen.usecases.ingest.update_consent import REFUSED_BEFORE

AUDIENCE = "23847000000000001"
YES: dict[str, Any] = {"consent": {"audience": True}}
ADA = {"email": "ada@example.com", "phone": "+905321234567", "first_name": "Ada"}


def updated(world: World, fields: dict[str, Any], again: str = "1", **parameters: Any) -> Job:
    world.has_record("contact:1", **fields)
    step = {"id": "it", "action": "update_audience", "with": {"audience": AUDIENCE, **parameters}}
    written = world.has_rule(rule({**step, "retry": {"attempts": 3}}))
    event = world.happens("lead.created", again, subject="contact:1", data={})
    world.run_out()
    return world.job(world.run_of(event, written), "it")


def members(world: World) -> list[dict[str, str]]:
    return world.graph.audiences.get(AUDIENCE, [])


def test_a_customer_who_agreed_enters_hashed(world: World) -> None:
    job = updated(world, {**ADA, **YES})
    assert (job.status, job.reason) == (JobStatus.DONE, CHANGED(audience=AUDIENCE))
    assert members(world) == [row_of(ADA, "TR")]


@pytest.mark.parametrize("consent", [{"consent": {"all": True}}, {"consent": True}, {"consent": {"audience": "yes"}}])
def test_a_yes_to_all_channels_is_one(world: World, consent: dict[str, Any]) -> None:
    assert updated(world, {**ADA, **consent}).status is JobStatus.DONE


@pytest.mark.parametrize(
    "consent",
    [
        {},
        {"consent": {}},
        {"consent": {"email": True}},
        {"consent": {"whatsapp": True, "email": True}},
        {"consent": {"audience": None}},
    ],
)
def test_who_did_not_agree_stays_outside(world: World, consent: dict[str, Any]) -> None:
    job = updated(world, {**ADA, **consent})
    assert (job.status, job.reason, members(world)) == (JobStatus.SKIPPED, NOT_AGREED(), [])


@pytest.mark.parametrize(
    "consent", [{"consent": {"audience": False}}, {"consent": False}, {"consent": {"audience": "perhaps"}}]
)
def test_who_refused_stays_outside(world: World, consent: dict[str, Any]) -> None:
    job = updated(world, {**ADA, **consent})
    assert (job.status, members(world)) == (JobStatus.SKIPPED, [])
    assert job.reason is not None
    assert job.reason.code == "consent.refused"


def test_a_refusal_on_another_record_of_the_person_counts(world: World) -> None:
    world.has_record("lead:9", phone="+905321234567", consent={"audience": False})
    job = updated(world, {**ADA, **YES})
    assert (job.status, members(world)) == (JobStatus.SKIPPED, [])


def test_a_refusal_outlives_its_record(world: World) -> None:
    world.has_record("lead:9", email="ada@example.com", consent={"audience": False})
    gone = world.records.get("lead:9")
    assert gone is not None
    world.records.delete(gone, origin="human", cause=Cause())
    job = updated(world, ADA)
    assert (job.status, job.reason) == (JobStatus.SKIPPED, REFUSED_BEFORE(channel="audience"))


def test_who_took_their_word_back_is_removed(world: World) -> None:
    updated(world, {**ADA, **YES})
    assert members(world)
    updated(world, {**ADA, "consent": {"audience": False}}, again="2", change="remove")
    assert members(world) == []


@pytest.mark.parametrize("word", ["no", False, {"all": False}, {"audience": False}])
def test_whoever_takes_back_their_word_stays_outside(world: World, word: Any) -> None:
    """A refusal of all takes back what was agreed to on one channel before."""
    world.has_record("contact:1", **ADA, consent={"audience": True, "email": True})
    world.changes("contact:1", consent=word)
    record = world.records.get("contact:1")
    assert record is not None
    written = world.has_rule(rule({"id": "it", "action": "update_audience", "with": {"audience": AUDIENCE}}))
    event = world.happens("lead.created", subject="contact:1", data={})
    world.run_out()
    job = world.job(world.run_of(event, written), "it")
    assert (job.status, members(world)) == (JobStatus.SKIPPED, [])


def test_a_deleted_customer_is_removed_by_what_the_record_was(world: World) -> None:
    updated(world, {**ADA, **YES})
    assert members(world)
    step = {"id": "it", "action": "update_audience", "with": {"audience": AUDIENCE, "change": "remove"}}
    written = world.has_rule(rule(step, on="contact.deleted", kind=None))
    world.records.delete(world.records.stored["contact:1"], origin="human", cause=Cause())
    world.run_out()
    (event,) = [found for found in world.bus.published if found.type == "contact.deleted"]
    assert world.job(world.run_of(event, written), "it").status is JobStatus.DONE
    assert members(world) == []


def test_added_twice_is_one_member(world: World) -> None:
    updated(world, {**ADA, **YES})
    updated(world, {**ADA, **YES}, again="2")
    assert len(members(world)) == 1


def test_a_record_without_address_and_number_is_nobody(world: World) -> None:
    job = updated(world, {"first_name": "Ada", **YES})
    assert (job.status, job.reason) == (JobStatus.SKIPPED, NOBODY())


@pytest.mark.parametrize("audience", ["mine", "12/../34", "{{ record.missing }}", "12 34", "١٢٣"])
def test_an_audience_is_named_by_its_number(world: World, audience: str) -> None:
    job = updated(world, {**ADA, **YES}, audience=audience)
    assert (job.status, job.reason) == (JobStatus.FAILED, at("with.audience", NOT_WHOLE_NUMBER()))


def test_a_row_that_meta_refuses_fails_the_step(world: World) -> None:
    world.graph.refusing = AUDIENCE
    job = updated(world, {**ADA, **YES})
    assert (job.status, job.reason) == (JobStatus.FAILED, ROW_REFUSED(audience=AUDIENCE))


@pytest.mark.parametrize(
    ("error", "taken", "status"),
    [
        (Permanent(Reason("sample.blocked")), False, JobStatus.FAILED),
        (Temporary(UNAVAILABLE(provider="Graph", error="x")), False, JobStatus.DONE),
        (AnswerLost(NO_ANSWER(provider="Graph", error="x")), True, JobStatus.DONE),
        (AnswerLost(NO_ANSWER(provider="Graph", error="x")), False, JobStatus.DONE),
    ],
)
def test_a_failure_that_may_pass_is_tried_again_and_doubles_nothing(
    world: World, error: WhenthenError, taken: bool, status: JobStatus
) -> None:
    world.graph.will(Fails(error, taken=taken))
    job = updated(world, {**ADA, **YES})
    assert (job.status, len(members(world))) == (status, int(status is JobStatus.DONE))
