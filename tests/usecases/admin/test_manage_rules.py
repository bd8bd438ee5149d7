"""manage_rules: every save is a version, a repetition is none, and a late writer is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.usecases.fakes.outside import FakeClock
from tests.usecases.fakes.stores import FakeRules, FakeViews
from tests.usecases.rules import GREET, rule
from whenthen.domain.common.errors import Conflict, Invalid, NotFound, Stale
from whenthen.usecases.admin.manage_rules import Filter, ManageRules


@pytest.fixture
def rules() -> ManageRules:
    return ManageRules(FakeRules(), FakeViews(), FakeClock())


def matcher(rules: ManageRules) -> FakeRules:
    assert isinstance(rules.rules, FakeRules)
    return rules.rules


def test_a_rule_is_created_off_unless_it_says_otherwise(rules: ManageRules) -> None:
    made = rules.create(rule(), seed="key", by="ayse")
    assert (made.version, made.updated_by) == (1, "ayse")
    assert "activated_at" not in made.document
    assert rules.get(made.id) == made
    assert not matcher(rules).considered("lead.created")


def test_the_same_key_makes_the_same_rule_once(rules: ManageRules) -> None:
    made = rules.create(rule(), seed="key", by="ayse")
    assert rules.create(rule(), seed="key", by="ayse") == made
    switched = rules.set_mode(made.id, "on", version=1, by="budi")
    assert rules.create(rule(), seed="key", by="ayse") == switched, "as it is by now"
    assert rules.create(rule(), seed="another", by="ayse").id != made.id
    with pytest.raises(Conflict):
        rules.create(rule(name="another rule"), seed="key", by="ayse")


def test_the_key_of_a_deleted_rule_makes_no_second_one(rules: ManageRules) -> None:
    """Its versions stay for the runs that they started; a new version 1 would take their place."""
    made = rules.create(rule(), seed="key", by="ayse")
    rules.delete(made.id, version=None)
    with pytest.raises(Conflict):
        rules.create(rule(), seed="key", by="ayse")


def test_what_an_admin_sends_as_id_version_and_activation_is_not_read(rules: ManageRules) -> None:
    sent = rule(id="rule_mine", version=99, activated_at="2000-01-01T00:00:00Z", mode="on")
    made = rules.create(sent, seed="key", by="ayse")
    assert (made.id != "rule_mine", made.version) == (True, 1)
    assert made.document["activated_at"] == "2026-03-14T09:30:00.000Z"


def test_a_replacement_is_a_new_version_and_the_old_one_stays(rules: ManageRules) -> None:
    first = rules.create(rule(), seed="key", by="ayse")
    second = rules.replace(first.id, rule(name="renamed"), version=1, by="budi")
    assert (second.version, second.document["name"], second.updated_by) == (2, "renamed", "budi")
    assert [each.version for each in rules.versions(first.id)] == [2, 1]
    assert rules.rules.get_version(first.id, 1) == first


def test_a_replacement_that_changes_nothing_is_no_version(rules: ManageRules) -> None:
    first = rules.create(rule(mode="on"), seed="key", by="ayse")
    assert rules.replace(first.id, rule(mode="on"), version=None, by="budi") == first


@pytest.mark.parametrize("act", ["replace", "set_mode", "delete"])
def test_who_saw_an_older_version_is_told(rules: ManageRules, act: str) -> None:
    first = rules.create(rule(), seed="key", by="ayse")
    rules.replace(first.id, rule(name="renamed"), version=1, by="budi")
    acts: dict[str, Callable[[], object]] = {
        "replace": lambda: rules.replace(first.id, rule(name="mine"), version=1, by="cem"),
        "set_mode": lambda: rules.set_mode(first.id, "on", version=1, by="cem"),
        "delete": lambda: rules.delete(first.id, version=1),
    }
    with pytest.raises(Stale):
        acts[act]()
    assert rules.get(first.id).document["name"] == "renamed"


def test_switching_on_is_dated_and_stays_so_until_it_is_switched_off(rules: ManageRules) -> None:
    clock = rules.clock
    assert isinstance(clock, FakeClock)
    made = rules.create(rule(), seed="key", by="ayse")
    on = rules.set_mode(made.id, "on", version=None, by="ayse")
    assert on.document["activated_at"] == "2026-03-14T09:30:00.000Z"
    assert [each.id for each in matcher(rules).considered("lead.created")] == [made.id]
    clock.move(hours=1)
    shadow = rules.set_mode(made.id, "shadow", version=on.version, by="ayse")
    assert shadow.document["activated_at"] == on.document["activated_at"]
    off = rules.set_mode(made.id, "off", version=None, by="ayse")
    assert "activated_at" not in off.document
    again = rules.set_mode(made.id, "on", version=None, by="ayse")
    assert (again.version, again.document["activated_at"]) == (5, "2026-03-14T10:30:00.000Z")
    with pytest.raises(Invalid, match="mode"):
        rules.set_mode(made.id, "perhaps", version=None, by="ayse")


def test_a_deleted_rule_is_gone_but_for_its_versions(rules: ManageRules) -> None:
    made = rules.create(rule(mode="on"), seed="key", by="ayse")
    rules.delete(made.id, version=1)
    for act in (rules.get, rules.versions):
        with pytest.raises(NotFound):
            act(made.id)
    assert not matcher(rules).considered("lead.created")
    assert rules.rules.get_version(made.id, 1) == made


def test_problems_of_rule_and_templates_are_told_at_once(rules: ManageRules) -> None:
    bad: dict[str, Any] = {**GREET, "with": {"subject": "{{ record.a + 1 }}", "text": "{{ x }}", "copy": "a"}}
    with pytest.raises(Invalid) as caught:
        rules.create({**rule(bad), "name": ""}, seed="key", by="ayse")
    fields = {problem.field for problem in caught.value.problems}
    assert fields == {"name", "steps[0].with.copy", "steps[0].with.subject", "steps[0].with.text"}
    assert rules.list(Filter(), limit=10, cursor=None).items == ()


@pytest.mark.parametrize("steps", [None, "x", [None], [{"with": 5}], [{"action": ["x"], "with": {"text": "{{ y }}"}}]])
def test_a_document_of_any_shape_is_refused_in_order(rules: ManageRules, steps: Any) -> None:
    with pytest.raises(Invalid):
        rules.create({"name": "r", "trigger": {"event": "a.b"}, "steps": steps}, seed="key", by="ayse")


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (Filter(), {"One", "Two", "Three"}),
        (Filter(kind="lead"), {"One", "Three"}),
        (Filter(mode="on"), {"Two"}),
        (Filter(mode="off", text="ONE"), {"One"}),
        (Filter(event="lead.updated"), {"Two", "Three"}),
        (Filter(kind="deal", mode="off"), set()),
    ],
)
def test_a_list_shows_what_is_asked_for(rules: ManageRules, wanted: Filter, found: set[str]) -> None:
    rules.create(rule(name="One"), seed="1", by="a")
    rules.create({**rule(name="Two", mode="on", on="lead.updated"), "kind": "contact"}, seed="2", by="a")
    rules.create(rule(name="Three", trigger={"event": ["lead.created", "lead.updated"]}), seed="3", by="a")
    seen: set[str] = set()
    cursor = None
    for _ in range(3):
        page = rules.list(wanted, limit=1, cursor=cursor)
        seen |= {str(each.document["name"]) for each in page.items}
        cursor = page.cursor
        if cursor is None:
            break
    assert (seen, cursor) == (found, None)


def test_a_list_is_searched_as_people_write(rules: ManageRules) -> None:
    rules.create(rule(name="\u0130stanbul ve I\u011fd\u0131r"), seed="1", by="a")
    for text in ("istanbul", "I\u011eDIR", "\u0130STANBUL VE"):
        assert rules.list(Filter(text=text), limit=10, cursor=None).items, text
    assert not rules.list(Filter(text="Ankara"), limit=10, cursor=None).items
