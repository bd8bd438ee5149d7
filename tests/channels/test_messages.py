"""Check what each channel sends, and what it does not send."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from typing import Any

import pytest

from tests.codes import at, codes
from tests.usecases.fakes.outside import FakeClock
from tests.usecases.fakes.stores import FakeRecords
from tests.usecases.fakes.world import World
from tests.usecases.rules import rule
from whenthen.channels.email.effect import UNKNOWN_SENDER
from whenthen.channels.email.writing import mime
from whenthen.channels.whatsapp.effect import EMPTY_VALUE, TEXT_LENGTH
from whenthen.domain.common.errors import Invalid, NotFound, Stale, Temporary
from whenthen.domain.common.reasons import Reason
from whenthen.domain.events.event import Cause
from whenthen.domain.records.record import Record
from whenthen.domain.runs.run import Job, JobStatus
from whenthen.domain.templating.urls import DOTS_IN_PATH, OPEN_HOST
from whenthen.ports.outgoing import HttpAnswer
from whenthen.ports.reason_codes import MOVED_ON
from whenthen.sources.signing import signatures
from whenthen.usecases.records.reason_codes import NO_EMAIL, NO_PHONE
from whenthen.usecases.records.save_record import SaveRecord


def performed(world: World, action: str, **parameters: Any) -> Job:
    """The job of a rule with this one step, when it is over."""
    written = world.has_rule(rule({"id": "it", "action": action, "with": parameters, "retry": {"attempts": 2}}))
    event = world.happens("lead.created", subject="lead:1", data={"phone": "+905320000000", "user_id": "TR.5"})
    world.run_out()
    return world.job(world.run_of(event, written), "it")


def test_a_mail_is_rendered_and_says_that_a_machine_sent_it(world: World) -> None:
    world.has_record("lead:1", email="ayse@example.com", name="<b>Ayşe")
    job = performed(
        world,
        "send_email",
        subject="Hello\r\nBcc: all@example.com {{ record.name }}",
        text="Dear {{ record.name }}",
        html="<p>Dear {{ record.name }}</p>",
        reply_to="crm@example.com",
    )
    (mail,) = world.mailer.sent
    assert job.status is JobStatus.DONE
    assert (mail.to, mail.sender, mail.reply_to) == ("ayse@example.com", "crm@example.com", "crm@example.com")
    assert mail.subject == "Hello Bcc: all@example.com <b>Ayşe"
    assert (mail.text, mail.html) == ("Dear <b>Ayşe", "<p>Dear &lt;b&gt;Ayşe</p>")
    assert mail.headers["Auto-Submitted"] == "auto-generated"


@pytest.mark.parametrize(
    ("parameters", "field", "code"),
    [
        ({"to": "nobody", "subject": "x", "text": "x"}, "with.to", "address.no_email"),
        ({"to": "a@b.co\nc@d.co", "subject": "x", "text": "x"}, "with.to", "address.no_email"),
        ({"subject": "{{ record.missing }}", "text": "x"}, "with.subject", "field.empty"),
        ({"subject": "x", "text": "x", "reply_to": "me"}, "with.reply_to", "address.no_email"),
        (
            {"subject": "x", "text": "{{ record.first_name|replace('e', record.first_name) }}{{ 5|length }}"},
            "with.text",
            "template.filter_does_not_fit",
        ),
    ],
)
def test_an_invalid_mail_is_not_sent(world: World, parameters: dict[str, Any], field: str, code: str) -> None:
    job = performed(world, "send_email", **parameters)
    assert (job.status, world.mailer.sent) == (JobStatus.FAILED, [])
    assert job.reason is not None
    assert job.reason.params["field"] == field
    assert codes(job.reason)[1] == code


@pytest.mark.parametrize(
    "sender",
    [
        "crm@example.com",
        "CRM@Example.com",
        "<desk@example.com>",
        "Satış <desk@example.com>",
        "J. Smith <desk@example.com>",
        '"a, b" <desk@example.com>',
        '"boss@example.com" <desk@example.com>',
        "Desk, Sales <desk@example.com>",
        "Support (Billing) <desk@example.com>",
        "Acme: [TR]; Destek <desk@example.com>",
        'Ayşe "Ay" Yılmaz <desk@example.com>',
        "=?utf-8?q?a=0D=0AReply-To:_x?= <desk@example.com>",
    ],
)
def test_a_mail_is_from_one_of_the_stack_s_senders(world: World, sender: str) -> None:
    job = performed(world, "send_email", subject="s", text="t", **{"from": sender})
    assert job.status is JobStatus.DONE
    assert world.mailer.sent[0].sender == sender


@pytest.mark.parametrize(
    "sender",
    [
        "boss@example.com",
        "desk@example.com, boss@example.com",
        "desk@example.com <boss@example.com>",
        "boss@example.com <desk@example.com>",
        "desk@example.com (Sales",
        "<desk@example.com>boss@example.com",
        "Sales\nBcc: boss@example.com <desk@example.com>",
        "desk",
        "=?utf-8?q?ceo=40bank.example?= <desk@example.com>",
        "=?utf-8?b?Y2VvQGJhbmsuZXhhbXBsZQ==?= <desk@example.com>",
        '"=?utf-8?q?ceo=40bank.example?=" <desk@example.com>',
        "Ayşe =?utf-8?q?=3Cceo=40bank.example=3E=2C?= <desk@example.com>",
        "=?utf-8?q?desk=40example.com?=",
        "=?utf-8?q?desk?=@example.com",
        "Boss <boss@example.com>, <desk@example.com>",
        "desk@example.com <desk@example.com> <boss@example.com>",
        "<desk@example.com",
        "<>",
    ],
)
def test_a_mail_from_anyone_else_is_refused_before_it_is_claimed(world: World, sender: str) -> None:
    job = performed(world, "send_email", subject="s", text="t", **{"from": sender})
    assert (job.status, job.attempt, world.mailer.sent) == (JobStatus.FAILED, 0, [])
    assert job.reason == at("with.from", UNKNOWN_SENDER(value=sender))


@pytest.mark.parametrize("name", ["Yilmaz, Ayse", "Support (Billing)", 'Ayşe "Ay" Yılmaz', "Acme: [TR]", "A\\\\B; C."])
def test_a_name_of_a_record_reaches_the_recipient_as_it_is(world: World, name: str) -> None:
    world.has_record("lead:1", email="ayse@example.com", agent=name)
    performed(world, "send_email", subject="s", text="t", **{"from": "{{ record.agent }} <desk@example.com>"})
    (mail,) = world.mailer.sent
    (read,) = message_from_bytes(mime(mail), policy=default)["From"].addresses
    assert (read.display_name, read.addr_spec) == (name, "desk@example.com")


KNOWN_HEADERS = {
    "from",
    "to",
    "subject",
    "x-whenthen-job",
    "x-whenthen-run",
    "auto-submitted",
    "mime-version",
    "content-type",
    "content-transfer-encoding",
}
STRANGERS = [
    "=?utf-8?q?Ay=C5=9Fe=0D=0AReply-To:_thief=40evil.example?=",
    "=?utf-8?b?QQ0KUmVwbHktVG86IHRoaWVmQGV2aWwuZXhhbXBsZQ==?=",
    "Ayşe =?utf-8?q?=0D=0ABcc:_thief=40evil.example?=",
    "Ayşe\r\nBcc: thief@evil.example",
    "=?utf-8?q?=3C?= thief@evil.example>,",
]


@pytest.mark.parametrize("name", STRANGERS)
@pytest.mark.parametrize("place", ["from", "subject", "to", "reply_to"])
def test_what_a_stranger_filled_in_adds_no_header_and_no_recipient(world: World, place: str, name: str) -> None:
    world.has_record("lead:1", email="ayse@example.com", full_name=name)
    written = {"subject": "{{ record.full_name }}"}.get(place, "{{ record.full_name }} <desk@example.com>")
    performed(world, "send_email", **{"subject": "s", "text": "t", place: written})
    for mail in world.mailer.sent:
        found = message_from_bytes(mime(mail), policy=default)
        assert {name.lower() for name, _ in found.items()} <= KNOWN_HEADERS
        assert [one.addr_spec for one in found["To"].addresses] == ["ayse@example.com"]
        assert [one.addr_spec for one in found["From"].addresses] in (["crm@example.com"], ["desk@example.com"])
        assert found["Reply-To"] is None


@pytest.mark.parametrize(
    "address", ["=?utf-8?q?thief=40evil.example=2C?=@example.com", "=?x?q?a?=@b.example", "a..b@c.example"]
)
@pytest.mark.parametrize("place", ["to", "reply_to"])
def test_an_address_that_reads_as_another_one_is_refused(world: World, place: str, address: str) -> None:
    job = performed(world, "send_email", **{"subject": "s", "text": "t", place: address})
    assert (job.status, job.attempt, world.mailer.sent) == (JobStatus.FAILED, 0, [])
    assert job.reason == at(f"with.{place}", NO_EMAIL(value=address))


@pytest.mark.parametrize(
    ("fields", "parameters", "recipient"),
    [
        ({"phone": "+905321234567"}, {}, {"to": "905321234567"}),
        ({"phone": "+905321234567"}, {"to": "0533 765 43 21"}, {"to": "905337654321"}),
        ({}, {"to": "{{ event.data.phone }}"}, {"to": "905320000000"}),
        ({}, {}, {"to": "905320000000"}),
    ],
)
def test_a_whatsapp_message_goes_to(
    world: World, fields: dict[str, Any], parameters: dict[str, Any], recipient: dict[str, str]
) -> None:
    world.has_record("lead:1", **fields)
    job = performed(world, "send_whatsapp", text="Hello", reply_to="wamid.1", **parameters)
    ((message, key),) = world.graph.sent
    assert key == job.callback
    assert message == {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        **recipient,
        "type": "text",
        "text": {"preview_url": False, "body": "Hello"},
        "context": {"message_id": "wamid.1"},
    }


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("Ayşe\nYılmaz", "Ayşe Yılmaz"),
        ("Ayşe\r\n\tYılmaz ", "Ayşe Yılmaz"),
        ("a     b", "a b"),
        ("a\u00a0\u2003\u2028b", "a b"),
        ("a\x00\x1fb\x85", "a b"),
        (True, "yes"),
        (["a", "b\nc"], "a, b c"),
        (12.50, "12.5"),
        ("\u202aשלום\u202c", "\u202aשלום\u202c"),
    ],
)
def test_a_whatsapp_template_s_values_are_one_line_each(world: World, name: Any, sent: str) -> None:
    world.has_record("lead:1", phone="+905321234567", name=name)
    job = performed(world, "send_whatsapp", template="welcome", parameters=["x", "{{ record.name }}"])
    assert job.status is JobStatus.DONE
    ((message, _),) = world.graph.sent
    assert [value["text"] for value in message["template"]["components"][0]["parameters"]] == ["x", sent]


@pytest.mark.parametrize("name", [None, "", " ", "\n\t", "\u200b", "\u00a0", "\x07", [], [None], "\u2060 \ufeff"])
def test_an_empty_value_of_a_whatsapp_template_is_refused_before_it_is_claimed(world: World, name: Any) -> None:
    world.has_record("lead:1", phone="+905321234567", name=name)
    job = performed(world, "send_whatsapp", template="welcome", parameters=["x", "{{ record.name }}"])
    assert (job.status, job.attempt, world.graph.sent) == (JobStatus.FAILED, 0, [])
    assert job.reason == at("with.parameters[1]", EMPTY_VALUE(place=2))


@pytest.mark.parametrize("action", ["set_fields", "call_webhook"])
@pytest.mark.parametrize(
    ("fields", "field", "kept"),
    [
        ({"vip": True}, "{{ record.vip }}", True),
        ({"tags": ["a", "b"]}, "{{ record.tags }}", ["a", "b"]),
        ({"amount": 5000}, "{{ record.amount }}", 5000),
        ({"address": {"city": "X"}}, "{{ record.address }}", {"city": "X"}),
        ({"amount": 2.675}, "{{ record.amount|round(2) }}", 2.68),
        ({"vip": False}, "VIP: {{ record.vip }}", "VIP: no"),
    ],
)
def test_a_value_keeps_its_type_in_fields_and_in_data(
    world: World, fields: dict[str, Any], field: str, kept: Any, action: str
) -> None:
    world.has_record("lead:1", **fields)
    if action == "set_fields":
        performed(world, action, fields={"copy": field})
        assert world.records.get("lead:1").fields["copy"] == kept  # type: ignore[union-attr]
    else:
        performed(world, action, url="https://example.com/hook", data={"copy": field})
        assert json.loads(world.http.sent[-1].body)["data"] == {"copy": kept}


def test_a_field_that_is_missing_is_removed_where_it_is_copied_to(world: World) -> None:
    world.has_record("lead:1", copy="old")
    assert performed(world, "set_fields", fields={"copy": "{{ record.missing }}"}).status is JobStatus.DONE
    assert "copy" not in world.records.get("lead:1").fields  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("value", "url"),
    [
        ("a/b?c", "https://example.com/hooks/a%2Fb%3Fc"),
        ("ş", "https://example.com/hooks/%C5%9F"),
        ("evil.example/..", "https://example.com/hooks/evil.example%2F.."),
    ],
)
def test_a_webhook_s_address_has_its_values_encoded(world: World, value: str, url: str) -> None:
    world.has_record("lead:1", code=value)
    job = performed(world, "call_webhook", url="https://example.com/hooks/{{ record.code }}")
    if ".." in value:
        assert (job.status, job.attempt, world.http.sent) == (JobStatus.FAILED, 0, [])
        assert job.reason == at("with.url", DOTS_IN_PATH())
    else:
        assert [call.url for call in world.http.sent] == [url]


def test_a_webhook_s_host_is_not_chosen_by_a_value(world: World) -> None:
    world.has_record("lead:1", shop="evil.example/")
    job = performed(world, "call_webhook", url="https://{{ record.shop }}.hooks.example.com/")
    assert (job.status, job.attempt, world.http.sent) == (JobStatus.FAILED, 0, [])
    assert job.reason == at("with.url", OPEN_HOST())


def test_a_whatsapp_template_has_its_parameters_in_order(world: World) -> None:
    job = performed(
        world, "send_whatsapp", template="welcome", language="tr", parameters=["{{ record.first_name }}", "2"]
    )
    ((message, _),) = world.graph.sent
    assert message["template"] == {
        "name": "welcome",
        "language": {"code": "tr"},
        "components": [
            {"type": "body", "parameters": [{"type": "text", "text": "Ayşe"}, {"type": "text", "text": "2"}]}
        ],
    }
    assert dict(job.result) == {"message_id": "wamid.1"}


@pytest.mark.parametrize(
    ("parameters", "reason"),
    [
        ({"text": "{{ record.missing }}"}, at("with.text", TEXT_LENGTH(most=4096, found=0))),
        ({"text": "x" * 4097}, at("with.text", TEXT_LENGTH(most=4096, found=4097))),
        ({"text": "x", "to": "twelve"}, at("with.to", NO_PHONE(value="twelve"))),
    ],
)
def test_an_invalid_whatsapp_message_is_not_sent(world: World, parameters: dict[str, Any], reason: Reason) -> None:
    job = performed(world, "send_whatsapp", **parameters)
    assert (job.status, world.graph.sent) == (JobStatus.FAILED, [])
    assert job.reason == reason


def test_a_webhook_is_signed_over_what_it_sends(world: World) -> None:
    job = performed(
        world, "call_webhook", url="https://example.com/{{ record.status }}", data={"name": "{{ record.first_name }}"}
    )
    (request,) = world.http.sent
    assert (request.method, request.url) == ("POST", "https://example.com/new")
    assert json.loads(request.body) == {
        "type": "lead.created",
        "timestamp": "2026-03-14T09:30:00.000Z",
        "data": {"name": "Ayşe"},
    }
    secret = world.secrets.kept["outgoing/default"]["secret"]
    scheme = signatures.Scheme("standard_webhooks")
    signatures.verify(scheme, [secret], request.headers, request.body, world.clock.now())
    assert request.headers["webhook-id"] == request.headers["idempotency-key"] == job.id


@pytest.mark.parametrize(
    ("answer", "status", "attempts"),
    [
        (HttpAnswer(204, {}, b""), JobStatus.DONE, 1),
        (HttpAnswer(302, {"location": "https://elsewhere.example"}, b""), JobStatus.FAILED, 1),
        (HttpAnswer(400, {}, b""), JobStatus.FAILED, 1),
        (HttpAnswer(410, {}, b""), JobStatus.FAILED, 1),
        (HttpAnswer(408, {}, b""), JobStatus.DONE, 2),
        (HttpAnswer(429, {"retry-after": "7"}, b""), JobStatus.DONE, 2),
        (HttpAnswer(429, {"retry-after": "tomorrow"}, b""), JobStatus.DONE, 2),
        (HttpAnswer(503, {}, b""), JobStatus.DONE, 2),
        (HttpAnswer(503, {"retry-after": "7"}, b""), JobStatus.DONE, 2),
    ],
    ids=lambda value: str(getattr(value, "status", value)),
)
def test_what_a_receivers_answer_means(world: World, answer: HttpAnswer, status: JobStatus, attempts: int) -> None:
    world.http.answers.append(answer)
    job = performed(world, "call_webhook", url="https://example.com")
    assert (job.status, job.attempt, len(world.http.sent)) == (status, attempts, attempts)


@pytest.mark.parametrize(
    ("answer", "attempts"),
    [
        (HttpAnswer(429, {}, b""), 1),
        (HttpAnswer(429, {"retry-after": "7"}, b""), 1),
        (HttpAnswer(503, {"retry-after": "7"}, b""), 1),
        (HttpAnswer(503, {}, b""), 2),
        (HttpAnswer(500, {"retry-after": "7"}, b""), 2),
    ],
    ids=lambda value: str(getattr(value, "status", value)),
)
def test_a_receiver_that_says_not_now_takes_no_attempt(world: World, answer: HttpAnswer, attempts: int) -> None:
    world.http.answers.append(answer)
    job = performed(world, "call_webhook", url="https://example.com")
    assert (job.status, job.attempts) == (JobStatus.DONE, attempts)


@pytest.mark.parametrize(
    ("kept", "code"),
    [
        (None, "webhook.no_such_secret"),
        ({}, "webhook.empty_secret"),
        ({"secret": "whsec_%%%"}, "secret.not_standard"),
    ],
)
def test_without_a_usable_secret_nothing_is_sent(world: World, kept: dict[str, str] | None, code: str) -> None:
    if kept is not None:
        world.secrets.kept["outgoing/books"] = kept
    job = performed(world, "call_webhook", url="https://example.com", secret="books")
    assert (job.status, world.http.sent) == (JobStatus.FAILED, [])
    assert codes(job.reason)[-1] == code


# --- save_record ---------------------------------------------------------------------------------


@pytest.fixture
def save() -> SaveRecord:
    return SaveRecord(FakeRecords(), FakeClock(), "TR")


def test_a_person_is_found_by_phone_or_email_and_kept_as_one(save: SaveRecord) -> None:
    made = save.upsert("lead", None, {"phone": "0532 123 45 67"}, origin="api")
    again = save.upsert("lead", None, {"phone": "+90 532 123 45 67", "email": "A@B.co"}, origin="human")
    by_mail = save.upsert("lead", None, {"email": "a@b.co", "phone": None}, origin="human")
    assert made.id == again.id == by_mail.id
    assert (by_mail.version, dict(by_mail.fields)) == (3, {"email": "a@b.co"})
    assert save.upsert("contact", None, {"email": "a@b.co"}, origin="api").kind == "contact"


def test_an_upsert_that_changes_nothing_writes_nothing(save: SaveRecord) -> None:
    made = save.upsert("lead", "1", {"a": 1}, origin="api")
    assert save.upsert("lead", "1", {"a": 1}, origin="human") == made


@pytest.mark.parametrize(
    ("external_id", "fields", "named"),
    [
        (None, {"name": "x"}, "id"),
        ("a b", {"name": "x"}, "id"),
        ("1", {"phone": "12", "email": "x"}, "fields.phone"),
        ("1", {"phone": ["+905321234567"]}, "fields.phone"),
        ("1", {"version": 3}, "fields.version"),
    ],
)
def test_a_record_that_cannot_be_names_its_fields(
    save: SaveRecord, external_id: str | None, fields: dict[str, Any], named: str
) -> None:
    with pytest.raises(Invalid) as caught:
        save.upsert("lead", external_id, fields, origin="api")
    assert caught.value.problems[0].field == named
    assert save.records.list("lead", limit=9, cursor=None).items == ()


def test_a_patch_is_made_on_the_version_that_was_seen(save: SaveRecord) -> None:
    save.upsert("lead", "1", {"a": 1}, origin="api")
    assert save.patch("lead:1", {"a": 2}, version=1, origin="api").version == 2
    with pytest.raises(Stale):
        save.patch("lead:1", {"a": 3}, version=1, origin="api")
    assert save.patch("lead:1", {"a": 3}, version=None, origin="api").version == 3
    with pytest.raises(NotFound):
        save.patch("lead:2", {"a": 1}, version=None, origin="api")
    with pytest.raises(Invalid):
        save.patch("lead:1", {"id": 1}, version=3, origin="api")


def test_a_patch_brings_no_record_back_that_is_deleted_meanwhile(
    save: SaveRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = save.upsert("lead", "1", {"a": 1}, origin="api")

    def put(_record: Record, _replaces: Record | None) -> None:
        monkeypatch.undo()
        save.records.delete(found, origin="api", cause=Cause())
        raise Stale(MOVED_ON(subject=found.ref))

    monkeypatch.setattr(save.records, "put", put)
    with pytest.raises(NotFound):
        save.patch("lead:1", {"a": 2}, version=None, origin="api")
    assert save.records.get("lead:1") is None


def test_a_record_that_others_keep_changing_is_left_for_later() -> None:
    class Restless(FakeRecords):
        def put(self, record: Any, replaces: Any) -> None:
            raise Stale(MOVED_ON(subject=record.ref))

    save = SaveRecord(Restless(), FakeClock(datetime(2026, 1, 1, tzinfo=UTC)), None)
    with pytest.raises(Temporary):
        save.upsert("lead", "1", {"a": 1}, origin="api", cause=Cause())
