"""The events of one change travel in one document, and come out of it as they went in."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.codes import codes
from whenthen.domain.common.errors import Invalid, Malformed
from whenthen.domain.event_catalog.derivation import change_events
from whenthen.domain.events import event as events
from whenthen.domain.events.event import MAX_EVENT_BYTES, Cause, Change, Event
from whenthen.domain.events.siblings import NOT_SIBLINGS, from_json, groups, main_id, sibling_id, to_json
from whenthen.domain.records.record import Record

NOW = datetime(2026, 3, 14, 9, 30, tzinfo=UTC)


def lead(version: int = 1, **fields: Any) -> Record:
    cause = Cause(("run_x",), 1)
    return Record("lead", "7", fields, version=version, created_at=NOW, updated_at=NOW, origin="human", cause=cause)


def moved(before: Record | None, after: Record | None) -> list[Event]:
    return change_events(before, after, NOW)


CHANGES = {
    "made": (None, lead(status="new", tags=["vip"], phone="+905321234567")),
    "one field": (lead(city="Bursa"), lead(2, city="Ankara")),
    "status and owner": (lead(status="new"), lead(2, status="won", owner="agent:ayse")),
    "everything": (lead(stage="a", tags=["x"], folder="f"), lead(2, stage="b", tags=["y"], folder="g", status="won")),
    "gone": (lead(status="new", tags=["vip"]), None),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_all_that_a_change_means_is_one_document(change: tuple[Record | None, Record | None]) -> None:
    told = moved(*change)
    [group] = groups(told)
    document = json.loads(json.dumps(to_json(group)))
    assert list(from_json(document)) == told
    assert document["types"] == [event.type for event in told]
    assert events.from_json(document) == told[0], "who knows of no others sees the main event"


def test_ids_of_a_change_tell_that_they_belong_together() -> None:
    main, *others = moved(*CHANGES["status and owner"])
    assert [each.id for each in others] == [sibling_id(main.id, "status_changed"), sibling_id(main.id, "owner_changed")]
    assert {main_id(each.id) for each in (main, *others)} == {main.id}
    deleted, updated = moved(lead(2), None)[0], moved(lead(a=1), lead(2))[0]
    assert deleted.id != updated.id, "the last change and the deletion have one version"


def test_changes_of_several_records_and_other_events_keep_their_order() -> None:
    first, second = moved(*CHANGES["everything"]), moved(*CHANGES["made"])
    plain = Event("evt_1", "api", "order.placed", NOW)
    told = [*first, plain, *second, replace(plain, id="evt_2"), replace(plain, id="evt_3")]
    found = list(groups(told))
    assert [len(group) for group in found] == [len(first), 1, len(second), 1, 1]
    assert [event for group in found for event in group] == told


def test_the_parent_s_event_is_a_document_of_its_own() -> None:
    child = Record("contact", "8", {"parent": "contact:1"}, version=1, created_at=NOW, updated_at=NOW, origin="human")
    told = moved(None, child)
    assert [[event.type for event in group] for group in groups(told)] == [
        ["contact.created", "contact.created_manually"],
        ["contact.child_added"],
    ]


@pytest.mark.parametrize(
    "different",
    [{"time": NOW.replace(hour=3)}, {"data": {}}, {"subject": "lead:8"}, {"changes": {"a": Change(1, 2)}}],
    ids=lambda different: next(iter(different)),
)
def test_what_cannot_be_made_of_the_main_event_stands_alone(different: dict[str, Any]) -> None:
    main, other = moved(lead(status="new"), lead(2, status="won"))
    told = [main, replace(other, **different)]
    assert [len(group) for group in groups(told)] == [1, 1]


def test_a_change_that_is_too_large_for_one_document_is_several() -> None:
    names = ("status", "stage", "folder", "owner")
    told = moved(lead(), lead(2, **{name: name * 3_300 for name in names}))
    found = list(groups(told))
    assert len(told) == 5
    assert 1 < len(found) < 5, "as many as fit are together, and the others alone"
    assert all(events.bytes_of(to_json(group)) <= MAX_EVENT_BYTES for group in found)
    assert [event for group in found for event in from_json(to_json(group))] == told


VALUES = st.one_of(st.none(), st.booleans(), st.integers(-9, 9), st.text(max_size=4), st.lists(st.text(max_size=3)))
FIELDS = st.dictionaries(st.sampled_from(["status", "stage", "owner", "tags", "folder", "city"]), VALUES)


@given(FIELDS, FIELDS)
def test_any_change_comes_out_as_it_went_in(before: dict[str, Any], after: dict[str, Any]) -> None:
    told = moved(lead(**before), lead(2, **after))
    assert [event for group in groups(told) for event in from_json(to_json(group))] == told


@pytest.mark.parametrize(
    "also",
    ["text", [1], [{}], [{"id": "", "type": "a.b", "data": {}}], [{"id": "x", "type": "no type", "data": {}}],
     [{"id": "x", "type": "a.b", "data": []}]],
)  # fmt: skip
def test_others_that_are_none_are_malformed(also: Any) -> None:
    document = {**events.to_json(Event("evt_1", "records", "lead.updated", NOW)), "also": also}
    with pytest.raises(Malformed) as caught:
        from_json(document)
    assert codes(caught.value.reason) == codes(NOT_SIBLINGS())


def test_a_main_event_that_is_none_is_invalid() -> None:
    with pytest.raises(Invalid):
        from_json({"id": 1})
