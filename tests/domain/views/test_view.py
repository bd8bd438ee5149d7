"""Saved views: read, kept in the rules that name them, and looked up before a rule is saved."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whenthen.domain.common.errors import Invalid
from whenthen.domain.conditions.condition import evaluate
from whenthen.domain.event_catalog.derivation import change_events, record_of
from whenthen.domain.records.record import Record
from whenthen.domain.rules.context import context_of
from whenthen.domain.rules.rule import parse_rule
from whenthen.domain.views.view import View, embed, entering, leaving, named_views, parse_view

NOW = datetime(2026, 3, 14, 9, 30, tzinfo=UTC)
FILTER = {"all": [{"field": "record.tags", "op": "has", "value": "vip"},
                  {"not": {"field": "record.status", "op": "equals", "value": "closed"}}]}  # fmt: skip
VIPS = {"id": "vips", "name": "Important people", "kind": "contact", "filter": FILTER}
RULE: dict[str, Any] = {
    "name": "Greet",
    "kind": "contact",
    "trigger": {"enters": {"view": "vips"}},
    "steps": [{"id": "it", "action": "add_tags", "with": {"tags": ["x"]}}],
}


def test_a_saved_view() -> None:
    view = parse_view(VIPS)
    assert (view.id, view.kind, view.name) == ("vips", "contact", "Important people")
    assert view.takes(Record("contact", "1", {"tags": ["vip"]}, 1), NOW)
    assert not view.takes(Record("contact", "1", {"tags": ["vip"], "status": "closed"}, 1), NOW)
    assert not view.takes(Record("lead", "1", {"tags": ["vip"]}, 1), NOW)


@pytest.mark.parametrize(
    ("change", "field"),
    [({"name": None}, "name"), ({"kind": None}, "kind"), ({"kind": "Contact!"}, "kind"), ({"colour": "red"}, "colour"),
     ({"filter": {"field": "before.a", "op": "exists"}}, "filter"), ({"filter": []}, "filter"),
     ({"filter": {"field": "history.call.missed", "op": ">", "value": 1, "within": {"days": 1}}}, "filter")],
)  # fmt: skip
def test_a_malformed_view_is_rejected(change: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as caught:
        parse_view({**VIPS, **change})
    assert {problem.field for problem in caught.value.problems} == {field}


def test_a_rule_keeps_the_filter_of_the_view_that_it_names() -> None:
    assert named_views(RULE) == ("vips",)
    kept = embed(RULE, {"vips": parse_view(VIPS)}, {"vips": FILTER})
    assert kept["trigger"] == {"enters": {"view": "vips", "kind": "contact", "filter": FILTER}}
    assert RULE["trigger"] == {"enters": {"view": "vips"}}, "what was written is left alone"
    trigger = parse_rule(kept).trigger
    assert trigger.view is not None
    assert trigger.view.id == "vips"
    changed = {"field": "record.a", "op": "exists"}
    again = embed(kept, {"vips": parse_view({**VIPS, "filter": changed})}, {"vips": changed})
    assert again["trigger"]["enters"]["filter"] == changed, "saving the rule anew takes the view as it is then"


def test_a_view_that_is_not_there() -> None:
    with pytest.raises(Invalid) as caught:
        embed(RULE, {}, {})
    assert [problem.field for problem in caught.value.problems] == ["trigger.enters.view"]
    with pytest.raises(Invalid):
        parse_rule(RULE)


@pytest.mark.parametrize("trigger", [{"event": "contact.created"}, None, "x", {"enters": {"kind": "contact"}}])
def test_rules_without_views_stay_as_they_are(trigger: Any) -> None:
    assert embed({**RULE, "trigger": trigger}, {}, {}) == {**RULE, "trigger": trigger}
    assert named_views({**RULE, "trigger": trigger}) == ()


fields = st.one_of(
    st.none(),
    st.fixed_dictionaries(
        {}, optional={"tags": st.lists(st.sampled_from(["vip", "new"]), max_size=2), "status": st.sampled_from("ab")}
    ),
)
filters = st.recursive(
    st.sampled_from([
        {"field": "record.tags", "op": "has", "value": "vip"},
        {"field": "record.status", "op": "equals", "value": "a"},
        {"field": "record.status", "op": "not_equals", "value": "a"},
        {"field": "record.tags", "op": "is_empty"},
        {"field": "record.version", "op": ">=", "value": 1},
        {"field": "now.hour", "op": "<", "value": 12},
    ]),
    lambda inner: st.one_of(
        inner.map(lambda item: {"not": item}),
        st.lists(inner, min_size=1, max_size=3).map(lambda items: {"all": items}),
        st.lists(inner, min_size=1, max_size=3).map(lambda items: {"any": items}),
    ),
    max_leaves=5,
)  # fmt: skip


@settings(max_examples=300)
@given(filters, fields, fields)
def test_entering_and_leaving_agree_with_membership_before_and_after(
    written: Any, before: dict[str, Any] | None, after: dict[str, Any] | None
) -> None:
    view = parse_view({**VIPS, "filter": written})
    old, new = (None if f is None else Record("contact", "1", f, 3, NOW, NOW) for f in (before, after))
    was, is_in = (record is not None and view.takes(record, NOW) for record in (old, new))
    events = change_events(old, new, NOW)

    def times(view: View, edge: Any) -> int:
        types, condition = edge(view)
        contexts = (context_of(event, record_of(event), NOW) for event in events if event.type in types)
        return sum(evaluate(condition, context) for context in contexts)

    assert times(view, entering) == (is_in and not was)
    assert times(view, leaving) == (was and not is_in)
