"""manage_views: a saved view, the rules that go by it, and the records in it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.usecases.fakes.outside import FakeClock
from tests.usecases.fakes.stores import FakeRecords, FakeRules, FakeViews
from tests.usecases.rules import NOTE
from whenthen.domain.common.errors import Conflict, Invalid, NotFound, Stale
from whenthen.domain.records.record import Record
from whenthen.domain.rules.rule import parse_rule
from whenthen.usecases.admin import manage_rules
from whenthen.usecases.admin.manage_rules import ManageRules
from whenthen.usecases.admin.manage_views import ManageViews


def tagged(tag: str) -> dict[str, Any]:
    return {"field": "record.tags", "op": "has", "value": tag}


def vips(tag: str = "vip", **more: Any) -> dict[str, Any]:
    return {"name": "VIPs", "kind": "contact", "filter": tagged(tag), **more}


@pytest.fixture
def views() -> ManageViews:
    stored, rules, clock = FakeViews(), FakeRules(), FakeClock()
    return ManageViews(stored, rules, ManageRules(rules, stored, clock), FakeRecords(), clock)


def entering(view_id: str, **more: Any) -> dict[str, Any]:
    return {"name": "Welcome", "trigger": {"enters": {"view": view_id}}, "steps": [NOTE], "mode": "on", **more}


def test_the_same_key_makes_the_same_view_once(views: ManageViews) -> None:
    made = views.create(vips(), seed="key", by="ayse")
    assert views.create(vips(), seed="key", by="ayse") == made
    assert views.get(made.id).document == {**vips(), "id": made.id}
    with pytest.raises(Conflict):
        views.create(vips("other"), seed="key", by="ayse")


@pytest.mark.parametrize(
    ("wrong", "field"),
    [({"kind": ""}, "kind"), ({"filter": {"field": "event.type", "op": "equals", "value": "x"}}, "filter"),
     ({"flter": None, "colour": "red"}, "colour"), ({"name": ""}, "name")],
)  # fmt: skip
def test_a_view_that_does_not_hold_is_refused(views: ManageViews, wrong: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        views.create({**vips(), **wrong}, seed="key", by="ayse")
    assert field in [problem.field for problem in refused.value.problems]


def test_a_rule_keeps_the_filter_of_the_view_that_it_names(views: ManageViews) -> None:
    view = views.create(vips(), seed="key", by="ayse")
    made = views.manage_rules.create(entering(view.id), seed="rule", by="ayse")
    assert made.document["trigger"]["enters"] == {"view": view.id, "kind": "contact", "filter": tagged("vip")}
    assert views.users(view.id) == (made.id,)


def test_the_same_key_makes_the_same_view_when_it_has_changed_since(views: ManageViews) -> None:
    made = views.create(vips(), seed="key", by="ayse")
    changed = views.replace(made.id, vips("gold"), version=1, by="budi")
    assert views.create(vips(), seed="key", by="ayse") == changed
    with pytest.raises(Conflict):
        views.create(vips("gold"), seed="key", by="ayse")


def test_the_same_key_makes_the_same_rule_when_its_view_has_changed_since(views: ManageViews) -> None:
    view = views.create(vips(), seed="key", by="ayse")
    views.manage_rules.create(entering(view.id), seed="rule", by="ayse")
    views.replace(view.id, vips("gold"), version=1, by="ayse")
    again = views.manage_rules.create(entering(view.id), seed="rule", by="ayse")
    assert (again.version, again.document["trigger"]["enters"]["filter"]) == (2, tagged("gold"))


@pytest.mark.parametrize("trigger", [{"enters": {}}, {"leaves": {}}, {"schedule": {"cron": "0 9 * * *"}}])
def test_a_view_may_be_of_all_records(views: ManageViews, trigger: dict[str, dict[str, Any]]) -> None:
    everybody = {"name": "All", "kind": "contact"}
    view = views.create(everybody, seed="key", by="ayse")
    [(on, part)] = trigger.items()
    made = views.manage_rules.create(entering(view.id, trigger={on: {**part, "view": view.id}}), seed="rule", by="ayse")
    assert made.document["trigger"][on] == {**part, "view": view.id, "kind": "contact", "filter": None}
    views.replace(view.id, vips(), version=None, by="ayse")
    assert views.manage_rules.get(made.id).document["trigger"][on]["filter"] == tagged("vip")
    views.replace(view.id, everybody, version=None, by="ayse")
    assert views.manage_rules.get(made.id).document["trigger"][on]["filter"] is None
    assert views.manage_rules.set_mode(made.id, "off", version=None, by="ayse").document["mode"] == "off"


def test_a_view_that_its_rules_cannot_take_stays_as_it_was(views: ManageViews, monkeypatch: Any) -> None:
    view = views.create(vips(), seed="key", by="ayse")
    made = views.manage_rules.create(entering(view.id), seed="rule", by="ayse")
    refuse = Invalid.field("trigger.enters.filter", "is too much for it")

    def checked(document: Any) -> Any:
        if document["trigger"]["enters"]["filter"] == tagged("gold"):
            raise refuse
        return parse_rule(document)

    monkeypatch.setattr(manage_rules, "checked", checked)
    with pytest.raises(Invalid) as refused:
        views.replace(view.id, vips("gold"), version=1, by="ayse")
    assert [problem.field for problem in refused.value.problems] == ["filter"]
    assert made.id in str(refused.value)
    assert views.get(view.id) == view


def test_a_rule_is_switched_off_whatever_became_of_its_view(views: ManageViews) -> None:
    view = views.create(vips(), seed="key", by="ayse")
    made = views.manage_rules.create(entering(view.id), seed="rule", by="ayse")
    views.views.delete(view)  # by hand, in the table
    off = views.manage_rules.set_mode(made.id, "off", version=None, by="ayse")
    assert (off.version, off.document["mode"]) == (2, "off")
    assert off.document["trigger"] == made.document["trigger"]
    with pytest.raises(Invalid):
        views.manage_rules.set_mode(made.id, "on", version=None, by="ayse")


def test_a_rule_cannot_name_a_view_that_there_is_not(views: ManageViews) -> None:
    with pytest.raises(Invalid) as refused:
        views.manage_rules.create(entering("view_none"), seed="rule", by="ayse")
    assert [problem.field for problem in refused.value.problems] == ["trigger.enters.view"]


def test_a_changed_view_changes_its_rules_and_leaves_their_old_versions(views: ManageViews) -> None:
    view = views.create(vips(), seed="key", by="ayse")
    made = views.manage_rules.create(entering(view.id), seed="rule", by="ayse")
    views.replace(view.id, vips("gold"), version=1, by="budi")
    now = views.manage_rules.get(made.id)
    assert (now.version, now.document["trigger"]["enters"]["filter"]) == (2, tagged("gold"))
    assert views.rules.get_version(made.id, 1).document["trigger"]["enters"]["filter"] == tagged("vip")


def test_a_change_that_was_interrupted_is_completed_by_the_same_call(views: ManageViews) -> None:
    view = views.create(vips(), seed="key", by="ayse")
    made = views.manage_rules.create(entering(view.id), seed="rule", by="ayse")
    new = views._prepare(vips("gold"), view.id, 2, "budi")
    views.views.save(new, view)
    assert views.replace(view.id, vips("gold"), version=None, by="budi") == new
    assert views.manage_rules.get(made.id).document["trigger"]["enters"]["filter"] == tagged("gold")


def test_a_view_that_is_saved_as_it_was_makes_no_version_of_anything(views: ManageViews) -> None:
    view = views.create(vips(), seed="key", by="ayse")
    made = views.manage_rules.create(entering(view.id), seed="rule", by="ayse")
    assert views.replace(view.id, vips(), version=1, by="budi") == view
    assert views.manage_rules.get(made.id) == made


def test_a_view_is_not_deleted_under_its_rules(views: ManageViews) -> None:
    view = views.create(vips(), seed="key", by="ayse")
    made = views.manage_rules.create(entering(view.id), seed="rule", by="ayse")
    with pytest.raises(Conflict, match=made.id):
        views.delete(view.id, version=None)
    with pytest.raises(Conflict, match=made.id):
        views.replace(view.id, vips(kind="lead"), version=None, by="budi")
    views.manage_rules.delete(made.id, version=None)
    views.delete(view.id, version=1)
    with pytest.raises(NotFound):
        views.get(view.id)


def test_a_late_writer_is_told(views: ManageViews) -> None:
    view = views.create(vips(), seed="key", by="ayse")
    views.replace(view.id, vips("gold"), version=1, by="budi")
    with pytest.raises(Stale):
        views.replace(view.id, vips("silver"), version=1, by="ayse")
    with pytest.raises(Stale):
        views.delete(view.id, version=1)


def test_the_records_of_a_view_come_page_by_page_each_once(views: ManageViews) -> None:
    view = views.create(vips(), seed="key", by="ayse")
    assert isinstance(views.records, FakeRecords)
    for number in range(25):
        record = Record("contact", f"{number:02}", {"tags": ["vip"] if number % 5 == 0 else []})
        views.records.stored[record.ref] = record
    found, cursor = [], None
    while True:
        page = views.records_in(view.id, "contact", limit=2, cursor=cursor)
        assert len(page.items) <= 2
        found += [record.id for record in page.items]
        cursor = page.cursor
        if cursor is None:
            break
    assert found == ["00", "05", "10", "15", "20"]


def test_a_view_lists_records_of_its_own_kind_alone(views: ManageViews) -> None:
    view = views.create(vips(), seed="key", by="ayse")
    with pytest.raises(Invalid):
        views.records_in(view.id, "lead", limit=10, cursor=None)


def test_a_view_may_ask_for_what_its_records_refer_to(views: ManageViews) -> None:
    assert isinstance(views.records, FakeRecords)
    for ref, fields in (
        ("agent:a", {"team": "vip"}),
        ("agent:b", {"team": "all"}),
        ("lead:1", {"owner": "agent:a"}),
        ("lead:2", {"owner": "agent:b"}),
        ("lead:3", {}),
    ):
        kind, _, external_id = ref.partition(":")
        views.records.keep(Record(kind, external_id, fields, version=1), None)
    asked = {"field": "related.owner.team", "op": "equals", "value": "vip"}
    view = views.create({"name": "VIPs", "kind": "lead", "filter": asked}, seed="vips", by="ayse")
    found = views.records_in(view.id, "lead", limit=10, cursor=None)
    assert [record.ref for record in found.items] == ["lead:1"]
