"""Saved views on the deployed stack: lists, rules that go by them, and records that enter and leave."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from dev.client import Refused
from dev.stack import Stack
from tests.e2e.test_time import put, rule_of, runs_of


@pytest.fixture
def marker() -> str:
    return f"v{uuid.uuid4().hex[:10]}"


def view_of(kind: str, status: str) -> dict[str, Any]:
    return {"name": status, "kind": kind, "filter": {"field": "record.status", "op": "equals", "value": status}}


def test_the_records_of_a_view_are_listed_page_by_page(stack: Stack, marker: str) -> None:
    for number in range(7):
        put(stack, marker, f"r{number}", status="open" if number % 2 else "closed")
    view = stack.api.post("/v1/views", view_of(marker, "open"))
    found, cursor = [], ""
    while True:
        page = stack.api.get(f"/v1/records/{marker}?view={view['id']}&limit=2{cursor}")
        found += [item["id"] for item in page["items"]]
        if page["cursor"] is None:
            break
        cursor = f"&cursor={page['cursor']}"
    assert found == ["r1", "r3", "r5"]


def test_entering_and_leaving_a_saved_view(stack: Stack, marker: str) -> None:
    view = stack.api.post("/v1/views", view_of(marker, "vip"))
    entered = rule_of(stack, marker, {"enters": {"view": view["id"]}})
    left = rule_of(stack, marker, {"leaves": {"view": view["id"]}})
    ref = put(stack, marker, "one", status="new")
    put(stack, marker, "one", status="vip")
    assert [run["record"] for run in runs_of(stack, entered, 1)] == [ref]
    put(stack, marker, "one", status="vip", note="no change of the view")
    put(stack, marker, "one", status="old")
    assert [run["record"] for run in runs_of(stack, left, 1)] == [ref]
    assert len(runs_of(stack, entered, 1)) == 1


def test_a_changed_view_changes_the_rules_that_name_it(stack: Stack, marker: str) -> None:
    view = stack.api.post("/v1/views", view_of(marker, "vip"))
    rule_id = rule_of(stack, marker, {"enters": {"view": view["id"]}})
    stack.api.put(f"/v1/views/{view['id']}", view_of(marker, "gold"))
    rule = stack.api.get(f"/v1/rules/{rule_id}")
    assert (rule["version"], rule["trigger"]["enters"]["filter"]["value"]) == (2, "gold")
    put(stack, marker, "vip", status="vip")
    gold = put(stack, marker, "gold", status="gold")
    assert [run["record"] for run in runs_of(stack, rule_id, 1)] == [gold]


def test_a_view_is_not_deleted_under_a_rule(stack: Stack, marker: str) -> None:
    view = stack.api.post("/v1/views", view_of(marker, "vip"))
    rule_id = rule_of(stack, marker, {"leaves": {"view": view["id"]}})
    assert stack.api.get(f"/v1/views/{view['id']}")["rules"] == [rule_id]
    with pytest.raises(Refused, match=rule_id):
        stack.api.delete(f"/v1/views/{view['id']}")
    stack.api.delete(f"/v1/rules/{rule_id}")
    stack.api.delete(f"/v1/views/{view['id']}")
    assert stack.api.call("GET", f"/v1/views/{view['id']}").status == 404


def test_a_rule_is_started_for_all_of_a_saved_view(stack: Stack, marker: str) -> None:
    inside = [put(stack, marker, f"in{number}", status="open") for number in range(3)]
    put(stack, marker, "out", status="closed")
    view = stack.api.post("/v1/views", view_of(marker, "open"))
    rule_id = rule_of(stack, marker, {"manual": True})
    stack.api.post(f"/v1/rules/{rule_id}/run", {"view": view["id"]})
    assert sorted(run["record"] for run in runs_of(stack, rule_id, 3)) == sorted(inside)


def test_the_catalogue_is_enough_to_build_a_form_from(stack: Stack) -> None:
    catalogue = stack.api.get("/v1/catalogue")
    assert {"kinds", "events", "record_events", "triggers", "operators", "actions"} <= catalogue.keys()
    assert {"event", "enters", "leaves", "date", "schedule", "manual", "after_rule"} == {
        row["trigger"] for row in catalogue["triggers"]
    }


def test_a_rule_about_leads_gets_the_lead_of_a_person_who_is_a_contact_too(stack: Stack, marker: str) -> None:
    person = {"email": f"{marker}@example.com"}
    contact, lead = put(stack, "contact", marker, **person), put(stack, "lead", marker, **person)
    of_lead = rule_of(stack, "lead", {"event": f"{marker}.seen"})
    of_contact = rule_of(stack, "contact", {"event": f"{marker}.seen"})
    stack.api.post("/v1/events", {"type": f"{marker}.seen", "person": person})
    assert [run["record"] for run in runs_of(stack, of_lead, 1)] == [lead]
    assert [run["record"] for run in runs_of(stack, of_contact, 1)] == [contact]
