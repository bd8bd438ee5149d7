"""Derive the events of a changed record, row by row of the checklist."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from whenthen.domain.event_catalog import catalog, derivation
from whenthen.domain.event_catalog.derivation import change_events, record_of, within_bounds
from whenthen.domain.event_catalog.event_types import problems_of
from whenthen.domain.event_catalog.record_kinds import KINDS
from whenthen.domain.events.event import MAX_EVENT_BYTES, Cause, Change, Event, encoded_size, from_json, to_json
from whenthen.domain.records.record import Record

BORN = datetime(2026, 3, 14, 9, 30, tzinfo=UTC)
SEEN = BORN + timedelta(seconds=7)
Fields = dict[str, Any]


def record(kind: str, fields: Fields, *, version: int = 1, origin: str = "human", external_id: str = "7") -> Record:
    updated = BORN + timedelta(hours=version)
    return Record(kind, external_id, fields, version, BORN, updated, origin, Cause(("run_1",), 1))


def events_of(kind: str, before: Fields | None, after: Fields | None, origin: str = "human") -> list[Event]:
    old = None if before is None else record(kind, before, origin=origin)
    new = None if after is None else record(kind, after, version=1 if before is None else 2, origin=origin)
    return change_events(old, new, SEEN)


def types_of(kind: str, before: Fields | None, after: Fields | None, origin: str = "human") -> set[str]:
    return {event.type for event in events_of(kind, before, after, origin)}


OPEN, PLACE = {"status": "open"}, {"starts_at": "2026-03-20T10:00:00Z", "location": "Room 1"}

ROWS: list[tuple[str, str, Fields | None, Fields | None, str, set[str]]] = [
    # row, kind, before, after, origin, the types that come of it
    ("T01", "contact", None, {"name": "A"}, "api", {"contact.created"}),
    ("T01a", "lead", None, {"name": "A"}, "form:website", {"lead.created"}),
    ("T01b", "lead", None, {"name": "A"}, "human", {"lead.created", "lead.created_manually"}),
    ("T01c", "lead", None, {"name": "A"}, "import", {"lead.created"}),
    ("T01d", "lead", None, {"name": "A"}, "source:meta", {"lead.created"}),
    ("T02", "contact", None, {}, "human", {"contact.created", "contact.created_manually"}),
    ("T02 not by a rule", "contact", None, {}, "rule:rule_a", {"contact.created"}),
    ("T03", "contact", {"city": "Ankara"}, {"city": "Pécs"}, "api", {"contact.updated"}),
    ("T05", "contact", {"city": "Ankara"}, None, "api", {"contact.deleted"}),
    ("T06", "contact", None, {"parent": "contact:1"}, "api", {"contact.created", "contact.child_added"}),
    ("T06 of a company", "contact", {}, {"parent": "company:1"}, "api", {"contact.updated", "company.child_added"}),
    ("T06 but for a task", "task", None, {"parent": "contact:1"}, "api", {"task.created"}),
    ("T06 own kinds", "branch", None, {"parent": "branch:1"}, "api", {"branch.created", "branch.child_added"}),
    ("T06 of itself", "contact", None, {"parent": "contact:7"}, "api", {"contact.created"}),
    ("T06 no record", "contact", None, {"parent": "Acme"}, "api", {"contact.created"}),
    ("T06 as before", "contact", {"parent": "contact:1"}, {"parent": "contact:1", "a": 1}, "api", {"contact.updated"}),
    ("T07", "contact", {"status": "new"}, {"status": "active"}, "api", {"contact.updated", "contact.status_changed"}),
    ("T07 first", "contact", {}, {"status": "new"}, "api", {"contact.updated", "contact.status_changed"}),
    ("T07 born with it", "contact", None, {"status": "new"}, "api", {"contact.created"}),
    ("T08", "lead", {"internal_status": "a"}, {"internal_status": "b"}, "api",
     {"lead.updated", "lead.internal_status_changed"}),
    ("T09", "lead", {"internal_sub_status": "a"}, {}, "api", {"lead.updated", "lead.internal_sub_status_changed"}),
    ("T10", "contact", {"tags": ["a"]}, {"tags": ["b", "a"]}, "api", {"contact.updated", "contact.tag_added"}),
    ("T10 born with it", "contact", None, {"tags": ["a"]}, "api", {"contact.created", "contact.tag_added"}),
    ("T10 other order", "contact", {"tags": ["a", "b"]}, {"tags": ["b", "a"]}, "api", {"contact.updated"}),
    ("T10 taken off", "contact", {"tags": ["a", "b"]}, {"tags": ["b"]}, "api",
     {"contact.updated", "contact.tag_removed"}),
    ("T11", "contact", {"folder": "a"}, {"folder": "b"}, "api", {"contact.updated", "contact.folder_changed"}),
    ("T13", "form", None, {"answers": {"size": "XL"}}, "form:website", {"form.created"}),
    ("T14", "calendar_event", None, PLACE, "api", {"calendar_event.created"}),
    ("T15", "reservation", PLACE, {**PLACE, "starts_at": "2026-03-21T10:00:00Z"}, "api",
     {"reservation.updated", "reservation.date_changed"}),
    ("T15 calendar", "calendar_event", {"date": "2026-03-20"}, {"date": "2026-03-21"}, "api",
     {"calendar_event.updated", "calendar_event.date_changed"}),
    ("T16", "calendar_event", PLACE, {**PLACE, "location": "Room 2"}, "api",
     {"calendar_event.updated", "calendar_event.edited"}),
    ("T16 cancelled", "reservation", OPEN, {"status": "Cancelled"}, "api",
     {"reservation.updated", "reservation.status_changed", "reservation.cancelled"}),
    ("T17", "spare_part", None, {"sku": "1"}, "api", {"spare_part.created"}),
    ("T18", "spare_part", {"sku": "1"}, {"sku": "2"}, "api", {"spare_part.updated"}),
    ("T19", "spare_part", {"sku": "1"}, None, "api", {"spare_part.deleted"}),
    ("T23", "chat", None, {}, "api", {"chat.created"}),
    ("T24", "chat", OPEN, {"status": "lost"}, "api", {"chat.updated", "chat.status_changed", "chat.lost"}),
    ("T25", "chat", {}, {"owner": "agent:a"}, "api", {"chat.updated", "chat.owner_changed", "chat.assigned"}),
    ("T25 from the start", "chat", None, {"owner": "agent:a"}, "api", {"chat.created", "chat.assigned"}),
    ("T25 taken away", "chat", {"owner": "agent:a"}, {}, "api", {"chat.updated", "chat.owner_changed"}),
    ("T26", "chat", {"stage": "a"}, {"stage": "b"}, "api", {"chat.updated", "chat.stage_changed"}),
    ("T28", "task", None, {"title": "Call"}, "api", {"task.created"}),
    ("T29", "task", {"title": "Call"}, {"title": "Mail"}, "api", {"task.updated"}),
    ("T30", "task", OPEN, {"status": "done"}, "api", {"task.updated", "task.status_changed", "task.completed"}),
    ("T30 once", "task", {"status": "done"}, {"status": "Completed "}, "api", {"task.updated", "task.status_changed"}),
    ("T31", "ticket", None, OPEN, "source:helpdesk", {"ticket.created"}),
    ("T32", "ticket", {}, {"last_reply_at": "2026-03-14T09:30:00Z"}, "api", {"ticket.updated", "ticket.replied"}),
    ("T33", "ticket", OPEN, {"status": "waiting"}, "api", {"ticket.updated", "ticket.status_changed"}),
    ("T34", "ticket", OPEN, {"status": "solved"}, "api", {"ticket.updated", "ticket.status_changed", "ticket.closed"}),
    ("T36", "agent", None, {"name": "Budi"}, "api", {"agent.created"}),
    ("T37", "invoice", None, OPEN, "api", {"invoice.created"}),
    ("T38", "invoice", OPEN, {"status": "paid"}, "api", {"invoice.updated", "invoice.status_changed", "invoice.paid"}),
    ("T39", "invoice", OPEN, {"status": "void"}, "api",
     {"invoice.updated", "invoice.status_changed", "invoice.cancelled"}),
    ("T40", "quote", OPEN, {"status": "signed"}, "api", {"quote.updated", "quote.status_changed", "quote.signed"}),
    ("T41", "payment", None, {"status": "received"}, "api", {"payment.created", "payment.received"}),
    ("T42", "payment", None, {"status": "failed"}, "api", {"payment.created", "payment.failed"}),
    ("T44", "reservation", None, PLACE, "api", {"reservation.created"}),
    ("T50", "meeting", None, PLACE, "api", {"meeting.created"}),
    ("T51", "meeting", PLACE, {**PLACE, "location": "Room 2"}, "api", {"meeting.updated", "meeting.edited"}),
    ("T51 not by bookkeeping", "meeting", PLACE, {**PLACE, "reminded": True}, "api", {"meeting.updated"}),
    ("T52", "meeting", OPEN, {"status": "canceled"}, "api",
     {"meeting.updated", "meeting.status_changed", "meeting.cancelled"}),
    ("T53", "meeting", None, {**PLACE, "recurrence": "FREQ=WEEKLY"}, "api",
     {"meeting.created", "meeting.series_created"}),
    ("T53 not edited", "meeting", {"recurrence": "FREQ=WEEKLY"}, {"recurrence": "FREQ=DAILY"}, "api",
     {"meeting.updated"}),
    ("T54", "machine", {"stage": "a", "pipeline": "x"}, {"stage": "b", "pipeline": "y"}, "api",
     {"machine.updated", "machine.stage_changed", "machine.pipeline_changed"}),
    ("nothing differs", "contact", {"a": 1}, {"a": 1}, "api", set()),
]  # fmt: skip


@pytest.mark.parametrize(("row", "kind", "before", "after", "origin", "expected"), ROWS, ids=[row[0] for row in ROWS])
def test_each_change_gives_the_events_of_its_rows(
    row: str, kind: str, before: Fields | None, after: Fields | None, origin: str, expected: set[str]
) -> None:
    assert types_of(kind, before, after, origin) == expected


@pytest.mark.parametrize(
    ("origin", "via"),
    [("human", "human"), ("import", "import"), ("form:website", "form"), ("source:meta", "integration"),
     ("api", "integration"), ("rule:rule_1", "rule")],
)  # fmt: skip
def test_created_says_how(origin: str, via: str) -> None:
    (event,) = [event for event in events_of("lead", None, {}, origin) if event.type == "lead.created"]
    assert (event.data["via"], event.origin) == (via, origin)


@given(st.sampled_from(ROWS))
def test_every_event_is_in_the_catalogue_with_its_data(row: Any) -> None:
    for event in events_of(row[1], row[2], row[3], row[4]):
        listed = catalog.find(event.type)
        if row[1] in KINDS:
            assert listed is not None
            assert not problems_of(listed.data, to_json(event)["data"], "data")


def test_all_events_of_a_change_share_record_origin_and_cause() -> None:
    events = events_of("deal", {"stage": "a", "phone": "+905321234567"}, {"stage": "b", "phone": "+905321234567"})
    assert len({event.id for event in events}) == len(events) == 2
    for event in events:
        assert event.subject == "deal:7"
        assert event.identities == ("phone#+905321234567",)
        assert event.changes == {"stage": Change("a", "b")}
        assert event.cause == Cause(("run_1",), 1)
        assert event.time == BORN + timedelta(hours=2)
        assert record_of(event) == record("deal", {"stage": "b", "phone": "+905321234567"}, version=2)
    assert events[1].data["from"] == "a"
    assert events[1].data["to"] == "b"


def test_ids_follow_from_the_change_alone() -> None:
    first, again = events_of("deal", {"a": 1}, {"a": 2}), events_of("deal", {"a": 1}, {"a": 2})
    assert [event.id for event in first] == [event.id for event in again]
    reborn = replace(record("deal", {"a": 2}, version=2), created_at=BORN + timedelta(days=1))
    assert change_events(record("deal", {"a": 1}), reborn, SEEN)[0].id != first[0].id


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"status": "caf\u00e9"}, {"status": "cafe\u0301"}),
        ({"tags": ["caf\u00e9", "b"]}, {"tags": ["cafe\u0301", "b"]}),
        ({"stage": "\u05e9\u05c1"}, {"stage": "\ufb2a"}),
        ({"amount": 1}, {"amount": 1.0}),
        ({"owner": "agent:\u00e9"}, {"owner": "agent:e\u0301"}),
        ({"address": {"city": "caf\u00e9"}}, {"address": {"city": "cafe\u0301"}}),
        ({"address": {"city": None}}, {"address": {}}),
        ({"tags": ["a", 1]}, {"tags": ["a", 1.0]}),
    ],
)
def test_what_conditions_take_for_the_same_gives_no_event(before: Fields, after: Fields) -> None:
    assert types_of("lead", before, after) == set()
    assert types_of("lead", after, before) == set()


@pytest.mark.parametrize(
    ("before", "after", "gained"),
    [
        (["caf\u00e9"], ["cafe\u0301", "new"], ["new"]),
        (["1"], [1, 2, 2.0], [2]),
        ([1], ["1", "1.0", "x"], ["x"]),
        ([True], [True, 1], [1]),
        (None, ["caf\u00e9", "cafe\u0301"], ["caf\u00e9"]),
    ],
)
def test_items_are_new_if_they_are_to_conditions(before: Any, after: Any, gained: list[Any]) -> None:
    (added,) = [
        event for event in events_of("lead", {"tags": before}, {"tags": after}) if event.type == "lead.tag_added"
    ]
    assert added.data["tags"] == gained


def test_a_milestone_is_reached_in_any_case_and_composition() -> None:
    assert "invoice.paid" in types_of("invoice", {"status": "open"}, {"status": " PA\u0130D "})
    assert "invoice.paid" not in types_of("invoice", {"status": "PAID"}, {"status": "paid"})


def test_one_event_for_all_tags_of_a_change() -> None:
    events = events_of("contact", {"tags": ["old"]}, {"tags": ["old", "vip", "spring", "vip"]})
    assert [event.data["tags"] for event in events if event.type == "contact.tag_added"] == [["vip", "spring"]]


def test_the_parent_is_the_subject_of_its_child() -> None:
    (added,) = [e for e in events_of("contact", None, {"parent": "company:9", "name": "A"}) if "child" in e.type]
    assert added.subject == "company:9"
    assert added.identities == ()
    assert added.data["child"] == {
        "kind": "contact",
        "ref": "contact:7",
        "fields": {"parent": "company:9", "name": "A"},
    }
    assert record_of(added) is None, "its record is the parent, which the store knows"


def test_a_deleted_record_is_carried_as_it_last_was() -> None:
    (event,) = events_of("contact", {"name": "A"}, None)
    assert event.time == SEEN
    assert event.data["fields"] == {"name": "A"}


def test_neither_before_nor_after() -> None:
    assert change_events(None, None, SEEN) == []


class TestTooLarge:
    LONG = "ğ" * 60_000

    def test_a_long_field_is_left_out_and_the_store_is_asked(self) -> None:
        fields = {"notes": self.LONG, "history": self.LONG, "status": "b"}
        (updated, moved) = events_of("contact", {**fields, "status": "a"}, fields)
        for event in (updated, moved):
            assert encoded_size(event) <= MAX_EVENT_BYTES
            assert event.data["omitted"] == ["fields.history"], "no more than is needed"
            assert event.data["fields"] == {"notes": self.LONG, "status": "b"}
            assert record_of(event) is None
        assert moved.data["to"] == "b"

    def test_a_large_deleted_record_keeps_the_fields_that_fit(self) -> None:
        (event,) = events_of("contact", {"notes": self.LONG, "history": self.LONG, "status": "a"}, None)
        kept = record_of(event)
        assert kept is not None
        assert kept.fields["status"] == "a"

    def test_a_long_change_is_still_a_change(self) -> None:
        (event,) = events_of("contact", {"notes": self.LONG + "a"}, {"notes": self.LONG + "b"})
        assert encoded_size(event) <= MAX_EVENT_BYTES
        change = event.changes["notes"]
        assert change.before != change.after
        assert str(change.before).startswith("sha256:")
        assert "changes.notes" in event.data["omitted"]

    def test_an_event_within_bounds_stays_as_it_is(self) -> None:
        (event,) = events_of("contact", {"notes": "a" * 1_000}, {"notes": "b" * 1_000})
        assert event.changes["notes"] == Change("a" * 1_000, "b" * 1_000)
        assert "omitted" not in event.data

    def test_many_tags(self) -> None:
        tags = [f"tag {number} {'x' * 80}" for number in range(3_000)]
        for event in events_of("contact", {}, {"tags": tags}):
            assert encoded_size(event) <= MAX_EVENT_BYTES

    def test_a_large_child(self) -> None:
        fields = {"parent": "contact:1", "notes": self.LONG, "history": self.LONG}
        (added,) = [event for event in events_of("contact", None, fields) if event.type == "contact.child_added"]
        assert encoded_size(added) <= MAX_EVENT_BYTES
        assert added.data["omitted"] == ["child.fields.history"]

    @settings(max_examples=50)
    @given(st.dictionaries(st.from_regex(r"[a-z]{1,8}", fullmatch=True), st.integers(0, 90_000), max_size=8))
    def test_an_event_of_any_size_becomes_one_within_bounds(self, sizes: dict[str, int]) -> None:
        fields = {name: "é" * size for name, size in sizes.items()}
        for event in change_events(record("contact", {}), record("contact", fields, version=2), SEEN):
            assert encoded_size(event) <= MAX_EVENT_BYTES
            assert from_json(to_json(event)).changes.keys() == event.changes.keys()


def test_bounds_leave_other_events_alone() -> None:
    event = Event("evt_1", derivation.SOURCE, "contact.updated", BORN, data={"fields": {"a": 1}})
    assert within_bounds(event) is event
