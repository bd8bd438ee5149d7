"""Previews: the message for a record and an event, which nobody gets."""

from __future__ import annotations

from typing import Any

import pytest

from tests.adapters.samples import NOW, event
from tests.usecases.fakes.ledger import FakeRuns
from tests.usecases.fakes.outside import FakeClock
from tests.usecases.fakes.stores import FakeEventLog, FakeRecords, FakeRules, FakeSettings
from tests.usecases.fakes.templates import FakeTemplates
from whenthen.domain.common.errors import Invalid, NotFound, Problem
from whenthen.domain.records.record import Record
from whenthen.domain.sending.sms_parts import TOO_MANY_PARTS
from whenthen.domain.stored_templates.message_template import MAX_SMS
from whenthen.domain.stored_templates.rendering import OTHER_CHANNEL, TEXT_TOO_LONG
from whenthen.domain.temporal.calendar_settings import SUBJECT
from whenthen.ports.values import Plan
from whenthen.usecases.templates.manage_templates import ManageTemplates
from whenthen.usecases.templates.preview_context import PreviewContext
from whenthen.usecases.templates.preview_template import PreviewTemplate

INVOICE: dict[str, Any] = {
    "name": "Invoice",
    "texts": {
        "en": {"subject": "Invoice {{ record.number }}", "text": "{{ record.amount|money }} {{ event.data.note }}"},
        "tr": {"subject": "Fatura {{ record.number }}", "text": "{{ record.amount|money }} {{ event.data.note }}"},
    },
}
FIELDS = {"number": "A-1", "amount": 5000, "currency": "TRY", "agent": "agent:ayse"}


class World:
    def __init__(self) -> None:
        self.records, self.log, self.settings = FakeRecords(), FakeEventLog(), FakeSettings()
        self.manage = ManageTemplates(FakeTemplates(), FakeRules(), FakeRuns(), FakeClock())
        context = PreviewContext(self.records, self.log, self.settings, FakeClock())
        self.preview = PreviewTemplate(self.manage, context, 3)
        self.id = self.manage.create(INVOICE, seed="key", by="ayse").id
        self.settings.save(SUBJECT, {"language": "tr", "time_zone": "Europe/Istanbul"})
        for record in (Record("invoice", "1", FIELDS, 1), Record("agent", "ayse", {"name": "Ayşe"}, 1)):
            self.records.put(record, None)

    def shown(self, text: str, **asked: Any) -> str:
        made = self.manage.create({"name": "T", "texts": {"en": {"text": text}}}, seed=text, by="ayse")
        return self.preview(made.id, asked).message.text


@pytest.fixture
def world() -> World:
    return World()


def test_the_message_of_a_record_in_the_installation_s_language(world: World) -> None:
    found = world.preview(world.id, {"record": "invoice:1"})
    assert (found.message.language, found.message.locale, found.version) == ("tr", "tr", 1)
    assert (found.message.subject, found.message.text) == ("Fatura A-1", "₺5.000,00 ")
    assert (found.missing, found.problems) == (("event.data.note",), ())


def test_language_and_fields_can_be_asked_for(world: World) -> None:
    found = world.preview(world.id, {"record": "invoice:1", "language": "en-GB", "fields": {"amount": 1}})
    assert (found.message.language, found.message.locale) == ("en", "en-GB")
    assert found.message.text == "TRY\u00a01.00 "
    alone = world.preview(world.id, {"fields": {"number": "B"}, "data": {"note": "!"}})
    assert (alone.message.subject, alone.message.text) == ("Fatura B", " !")
    assert alone.missing == ("record.amount",)
    assert world.preview(world.id, {}).message.subject == "Fatura"


def test_related_records_and_the_clock_of_the_installation(world: World) -> None:
    assert world.shown("{{ related.agent.name }} {{ now|hour }}", record="invoice:1") == "Ayşe 12:30"


def test_an_event_that_is_kept_brings_its_record(world: World) -> None:
    kept = event("e9")
    world.log.record_plan(Plan(kept, Record("invoice", "2", {"number": "C"}, 1), ()), NOW)
    assert world.shown("{{ record.number }} {{ event.type }} {{ event.data.name }}", event=kept.id) == (
        "C meta_lead.created Ayşe"
    )
    assert world.shown("{{ record.number }}", event=kept.id, record="invoice:1") == "A-1"


def test_links_that_only_a_sent_mail_has_are_shown_by_samples(world: World) -> None:
    made = world.manage.create({"name": "T", "texts": {"en": {"text": "{{ unsubscribe_url }}"}}}, seed="t", by="a")
    for asked in ({}, {"record": "invoice:1"}):
        found = world.preview(made.id, asked)
        assert (found.message.text, found.missing) == ("https://example.com/unsubscribe", ())


def test_an_older_version_can_be_shown(world: World) -> None:
    world.manage.replace(world.id, {"name": "I", "texts": {"en": {"text": "New"}}}, version=1, by="ayse")
    assert world.preview(world.id, {}).message.text == "New"
    older = world.preview(world.id, {"version": 1, "fields": {"number": "B"}})
    assert (older.version, older.message.subject) == (1, "Fatura B")


def test_what_cannot_be_sent_says_why(world: World) -> None:
    made = world.manage.create(
        {"name": "T", "channel": "sms", "texts": {"en": {"text": "{{ record.long }}"}}}, seed="t", by="ayse"
    )
    found = world.preview(made.id, {"fields": {"long": "x" * 2_000}})
    assert [problem.field for problem in found.problems] == ["texts.en.text"]
    assert found.problems[0].reason == TEXT_TOO_LONG(count=MAX_SMS, found=2_000, channel="sms")
    assert (found.message.text, found.missing) == ("", ())
    other = world.preview(made.id, {"channel": "email"})
    assert [problem.reason for problem in other.problems] == [OTHER_CHANNEL(template=made.id, channel="email")]
    assert other.missing == ("record.long",)


@pytest.mark.parametrize(
    ("text", "parts", "encoding"),
    [("x" * 459, 3, ""), ("x" * 460, 4, "GSM-7"), ("ş" * 201, 3, ""), ("ş" * 202, 4, "UCS-2")],
)
def test_an_sms_of_more_parts_than_are_sent_is_shown_with_its_problem(
    world: World, text: str, parts: int, encoding: str
) -> None:
    made = world.manage.create({"name": "T", "texts": {"en": {"text": "{{ record.long }}"}}}, seed="t", by="a")
    found = world.preview(made.id, {"fields": {"long": text}, "channel": "sms"})
    said = Problem("texts.en.text", TOO_MANY_PARTS(parts=parts, most=3, encoding=encoding))
    assert (found.message.text, found.problems) == (text, (said,) if encoding else ())
    assert world.preview(made.id, {"fields": {"long": text}, "channel": "whatsapp"}).problems == ()


@pytest.mark.parametrize(
    "asked", [{"record": "invoice:9"}, {"event": "evt_9"}, {"version": 9}], ids=["record", "event", "version"]
)
def test_what_is_not_there_is_not_found(world: World, asked: dict[str, Any]) -> None:
    with pytest.raises(NotFound):
        world.preview(world.id, asked)


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"record": "invoice"}, "record"),
        ({"fields": []}, "fields"),
        ({"fields": {"not a name": 1}}, "fields.not a name"),
        ({"data": "x"}, "data"),
        ({"channel": "fax"}, "channel"),
        ({"version": 0}, "version"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_what_is_asked_wrongly_is_named(world: World, asked: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        world.preview(world.id, asked)
    assert field in [problem.field for problem in refused.value.problems]


def test_a_template_that_is_not_stored_can_be_shown(world: World) -> None:
    draft = {"name": "T", "texts": {"hu": {"text": "Szia {{ record.name }}"}}}
    found = world.preview.draft({"template": draft, "fields": {"name": "Éva"}})
    assert (found.version, found.message.language, found.message.text) == (None, "hu", "Szia Éva")
    with pytest.raises(Invalid) as refused:
        world.preview.draft({"template": {**draft, "texts": {"hu": {"text": "{{ x }}"}}}})
    assert [problem.field for problem in refused.value.problems] == ["template.texts.hu.text"]
    for wrong in ({}, {"template": "T"}, {"template": None}):
        with pytest.raises(Invalid) as refused:
            world.preview.draft(wrong)
        assert [problem.field for problem in refused.value.problems] == ["template"]
