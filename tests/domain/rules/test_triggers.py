"""Triggers of each kind fire on their events and on no others, row by row of the checklist."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from tests.domain import checklist
from whenthen.domain.common.document_reader import Reader
from whenthen.domain.common.errors import Invalid, Problem
from whenthen.domain.conditions.condition import evaluate
from whenthen.domain.event_catalog.derivation import change_events, record_of
from whenthen.domain.events.event import Event
from whenthen.domain.matching.rule_set import compile_rules
from whenthen.domain.records.record import Record
from whenthen.domain.rules.context import context_of
from whenthen.domain.rules.rule import parse_rule
from whenthen.domain.rules.timer_triggers import NOT_INDEXED
from whenthen.domain.rules.triggers import TRIGGERS, On, Trigger, read_trigger
from whenthen.domain.scheduling.date_triggers import DateField, Occurrence, date_event
from whenthen.domain.scheduling.schedules import Schedule, schedule_event
from whenthen.domain.temporal.anniversaries import Leap

NOW = datetime(2026, 3, 14, 9, 30, tzinfo=UTC)
STEP = {"id": "it", "action": "add_tags", "with": {"tags": ["x"]}}
Fields = dict[str, Any]


def document(trigger: dict[str, Any], **rule: Any) -> dict[str, Any]:
    return {"id": "rule_a", "name": "it", "trigger": trigger, "steps": [STEP], **rule}


def trigger_of(trigger: dict[str, Any], **rule: Any) -> Trigger:
    problems: list[Problem] = []
    given = document(trigger, **rule)
    read = read_trigger(Reader(given, "", problems), given.get("kind"))
    assert not problems, problems
    return read


def problems_of(trigger: dict[str, Any], **rule: Any) -> set[str]:
    with pytest.raises(Invalid) as caught:
        parse_rule(document(trigger, **rule))
    return {problem.field for problem in caught.value.problems}


def fires(trigger: dict[str, Any], event: Event, record: Record | None = None, **rule: Any) -> bool:
    """Whether the rule runs for the event: by the matcher and, to be sure, by the condition alone."""
    rules = compile_rules([parse_rule(document(trigger, **rule))])
    context = context_of(event, record or record_of(event), NOW)
    read = trigger_of(trigger, **rule)
    matched = rules.match(context) == {"rule_a"}
    assert matched == (event.type in read.event_types and evaluate(read.condition, context))
    return matched


def changes(before: Fields | None, after: Fields | None, kind: str = "contact", origin: str = "human") -> list[Event]:
    old, new = (
        None if fields is None else Record(kind, "7", fields, version, NOW, NOW, origin)
        for version, fields in ((1, before), (2, after))
    )
    return change_events(old, new, NOW)


def times_fired(trigger: dict[str, Any], events: list[Event], **rule: Any) -> int:
    return sum(fires(trigger, event, **rule) for event in events)


def reported(event_type: str, **data: Any) -> list[Event]:
    return [Event("evt_1", "api", event_type, NOW, data=data)]


BIRTHDAY = date_event(
    "rule_a",
    DateField("contact", "birth_date", yearly=True, zone=ZoneInfo("UTC")),
    Occurrence("contact:7", NOW.date(), NOW, 36),
)
FINISHED = {"rule": "rule_b", "run": "run_1", "status": "done"}
MANUAL = reported("rule.started_manually", rule="rule_a", by="ayse")
WON = {"kind": "deal", "filter": {"field": "record.stage", "op": "equals", "value": "won"}}
VIP = {"kind": "contact", "filter": {"field": "record.tags", "op": "has", "value": "vip"}}
OPEN, TEXT = {"status": "open"}, {"message_id": "m", "text": "Fiyat listesi lütfen"}
PRICE = {"conditions": {"field": "event.data.text", "op": "contains", "value": "fiyat", "ignore_case": True}}


def via(how: str) -> dict[str, Any]:
    return {"conditions": {"field": "event.data.via", "op": "equals", "value": how}}


ROWS: list[tuple[str, dict[str, Any], list[Event], dict[str, Any]]] = [
    # row, trigger, the events of what happens, the rest of the rule: it fires once
    ("T01", {"event": "contact.created"}, changes(None, {}), {}),
    ("T01a", {"event": "lead.created"}, changes(None, {}, "lead", "form:site"), via("form")),
    ("T01b", {"event": "lead.created"}, changes(None, {}, "lead", "human"), via("human")),
    ("T01c", {"event": "lead.created"}, changes(None, {}, "lead", "import"), via("import")),
    ("T01d", {"event": "lead.created"}, changes(None, {}, "lead", "source:shop"), via("integration")),
    ("T02", {"event": "contact.created_manually"}, changes(None, {}), {}),
    ("T03", {"event": "contact.updated"}, changes({}, {"city": "Pécs"}), {}),
    ("T04", {"event": "contact.field_changed", "field": "email"}, changes({}, {"email": "a@example.com"}), {}),
    ("T04 to", {"event": "contact.updated", "field": "role", "from": "a", "to": "b"},
     changes({"role": "a"}, {"role": "b"}), {}),
    ("T05", {"event": "contact.deleted"}, changes({}, None), {}),
    ("T06", {"event": "company.child_added"}, changes(None, {"parent": "company:1"}), {}),
    ("T07", {"event": "contact.status_changed", "field": "status", "to": "vip"},
     changes({"status": "new"}, {"status": "vip"}), {}),
    ("T08", {"event": "contact.internal_status_changed"}, changes({}, {"internal_status": "b"}), {}),
    ("T09", {"event": "contact.internal_sub_status_changed"}, changes({}, {"internal_sub_status": "b"}), {}),
    ("T10", {"event": "contact.tag_added"}, changes({}, {"tags": ["a", "vip"]}),
     {"conditions": {"field": "event.data.tags", "op": "has", "value": "vip"}}),
    ("T11", {"event": "contact.folder_changed"}, changes({"folder": "a"}, {"folder": "b"}), {}),
    ("T12", {"event": "contact.replied"}, reported("contact.replied", channel="whatsapp"), {}),
    ("T13", {"event": "form.submitted"}, reported("form.submitted", fields={"size": "XL"}),
     {"conditions": {"field": "event.data.fields.size", "op": "equals", "value": "XL"}}),
    ("T14", {"event": "calendar_event.created"}, changes(None, {"starts_at": "2026-03-20"}, "calendar_event"), {}),
    ("T15", {"event": "reservation.date_changed"}, changes({}, {"starts_at": "2026-03-20"}, "reservation"), {}),
    ("T16", {"event": ["calendar_event.edited", "calendar_event.deleted"]}, changes({}, {"room": 2}, "calendar_event"),
     {}),
    ("T17", {"event": "spare_part.created"}, changes(None, {}, "spare_part"), {}),
    ("T18", {"event": "spare_part.updated"}, changes({}, {"sku": 1}, "spare_part"), {}),
    ("T19", {"event": "spare_part.deleted"}, changes({}, None, "spare_part"), {}),
    ("T20", {"event": "chat.text_selected"}, reported("chat.text_selected", text="x"), {}),
    ("T21", {"event": ["whatsapp.message_received", "chat.message_received"]},
     reported("chat.message_received", text="Fiyat listesi"), PRICE),
    ("T22", {"event": "webhook.received"}, reported("webhook.received", source="shop"),
     {"conditions": {"field": "event.data.source", "op": "equals", "value": "shop"}}),
    ("T22 of a type of its own", {"event": "spaceship.landed"}, reported("spaceship.landed"), {}),
    ("T23", {"event": "chat.created"}, reported("chat.created"), {}),
    ("T24", {"event": "chat.lost"}, changes({}, {"status": "lost"}, "chat"), {}),
    ("T25", {"event": "chat.assigned"}, changes({}, {"owner": "agent:a"}, "chat"), {}),
    ("T26", {"event": "chat.stage_changed"}, changes({}, {"stage": "b"}, "chat"), {}),
    ("T27", {"event": "email.received"}, reported("email.received", **{"from": "a@example.com"}), {}),
    ("T28", {"event": "task.created"}, changes(None, OPEN, "task"), {}),
    ("T29", {"event": "task.updated"}, changes(OPEN, {"status": "late"}, "task"), {}),
    ("T30", {"event": "task.completed"}, changes(OPEN, {"status": "done"}, "task"), {}),
    ("T31", {"event": "ticket.created"}, changes(None, OPEN, "ticket"), {}),
    ("T32", {"event": ["ticket.status_changed", "ticket.replied"]}, changes(OPEN, {"status": "late"}, "ticket"), {}),
    ("T33", {"event": "ticket.status_changed"}, changes(OPEN, {"status": "late"}, "ticket"), {}),
    ("T34", {"event": "ticket.closed"}, changes(OPEN, {"status": "closed"}, "ticket"), {}),
    ("T35", {"event": "meta_lead.created"}, reported("meta_lead.created", campaign_name="Spring"),
     {"conditions": {"field": "event.data.campaign_name", "op": "equals", "value": "Spring"}}),
    ("T36", {"event": "agent.created"}, changes(None, {}, "agent"), {}),
    ("T37", {"event": "invoice.created"}, changes(None, OPEN, "invoice"), {}),
    ("T38", {"event": "invoice.paid"}, changes(OPEN, {"status": "paid"}, "invoice"), {}),
    ("T39", {"event": "invoice.cancelled"}, changes(OPEN, {"status": "void"}, "invoice"), {}),
    ("T40", {"event": "quote.signed"}, changes(OPEN, {"status": "signed"}, "quote"), {}),
    ("T41", {"event": "payment.received"}, changes(None, {"status": "received"}, "payment"), {}),
    ("T42", {"event": "payment.failed"}, changes(OPEN, {"status": "failed"}, "payment"), {}),
    ("T43", {"event": "whatsapp.message_received"}, reported("whatsapp.message_received", **TEXT), PRICE),
    ("T44", {"event": "reservation.created"}, changes(None, {}, "reservation"), {}),
    ("T45", {"event": "chatbot.message_received"}, reported("chatbot.message_received", text="x"), {}),
    ("T46", {"event": "call.incoming_answered"}, reported("call.incoming_answered"), {}),
    ("T47", {"event": "call.incoming_missed"}, reported("call.incoming_missed"), {}),
    ("T48", {"event": "call.outgoing_answered"}, reported("call.outgoing_answered"), {}),
    ("T49", {"event": "call.outgoing_unanswered"}, reported("call.outgoing_unanswered"), {}),
    ("T50", {"event": "meeting.created"}, changes(None, {}, "meeting"), {}),
    ("T51", {"event": "meeting.edited"}, changes({}, {"location": "Room 2"}, "meeting"), {}),
    ("T52", {"event": "meeting.cancelled"}, changes({}, {"status": "cancelled"}, "meeting"), {}),
    ("T53", {"event": "meeting.series_created"}, changes(None, {"recurrence": "FREQ=DAILY"}, "meeting"), {}),
    ("T54", {"event": "deal.stage_changed", "field": "stage", "to": "won"},
     changes({"stage": "new"}, {"stage": "won"}, "deal"),
     {"conditions": {"field": "record.stage", "op": "equals", "value": "won"}}),
    ("T55", {"schedule": {"cron": "0 9 * * *", **VIP}}, [schedule_event("rule_a", NOW, "contact:7")], {}),
    ("T56", {"enters": VIP}, changes({"tags": []}, {"tags": ["vip"]}), {}),
    ("T56 born in it", {"enters": WON}, changes(None, {"stage": "won"}, "deal"), {}),
    ("T57", {"leaves": WON}, changes({"stage": "won"}, {"stage": "lost"}, "deal"), {"kind": "deal"}),
    ("T57 deleted", {"leaves": WON}, changes({"stage": "won"}, None, "deal"), {}),
    ("T58", {"after_rule": "rule_b"}, reported("rule.finished", **FINISHED), {}),
    ("T59", {"manual": True}, MANUAL, {}),
    ("T60", {"event": "birthday.reached"}, [BIRTHDAY], {}),
    ("T60 in full", {"date": {"kind": "contact", "field": "birth_date", "yearly": True}}, [BIRTHDAY], {}),
    ("T61", {"schedule": {"at": "2026-05-01T09:00"}}, [schedule_event("rule_a", NOW)], {}),
    ("T62", {"event": "button.clicked"}, reported("button.clicked", button="offer"), {}),
    ("T63", {"event": "deal.tag_added", "moves_to": {"stage": "won", "pipeline": "retail", "from": ["new"]}},
     changes({"stage": "new", "pipeline": "retail"}, {"stage": "new", "pipeline": "retail", "tags": ["a"]}, "deal"),
     {}),
]  # fmt: skip


@pytest.mark.parametrize(("row", "trigger", "events", "rest"), ROWS, ids=[row[0] for row in ROWS])
def test_each_row_fires_once(row: str, trigger: dict[str, Any], events: list[Event], rest: dict[str, Any]) -> None:
    assert times_fired(trigger, events, **rest) == 1


def test_every_row_of_the_checklist_is_fired_here_and_has_a_type_or_trigger() -> None:
    rows = {f"T{number:02}" for number in range(1, 64)} | {"T01a", "T01b", "T01c", "T01d"}
    assert rows <= {row[0] for row in ROWS}
    served = {mark for marks in (*checklist.EVENTS.values(), *checklist.TRIGGERS.values()) for mark in marks.split()}
    assert rows <= served


@pytest.mark.parametrize(
    ("why", "trigger", "events", "rest"),
    [
        ("another field", {"event": "contact.field_changed", "field": "email"}, changes({}, {"city": "Pécs"}), {}),
        ("another way", {"event": "lead.created"}, changes(None, {}, "lead", "import"), via("form")),
        ("it was in already", {"enters": VIP}, changes({"tags": ["vip"]}, {"tags": ["vip", "new"]}), {}),
        ("it is not in", {"enters": VIP}, changes({"tags": []}, {"tags": ["new"]}), {}),
        ("another kind", {"enters": VIP}, changes({"tags": []}, {"tags": ["vip"]}, "lead"), {}),
        ("it leaves", {"enters": VIP}, changes({"tags": ["vip"]}, {"tags": []}), {}),
        ("it is deleted", {"enters": VIP}, changes({"tags": ["vip"]}, None), {}),
        ("it was not in", {"leaves": WON}, changes({"stage": "new"}, {"stage": "lost"}, "deal"), {}),
        ("it enters", {"leaves": WON}, changes({"stage": "new"}, {"stage": "won"}, "deal"), {}),
        ("it is still in", {"leaves": WON}, changes({"stage": "won"}, {"stage": "won", "a": 1}, "deal"), {}),
        ("deleted outside", {"leaves": WON}, changes({"stage": "new"}, None, "deal"), {}),
        ("another rule", {"manual": True}, reported("rule.started_manually", rule="rule_b"), {}),
        ("another rule's birthday", {"event": "birthday.reached"}, [BIRTHDAY], {"id": "rule_b"}),
        ("another rule's schedule", {"schedule": {"at": "2026-05-01T09:00"}}, [schedule_event("rule_b", NOW)], {}),
        ("another rule finished", {"after_rule": "rule_c"}, reported("rule.finished", **FINISHED), {}),
        ("it failed", {"after_rule": "rule_b"}, reported("rule.finished", **FINISHED | {"status": "failed"}), {}),
        ("it stands there", {"event": "deal.updated", "moves_to": {"stage": "won"}},
         changes({"stage": "won"}, {"stage": "won", "a": 1}, "deal"), {}),
        ("other pipeline", {"event": "deal.updated", "moves_to": {"stage": "won", "pipeline": "retail"}},
         changes({"stage": "new", "pipeline": "x"}, {"stage": "new", "pipeline": "x", "a": 1}, "deal"), {}),
        ("it is too far", {"event": "deal.updated", "moves_to": {"stage": "won", "from": ["new"]}},
         changes({"stage": "lost"}, {"stage": "lost", "a": 1}, "deal"), {}),
        ("no item", {"event": "email.received", "moves_to": {"stage": "won"}}, reported("email.received"), {}),
    ],
)  # fmt: skip
def test_events_that_do_not_fire(why: str, trigger: dict[str, Any], events: list[Event], rest: dict[str, Any]) -> None:
    document_of = document(trigger, **rest)
    rules = compile_rules([parse_rule(document_of)])
    assert [rules.match(context_of(event, record_of(event), NOW)) for event in events] == [set()] * len(events)


def test_a_record_enters_and_leaves_a_view_over_missing_fields() -> None:
    """`not_equals` holds for a missing field: a record that is created so enters, one that gets the value leaves."""
    view = {"kind": "lead", "filter": {"field": "record.status", "op": "not_equals", "value": "closed"}}
    assert times_fired({"enters": view}, changes(None, {}, "lead")) == 1
    assert times_fired({"enters": view}, changes({}, {"a": 1}, "lead")) == 0
    assert times_fired({"leaves": view}, changes({}, {"status": "closed"}, "lead")) == 1
    assert times_fired({"leaves": view}, changes({"status": "closed"}, {}, "lead")) == 0
    assert times_fired({"enters": view}, changes({"status": "closed"}, {}, "lead")) == 1
    assert times_fired({"leaves": view}, changes({"status": "closed"}, None, "lead")) == 0


def test_all_of_a_kind() -> None:
    assert times_fired({"enters": {"kind": "lead"}}, changes(None, {}, "lead")) == 1
    assert times_fired({"leaves": {}}, changes({}, None, "lead"), kind="lead") == 1


def test_a_stage_trigger_moves_the_item_first() -> None:
    moved = {"event": "email.received", "moves_to": {"stage": "in_contact"}}
    rule = parse_rule(document(moved))
    assert [(step.id, step.action) for step in rule.steps] == [("moves_to", "set_fields"), ("it", "add_tags")]
    assert rule.step("moves_to").parameters == {"fields": {"stage": "in_contact"}}
    alone = parse_rule({**document(moved), "steps": []})
    assert [step.id for step in alone.steps] == ["moves_to"], "a stage trigger needs no other step"
    assert problems_of(moved, steps=[{**STEP, "id": "moves_to"}]) == {"steps"}
    assert problems_of({**moved, "moves_to": {"stage": "{{ x }}"}}) == {"trigger.moves_to.stage"}


def test_exits_on_a_field_are_published_as_updates() -> None:
    rule = parse_rule(document({"manual": True}, exit={"on": ["contact.field_changed"]}))
    assert rule.exit.on == ("contact.field_changed", "contact.updated")


def test_field_changed_is_published_as_updated() -> None:
    trigger = trigger_of({"event": ["contact.field_changed", "lead.created"], "field": "email"})
    assert trigger.event_types == ("contact.field_changed", "lead.created", "contact.updated")


def test_dates_in_full() -> None:
    written = {"kind": "contact", "field": "record.renewal_date", "days": -7, "at": "08:30", "time_zone": "record",
               "leap": "mar1", "late": {"policy": "skip", "hours": 6}}  # fmt: skip
    timer = trigger_of({"date": written}, time_zone="Europe/Istanbul").timer
    assert isinstance(timer, DateField)
    assert timer.late.most == timedelta(hours=6)
    assert replace(timer, late=timer.late) == DateField(
        "contact", "renewal_date", yearly=False, zone=ZoneInfo("Europe/Istanbul"), days=-7, at=time(8, 30),
        own_zone=True, leap=Leap.MAR1, late=timer.late,
    )  # fmt: skip
    assert trigger_of({"date": written}).event_types == ("date.reached",)
    run = trigger_of({"date": {**written, "late": {"policy": "run"}}}).timer
    assert run is not None
    assert run.late.most == timedelta(days=31)


@pytest.mark.parametrize(
    ("at", "moment"),
    [("2026-05-01T09:00", "2026-05-01T06:00"), ("2026-05-01T09:00:00Z", "2026-05-01T09:00"),
     ("2026-05-01T09:00+02:00", "2026-05-01T07:00"), ("0001-01-01T00:00", "0001-01-01T00:00")],
)  # fmt: skip
def test_a_schedules_moment(at: str, moment: str) -> None:
    timer = trigger_of({"schedule": {"at": at}}, time_zone="Europe/Istanbul").timer
    assert isinstance(timer, Schedule)
    assert timer.at is not None
    assert timer.at.astimezone(UTC).isoformat().startswith(moment)


def test_a_schedule_over_a_view() -> None:
    trigger = trigger_of({"schedule": {"cron": "0 9 * * mon", "time_zone": "Asia/Jakarta", **VIP}})
    assert isinstance(trigger.timer, Schedule)
    assert trigger.timer.zone.key == "Asia/Jakarta"
    assert trigger.view is not None
    assert trigger.view.takes(Record("contact", "7", {"tags": ["vip"]}, 1), NOW)
    assert trigger_of({"schedule": {"cron": "0 9 * * mon"}}).view is None
    assert trigger_of({"schedule": {"cron": "0 9 * * mon", "kind": None, "filter": None}}).view is None


@pytest.mark.parametrize(
    ("trigger", "fields"),
    [
        ({}, {"trigger"}),
        ({"event": "contact.created", "manual": True}, {"trigger"}),
        ({"event": []}, {"trigger.event"}),
        ({"event": "Contact"}, {"trigger.event"}),
        ({"event": "date.reached"}, {"trigger.event"}),
        ({"event": "rule.started_manually"}, {"trigger.event"}),
        ({"event": ["birthday.reached", "contact.created"]}, {"trigger.event"}),
        ({"event": "deal.updated", "to": "won"}, {"trigger.field"}),
        ({"event": "deal.updated", "field": "a..b", "to": "won"}, {"trigger.field"}),
        ({"event": "deal.updated", "field": "record."}, {"trigger.field"}),
        ({"event": "deal.updated", "field": "stage", "to": {}}, {"trigger.to"}),
        ({"event": "deal.updated", "field": "stage", "from": "x" * 2_000, "to": "won"}, {"trigger.from"}),
        ({"event": "deal.updated", "cron": "x"}, {"trigger.cron"}),
        ({"event": "deal.updated", "moves_to": {}}, {"trigger.moves_to.stage"}),
        ({"event": "deal.updated", "moves_to": {"stage": "a", "from": ["a"]}}, {"trigger.moves_to.from"}),
        ({"event": "deal.updated", "moves_to": "won"}, {"trigger.moves_to", "trigger.moves_to.stage"}),
        ({"manual": False}, {"trigger.manual"}),
        ({"after_rule": []}, {"trigger.after_rule"}),
        ({"after_rule": "rule_a"}, {"trigger.after_rule"}),
        ({"after_rule": "rule_b", "outcome": ["won"]}, {"trigger.outcome"}),
        ({"enters": {}}, {"trigger.enters.kind"}),
        ({"enters": "vips"}, {"trigger.enters", "trigger.enters.kind"}),
        ({"enters": {"view": "vips", "kind": "contact"}}, {"trigger.enters.view"}),
        ({"enters": {"kind": "contact", "filter": {"field": "event.type", "op": "exists"}}}, {"trigger.enters.filter"}),
        ({"leaves": {"kind": "contact", "filter": {"field": "record.a", "op": "changed"}}}, {"trigger.leaves.filter"}),
        ({"leaves": {"kind": "contact", "filter": {"field": "record.a", "op": "=="}}}, {"trigger.leaves.filter.op"}),
        ({"date": {"kind": "contact"}}, {"trigger.date.field"}),
        ({"date": {"field": "due"}}, {"trigger.date.kind"}),
        ({"date": {"kind": "task", "field": "name"}}, {"trigger.date.field"}),
        ({"date": {"kind": "task", "field": "record."}}, {"trigger.date.field"}),
        ({"date": {"kind": "task", "field": "due", "days": 400}}, {"trigger.date.days"}),
        ({"date": {"kind": "task", "field": "due", "at": "25:00"}}, {"trigger.date.at"}),
        ({"date": {"kind": "task", "field": "due", "time_zone": "Mars"}}, {"trigger.date.time_zone"}),
        ({"date": {"kind": "task", "field": "due", "leap": "feb30"}}, {"trigger.date.leap"}),
        ({"date": {"kind": "task", "field": "due", "late": {"hours": 0}}}, {"trigger.date.late.hours"}),
        ({"date": {"kind": "task", "field": "due", "late": {"policy": "run", "hours": 3}}},
         {"trigger.date.late.hours"}),
        ({"date": {"kind": "task", "field": "due", "when": 1}}, {"trigger.date.when"}),
        ({"schedule": {}}, {"trigger.schedule"}),
        ({"schedule": {"cron": "0 9 * * *", "at": "2026-05-01T09:00"}}, {"trigger.schedule"}),
        ({"schedule": {"cron": "0 9 * *"}}, {"trigger.schedule.cron"}),
        ({"schedule": {"cron": "0 9 31 2 *"}}, {"trigger.schedule.cron"}),
        ({"schedule": {"cron": ""}}, {"trigger.schedule.cron"}),
        ({"schedule": {"at": ""}}, {"trigger.schedule.at"}),
        ({"schedule": {"at": "tomorrow"}}, {"trigger.schedule.at"}),
        ({"schedule": {"at": "2026-05-01"}}, {"trigger.schedule.at"}),
        ({"schedule": {"cron": "0 9 * * *", "time_zone": "record"}}, {"trigger.schedule.time_zone"}),
        ({"schedule": {"cron": "0 9 * * *", "view": "vips"}}, {"trigger.schedule.view", "trigger.schedule.kind"}),
        ({"schedule": {"cron": "0 9 * * *", "late": {"hours": 30}}}, {"trigger.schedule.late.hours"}),
    ],
)  # fmt: skip
def test_every_problem_of_a_trigger_is_reported_by_its_field(trigger: dict[str, Any], fields: set[str]) -> None:
    assert problems_of(trigger) == fields


def test_the_kind_of_the_rule_is_that_of_its_view_and_date() -> None:
    assert problems_of({"enters": VIP}, kind="lead") == {"trigger.enters.kind"}
    assert problems_of({"date": {"kind": "lead", "field": "due"}}, kind="task") == {"trigger.date.kind"}
    assert trigger_of({"enters": {"filter": VIP["filter"]}}, kind="contact").event_types[0] == "contact.created"


def test_every_kind_of_trigger_is_shown_with_an_example_that_is_one() -> None:
    assert set(TRIGGERS) == set(On)
    for row in TRIGGERS.values():
        assert trigger_of(dict(row.example)).on is row.on


@pytest.mark.parametrize(
    "field",
    ["created_at", "updated_at", "record.created_at", "record.updated_at", "address.visit_date", "record.a.due_date",
     "record.custom.birthday", "id", "version"],
)  # fmt: skip
def test_a_date_that_is_not_indexed_is_refused_by_name(field: str) -> None:
    document = {"name": "R", "trigger": {"date": {"kind": "lead", "field": field}}, "steps": [STEP]}
    with pytest.raises(Invalid) as error:
        parse_rule(document)
    (problem,) = error.value.problems
    assert problem == Problem("trigger.date.field", NOT_INDEXED(field=field.removeprefix("record.")))


@pytest.mark.parametrize("field", ["birth_date", "record.renewal_date", "created_on", "starts_at", "due"])
def test_a_date_field_of_the_record_s_own_is_taken(field: str) -> None:
    parse_rule({"name": "R", "trigger": {"date": {"kind": "lead", "field": field}}, "steps": [STEP]})
