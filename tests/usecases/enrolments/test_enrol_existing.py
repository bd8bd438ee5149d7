"""enrol_existing: when a rule is switched on, the records enter that fit it already."""

from __future__ import annotations

from typing import Any

import pytest

from tests.usecases.fakes.stores import FakeViews
from tests.usecases.fakes.world import World
from tests.usecases.rules import NOTE, rule
from whenthen.domain.common.errors import Invalid, NotFound
from whenthen.domain.enrolments.enrolment import Enrolment, EnrolmentStatus
from whenthen.domain.rules.rule import Rule
from whenthen.usecases.admin.manage_rules import ManageRules
from whenthen.usecases.enrolments.enrol_existing import EnrolExisting
from whenthen.usecases.matching.explain_event import ExplainEvent

VIP = {"field": "record.tags", "op": "has", "value": "vip"}
ENTERS = {"enters": {"kind": "lead", "filter": VIP}}


@pytest.fixture
def enrol(world: World) -> EnrolExisting:
    """The use case; the leads 1, 4 and 7 are VIPs."""
    for number in (1, 4, 7):
        world.has_record(f"lead:{number}", status="new", email=f"p{number}@example.com", tags=["vip"])
    return EnrolExisting(world.rules, world.functions.enrolments, world.enrolments, world.claim_key, world.clock)


def has(world: World, trigger: dict[str, Any], **more: Any) -> Rule:
    return world.has_rule({**rule(NOTE), "trigger": trigger, **more})


def begin(world: World, enrol: EnrolExisting, switched: Rule, key: str = "1", mode: str = "on") -> Enrolment:
    """Switch a rule as `PUT …/mode` does."""
    manage = ManageRules(world.rules, FakeViews(), world.clock, lambda _rule: ())
    enrolling = enrol.prepare(switched.id, mode, key=key, by="ayse")
    new = None if enrolling.begun else enrolling.id
    stored = manage.set_mode(switched.id, mode, version=None, by="ayse", enrolment=new)
    return world.enrolments.get(enrol(stored, enrolling, by="ayse"))


def refs(world: World) -> list[str]:
    return sorted(str(run.record) for run in world.all_runs)


@pytest.mark.parametrize(
    ("trigger", "more"),
    [(ENTERS, {}), ({"event": "lead.created"}, {"conditions": VIP}),
     ({"event": ["lead.created", "form.submitted"], "field": "tags"}, {"conditions": VIP})],
)  # fmt: skip
def test_who_fits_enters_and_nobody_else(
    world: World, enrol: EnrolExisting, trigger: dict[str, Any], more: dict[str, Any]
) -> None:
    work = begin(world, enrol, has(world, trigger, **more))
    world.run_out()
    done = world.enrolments.get(work.id)
    assert (done.status, done.counts, done.of) == (EnrolmentStatus.DONE, {"entered": 3}, 3)
    assert refs(world) == ["lead:1", "lead:4", "lead:7"]
    assert {run.event_type for run in world.all_runs} == {"rule.enrolled"}


def test_conditions_beyond_the_record_decide_when_its_turn_comes(world: World, enrol: EnrolExisting) -> None:
    asks = {"all": [VIP, {"field": "event.type", "op": "equals", "value": "rule.enrolled"}]}
    work = begin(world, enrol, has(world, {"event": "lead.updated"}, conditions=asks))
    world.run_out()
    assert world.enrolments.get(work.id).counts == {"entered": 3, "not_met": 7}


def test_the_same_key_begins_it_once(world: World, enrol: EnrolExisting) -> None:
    switched = has(world, ENTERS)
    for seed in ("1", "1", "2"):
        begin(world, enrol, switched, seed)
        world.run_out()
    assert len(world.enrolments.kept) == 2
    assert refs(world) == sorted(["lead:1", "lead:4", "lead:7"] * 2)


def test_its_entry_holds_here_too(world: World, enrol: EnrolExisting) -> None:
    switched = has(world, ENTERS, entry={"again": "once_per_record"})
    for seed in ("1", "2"):
        work = begin(world, enrol, switched, seed)
        world.run_out()
    assert world.enrolments.get(work.id).counts == {"entered_before": 3}
    assert len(world.all_runs) == 3


def test_who_was_let_in_by_a_change_since_does_not_enter_twice(world: World, enrol: EnrolExisting) -> None:
    """A lead becomes a VIP after the rule is on, and before the records are counted."""
    switched = has(world, ENTERS)
    work = begin(world, enrol, switched)
    world.changes("lead:3", tags=["vip"])
    world.run_out()
    assert refs(world) == ["lead:1", "lead:3", "lead:4", "lead:7"]
    assert world.enrolments.get(work.id).counts == {"entered": 3, "entered_meanwhile": 1}


def test_who_fitted_before_enters_also_if_it_is_changed_since(world: World, enrol: EnrolExisting) -> None:
    switched = has(world, ENTERS)
    work = begin(world, enrol, switched)
    world.changes("lead:4", first_name="Budi")
    world.run_out()
    assert world.enrolments.get(work.id).counts == {"entered": 3}
    assert refs(world) == ["lead:1", "lead:4", "lead:7"]


def test_the_run_before_it_was_switched_on_keeps_nobody_out(world: World, enrol: EnrolExisting) -> None:
    switched = has(world, ENTERS)
    world.changes("lead:3", tags=["vip"])
    world.run_out()
    world.pass_time(days=1)
    work = begin(world, enrol, switched)
    world.changes("lead:3", first_name="Budi")
    world.run_out()
    assert world.enrolments.get(work.id).counts == {"entered": 4}


def test_a_rule_that_is_switched_off_again_lets_nobody_in(world: World, enrol: EnrolExisting) -> None:
    switched = has(world, ENTERS)
    work = begin(world, enrol, switched)
    world.deliver("enrolments")
    world.has_rule({**world.rules.get(switched.id).document, "mode": "off"})
    world.run_out()
    assert world.all_runs == []
    assert world.enrolments.get(work.id).status is EnrolmentStatus.STOPPED


def test_in_shadow_it_is_recorded_without_effects(world: World, enrol: EnrolExisting) -> None:
    begin(world, enrol, has(world, ENTERS, mode="off"), mode="shadow")
    world.run_out()
    assert {(run.shadow, run.status.value) for run in world.all_runs} == {(True, "skipped")}
    assert "greeted" not in world.records.stored["lead:1"].fields


@pytest.mark.parametrize(
    ("trigger", "more", "code"),
    [
        (ENTERS, {"entry": {"only_new": True}}, "existing.only_new"),
        ({"leaves": {"kind": "lead", "filter": VIP}}, {}, "existing.nobody_fits"),
        ({"manual": True}, {}, "existing.nobody_fits"),
        ({"event": "order.paid"}, {"kind": None}, "existing.nobody_fits"),
    ],
)
def test_where_nobody_can_be_meant_it_is_refused(
    world: World, enrol: EnrolExisting, trigger: dict[str, Any], more: dict[str, Any], code: str
) -> None:
    switched = has(world, trigger, **more)
    with pytest.raises(Invalid) as refused:
        enrol.prepare(switched.id, "on", key="", by="ayse")
    assert [(problem.field, problem.reason.code) for problem in refused.value.problems] == [("existing", code)]


def test_to_switch_it_off_lets_nobody_in(world: World, enrol: EnrolExisting) -> None:
    with pytest.raises(Invalid):
        enrol.prepare(has(world, ENTERS).id, "off", key="", by="ayse")
    with pytest.raises(NotFound):
        enrol.prepare("rule_none", "on", key="", by="ayse")


def test_the_explanation_asks_the_rule_as_it_was_asked(world: World, enrol: EnrolExisting) -> None:
    asks = {"field": "record.status", "op": "equals", "value": "lost"}
    switched = has(world, {"event": "lead.updated", "field": "tags"}, conditions={"any": [VIP, asks]})
    work = begin(world, enrol, switched)
    world.run_out()
    explain = ExplainEvent(world.log, world.rules, world.occurrences, world.records)
    (told,) = explain(work.order.event("lead:1").id).rules
    assert (told.outcome, told.started, told.rule.id) == ("started", True, switched.id)
    other = world.happens("rule.enrolled", subject="lead:2", data={"rule": switched.id, "enrolment": work.id})
    world.run_out()
    (told,) = explain(other.id).rules
    assert (told.outcome, told.explanation.matched) == ("not_met", False)
    assert {each.branch.shown["field"] for each in told.explanation.deciding} == {"record.tags", "record.status"}
