"""A run whose record is deleted does nothing more: no task under nobody, no fields of a person who is gone."""

from __future__ import annotations

from typing import Any

import pytest

from tests.usecases.fakes.world import World
from tests.usecases.rules import CALL, GREET, NOTE, rule
from whenthen.domain.events.event import Cause
from whenthen.domain.runs.planner import RECORD_DELETED
from whenthen.domain.runs.run import JobStatus, RunStatus
from whenthen.usecases.ingest.update_consent import REFUSED_BEFORE

HOOK: dict[str, Any] = {
    "id": "hook",
    "action": "call_webhook",
    "with": {"url": "https://shop.example/", "data": {"x": "{{ record.email }}"}},
}
GONE = RECORD_DELETED(ref="lead:1")
LATER = {"hours": 2}
STEPS = {"mail": GREET, "fields": NOTE, "webhook": HOOK, "task": CALL}


def delete(world: World) -> None:
    world.records.delete(world.records.stored["lead:1"], cause=Cause(), origin="api")


@pytest.mark.parametrize("step", STEPS.values(), ids=STEPS.keys())
def test_a_step_that_waits_for_a_deleted_record_is_not_done(world: World, step: dict[str, Any]) -> None:
    written = world.has_rule(rule({**NOTE, "id": "first"}, {**step, "wait": LATER}))
    event = world.happens("lead.created", subject="lead:1", identities=("email#ayse@example.com",))
    world.pass_time(hours=1)
    delete(world)
    world.run_out()
    state = world.run_of(event, written)
    assert (state.run.status, state.run.reason) == (RunStatus.STOPPED, GONE)
    assert world.outcomes(state) == {"first": JobStatus.DONE}
    assert (world.mailer.sent, world.http.sent) == ([], [])
    assert not [ref for ref in world.records.stored if ref.startswith("task:")]


@pytest.mark.parametrize("step", STEPS.values(), ids=STEPS.keys())
def test_a_job_that_is_in_its_queue_when_the_record_is_deleted_is_skipped(world: World, step: dict[str, Any]) -> None:
    written = world.has_rule(rule({**step, "wait": {}}, {**GREET, "id": "next"}))
    event = world.event("lead.created", subject="lead:1")
    world.functions.match_event(event)
    delete(world)
    world.run_out()
    state = world.run_of(event, written)
    (job,) = state.jobs
    assert (job.status, job.reason) == (JobStatus.SKIPPED, GONE)
    assert (state.run.status, state.run.reason) == (RunStatus.STOPPED, GONE)
    assert (world.mailer.sent, world.http.sent) == ([], [])


def test_a_run_about_a_ref_that_never_was_in_the_store_goes_on(world: World) -> None:
    """Events may be about things of other systems, which have no record here."""
    written = world.has_rule(
        rule(HOOK, {**HOOK, "id": "again", "wait": LATER}, kind=None, trigger={"event": "order.paid"})
    )
    event = world.happens("order.paid", subject="order:77")
    world.run_out()
    assert world.run_of(event, written).run.status is RunStatus.DONE
    assert len(world.http.sent) == 2


def test_a_rule_about_deletions_does_its_steps(world: World) -> None:
    written = world.has_rule(rule(HOOK, {**HOOK, "id": "again", "wait": LATER}, on="lead.deleted"))
    delete(world)
    world.run_out()
    (event,) = [found for found in world.bus.published if found.type == "lead.deleted"]
    assert world.run_of(event, written).run.status is RunStatus.DONE
    assert len(world.http.sent) == 2


REFUSED = [{"email": False}, {"all": "no"}, "x", False]


@pytest.mark.parametrize("consent", REFUSED, ids=repr)
@pytest.mark.parametrize("again", [{}, {"consent": {"whatsapp": True}}, None], ids=["made anew", "other word", "gone"])
def test_what_a_deleted_record_refused_stays_refused(world: World, consent: Any, again: dict[str, Any] | None) -> None:
    """A new record of the same address, or none at all, is no word of the customer's."""
    address = {"email": "ayse@example.com"}
    world.has_record("lead:1", **address, consent=consent)
    delete(world)
    if again is not None:
        world.has_record("lead:9", **address, **again)
    mail = {**GREET, "with": {**GREET["with"], "to": "{{ event.data.email }}"}}
    written = world.has_rule(rule(mail, kind=None, trigger={"event": "form.submitted"}))
    event = world.happens("form.submitted", data=address)
    world.run_out()
    (job,) = world.run_of(event, written).jobs
    assert (job.status, world.mailer.sent) == (JobStatus.SKIPPED, [])
    assert job.reason == REFUSED_BEFORE(channel="email")


def test_a_customer_who_says_yes_anew_is_written_to_again(world: World) -> None:
    world.has_record("lead:1", email="ayse@example.com", consent={"email": False})
    delete(world)
    world.has_record("lead:9", email="ayse@example.com", consent={"email": True})
    world.has_rule(rule(GREET, on="lead.updated"))
    world.happens("lead.updated", subject="lead:9")
    world.run_out()
    assert len(world.mailer.sent) == 1


def test_service_messages_are_sent_all_the_same(world: World) -> None:
    world.has_record("lead:1", email="ayse@example.com", consent={"email": False})
    delete(world)
    world.has_record("lead:9", email="ayse@example.com")
    world.has_rule(rule({**GREET, "with": {**GREET["with"], "purpose": "service"}}, on="lead.updated"))
    world.happens("lead.updated", subject="lead:9")
    world.run_out()
    assert len(world.mailer.sent) == 1
