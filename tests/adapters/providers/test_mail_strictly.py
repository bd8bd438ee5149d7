"""Every mail is read by a parser that forgives nothing: no defects, no long lines, seven bits."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from whenthen.adapters.providers.mail_calendars import calendar_of
from whenthen.adapters.providers.mail_writing import MAIL_TOO_LARGE, MAX_RAW, NO_HEADER_NAME, NOT_ONE_ADDRESS, mime
from whenthen.domain.common.errors import Permanent
from whenthen.ports.outgoing import File, Invitation, Mail

STRICT = default.clone(raise_on_defect=True)
AT = datetime(2026, 4, 1, 7, tzinfo=UTC)
MAIL = Mail(sender="Desk <desk@example.com>", to="ayse@example.com", subject="s", text="t")
APPOINTMENT = Invitation(uid="u@example.com", sequence=1, stamp=AT, starts_at=AT, ends_at=AT, title="t")

ODD = [
    "a\r\nBcc: thief@evil.example",
    "a\r\n\r\n<p>b",
    "a\nb\rc",
    "a\x00b",
    "a\x1b[31mb\x07",
    "=?utf-8?b?DQpCY2M6IHRoaWVmQGV2aWwuZXhhbXBsZQ==?=",
    "x =?utf-8?q?=0D=0ABcc:_b?= y",
    "semicolon; comma, colon: \\ \"quote\" 'x' (comment) <b> [c]",
    "Ayşe Yılmaz",
    "שלום עולם " * 30,
    "👩‍👩‍👧" * 40,
    "x" * 5_000,
    "é" * 5_000,
    "\u2028\u2029\x85\x0b\x0c",
    "half \ud83d of it",
    "\u202egpj.exe",
    ".\n..\nFrom me\n.",
    "--===============0==\r\nContent-Type: text/html",
    " ",
    "",
]
NAMES = [
    "a" * 76,
    "ş" * 80,
    "Yılmaz, Ayşe " * 6,
    'O"Brien \\ Co.',
    "x " * 60,
    "עברית " * 12,
    "👍🏽" * 25,
    "(c)",
    "; ,:",
]
ADDRESSES = [
    "a+b@example.com",
    "{x}|`~#$%&'*/?=^_-!@example.com",
    "a@çiçek.example",
    "A@例え.テスト",
    "a@xn--iek-1lab.example",
    f"{'l' * 64}@{'d' * 63}.{'d' * 63}.example",
]
NONE_AT_ALL = [
    "ayşe@example.com",
    "用户@例え.テスト",
    '"a b"@example.com',
    '"a,b"@example.com',
    "a(comment)@example.com",
    "(c)a@example.com",
    "a@[192.0.2.1]",
    "a..b@example.com",
    ".a@example.com",
    "a.@example.com",
    "a@b",
    "a,b@example.com",
    "a@-b.example",
    "a@b-.example",
    "a@b_c.example",
    f"a@{'d' * 64}.example",
    "a@b..example",
    "a@example.com.",
    "mailto:a@example.com",
    "a@example.com, b@example.com",
    "a\u200b b@example.com",
]


def strictly(raw: bytes) -> EmailMessage:
    """Read a mail as the strictest server and client would, and check each octet's place."""
    assert raw.isascii()
    assert b"\x00" not in raw
    assert not re.search(rb"\r(?!\n)|(?<!\r)\n", raw)
    lines = raw.split(b"\r\n")
    assert max(map(len, lines)) <= 998
    head = lines[: lines.index(b"")]
    assert all(line.strip() for line in head)
    assert all(len(line) <= 76 for line in head if b"=?" in line)
    message = cast("EmailMessage", message_from_bytes(raw, policy=STRICT))
    for part in message.walk():
        assert not part.defects
        assert not [value.defects for value in part.values() if value.defects]
        encoding = str(part.get("Content-Transfer-Encoding", "7bit"))
        assert encoding in ("7bit", "quoted-printable", "base64")
        if not part.is_multipart():
            part.get_payload(decode=True)
    assert not set(message.keys()) & {"Bcc", "bcc"}
    return message


def sent(**fields: Any) -> EmailMessage:
    return strictly(mime(replace(MAIL, **fields)))


def contents(message: EmailMessage) -> list[str]:
    return [part.get_content_type() for part in message.walk()]


@pytest.mark.parametrize("text", ODD, ids=ascii)
def test_any_text_and_any_html_makes_a_mail(text: str) -> None:
    whole = text.replace("\x00", "").replace("\ud83d", "\ufffd")
    body = sent(text=text).get_content()
    assert body.split() == whole.split()
    assert contents(sent(html=text)) == (
        ["multipart/alternative", "text/plain", "text/html"] if text.strip() else ["text/plain"]
    )
    assert sent(text="", html=f"<p>{text}</p>").get_content_type() == "multipart/alternative"


@pytest.mark.parametrize("blank", ["", " ", "\n\t\r\n"])
def test_a_blank_alternative_hides_no_other(blank: str) -> None:
    assert contents(sent(text="t", html=blank)) == ["text/plain"]
    made = sent(text=blank, html="<p>Hello</p>")
    assert made.get_body(("plain",)).get_content().strip() == "Hello"  # type: ignore[union-attr]


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
@pytest.mark.parametrize("place", ["sender", "to", "reply_to"])
def test_names_stand_before_their_address_on_lines_that_are_short_enough(name: str, place: str) -> None:
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    address = f'"{quoted}" <{"d" * 40}@{"e" * 40}.example>'
    found = sent(**{place: (address,) if place == "reply_to" else address})
    header = {"sender": "From", "to": "To", "reply_to": "Reply-To"}[place]
    (read,) = found[header].addresses
    assert read.addr_spec == f"{'d' * 40}@{'e' * 40}.example"
    assert "".join(read.display_name.split()) == "".join(name.split())


def test_answers_may_go_to_several() -> None:
    several = ("Yılmaz, Ayşe <a@example.com>", "b@çiçek.example", *(f"c{number}@example.com" for number in range(40)))
    found = sent(reply_to=several)["Reply-To"].addresses
    assert [each.addr_spec for each in found[:3]] == ["a@example.com", "b@xn--iek-1lab.example", "c0@example.com"]
    assert len(found) == 42


@pytest.mark.parametrize("address", ADDRESSES)
def test_addresses_of_odd_signs_and_other_alphabets_are_written_in_ascii(address: str) -> None:
    found = sent(to=address, cc=(address,), reply_to=(address,), sender=address, invitation=APPOINTMENT)
    for header in ("From", "To", "Cc", "Reply-To"):
        (read,) = found[header].addresses
        assert read.addr_spec.isascii()
        assert read.username == address.partition("@")[0]


@pytest.mark.parametrize("address", NONE_AT_ALL)
@pytest.mark.parametrize("place", ["sender", "to", "others", "cc", "reply_to"])
def test_what_a_strict_server_refuses_is_refused_before(address: str, place: str) -> None:
    value = address if place in ("sender", "to") else ("b@example.com", address)
    with pytest.raises(Permanent) as caught:
        sent(**{place: value})
    assert caught.value.reason.code == NOT_ONE_ADDRESS.code


@pytest.mark.parametrize("name", ["Bcc", "bcc", "From", "TO", "Subject", "Sender", "Resent-To", "Return-Path", "Date"])
def test_a_header_of_the_envelope_is_no_further_header(name: str) -> None:
    with pytest.raises(Permanent) as caught:
        sent(headers={name: "x@example.com"})
    assert caught.value.reason.code == NO_HEADER_NAME.code


@pytest.mark.parametrize("name", [each for each in ODD if each.strip()], ids=ascii)
def test_a_files_name_is_a_name_and_nothing_else(name: str) -> None:
    found = sent(files=(File(name, "application/pdf", b"%PDF\r\n\x00\xff"),))
    assert set(found.keys()) == {"From", "To", "Subject", "MIME-Version", "Content-Type"}
    _, part = found.iter_parts()
    assert set(part.keys()) <= {"Content-Type", "Content-Transfer-Encoding", "Content-Disposition", "MIME-Version"}
    assert part.get_filename()
    assert part.get_payload(decode=True) == b"%PDF\r\n\x00\xff"


@pytest.mark.parametrize("type_", ["message/rfc822", "multipart/mixed", "text/html", "text/plain", "x/y"])
@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"x" * 3_000, b"From: a\n\nb\r"])
def test_a_file_stays_the_bytes_that_it_is(type_: str, content: bytes) -> None:
    _, part = sent(files=(File("f.bin", type_, content),)).iter_parts()
    assert part.get_payload(decode=True) == content
    assert part.get_content_maintype() not in ("message", "multipart")


def test_a_mail_beyond_what_ses_takes_is_refused_and_one_below_is_not() -> None:
    below, beyond = (File("f", "application/zip", b"x" * size) for size in (7_200_000, 7_400_000))
    assert len(mime(replace(MAIL, files=(below,)))) <= MAX_RAW
    with pytest.raises(Permanent) as caught:
        mime(replace(MAIL, files=(beyond,)))
    assert caught.value.reason.code == MAIL_TOO_LARGE.code


def appointment(mail: Mail, text: str) -> Any:
    icalendar = pytest.importorskip("icalendar")
    raw = calendar_of(replace(APPOINTMENT, title=text, location=text, description=text), mail)
    lines = raw.split(b"\r\n")
    assert max(map(len, lines)) <= 75
    assert not re.search(rb"\r(?!\n)|(?<!\r)\n|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", raw)
    for line in lines:
        line.decode()  # folded between characters
    (event,) = icalendar.Calendar.from_ical(raw).walk("VEVENT")
    return event


@pytest.mark.parametrize(
    "text", [*ODD, "END:VEVENT\r\nBEGIN:VEVENT\r\nUID:2", "a\r\nATTENDEE:mailto:x@y.example"], ids=ascii
)
def test_an_appointments_text_adds_no_line_and_is_folded_by_octets(text: str) -> None:
    event = appointment(MAIL, text)
    control = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
    whole = control.sub("", re.sub("\r\n?", "\n", text)).replace("\ud83d", "\ufffd")
    for name in ("SUMMARY", "LOCATION", "DESCRIPTION"):
        assert str(event.get(name, "")) == whole
    assert str(event["ATTENDEE"]) == "mailto:ayse@example.com"
    sent(invitation=replace(APPOINTMENT, title=text, description=text))


@pytest.mark.parametrize(
    ("address", "written"),
    [
        ("a?subject=x&b@example.com", "mailto:a%3Fsubject=x%26b@example.com"),
        ("a%41b@example.com", "mailto:a%2541b@example.com"),
        ("a+b@example.com", "mailto:a+b@example.com"),
        ("o'brien@çiçek.example", "mailto:o'brien@xn--iek-1lab.example"),
    ],
)
def test_an_attendee_is_the_address_and_nothing_of_a_url(address: str, written: str) -> None:
    assert str(appointment(replace(MAIL, to=address), "t")["ATTENDEE"]) == written


_ANY = st.text(st.characters(), max_size=80)


@settings(max_examples=60)
@given(text=_ANY, html=_ANY, title=_ANY, name=_ANY.filter(str.strip))
def test_any_values_at_all_make_a_mail_that_is_read_strictly(text: str, html: str, title: str, name: str) -> None:
    sent(text=text, html=html, files=(File(name, "text/plain", b"x"),), invitation=replace(APPOINTMENT, title=title))
