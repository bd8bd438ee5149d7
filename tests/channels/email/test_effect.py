"""Mail: what is rendered, who may be its sender, and that nothing in a value becomes a header."""

from __future__ import annotations

from email import message_from_bytes
from email.policy import default
from typing import Any

import pytest

from tests.channels.performing import performed
from tests.codes import at, codes
from tests.usecases.fakes.world import World
from whenthen.adapters.providers.mail_writing import mime
from whenthen.channels.email.recipients.senders import UNKNOWN_SENDER
from whenthen.domain.runs.run import JobStatus
from whenthen.usecases.records.reason_codes import NO_EMAIL


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
    assert (mail.to, mail.sender, mail.reply_to) == ("ayse@example.com", "crm@example.com", ("crm@example.com",))
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
    "list-unsubscribe",
    "list-unsubscribe-post",
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
    "thief@evil.example,",
    "thief@evil.example; x",
    'x, thief@evil.example, "',
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
