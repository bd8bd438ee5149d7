"""Why each rule did or did not start: what it demanded and what there was, near misses, and refusals."""

from __future__ import annotations

from typing import Any

import pytest

from tests.usecases.fakes.world import World
from tests.usecases.rules import GREET, rule
from whenthen.domain.common.reasons import Reason
from whenthen.domain.events.event import Cause, Change, Event
from whenthen.domain.explain.explain import Explanation, explain
from whenthen.domain.explain.near_misses import (
    NOT_INSIDE,
    OTHER_FIELD,
    OTHER_VALUE,
    OTHER_VALUE_BEFORE,
    STILL_INSIDE,
    WAS_INSIDE,
    WAS_OUTSIDE,
)
from whenthen.domain.records.record import Record
from whenthen.domain.rules.rule import Rule
from whenthen.usecases.matching import explain_event
from whenthen.usecases.matching.decide import MAX_DEPTH
from whenthen.usecases.matching.explain_event import MAX_EXPLAINED, MAX_OFF, ExplainedEvent, ExplainedRule, ExplainEvent


def explained(world: World, event: Event, **asked: Any) -> ExplainedEvent:
    return ExplainEvent(world.log, world.rules, world.occurrences, world.records)(event.id, **asked)


def told(world: World, event: Event, **asked: Any) -> ExplainedRule:
    """Return the explanation of the only rule."""
    [one] = explained(world, event, **asked).rules
    return one


def moved(world: World, /, event_type: str = "lead.updated", **changes: Any) -> Event:
    """The lead changes; the event that the store makes of it has been handled."""
    now = {name: after for name, (_, after) in changes.items()}
    world.has_record("lead:1", **{**world.records.stored["lead:1"].fields, **now})
    given = {name: Change(before, after) for name, (before, after) in changes.items()}
    event = world.happens(event_type, subject="lead:1", changes=given)
    world.run_out()
    return event


def test_each_condition_has_what_it_expected_what_there_was_and_its_result(world: World) -> None:
    conditions = {
        "all": [
            {"field": "record.status", "op": "equals", "value": "new"},
            {"field": "record.score", "op": ">=", "value": 50},
        ]
    }
    world.has_rule(rule(GREET, conditions=conditions))
    event = world.happens("lead.created", subject="lead:1")
    world.run_out()
    found = told(world, event)
    assert (found.outcome, found.started, found.explanation.matched) == ("not_met", False, False)
    assert found.explanation.conditions is not None
    status, score = found.explanation.conditions.branches
    assert (status.shown["expected"], status.shown["actual"], status.result) == ("new", "new", True)
    assert (score.shown["expected"], score.shown["actual"], score.result) == (50, None, False)
    assert [each.branch for each in found.explanation.deciding] == [score]


CHANGES: list[tuple[dict[str, Any], dict[str, tuple[Any, Any]], Reason]] = [
    ({"event": "lead.updated", "field": "stage"}, {"status": ("new", "won")},
     OTHER_FIELD(field="stage", values=["status"])),
    ({"event": "lead.field_changed", "field": "status", "to": "won"}, {"status": ("new", "lost")},
     OTHER_VALUE(field="status", value="lost")),
    ({"event": "lead.updated", "field": "status", "from": "open"}, {"status": ("new", "lost")},
     OTHER_VALUE_BEFORE(field="status", value="new")),
    ({"enters": {"filter": {"field": "record.status", "op": "equals", "value": "new"}}}, {"city": (None, "Pécs")},
     WAS_INSIDE()),
    ({"enters": {"filter": {"field": "record.status", "op": "equals", "value": "vip"}}}, {"city": (None, "Pécs")},
     NOT_INSIDE()),
    ({"leaves": {"filter": {"field": "record.status", "op": "equals", "value": "new"}}}, {"city": (None, "Pécs")},
     STILL_INSIDE()),
    ({"leaves": {"filter": {"field": "record.status", "op": "equals", "value": "vip"}}}, {"city": (None, "Pécs")},
     WAS_OUTSIDE()),
]  # fmt: skip


@pytest.mark.parametrize(("trigger", "changes", "reason"), CHANGES)
def test_near_misses_of_changes(
    world: World, trigger: dict[str, Any], changes: dict[str, tuple[Any, Any]], reason: Reason
) -> None:
    world.has_rule({**rule(GREET), "trigger": trigger})
    explanation = told(world, moved(world, **changes)).explanation
    assert [miss.reason for miss in explanation.missed] == [reason]
    assert explanation.deciding == ()


@pytest.mark.parametrize(
    ("trigger", "event_type", "data", "code"),
    [
        ({"manual": True}, "rule.started_manually", {"rule": "rule_x"}, "for_another_rule"),
        ({"schedule": {"cron": "0 9 * * *"}}, "schedule.reached", {"rule": "rule_x"}, "for_another_rule"),
        ({"event": "birthday.reached"}, "birthday.reached", {"rule": "rule_x"}, "for_another_rule"),
        ({"after_rule": ["rule_a"]}, "rule.finished", {"rule": "rule_x", "status": "done"}, "after_another_rule"),
        ({"after_rule": ["rule_a"]}, "rule.finished", {"rule": "rule_a", "status": "failed"}, "another_outcome"),
    ],
)
def test_near_misses_of_what_the_clock_people_and_rules_make(
    world: World, trigger: dict[str, Any], event_type: str, data: dict[str, Any], code: str
) -> None:
    world.has_rule({**rule(GREET), "trigger": trigger})
    event = world.happens(event_type, subject="lead:1", data=data)
    world.run_out()
    [miss] = told(world, event).explanation.missed
    assert miss.reason.code == f"near_miss.{code}"


def test_what_hit_the_trigger_is_no_near_miss(world: World) -> None:
    world.has_rule({**rule(GREET), "trigger": {"event": "lead.updated", "field": "status"}})
    found = told(world, moved(world, status=("new", "won")))
    assert (found.explanation.missed, found.outcome) == ((), "started")


def test_a_record_that_is_not_new_is_refused_and_that_can_be_seen(world: World) -> None:
    refusing = world.has_rule(rule(GREET, entry={"only_new": True}, activated_at="2030-01-01T00:00:00Z"))
    event = world.happens("lead.created", subject="lead:1")
    world.run_out()
    plan = world.log.plan_of(event.id)
    assert plan is not None
    assert [(each.rule, each.ref, each.code) for each in plan.refused] == [(refusing.id, "lead:1", "only_new")]
    found = told(world, event)
    assert (found.outcome, found.entry, found.started, found.explanation.matched) == (
        "only_new",
        "only_new",
        False,
        True,
    )


def test_a_new_record_is_demanded_of_an_event_that_has_none(world: World) -> None:
    world.has_rule({**rule(GREET, on="call.incoming_missed", entry={"only_new": True}), "kind": None})
    event = world.happens("call.incoming_missed", identities=("phone#+905550000000",))
    world.run_out()
    assert told(world, event).outcome == "only_new_no_record"


def test_a_record_that_entered_before_is_refused_and_that_can_be_seen(world: World) -> None:
    world.has_rule(rule(GREET, entry={"again": "once_per_record"}))
    first = world.happens("lead.created", "1", subject="lead:1")
    world.run_out()
    second = world.happens("lead.created", "2", subject="lead:1")
    world.run_out()
    plan = world.log.plan_of(second.id)
    assert plan is not None
    assert [each.code for each in plan.refused] == ["entered_before"]
    assert (told(world, first).outcome, told(world, first).started) == ("started", True)
    assert (told(world, second).outcome, told(world, second).started) == ("entered_before", False)
    assert len(world.all_runs) == 1


@pytest.mark.parametrize(("mode", "code", "started"), [("off", "switched_off", False), ("shadow", "shadow", True)])
def test_rules_that_are_off_or_in_shadow_are_seen(world: World, mode: str, code: str, started: bool) -> None:
    world.has_rule(rule(GREET, mode=mode))
    event = world.happens("lead.created", subject="lead:1")
    world.run_out()
    found = told(world, event)
    assert (found.outcome, found.started, found.explanation.matched, found.rule.mode) == (code, started, True, mode)


@pytest.mark.parametrize(
    ("condition", "starts"),
    [
        ({"field": "history.call.incoming_missed", "op": ">=", "value": 2, "within": {"days": 1}}, True),
        ({"field": "event.time", "op": "within_last", "value": {"minutes": 30}}, False),
    ],
    ids=["history", "within_last"],
)
def test_an_event_that_is_handled_late_is_told_of_as_it_was_matched(
    world: World, condition: dict[str, Any], starts: bool
) -> None:
    missed, phone = "call.incoming_missed", ("phone#+905329999999",)
    world.has_rule({**rule(GREET, on=missed, conditions=condition), "kind": None})
    late = world.event(missed, "1", identities=phone)
    world.pass_time(minutes=10)
    world.happens(missed, "2", identities=phone)
    world.pass_time(hours=1)
    before = len(world.all_runs)
    world.queues["events"].add(late)
    world.run_out()
    world.pass_time(days=3)
    found = told(world, late)
    assert (len(world.all_runs) > before, found.started, found.explanation.matched) == (starts, starts, starts)


def test_a_rule_that_is_newer_than_the_event(world: World) -> None:
    event = world.happens("lead.created", subject="lead:1")
    world.run_out()
    world.has_rule(rule(GREET))
    assert told(world, event).outcome == "changed_since"


@pytest.mark.parametrize(
    ("then", "now", "code"), [("on", "shadow", "started"), ("shadow", "on", "shadow"), ("on", "off", "started")]
)
def test_a_rule_whose_mode_was_changed_since_is_told_of_as_it_ran(world: World, then: str, now: str, code: str) -> None:
    world.has_rule(rule(GREET, mode=then))
    event = world.happens("lead.created", subject="lead:1")
    world.run_out()
    world.has_rule(rule(GREET, mode=now, id=world.all_runs[0].rule_id))
    found = told(world, event)
    assert (found.outcome, found.rule.mode, found.changed_since) == (code, now, True)


def test_an_event_that_is_taken_for_a_loop(world: World) -> None:
    world.has_rule(rule(GREET))
    event = world.happens("lead.created", subject="lead:1", cause=Cause(("run_x",), MAX_DEPTH))
    world.run_out()
    found = explained(world, event)
    assert str(MAX_DEPTH) in str(found.plan.note)
    assert found.rules[0].outcome == "loop"


def test_one_rule_can_be_asked_for_and_the_nearest_stand_first(world: World) -> None:
    def asking(*values: str) -> dict[str, Any]:
        return {"all": [{"field": f"record.f{each}", "op": "equals", "value": each} for each in values]}

    far = world.has_rule(rule(GREET, name="far", conditions=asking("a", "b", "c")))
    near = world.has_rule(rule(GREET, name="near", conditions=asking("a")))
    hit = world.has_rule(rule(GREET, name="hit"))
    event = world.happens("lead.created", subject="lead:1")
    world.run_out()
    assert [each.rule.id for each in explained(world, event).rules] == [hit.id, near.id, far.id]
    assert [each.rule.id for each in explained(world, event, rule=far.id).rules] == [far.id]


def test_an_explanation_is_bounded(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(MAX_EXPLAINED + 3):
        world.has_rule(rule(GREET, name=f"rule {number}", mode="shadow" if number else "on"))
    event = world.happens("lead.created", subject="lead:1")
    world.run_out()
    looked_at: list[str] = []

    def looking(rule: Rule, *rest: Any) -> Explanation:
        looked_at.append(rule.id)
        return explain(rule, *rest)

    monkeypatch.setattr(explain_event, "explain", looking)
    found = explained(world, event)
    assert (len(found.rules), found.left_out, len(looked_at)) == (MAX_EXPLAINED, 3, MAX_EXPLAINED)


def test_any_rule_that_is_off_can_be_asked_for(world: World) -> None:
    for number in range(MAX_OFF + 1):
        world.has_rule(rule(GREET, id=f"rule_{number:03}", mode="off"))
    other = world.has_rule(rule(GREET, on="lead.updated", mode="off"))
    event = world.happens("lead.created", subject="lead:1")
    world.run_out()
    found = told(world, event, rule=f"rule_{MAX_OFF:03}")
    assert (found.rule.id, found.outcome) == (f"rule_{MAX_OFF:03}", "switched_off")
    assert explained(world, event, rule=other.id).rules == ()


def test_what_started_is_told_of_however_many_rules_there_are(world: World) -> None:
    unmet = {"field": "record.score", "op": ">=", "value": 50}
    for number in range(MAX_EXPLAINED):
        world.has_rule(rule(GREET, name=f"rule {number}", conditions=unmet))
    last = world.has_rule(rule(GREET, id="rule_zzz"))
    event = world.happens("lead.created", subject="lead:1")
    world.run_out()
    found = explained(world, event)
    assert (found.rules[0].rule.id, found.rules[0].outcome, found.left_out) == (last.id, "started", 1)


def test_what_rules_ask_for_is_read_once_for_all_of_them(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    counting = {"field": "history.lead.created", "op": ">=", "value": 9, "within": {"days": 7}}
    related = {"field": "related.owner.team", "op": "equals", "value": "sales"}
    for number in range(5):
        world.has_rule(rule(GREET, name=f"rule {number}", conditions={"all": [counting, related]}))
    world.has_record("agent:ayse", team="support")
    world.has_record("lead:1", owner="agent:ayse")
    event = world.happens("lead.created", subject="lead:1")
    world.run_out()
    world.occurrences.asked.clear()
    read: list[str] = []
    get = world.records.get

    def reading(ref: str) -> Record | None:
        read.append(ref)
        return get(ref)

    monkeypatch.setattr(world.records, "get", reading)
    assert len(explained(world, event).rules) == 5
    assert (world.occurrences.asked, read) == ([("lead:1", "lead.created")], ["agent:ayse"])
