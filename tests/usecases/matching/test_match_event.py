"""match_event: which rules an event starts, and that a repetition starts nothing more."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from tests.usecases.fakes.taps import Dying
from tests.usecases.fakes.world import World
from tests.usecases.rules import CALL, GREET, NOTE, rule, together
from whenthen.domain.common.errors import Temporary
from whenthen.domain.events.event import Cause
from whenthen.domain.runs.planner import CONDITION_FALSE
from whenthen.domain.runs.run import JobStatus, RunStatus
from whenthen.ports.reason_codes import UNAVAILABLE
from whenthen.usecases.matching.decide import LOOP, MAX_DEPTH
from whenthen.usecases.matching.explain_event import ExplainEvent
from whenthen.usecases.matching.match_event import SHADOW
from whenthen.usecases.runs.read_history import ReadHistory

ANSWERS = {"field": "record.status", "op": "equals", "value": "new"}


def subjects(world: World) -> list[str]:
    return [mail.subject for mail in world.mailer.sent]


def test_an_event_starts_the_rules_that_match_it_and_no_others(world: World) -> None:
    world.has_rule(rule(GREET, name="by type"))
    world.has_rule(rule({**GREET, "with": {"subject": "New", "text": "x"}}, name="by condition", conditions=ANSWERS))
    world.has_rule(rule(GREET, name="other event", on="lead.updated"))
    world.has_rule(rule(GREET, name="other value", conditions={**ANSWERS, "value": "customer"}))
    event = world.happens("lead.created", subject="lead:1")
    world.run_out()
    assert sorted(run.rule_name for run in world.all_runs) == ["by condition", "by type"]
    assert sorted(subjects(world)) == ["New", "Welcome"]
    plan = world.log.plan_of(event.id)
    assert plan is not None
    assert plan.completed
    assert len(plan.rules) == 2


def test_an_event_that_no_rule_watches_is_written_down_and_closed(world: World) -> None:
    event = world.happens("lead.created", subject="lead:1")
    world.run_out()
    plan = world.log.plan_of(event.id)
    assert plan is not None
    assert (plan.rules, plan.completed) == ((), True)


def test_a_redelivered_event_has_no_further_effect(world: World) -> None:
    world.has_rule(rule(GREET, together(NOTE)))
    for _ in range(5):
        world.happens("lead.created", subject="lead:1")
        world.run_out()
    assert subjects(world) == ["Welcome"]
    assert len(world.all_runs) == 1


def test_a_redelivered_event_carries_out_the_plan_of_its_first_delivery(world: World) -> None:
    """By then the record no longer fulfils the condition, and the rule has another version."""
    started = world.has_rule(rule(GREET, conditions=ANSWERS))
    event = world.event("lead.created", subject="lead:1")
    match_event = world.functions.match_event
    plan = match_event.decide(event, match_event.preload([(event,)]))
    world.log.record_plan(plan, world.clock.now())  # the first delivery ended here
    world.changes("lead:1", status="customer")
    world.has_rule(rule({**GREET, "with": {"subject": "Second version", "text": "x"}}, conditions=ANSWERS))
    world.queues["events"].add(event)
    world.run_out()
    assert subjects(world) == ["Welcome"]
    assert world.run_of(event, started).run.rule_version == 1


@pytest.mark.parametrize(
    ("steps", "status"), [((GREET,), RunStatus.RUNNING), ((CALL,), RunStatus.WAITING)], ids=["at once", "sequence"]
)
def test_a_run_that_was_written_but_not_launched_is_launched_by_the_redelivery(
    world: World, steps: tuple[dict[str, Any], ...], status: RunStatus
) -> None:
    written = world.has_rule(rule(*steps))
    event = world.event("lead.created", subject="lead:1")
    dying = world.wire(Dying(at="queues.send" if steps == (GREET,) else "sequences.wait"))
    with pytest.raises(Dying.Dead):
        dying.match_event(event)
    assert world.run_of(event, written).run.status is status
    world.queues["events"].add(event)
    world.run_out()
    assert world.run_of(event, written).run.status is RunStatus.DONE


def test_what_is_throttled_is_left_for_the_redelivery(world: World) -> None:
    world.has_rule(rule(GREET))
    event = world.event("lead.created", subject="lead:1")

    class Throttled(Dying):
        def before(self, call: str) -> None:
            if call == "queues.send":
                raise Temporary(UNAVAILABLE(provider="SQS", error="Throttling"))

    with pytest.raises(Temporary):
        world.wire(Throttled("")).match_event(event)
    plan = world.log.plan_of(event.id)
    assert plan is not None
    assert not plan.completed
    world.queues["events"].add(event)
    world.run_out()
    assert subjects(world) == ["Welcome"]


def test_a_rule_that_is_off_does_nothing(world: World) -> None:
    world.has_rule(rule(GREET, mode="off"))
    world.happens("lead.created", subject="lead:1")
    world.run_out()
    assert world.all_runs == []


@pytest.mark.parametrize("steps", [(GREET, together(NOTE)), (GREET, CALL)], ids=["at once", "sequence"])
def test_a_rule_in_shadow_records_a_run_without_any_effect(world: World, steps: tuple[dict[str, Any], ...]) -> None:
    shadow = world.has_rule(rule(*steps, mode="shadow"))
    event = world.happens("lead.created", subject="lead:1")
    world.run_out()
    state = world.run_of(event, shadow)
    assert (state.run.status, state.run.shadow) == (RunStatus.SKIPPED, True)
    assert {(job.status, job.reason) for job in state.jobs} == {(JobStatus.SKIPPED, SHADOW())}
    assert len(state.jobs) == len(steps)
    assert (world.mailer.sent, world.sequences.executions) == ([], {})
    assert "greeted" not in world.records.stored["lead:1"].fields


def test_a_run_in_shadow_does_not_use_up_the_only_entry(world: World) -> None:
    entry = {"again": "once_per_record"}
    world.has_rule(rule(GREET, mode="shadow", entry=entry))
    world.happens("lead.created", "1", subject="lead:1")
    world.run_out()
    world.has_rule(rule(GREET, entry=entry))
    world.happens("lead.created", "2", subject="lead:1")
    world.run_out()
    assert subjects(world) == ["Welcome"]


def test_a_chain_of_causes_that_is_too_long_is_taken_for_a_loop(world: World) -> None:
    world.has_rule(rule(GREET))
    deep = world.happens("lead.created", "deep", subject="lead:1", cause=Cause(("run_x",), MAX_DEPTH))
    world.happens("lead.created", "shallow", subject="lead:1", cause=Cause(("run_x",), MAX_DEPTH - 1))
    world.run_out()
    plan = world.log.plan_of(deep.id)
    assert plan is not None
    assert plan.note == LOOP(count=MAX_DEPTH)
    assert subjects(world) == ["Welcome"]


def test_a_rule_that_causes_its_own_event_ends_after_a_bounded_number_of_hops(world: World) -> None:
    flip = {"id": "count", "action": "set_fields", "with": {"fields": {"seen": "{{ event.id }}"}}}
    world.has_rule(rule(flip, on="lead.updated"))
    world.changes("lead:1", status="contacted")
    world.run_out()
    assert len(world.all_runs) == MAX_DEPTH
    assert {run.status for run in world.all_runs} == {RunStatus.DONE}


def test_once_per_record_a_second_event_starts_nothing(world: World) -> None:
    world.has_record("lead:2", email="bo@example.com")
    world.has_rule(rule(GREET, entry={"again": "once_per_record"}))
    for external_id, ref in (("1", "lead:1"), ("2", "lead:1"), ("3", "lead:2")):
        world.happens("lead.created", external_id, subject=ref)
        world.run_out()
    assert sorted(mail.to for mail in world.mailer.sent) == ["ayse@example.com", "bo@example.com"]


def test_once_per_record_the_event_that_entered_may_be_redelivered(world: World) -> None:
    """The run holds the entry itself, so its own repetition is not shut out from being launched."""
    written = world.has_rule(rule(GREET, entry={"again": "once_per_record"}))
    event = world.event("lead.created", subject="lead:1")
    with pytest.raises(Dying.Dead):
        world.wire(Dying("queues.send")).match_event(event)
    world.queues["events"].add(event)
    world.run_out()
    assert world.run_of(event, written).run.status is RunStatus.DONE


def test_only_new_lets_in_records_made_after_the_rule_was_switched_on(world: World) -> None:
    world.clock.move(hours=1)
    since = world.clock.now().isoformat()
    world.has_rule(rule(GREET, entry={"only_new": True}, activated_at=since))
    world.clock.move(hours=1)
    world.has_record("lead:2", email="new@example.com")
    for number, fields in enumerate(({"subject": "lead:1"}, {"subject": "lead:2"}, {"subject": "lead:3"}, {})):
        world.happens("lead.created", str(number), **fields)
    world.run_out()
    assert [mail.to for mail in world.mailer.sent] == ["new@example.com"]


def test_an_event_without_a_subject_finds_its_person_by_identity_a_contact_before_a_lead(world: World) -> None:
    world.has_record("contact:9", phone="+905321234567", email="contact@example.com")
    written = world.has_rule(rule(GREET, on="call.missed", kind=None))
    event = world.happens("call.missed", identities=("phone#+905321234567",))
    world.run_out()
    assert world.run_of(event, written).run.record == "contact:9"
    assert [mail.to for mail in world.mailer.sent] == ["contact@example.com"]


def test_an_event_of_nobody_known_still_starts_rules_that_need_no_record(world: World) -> None:
    hook = {"id": "tell", "action": "call_webhook", "with": {"url": "https://example.com/x"}}
    written = world.has_rule(rule(hook, on="call.missed"))
    event = world.happens("call.missed", identities=("phone#+15550001111",))
    world.run_out()
    state = world.run_of(event, written)
    assert (state.run.record, state.run.status) == (None, RunStatus.DONE)
    assert len(world.http.sent) == 1


def test_a_change_event_is_judged_by_the_record_as_the_change_left_it(world: World) -> None:
    """When the event is matched, another has changed the status on."""
    world.has_rule(rule(GREET, on="lead.updated", conditions={**ANSWERS, "value": "contacted"}))
    world.changes("lead:1", status="contacted")
    world.changes("lead:1", status="customer")
    world.run_out()
    assert subjects(world) == ["Welcome"]


def test_a_step_whose_condition_does_not_hold_is_skipped_with_the_reason(world: World) -> None:
    unfit = {**together(NOTE), "only_if": {**ANSWERS, "value": "customer"}}
    written = world.has_rule(rule(GREET, unfit))
    event = world.happens("lead.created", subject="lead:1")
    world.run_out()
    state = world.run_of(event, written)
    assert world.outcomes(state) == {"greet": JobStatus.DONE, "note": JobStatus.SKIPPED}
    assert world.job(state, "note").reason == CONDITION_FALSE()
    assert state.run.status is RunStatus.DONE


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"exit": {"when": ANSWERS}}, RunStatus.STOPPED),
        ({"steps": [{**GREET, "only_if": {**ANSWERS, "value": "customer"}}]}, RunStatus.SKIPPED),
    ],
    ids=["its exit condition holds already", "no step is to be done"],
)
def test_a_run_with_nothing_to_do_has_its_outcome_at_once(
    world: World, more: dict[str, Any], status: RunStatus
) -> None:
    written = world.has_rule({**rule(GREET), **more})
    event = world.happens("lead.created", subject="lead:1")
    world.run_out()
    state = world.run_of(event, written)
    assert state.run.status is status
    assert state.run.reason
    assert state.run.finished_at is not None
    assert world.mailer.sent == []


def test_a_rule_about_leads_is_about_the_lead_of_a_person_who_is_a_contact_too(world: World) -> None:
    """The person is found as a contact; each rule gets the record of its own kind."""
    phone = {"phone": "+905321234567"}
    world.has_record("contact:7", status="customer", **phone)
    status = {"field": "record.status", "op": "equals"}
    of_lead = world.has_rule(rule(NOTE, on="call.incoming_missed", conditions={**status, "value": "new"}))
    of_contact = world.has_rule(rule(NOTE, on="call.incoming_missed", name="contacts", kind="contact"))
    of_any = world.has_rule(rule(NOTE, on="call.incoming_missed", name="any", kind=None))
    of_deal = world.has_rule(rule(NOTE, on="call.incoming_missed", name="deals", kind="deal"))
    other = world.has_rule(rule(NOTE, on="call.incoming_missed", name="no", conditions={**status, "value": "customer"}))
    event = world.happens("call.incoming_missed", identities=("phone#+905321234567",))
    world.settle()
    about = {run.rule_id: run.record for run in world.all_runs}
    fallen_back = {of_any.id: "contact:7", of_deal.id: "contact:7"}
    assert about == {of_lead.id: "lead:1", of_contact.id: "contact:7", **fallen_back}
    assert other.id not in about
    _, states = ReadHistory(world.log, world.runs, world.rules).event(event.id)
    assert {state.run.rule_id: state.run.record for state in states} == about
    explained = ExplainEvent(world.log, world.rules, world.occurrences, world.records)(event.id).rules
    assert {each.rule.id for each in explained if each.started} == about.keys()
    assert {each.rule.id for each in explained if each.explanation.matched} == about.keys()


def test_a_redelivery_finds_the_records_that_the_plan_was_made_for(world: World) -> None:
    world.has_record("contact:7", phone="+905321234567")
    world.has_rule(rule(NOTE, on="call.incoming_missed"))
    event = world.happens("call.incoming_missed", identities=("phone#+905321234567",))
    world.functions.match_event(event)
    world.records.keep(None, world.records.stored["lead:1"])
    world.log.plans[event.id] = replace(world.log.plans[event.id], completed=False)
    world.functions.match_event(event)
    assert [run.record for run in world.all_runs] == ["lead:1"]
