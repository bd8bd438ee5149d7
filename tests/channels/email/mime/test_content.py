"""Contents of a mail: plain text made of HTML, inlined styles, and the headers of a thread."""

from __future__ import annotations

from email import message_from_bytes
from email.policy import default
from typing import Any

import pytest

from tests.usecases.fakes.world import World
from tests.usecases.rules import rule
from whenthen.channels.email.mime.content import text_of, with_styles_inlined
from whenthen.channels.email.mime.writing import MISREAD_HEADER, mime
from whenthen.channels.email.threads import thread_headers
from whenthen.domain.common.errors import Permanent
from whenthen.domain.runs.run import JobStatus
from whenthen.ports.outgoing import Mail

MAIL = Mail("a@b.example", "c@d.example", "s", "t")


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>Dear <b>Ayşe</b></p><p>Bye</p>", "Dear Ayşe\n\nBye\n"),
        ('<a href="https://x.example/?a=1&amp;b=2">Offer</a>', "Offer (https://x.example/?a=1&b=2)\n"),
        ("<a class=x href='mailto:a@b.co'>Write</a>", "Write (mailto:a@b.co)\n"),
        ('<a href="https://x.example">https://x.example</a>', "https://x.example\n"),
        ('<a href="javascript:alert(1)">No</a>', "No\n"),
        ("<style>p {color: red}</style><script>x</script>Hi", "Hi\n"),
    ],
)
def test_plain_text_is_made_of_html_and_keeps_links(html: str, text: str) -> None:
    assert text_of(html).replace("\n\n", "\n") == text.replace("\n\n", "\n")


def test_html_alone_gets_a_text_and_a_text_alone_no_html() -> None:
    message = message_from_bytes(mime(Mail("a@b.example", "c@d.example", "s", html="<p>Hi</p>")), policy=default)
    assert message.get_body(("plain",)).get_content().strip() == "Hi"
    alone = message_from_bytes(mime(MAIL), policy=default)
    assert alone.get_content_type() == "text/plain"


def test_many_links_without_an_end_cost_no_more_than_their_length() -> None:
    assert text_of('<a href="https://x.example">' * 5_000) == "\n"


def test_rules_of_a_style_sheet_stand_in_the_elements_and_nothing_is_fetched() -> None:
    pytest.importorskip("css_inline")
    html = (
        "<html><head><link rel=stylesheet href='http://127.0.0.1:1/x.css'>"
        "<style>p {color: red} @media (max-width: 1px) {p {color: blue}}</style></head><body><p>Ş</p></body></html>"
    )
    inlined = with_styles_inlined(html)
    assert '<p style="color: red;">Ş</p>' in inlined
    assert "@media" in inlined


def test_html_without_a_style_sheet_stays_as_it_is() -> None:
    assert with_styles_inlined("<p style='color: red'>x</p>") == "<p style='color: red'>x</p>"


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
