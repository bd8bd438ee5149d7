"""order_rules: one call gives many rules their places."""

from __future__ import annotations

from typing import Any

import pytest

from tests.usecases.fakes.outside import FakeClock
from tests.usecases.fakes.stores import FakeRules, FakeViews
from tests.usecases.rules import rule
from whenthen.domain.common.errors import Invalid, Temporary
from whenthen.domain.common.errors import Stale as StaleError
from whenthen.ports.reason_codes import MOVED_ON
from whenthen.usecases.admin.manage_rules import ManageRules
from whenthen.usecases.admin.order_rules import MAX_ORDERED, OrderRules


@pytest.fixture
def manage() -> ManageRules:
    return ManageRules(FakeRules(), FakeViews(), FakeClock())


def made(manage: ManageRules, *names: str, **more: Any) -> list[str]:
    return [manage.create(rule(name=name, **more), seed=name, by="ada").id for name in names]


def orders(manage: ManageRules, *rule_ids: str) -> list[Any]:
    return [manage.get(rule_id).document.get("order") for rule_id in rule_ids]


def test_rules_get_their_places_and_the_others_keep_theirs(manage: ManageRules) -> None:
    a, b, c = made(manage, "a", "b", "c")
    saved = OrderRules(manage)({"rules": [c, a]}, by="budi")
    assert [(each.id, each.version, each.updated_by) for each in saved] == [(c, 2, "budi"), (a, 2, "budi")]
    assert orders(manage, a, b, c) == [2, None, 1]


def test_a_repetition_makes_no_version(manage: ManageRules) -> None:
    a, b = made(manage, "a", "b")
    first = OrderRules(manage)({"rules": [a, b]}, by="budi")
    assert OrderRules(manage)({"rules": [a, b]}, by="budi") == first
    swapped = OrderRules(manage)({"rules": [b, a]}, by="budi")
    assert [(each.id, each.version) for each in swapped] == [(b, 3), (a, 3)]


def test_a_rule_that_is_on_stays_on_and_keeps_everything_else(manage: ManageRules) -> None:
    (a,) = made(manage, "a", mode="on", conditions={"field": "record.status", "op": "equals", "value": "new"})
    before = manage.get(a).document
    OrderRules(manage)({"rules": [a]}, by="budi")
    assert {**manage.get(a).document, "version": 1} == {**before, "order": 1}


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, {"rules": "field.required"}),
        ({"rules": []}, {"rules": "field.required"}),
        ({"rules": [1]}, {"rules": "value.not_texts"}),
        ({"rules": ["A", "A"]}, {"rules[1]": "rule_order.twice"}),
        ({"rules": ["A", "rule_none"]}, {"rules[1]": "rule.not_found"}),
        ({"rules": ["A"], "by": "ada"}, {"by": "field.unknown"}),
        ({"rules": [f"rule_{n}" for n in range(MAX_ORDERED + 1)]}, {"rules": "list.too_long"}),
    ],
)
def test_nothing_is_changed_where_anything_is_wrong(
    manage: ManageRules, body: dict[str, Any], fields: dict[str, str]
) -> None:
    (a,) = made(manage, "a")
    listed = {**body, "rules": [a if each == "A" else each for each in body["rules"]]} if "rules" in body else body
    with pytest.raises(Invalid) as caught:
        OrderRules(manage)(listed, by="budi")
    found = {problem.field: problem.reason.code for problem in caught.value.problems}
    assert {field: found.get(field) for field in fields} == fields
    assert manage.get(a).version == 1


def test_a_rule_that_others_change_meanwhile_is_read_again(
    manage: ManageRules, monkeypatch: pytest.MonkeyPatch
) -> None:
    (a,) = made(manage, "a")
    rules, times = manage.rules, []
    save = rules.save

    def contended(*arguments: Any) -> None:
        times.append(1)
        if len(times) == 1:
            raise StaleError(MOVED_ON(subject=a))
        save(*arguments)

    monkeypatch.setattr(rules, "save", contended)
    assert OrderRules(manage)({"rules": [a]}, by="budi")[0].version == 2
    times.clear()

    def always(*_: Any) -> None:
        raise StaleError(MOVED_ON(subject=a))

    monkeypatch.setattr(rules, "save", always)
    (b,) = [a]
    with pytest.raises(Temporary):
        manage.set_order(b, 9, by="budi")
