"""Bodies of mails: their parts, what they say, and how a part was encoded on its way."""

from __future__ import annotations

import base64

import pytest

from tests.sources.email.test_mail import NOW, PASS, eml, multipart
from whenthen.domain.events.event import Event
from whenthen.domain.records.consent_signals import consent_signal
from whenthen.sources.email.authentication import Authentication
from whenthen.sources.email.inbound import mail_events
from whenthen.sources.email.mime import Mail, read_mail

FOOTER = "This mail was checked for viruses."


def part(text: str, kind: str = "text/plain", **headers: str) -> bytes:
    given = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return f"Content-Type: {kind}; charset=utf-8\r\n{given}\r\n{text}".encode()


def html(markup: str) -> bytes:
    return part(markup, "text/html")


def within(kind: str, *parts: bytes, boundary: str = "inner") -> bytes:
    return multipart(kind, *parts, boundary=boundary)


def mail_of(content: bytes) -> Mail:
    return read_mail(b"From: a@b.com\r\nSubject: x\r\n" + content)


def received(mail: Mail) -> Event:
    return mail_events(mail, Authentication(id="m1", verdicts=PASS, vouched="b.com"), b"", [], (), NOW).events[0]


PICTURE = b"Content-Type: image/png\r\nContent-ID: <p>\r\n\r\nPNG"
NOTICE = "Your mail program does not show HTML. Please open this message in another one."

TEXTS: dict[str, tuple[bytes, str]] = {
    "HTML, then a plain footer": (within("mixed", html("<p>STOP</p>"), part(FOOTER)), f"STOP\n{FOOTER}"),
    "plain, then an HTML footer": (within("mixed", part("STOP"), html(f"<p>{FOOTER}</p>")), f"STOP\n{FOOTER}"),
    "alternatives, then a footer": (
        within("mixed", within("alternative", part("STOP"), html("<p>STOP</p>"), boundary="a"), part(FOOTER)),
        f"STOP\n{FOOTER}",
    ),
    "an empty alternative, then a footer": (
        within("mixed", within("alternative", part(" \r\n"), html("<p>STOP</p>"), boundary="a"), part(FOOTER)),
        f"STOP\n{FOOTER}",
    ),
    "a footer among the alternatives": (within("alternative", html("<p>STOP</p>"), part(FOOTER)), "STOP"),
    "a footer behind both alternatives": (
        within("alternative", part("STOP"), html("<p>STOP</p>"), part(FOOTER)),
        "STOP",
    ),
    "a notice in place of the text": (within("alternative", part(NOTICE), html("<p>STOP</p>")), "STOP"),
    "a notice, and a longer answer": (
        within("alternative", part(NOTICE), html("<p>Please send this message to my son.</p>")),
        "Please send this message to my son.",
    ),
    "plain text that breaks off": (
        within("alternative", part("Hello,"), html("<p>Hello,<br>I take the blue one<br>for the south side</p>")),
        "Hello,\nI take the blue one\nfor the south side",
    ),
    "alternatives that mean the same": (
        within("alternative", part("Yes, the *blue* one\n> Which?"), html("<p>Yes, the <b>blue</b> one</p>")),
        "Yes, the *blue* one\n> Which?",
    ),
    "HTML that is only a picture": (within("alternative", part("see"), html("<img src='cid:p'>")), "see"),
    "signs without words": (within("alternative", part("👍"), html("<p>👍</p>")), "👍"),
    "HTML with its pictures as an alternative": (
        within("alternative", part("STOP"), within("related", html("<p>STOP</p>"), PICTURE, boundary="r")),
        "STOP",
    ),
    "text around a picture": (within("mixed", part("before"), PICTURE, part("behind")), "before\nbehind"),
    "both formats that are not called alternatives": (within("mixed", part("STOP"), html("<p>STOP</p>")), "STOP"),
}


@pytest.mark.parametrize(("content", "text"), TEXTS.values(), ids=TEXTS.keys())
def test_a_text_beside_the_html_does_not_stand_for_it_unless_it_says_the_same(content: bytes, text: str) -> None:
    assert mail_of(content).text == text


@pytest.mark.parametrize("name", [name for name, (_, text) in TEXTS.items() if text.startswith("STOP")])
def test_a_footer_or_notice_hides_no_opt_out(name: str) -> None:
    signal = consent_signal(received(mail_of(TEXTS[name][0])))
    assert signal is not None
    assert not signal.agreed


NAMED: dict[str, tuple[bytes, str, list[str]]] = {
    "the only part": (b'Content-Type: text/plain; name="message.txt"\r\n\r\nSTOP', "STOP", []),
    "the only part, inline": (part("STOP", Content_Disposition='inline; filename="message.txt"'), "STOP", []),
    "the only part, HTML": (part("<p>STOP</p>", 'text/html; name="message.html"'), "STOP", []),
    "both alternatives": (
        within("alternative", part("STOP", "text/plain; name=a.txt"), part("<p>STOP</p>", "text/html; name=a.html")),
        "STOP",
        [],
    ),
    "the first of several": (
        within("mixed", part("STOP", "text/plain; name=message.txt"), part("log", "text/plain; name=log.txt")),
        "STOP",
        ["log.txt"],
    ),
    "the first, before a footer": (
        within("mixed", part("STOP", "text/plain; name=message.txt"), part(FOOTER)),
        f"STOP\n{FOOTER}",
        [],
    ),
    "behind a picture": (
        within("mixed", b"Content-Type: image/png; name=p.png\r\n\r\nPNG", part("STOP", "text/plain; name=m.txt")),
        "STOP",
        ["p.png"],
    ),
    "behind an empty text": (within("mixed", part(" "), part("STOP", "text/plain; name=message.txt")), "STOP", []),
    "beside the body": (
        within("mixed", part("see the log"), part("log", "text/plain; name=log.txt")),
        "see the log",
        ["log.txt"],
    ),
    "a page beside the body": (
        within("mixed", part("see the page"), part("<p>page</p>", 'text/html; name="page.html"')),
        "see the page",
        ["page.html"],
    ),
    "the only part, attached": (part("a,b", Content_Disposition='attachment; filename="list.txt"'), "", ["list.txt"]),
    "attached without a name": (
        within("mixed", part("STOP"), part("a,b", Content_Disposition="attachment")),
        "STOP",
        ["attachment-1.txt"],
    ),
    "a table": (part("a,b", "text/csv; name=list.csv"), "", ["list.csv"]),
}


@pytest.mark.parametrize(("content", "text", "files"), NAMED.values(), ids=NAMED.keys())
def test_a_name_alone_does_not_make_the_body_a_file(content: bytes, text: str, files: list[str]) -> None:
    mail = mail_of(content)
    assert mail.text == text
    assert [attachment.name for attachment in mail.attachments] == files


BASE64 = base64.b64encode("günaydın, STOP".encode())
QUOTED = b"g=C3=BCnayd=C4=B1n,=\r\n STOP"
ENCODINGS = [
    ("base64;", BASE64),
    ("base64 ", BASE64),
    (" base64\t", BASE64),
    ("BASE64", BASE64),
    ('"base64"', BASE64),
    ("base64; charset=utf-8", BASE64),
    ("base64 (MIME)", BASE64),
    ("base64\r\n ;", BASE64),
    ("base-64", BASE64),
    ("quoted-printable;", QUOTED),
    ("Quoted-Printable ", QUOTED),
    ("quoted_printable", QUOTED),
    ("8bit;", "günaydın, STOP".encode()),
    ("", "günaydın, STOP".encode()),
]


@pytest.mark.parametrize(("written", "content"), ENCODINGS, ids=[repr(row[0]) for row in ENCODINGS])
def test_what_follows_the_transfer_encoding_does_not_leave_the_body_encoded(written: str, content: bytes) -> None:
    header = f"Content-Transfer-Encoding: {written}\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n".encode()
    assert mail_of(header + content).text == "günaydın, STOP"
    attached = b"Content-Disposition: attachment; filename=a.txt\r\n" + header + content
    (file,) = mail_of(within("mixed", part("see"), attached)).attachments
    assert file.content == "günaydın, STOP".encode()


@pytest.mark.parametrize("written", ["text/html charset=utf-8", "text/html;", "TEXT/HTML ;charset=utf-8", "text/html,"])
def test_what_follows_the_type_does_not_make_the_body_a_file(written: str) -> None:
    mail = read_mail(eml(f"Content-Type: {written}\n", b"<p>STOP</p>"))
    assert (mail.text, mail.attachments) == ("STOP", ())
