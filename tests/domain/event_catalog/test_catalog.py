"""The catalogue: complete, true to its own shapes, and the gate for what other systems report."""

from __future__ import annotations

import json
from typing import Any

import pytest

from whenthen.domain.event_catalog import catalog, record_events
from whenthen.domain.event_catalog.engine_events import ENGINE_EVENTS
from whenthen.domain.event_catalog.event_types import DataField, DataType, EventType, Maker, problems_of
from whenthen.domain.event_catalog.record_kinds import KINDS, PEOPLE
from whenthen.domain.events.event import EVENT_TYPE
from whenthen.domain.records.record import KIND

ALL = {row.type: row for row in catalog.types()}


def test_each_type_stands_once() -> None:
    assert len(list(catalog.types())) == len(ALL)


@pytest.mark.parametrize("row", ALL.values(), ids=list(ALL))
def test_each_row_is_complete_and_its_example_is_valid(row: EventType) -> None:
    assert EVENT_TYPE.fullmatch(row.type)
    assert row.description.endswith(".")
    assert row.makers
    assert row.derived
    assert len({field.name for field in row.data}) == len(row.data)
    assert problems_of(row.data, row.example, "example") == []
    assert json.loads(json.dumps(row.to_json()))["type"] == row.type
    assert catalog.find(row.type) == row


def test_kinds_are_kinds() -> None:
    assert all(KIND.fullmatch(kind) for kind in KINDS)
    assert all(KIND.fullmatch(kind) for kind in PEOPLE)
    assert all(kind in KINDS for row in record_events.OF_SOME_KINDS for kind in row.kinds)


def test_rows_of_single_kinds_add_to_the_common_ones() -> None:
    common = {row.verb for row in record_events.OF_EVERY_KIND}
    assert not common & {row.verb for row in record_events.OF_SOME_KINDS}
    assert {row.verb for row in record_events.rows_of("machine")} == common


@pytest.mark.parametrize(
    "event_type",
    ["rule.started_manually", "rule.finished", "rule.anything", "birthday.reached", "date.reached", "schedule.reached",
     "contact.created", "lead.status_changed", "deal.stage_changed", "task.completed", "agent.created",
     "contact.field_changed", "chat.field_changed", "webhook.received", "email.bounced", "email.complained",
     "email.subscription_changed", "whatsapp.message_sent", "whatsapp.message_failed", "whatsapp.preference_changed",
     "whatsapp.number_changed"],
)  # fmt: skip
def test_other_systems_cannot_send_events_of_the_engine_and_the_store(event_type: str) -> None:
    (problem,) = catalog.check_reported(event_type, {}, "events[2].")
    assert problem.field == "events[2].type"


@pytest.mark.parametrize(
    ("event_type", "data"),
    [
        ("chat.text_selected", {"text": "Bağdat Caddesi 12", "agent": "agent:ayse"}),  # T20
        ("chat.message_received", {"text": "cancel"}),  # T21
        ("chat.created", {}),  # T23
        ("chat.lost", {}),  # T24
        ("chat.assigned", {"to": "agent:ayse"}),  # T25
        ("chat.stage_changed", {"from": "a", "to": "b"}),  # T26
        ("calendar_event.created", {}),  # T14
        ("reservation.date_changed", {}),  # T15
        ("calendar_event.edited", {}),  # T16
        ("chatbot.message_received", {"text": "hours"}),  # T45
        ("call.incoming_answered", {"duration": 12, "started_at": "2026-03-14T09:30:00+03:00"}),  # T46
        ("call.incoming_missed", {"phone": "+905321234567"}),  # T47
        ("call.outgoing_answered", {}),  # T48
        ("call.outgoing_unanswered", {}),  # T49
        ("button.clicked", {"button": "offer"}),  # T62
        ("invoice.paid", {"amount": 12.5}),
        ("whatsapp.message_received", {"message_id": "m1", "unknown": [1]}),
        ("spaceship.landed", {"anything": {"at": "all"}}),
        ("spare_part.created", {}),
    ],
)
def test_other_systems_may_send_reported_and_free_events(event_type: str, data: dict[str, Any]) -> None:
    assert catalog.check_reported(event_type, data) == []


@pytest.mark.parametrize(
    ("event_type", "data", "field"),
    [
        ("button.clicked", {}, "data.button"),
        ("button.clicked", {"button": None}, "data.button"),
        ("button.clicked", {"button": 7}, "data.button"),
        ("call.incoming_answered", {"duration": "12"}, "data.duration"),
        ("call.incoming_answered", {"duration": True}, "data.duration"),
        ("call.incoming_answered", {"started_at": "2026-03-14T09:30:00"}, "data.started_at"),
        ("chat.text_selected", {"text": "x", "agent": "Ayşe"}, "data.agent"),
        ("email.received", {"from": "a@example.com", "to": "b@example.com"}, "data.to"),
        ("form.submitted", {"fields": [1]}, "data.fields"),
    ],
)
def test_data_has_the_types_of_its_row(event_type: str, data: dict[str, Any], field: str) -> None:
    assert [problem.field for problem in catalog.check_reported(event_type, data)] == [field]


@pytest.mark.parametrize(
    ("type_", "good", "bad"),
    [
        (DataType.TEXT, ["", "a"], [1, True, []]),
        (DataType.NUMBER, [0, 1.5], ["1", True]),
        (DataType.FLAG, [True, False], [0, "true"]),
        (DataType.TIME, ["2026-03-14T09:30:00Z"], ["2026-03-14", "soon", 7]),
        (DataType.DATE, ["2028-02-29"], ["2026-02-29", "20260314", "2026-3-14", "2026-03-14T00:00:00Z", 7]),
        (DataType.RECORD, ["lead:4711"], ["4711", "lead:", 7]),
        (DataType.TEXTS, [[], ["a"]], ["a", [1]]),
        (DataType.LIST, [[], [1]], ["a", {}]),
        (DataType.OBJECT, [{}], [[], "a"]),
        (DataType.ANY, [1, "a", [], {}], []),
    ],
)
def test_types_of_data(type_: DataType, good: list[Any], bad: list[Any]) -> None:
    field = (DataField("it", type_, ""),)
    assert [value for value in good if problems_of(field, {"it": value}, "data")] == []
    assert [value for value in bad if not problems_of(field, {"it": value}, "data")] == []


def test_no_one_but_whenthen_makes_its_own_events() -> None:
    assert all(set(row.makers) <= {Maker.CLOCK, Maker.ENGINE} for row in ENGINE_EVENTS)


def test_the_api_shows_all_of_it() -> None:
    document = json.loads(json.dumps(catalog.as_json()))
    shown = {row["type"] for row in document["events"]}
    verbs = {row["type"].removeprefix("<kind>.") for row in document["record_events"]}
    kinds = {kind["name"] for kind in document["kinds"]}
    assert shown | {f"{kind}.{verb}" for kind in kinds for verb in verbs} == ALL.keys()
