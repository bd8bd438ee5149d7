"""Views and sweeps on the config table."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from tests.adapters.samples import NOW, minutes
from tests.adapters.samples import rule as a_rule
from tests.adapters.tables import CONFIG
from whenthen.adapters.dynamodb.config_table.rules import DynamoRules
from whenthen.adapters.dynamodb.config_table.settings import DynamoSweeps
from whenthen.adapters.dynamodb.config_table.views import DynamoViews
from whenthen.domain.common.errors import NotFound, Stale
from whenthen.domain.scheduling.sweep_window import Checkpoint, SweepProgress
from whenthen.ports.values import StoredView

FILTER = {"field": "record.tags", "op": "has", "value": "vip"}
VIEW = StoredView("view_1", 1, {"name": "VIPs", "kind": "contact", "filter": FILTER, "id": "view_1"}, NOW, "key_1")


@pytest.fixture
def views(dynamodb: Any) -> DynamoViews:
    return DynamoViews(dynamodb, CONFIG)


def test_a_view_comes_back_as_it_was_saved(views: DynamoViews) -> None:
    views.save(VIEW, None)
    assert views.get("view_1") == VIEW
    for missing in ("view_2", ""):
        with pytest.raises(NotFound):
            views.get(missing)


def test_of_two_writers_one_is_stale(views: DynamoViews) -> None:
    views.save(VIEW, None)
    with pytest.raises(Stale):
        views.save(replace(VIEW, updated_by="another"), None)
    second = replace(VIEW, version=2)
    views.save(second, VIEW)
    with pytest.raises(Stale):
        views.save(replace(second, updated_by="another"), VIEW)
    with pytest.raises(Stale):
        views.delete(VIEW)
    views.delete(second)
    with pytest.raises(NotFound):
        views.get("view_1")


def test_views_are_listed_page_by_page(views: DynamoViews) -> None:
    for number in range(3):
        views.save(replace(VIEW, id=f"view_{number}"), None)
    first = views.list(limit=2, cursor=None)
    second = views.list(limit=2, cursor=first.cursor)
    assert [view.id for view in (*first.items, *second.items)] == ["view_0", "view_1", "view_2"]
    assert second.cursor is None


def test_a_view_knows_the_rules_whose_current_version_names_it(dynamodb: Any) -> None:
    rules = DynamoRules(dynamodb, CONFIG)
    own = {"kind": "contact", "filter": FILTER}
    first, parsed = a_rule(kind="contact", trigger={"enters": {"view": "view_1", **own}})
    rules.save(first, parsed, None)
    other, parsed_other = a_rule("rule_2", kind="contact", trigger={"leaves": {"view": "view_1", **own}})
    rules.save(other, parsed_other, None)
    assert rules.naming_view("view_1") == ["rule_1", "rule_2"]
    second, parsed = a_rule(version=2, kind="contact", trigger={"enters": {"view": "view_2", **own}})
    rules.save(second, parsed, first)
    assert (rules.naming_view("view_1"), rules.naming_view("view_2")) == (["rule_2"], ["rule_1"])
    rules.delete(other, parsed_other)
    rules.delete(second, parsed)
    assert rules.naming_view("view_1") == rules.naming_view("view_2") == []


def test_the_mark_of_the_sweeps_moves_from_where_it_was_seen_alone(dynamodb: Any) -> None:
    sweeps = DynamoSweeps(dynamodb, CONFIG)
    first, second, third = (
        Checkpoint(NOW),
        Checkpoint(NOW, SweepProgress(minutes(5), ("rule_1", "contact#03-14", "7"))),
        Checkpoint(minutes(5)),
    )
    assert sweeps.last() is None
    assert sweeps.move(None, first)
    assert not sweeps.move(None, third)
    assert sweeps.move(first, second)
    assert sweeps.last() == second
    assert not sweeps.move(first, third)
    assert not sweeps.move(Checkpoint(NOW, SweepProgress(minutes(5), ("rule_1",))), third)
    assert sweeps.move(second, third)
    assert not sweeps.move(second, first)
    assert sweeps.last() == third
