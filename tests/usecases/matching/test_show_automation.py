"""How each rule stands for a record, with the reason, those that did not start included."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tests.usecases.fakes.ledger import FakeTimelines
from tests.usecases.fakes.world import World
from tests.usecases.rules import GREET, NOTE, rule
from whenthen.domain.common.errors import NotFound
from whenthen.domain.explain.automation import NO_EVENT, TOO_LONG_AGO, RuleState
from whenthen.domain.runs.run import AT_STEP
from whenthen.usecases.matching import show_automation
from whenthen.usecases.matching.show_automation import RuleStanding, ShowAutomation
from whenthen.usecases.runs.start_rule import RULE_OFF

NEW = {"field": "record.status", "op": "equals", "value": "new"}
WON = {"field": "record.status", "op": "equals", "value": "won"}
LATER = {**NOTE, "wait": {"days": 2}}


def shown(world: World, ref: str = "lead:1", stage: str = "", **more: Any) -> Mapping[str, RuleStanding]:
    timelines = FakeTimelines(world.log, world.runs)
    show = ShowAutomation(world.rules, world.rules, world.runs, timelines, world.occurrences, world.records)
    page = show(ref, stage=stage, **{"limit": 50, "cursor": None, **more})
    return {found.rule.name: found for found in page.items}


def has(world: World, name: str, *steps: dict[str, Any], **more: Any) -> None:
    world.has_rule(rule(*(steps or (NOTE,)), name=name, **more))


def test_all_four_states_stand_beside_each_other_each_with_its_reason(world: World) -> None:
    has(world, "acts")
    has(world, "does not act", {**NOTE, "only_if": WON})
    has(world, "waits", LATER)
    has(world, "off", mode="off")
    has(world, "not met", conditions=WON)
    has(world, "no event", on="lead.won")
    event = world.happens("lead.created", subject="lead:1")
    world.settle()
    found = shown(world)
    assert {name: each.state for name, each in found.items()} == {
        "acts": RuleState.ACTED,
        "does not act": RuleState.NOT_ACTED,
        "waits": RuleState.WAITING,
        "off": RuleState.WAITING,
        "not met": RuleState.NOT_STARTED,
        "no event": RuleState.NOT_STARTED,
    }
    reason = found["does not act"].reason
    assert reason is not None
    assert reason.code == AT_STEP.code
    waits = found["waits"].waiting
    assert waits is not None
    assert (waits.until, waits.reason) == (found["waits"].run.run.waits_until, found["waits"].reason)  # type: ignore[union-attr]
    assert found["off"].reason == RULE_OFF()
    assert found["no event"].reason == NO_EVENT(events=["lead.won"])
    unmet = found["not met"]
    assert unmet.event is not None
    assert unmet.explained is not None
    assert (unmet.event.event.id, unmet.explained.outcome) == (event.id, "not_met")
    (deciding,) = unmet.explained.explanation.deciding
    assert (deciding.branch.shown["expected"], deciding.branch.shown["actual"]) == ("won", "new")


def test_the_newest_run_of_a_rule_counts(world: World) -> None:
    has(world, "told", {**NOTE, "only_if": NEW})
    world.happens("lead.created", subject="lead:1")
    world.run_out()
    assert shown(world)["told"].state is RuleState.ACTED
    world.clock.move(minutes=1)
    world.has_record("lead:1", status="won")
    world.happens("lead.created", "2", subject="lead:1")
    world.run_out()
    assert shown(world)["told"].state is RuleState.NOT_ACTED


def test_the_newest_event_that_could_have_started_a_rule_says_why_it_did_not(world: World) -> None:
    has(world, "not met", conditions=WON)
    for number, status in enumerate(("new", "lost")):
        world.has_record("lead:1", status=status)
        world.happens("lead.created", str(number), subject="lead:1")
        world.happens("lead.touched", str(number), subject="lead:1")
        world.run_out()
        world.clock.move(minutes=1)
    explained = shown(world)["not met"].explained
    assert explained is not None
    assert explained.explanation.deciding[0].branch.shown["actual"] == "lost"


def test_a_record_that_may_not_enter_is_told_why(world: World) -> None:
    has(world, "new ones", entry={"only_new": True}, activated_at="2026-03-15T00:00:00Z")
    world.happens("lead.created", subject="lead:1")
    world.run_out()
    found = shown(world)["new ones"]
    assert found.explained is not None
    assert (found.state, found.explained.outcome) == (RuleState.NOT_STARTED, "only_new")


def test_rules_of_other_kinds_and_runs_of_other_records_do_not_count(world: World) -> None:
    has(world, "own")
    has(world, "any", GREET, on="offer.made", kind=None)
    has(world, "deals", kind="deal", on="deal.created")
    world.has_record("lead:2", status="new")
    world.happens("lead.created", subject="lead:2")
    world.run_out()
    found = shown(world)
    assert {name: each.state for name, each in found.items()} == dict.fromkeys(("own", "any"), RuleState.NOT_STARTED)
    assert shown(world, "lead:2")["own"].state is RuleState.ACTED


def test_only_rules_that_stand_in_a_stage_or_in_any_are_shown_for_it(world: World) -> None:
    for stage in ("new", "won"):
        has(world, stage, conditions={"field": "record.stage", "op": "equals", "value": stage})
    has(world, "any")
    assert set(shown(world)) == {"any", "new", "won"}
    assert set(shown(world, stage="won")) == {"any", "won"}
    assert shown(world, stage="won")["won"].stages == frozenset({"won"})


def test_rules_come_page_by_page(world: World) -> None:
    for number in range(5):
        has(world, f"rule {number}")
    timelines = FakeTimelines(world.log, world.runs)
    show = ShowAutomation(world.rules, world.rules, world.runs, timelines, world.occurrences, world.records)
    names, cursor = [], None
    while True:
        page = show("lead:1", stage="", limit=2, cursor=cursor)
        names += [found.rule.name for found in page.items]
        cursor = page.cursor
        if cursor is None:
            break
    assert sorted(names) == [f"rule {number}" for number in range(5)]


def test_a_history_that_is_too_long_says_so(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(show_automation, "PAGE", 2)
    monkeypatch.setattr(show_automation, "MAX_ENTRIES", 4)
    has(world, "early")
    world.happens("lead.created", subject="lead:1")
    world.run_out()
    assert shown(world)["early"].state is RuleState.ACTED
    for number in range(6):
        world.clock.move(minutes=1)
        world.happens("lead.touched", str(number), subject="lead:1")
    world.run_out()
    found = shown(world)["early"]
    assert (found.state, found.reason) == (RuleState.NOT_STARTED, TOO_LONG_AGO(count=4))


def test_a_record_that_never_was_is_not_found(world: World) -> None:
    with pytest.raises(NotFound):
        shown(world, "lead:none")


def test_a_record_that_was_deleted_still_has_its_history(world: World) -> None:
    has(world, "acts")
    world.happens("lead.created", subject="lead:1")
    world.run_out()
    del world.records.stored["lead:1"]
    assert shown(world)["acts"].state is RuleState.ACTED


def test_a_rule_that_is_read_no_more_is_left_out(world: World) -> None:
    has(world, "acts")
    (stored,) = world.rules.current_rules.values()
    world.rules.current_rules["rule_old"] = type(stored)("rule_old", 1, {"name": "old"}, world.clock.now(), "test")
    assert set(shown(world)) == {"acts"}
