"""Threads of mail: an answer names what it answers."""

from __future__ import annotations

from email import message_from_bytes
from email.policy import default
from typing import Any

import pytest

from tests.usecases.fakes.world import World
from tests.usecases.rules import rule
from whenthen.adapters.providers.mail_writing import MISREAD_HEADER, mime
from whenthen.channels.email.threads import thread_headers
from whenthen.domain.common.errors import Permanent
from whenthen.domain.runs.run import JobStatus
from whenthen.ports.outgoing import Mail


def mail_of(sender: str = "ayse@example.com", **data: Any) -> dict[str, Any]:
    given = {"from": sender, "message_id": "m2@mail.example", **data}
    return {"type": "email.received", "identities": [f"email#{sender}"], "data": given}


def test_an_answer_stands_in_the_thread_of_the_mail() -> None:
    event = mail_of(references=["m0@mail.example", "m1@mail.example"])
    assert thread_headers(event, ["ayse@example.com"]) == {
        "In-Reply-To": "<m2@mail.example>",
        "References": "<m0@mail.example> <m1@mail.example> <m2@mail.example>",
    }


@pytest.mark.parametrize(
    ("event", "recipient"),
    [
        ({"type": "contact.created", "data": {"message_id": "m@x", "from": "ayse@example.com"}}, "ayse@example.com"),
        (mail_of(), "other@example.com"),
        (mail_of(message_id="a b@c"), "ayse@example.com"),
        (mail_of(message_id="=?utf-8?q?a?=@c.example"), "ayse@example.com"),
        (mail_of(message_id="a@b>\r\nBcc: x@y.example"), "ayse@example.com"),
        (mail_of(message_id=5), "ayse@example.com"),
        (mail_of(message_id=None), "ayse@example.com"),
    ],
)
def test_other_mail_stands_in_no_thread(event: dict[str, Any], recipient: str) -> None:
    assert thread_headers(event, [recipient]) == {}


def test_a_long_thread_keeps_its_first_and_its_newest_ids() -> None:
    event = mail_of(references=[f"{'x' * 80}{number}@mail.example" for number in range(50)])
    headers = thread_headers(event, ["ayse@example.com"])
    listed = headers["References"].split()
    assert (len(listed), listed[0], listed[-1]) == (20, f"<{'x' * 80}0@mail.example>", "<m2@mail.example>")
    raw = mime(Mail("a@b.example", "c@d.example", "s", "t", headers=headers))
    assert b"=?" not in raw
    assert max(map(len, raw.split(b"\r\n"))) < 200
    assert message_from_bytes(raw, policy=default)["References"].split() == listed


@pytest.mark.parametrize("value", ["<ş@x>", "<a =?utf-8?q?b?=@x>", "<" + "x" * 990 + "@y>"])
def test_a_header_that_programs_read_is_never_encoded(value: str) -> None:
    with pytest.raises(Permanent) as caught:
        mime(Mail("a@b.example", "c@d.example", "s", "t", headers={"References": value}))
    assert caught.value.reason == MISREAD_HEADER(header="References")


def test_a_rule_answers_a_customers_mail_in_its_thread(world: World) -> None:
    world.has_record("contact:1", email="ayse@example.com")
    step = {"id": "it", "action": "send_email", "with": {"subject": "Re: {{ event.data.subject }}", "text": "Thanks"}}
    written = world.has_rule(rule(step, on="email.received") | {"kind": "contact"})
    event = world.happens("email.received", identities=("email#ayse@example.com",), data=mail_of()["data"])
    world.run_out()
    assert world.job(world.run_of(event, written), "it").status is JobStatus.DONE
    assert world.mailer.sent[0].headers["In-Reply-To"] == "<m2@mail.example>"
