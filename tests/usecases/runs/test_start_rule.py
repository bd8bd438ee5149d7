"""start_rule: a person starts a rule, for one record or for all of a view."""

from __future__ import annotations

from typing import Any

import pytest

from tests.usecases.fakes.stores import FakeViews
from tests.usecases.fakes.world import World
from tests.usecases.rules import NOTE, rule
from whenthen.domain.common.errors import Conflict, Invalid, NotFound
from whenthen.domain.rules.rule import Rule
from whenthen.ports.values import StoredView
from whenthen.usecases.runs.start_rule import NOT_MANUAL, RULE_OFF, StartRule

NEW = {"field": "record.status", "op": "equals", "value": "new"}


@pytest.fixture
def start(world: World) -> StartRule:
    views = FakeViews()
    document = {"name": "New leads", "kind": "lead", "filter": NEW}
    views.save(StoredView("view_new", 1, document, world.clock.now(), "test"), None)
    return StartRule(
        world.rules, views, world.records, world.functions.enrolments, world.bus, world.claim_key, world.clock
    )


def manual(world: World, **more: Any) -> Rule:
    return world.has_rule({**rule(NOTE), "trigger": {"manual": True}, **more})


def refs(world: World) -> list[str | None]:
    return sorted((run.record for run in world.all_runs), key=str)


def test_one_record_enters_the_rule_and_no_other_rule_does(world: World, start: StartRule) -> None:
    chosen, _other = manual(world), manual(world, name="Another")
    answer = start(chosen.id, {"record": "lead:1"}, seed="key", by="ayse")
    world.settle()
    [run] = world.all_runs
    assert (run.rule_id, run.record, run.event_id) == (chosen.id, "lead:1", answer["event"])
    assert world.records.stored["lead:1"].fields["greeted"] == "yes"


def test_the_same_key_starts_it_once_and_another_key_again(world: World, start: StartRule) -> None:
    chosen = manual(world)
    for seed in ("key", "key", "other"):
        start(chosen.id, {"record": "lead:1"}, seed=seed, by="ayse")
    world.settle()
    assert len(world.all_runs) == 2


def test_a_rule_without_a_kind_may_start_without_a_record(world: World, start: StartRule) -> None:
    report = manual(world, kind=None)
    start(report.id, {}, seed="key", by="ayse")
    world.settle()
    assert refs(world) == [None]


@pytest.mark.parametrize(
    "whom",
    [{"view": "view_new"}, {"kind": "lead", "filter": NEW}],
)
def test_all_of_a_view_enter_once(world: World, start: StartRule, whom: dict[str, Any]) -> None:
    world.has_record("lead:2", status="new")
    world.has_record("lead:3", status="lost")
    world.has_record("contact:4", status="new")
    chosen = manual(world)
    for _ in range(2):
        start(chosen.id, whom, seed="key", by="ayse")
    world.settle()
    assert refs(world) == ["lead:1", "lead:2"]


@pytest.mark.parametrize(
    ("written", "field"),
    [
        ({"record": "nonsense"}, "record"),
        ({"record": "contact:1"}, "record"),
        ({"kind": "contact"}, "kind"),
        ({"kind": "lead", "filter": {"field": "event.type", "op": "equals", "value": "x"}}, "filter"),
        ({"filter": NEW}, "filter"),
        ({"record": "lead:1", "kind": "lead"}, ""),
        ({"record": "lead:1", "per_person": True}, "per_person"),
        ({"kind": "lead", "per_person": "yes"}, "per_person"),
        ({"recrod": "lead:1"}, "recrod"),
    ],
)
def test_what_cannot_be_meant_is_refused(world: World, start: StartRule, written: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        start(manual(world).id, written, seed="key", by="ayse")
    assert field in [problem.field for problem in refused.value.problems]
    assert world.bus.published == []


def test_only_rules_that_are_on_and_wait_for_a_person_are_started(world: World, start: StartRule) -> None:
    with pytest.raises(Conflict) as caught:
        start(world.has_rule(rule(NOTE)).id, {"record": "lead:1"}, seed="key", by="ayse")
    assert caught.value.reason == NOT_MANUAL(trigger="event")
    with pytest.raises(Conflict) as caught:
        start(manual(world, name="off", mode="off").id, {"record": "lead:1"}, seed="key", by="ayse")
    assert caught.value.reason == RULE_OFF()


@pytest.mark.parametrize("written", [{"record": "lead:none"}, {"view": "view_none"}])
def test_what_is_not_there_is_not_found(world: World, start: StartRule, written: dict[str, str]) -> None:
    with pytest.raises(NotFound):
        start(manual(world).id, written, seed="key", by="ayse")
