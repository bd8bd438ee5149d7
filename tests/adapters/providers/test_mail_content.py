"""Contents of a mail: plain text made of HTML, and inlined styles."""

from __future__ import annotations

from email import message_from_bytes
from email.policy import default

import pytest

from whenthen.adapters.providers.mail_content import text_of, with_styles_inlined
from whenthen.adapters.providers.mail_writing import mime
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
