"""A corpus of mail as the world sends it: encodings, nested parts, attachments, reports, and mail that is broken."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from email.message import EmailMessage
from encodings.aliases import aliases

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.examples import examples
from tests.sources.growth import LINEAR, growth
from tests.sources.samples import EVENTS, sample
from whenthen.domain.common import ids
from whenthen.domain.common.errors import Malformed, WhenthenError
from whenthen.domain.events.event import MAX_EVENT_BYTES, Event, from_json, to_json
from whenthen.domain.records.consent_signals import consent_signal
from whenthen.sources.email.authentication import Authentication, authentication_of_headers
from whenthen.sources.email.automatic_mail import automatic
from whenthen.sources.email.bounds import (
    HEADERS_TOO_LARGE,
    MAX_HEADER_BYTES,
    MAX_LINES,
    TOO_MANY_LINES,
    TOO_MANY_MULTIPARTS,
)
from whenthen.sources.email.html_text import text_of_html
from whenthen.sources.email.inbound import ReceivedMail, mail_events
from whenthen.sources.email.mime import read_mail

NOW = datetime(2026, 3, 20, tzinfo=UTC)
PASS = {"spam": "PASS", "virus": "PASS", "spf": "PASS", "dkim": "PASS", "dmarc": "PASS"}


def eml(
    headers: str, body: bytes = b"", first: str = "From: a@b.com\nTo: hello@balcony.example\nSubject: x\n"
) -> bytes:
    return (first + headers).replace("\n", "\r\n").encode("utf-8", "surrogateescape") + b"\r\n" + body


def multipart(kind: str, *parts: bytes, boundary: str = "p") -> bytes:
    head = f"MIME-Version: 1.0\r\nContent-Type: multipart/{kind}; boundary={boundary}\r\n".encode()
    body = b"".join(f"--{boundary}\r\n".encode() + part + b"\r\n" for part in parts)
    return head + b"\r\n" + body + f"--{boundary}--\r\n".encode()


def composed(text: str, *files: tuple[bytes | str, str]) -> bytes:
    """A mail with that text and those files: (content, name), a text's content as str."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "a@b.com", "hello@balcony.example", "x"
    message.set_content(text)
    for content, name in files:
        if isinstance(content, str):
            message.add_attachment(content, filename=name)
        else:
            main, sub = TYPES[name.rpartition(".")[2]].split("/")
            message.add_attachment(content, main, sub, filename=name)
    return message.as_bytes()


TYPES = {"csv": "text/csv", "dat": "application/ms-tnef", "csv\x01": "text/csv"}


def nested(levels: int) -> bytes:
    body = b"Content-Type: text/plain\r\n\r\nat the bottom"
    for level in range(levels):
        body = multipart("mixed", body, boundary=f"b{level}")
    return b"From: a@b.com\r\n" + body


def big() -> bytes:
    message = EmailMessage()
    message["From"] = "a@b.com"
    message.set_content("ten megabytes attached")
    message.add_attachment(b"\x00\x01" * 5_000_000, maintype="application", subtype="zip", filename="big.zip")
    return message.as_bytes()


def with_picture() -> bytes:
    message = EmailMessage()
    message["From"] = "a@b.com"
    message.set_content("see the picture")
    message.add_alternative("<p>see <img src='cid:pic'></p>", subtype="html")
    html = message.get_payload()[1]  # type: ignore[index]
    html.add_related(b"\x89PNG", "image", "png", cid="<pic>", filename="logo.png")  # type: ignore[union-attr]
    return message.as_bytes()


CORPUS: list[tuple[str, bytes, str, list[tuple[str, str]]]] = [
    # what it is, the mail, its text, its attachments
    ("plain ascii", eml("", b"hello\r\nthere"), "hello\nthere", []),
    ("utf-8, 8 bit", eml("Content-Type: text/plain; charset=utf-8\n", "günaydın 👋".encode()), "günaydın 👋", []),
    ("no charset, utf-8 bytes", eml("", "çay".encode()), "çay", []),
    ("no charset, other bytes", eml("", b"caf\xe9"), "café", []),
    ("windows-1254", eml("Content-Type: text/plain; charset=windows-1254\n", "şğı".encode("cp1254")), "şğı", []),
    (
        "iso-8859-9, quoted-printable",
        eml(
            "Content-Type: text/plain; charset=iso-8859-9\nContent-Transfer-Encoding: quoted-printable\n",
            b"te=FEekk=FCr=\r\nler",
        ),
        "teşekkürler",
        [],
    ),
    (
        "hebrew, iso-8859-8-i",
        eml("Content-Type: text/plain; charset=iso-8859-8-i\n", "שלום".encode("iso-8859-8")),
        "שלום",
        [],
    ),
    (
        "japanese, iso-2022-jp",
        eml("Content-Type: text/plain; charset=iso-2022-jp\n", "こんにちは".encode("iso-2022-jp")),
        "こんにちは",
        [],
    ),
    ("chinese, gb2312", eml("Content-Type: text/plain; charset=gb2312\n", "你好".encode("gb18030")), "你好", []),
    (
        "utf-16, base64",
        eml(
            "Content-Type: text/plain; charset=utf-16\nContent-Transfer-Encoding: base64\n",
            base64.b64encode("selam".encode("utf-16")),
        ),
        "selam",
        [],
    ),
    ("a charset that is none", eml("Content-Type: text/plain; charset=klingon\n", "nuqneH ş".encode()), "nuqneH ş", []),
    ("a charset of domain names", eml("Content-Type: text/plain; charset=idna\n", "çay".encode()), "çay", []),
    ("a charset that ends in zero", eml('Content-Type: text/plain; charset="utf-8\0"\n', "çay".encode()), "çay", []),
    (
        "a charset with its own charset",
        eml("Content-Type: text/plain; charset*=utf-8''windows-1254\n", "şğı".encode("cp1254")),
        "şğı",
        [],
    ),
    (
        "a charset in pieces without order",
        eml("Content-Type: text/plain; charset*=a; charset*0=b\n", "çay".encode()),
        "çay",
        [],
    ),
    (
        "a parameter of five thousand digits",
        eml(f"Content-Type: text/plain; x*{'9' * 5_000}=a\n", "çay".encode()),
        "çay",
        [],
    ),
    (
        "a boundary in a charset of domain names",
        eml("Content-Type: multipart/mixed; boundary*=idna''x\n", b"--x\r\n\r\nhello\r\n--x--"),
        "hello",
        [],
    ),
    (
        "a name in a charset of domain names",
        eml("Content-Type: text/csv; name*=idna''%C3%A7ay.csv\n", b"1"),
        "",
        [("çay.csv", "text/csv")],
    ),
    ("a charset that is a codec", eml("Content-Type: text/plain; charset=unicode_escape\n", rb"\u0041"), r"\u0041", []),
    ("the wrong charset", eml("Content-Type: text/plain; charset=us-ascii\n", "çay".encode()), "çay", []),
    ("broken base64", eml("Content-Transfer-Encoding: base64\n", b"aGVsbG8*gdGhlcmU"), "hello there", []),
    (
        "html only",
        eml("Content-Type: text/html; charset=utf-8\n", b"<style>p{}</style><p>one<br>two &amp; three</p>"),
        "one\ntwo & three",
        [],
    ),
    ("html and a picture", with_picture(), "see the picture", [("logo.png", "image/png")]),
    ("nested multiparts", nested(50), "at the bottom", []),
    (
        "a mail in a mail",
        b"From: a@b.com\r\n"
        + multipart(
            "mixed",
            b"\r\nsee below",
            b"Content-Type: message/rfc822\r\n\r\nSubject: inner\r\nFrom: c@d.com\r\n\r\ninner text",
        ),
        "see below",
        [("attachment-1.eml", "message/rfc822")],
    ),
    (
        "two attachments of one name",
        composed("two", (b"1", "a.csv"), (b"2", "a.csv")),
        "two",
        [("a.csv", "text/csv"), ("a.csv", "text/csv")],
    ),
    (
        "a text that is attached",
        composed("body", ("log", "log.txt")),
        "body",
        [("log.txt", "text/plain")],
    ),
    (
        "a name that climbs out",
        composed("x", (b"1", "../../etc/passwd.csv\x01")),
        "x",
        [("etc_passwd.csv", "text/csv")],
    ),
    ("no body", eml(""), "", []),
    ("no blank line", b"From: a@b.com\r\nSubject: x", "", []),
    ("bare line feeds", b"From: a@b.com\nSubject: x\n\nhello", "hello", []),
    ("no end of the multipart", b"From: a@b.com\r\n" + multipart("mixed", b"\r\nhello")[:-9], "hello", []),
    ("no boundary", eml("Content-Type: multipart/mixed\n", b"--x\r\n\r\nhello"), "--x\n\nhello", []),
    ("an empty multipart", b"From: a@b.com\r\n" + multipart("mixed"), "", []),
    ("a header that is none", b"From: a@b.com\r\nthis is no header\r\n\r\nhello", "this is no header\n\nhello", []),
    ("ten megabytes", big(), "ten megabytes attached", [("big.zip", "application/zip")]),
    (
        "outlook's wrapper",
        composed("x", (b"\x78\x9f\x3e\x22", "winmail.dat")),
        "x",
        [("winmail.dat", "application/ms-tnef")],
    ),
]


@pytest.mark.parametrize(("raw", "text", "attachments"), [row[1:] for row in CORPUS], ids=[row[0] for row in CORPUS])
def test_mail_of_every_kind_is_read_and_makes_an_event(
    raw: bytes, text: str, attachments: list[tuple[str, str]]
) -> None:
    mail = read_mail(raw)
    assert mail.text == text
    assert [(one.name, one.type) for one in mail.attachments] == attachments
    found = mail_events(mail, Authentication(id="m1", verdicts=PASS, vouched="b.com"), raw, [], (), NOW)
    assert found.events[0].type == "email.received"
    assert found.events[0].identities == (("email#a@b.com",) if mail.author else ())
    for event in found.events:
        document = json.dumps(to_json(event))
        assert len(document) < MAX_EVENT_BYTES
        assert from_json(json.loads(document)) == event


@pytest.mark.parametrize("raw", [b"", b"\r\n", b"\x00\x01\x02", b"just text without any header", b"PK\x03\x04" * 100])
def test_what_has_no_headers_is_no_mail(raw: bytes) -> None:
    with pytest.raises(Malformed):
        read_mail(raw)


def test_parts_without_end_are_refused_and_not_followed() -> None:
    with pytest.raises(Malformed) as refused:
        read_mail(nested(51))
    assert refused.value.reason == TOO_MANY_MULTIPARTS(count=50)


SLOW = {
    "parameters within quotes": b'Content-Type: text/plain; x="' + b";" * 300_000,
    "parameters on folded lines": b"Content-Disposition: attachment" + b';\r\n x="' * 40_000,
    "hidden behind bare returns": b'A: b\rContent-Type: text/plain; x="' + b";" * 300_000,
    "multiparts side by side": b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n" % n for n in range(60)),
    "multiparts on folded lines": b"".join(
        b"content-type:\r\n Multipart/x; boundary=b%d\r\n\r\n" % n for n in range(60)
    ),
}


@pytest.mark.parametrize("raw", SLOW.values(), ids=SLOW.keys())
def test_mail_made_to_be_slow_is_refused_before_it_is_parsed(raw: bytes) -> None:
    with pytest.raises(Malformed):
        read_mail(b"From: a@b.com\r\n" + raw)


def test_a_mail_at_the_bounds_of_lines_and_headers_is_read_and_one_beyond_is_not() -> None:
    head = b"From: a@b.com\r\nX-A: "
    kept = read_mail(head + b"b" * (MAX_HEADER_BYTES - len(head) - 1) + b"\r\n\r\nhello")
    assert kept.text == "hello"
    with pytest.raises(Malformed) as refused:
        read_mail(head + b"b" * MAX_HEADER_BYTES + b"\r\n\r\nhello")
    assert refused.value.reason.code == HEADERS_TOO_LARGE.code
    assert read_mail(b"From: a@b.com\r\n\r\nhello" + b"\r\n" * (MAX_LINES - 2)).text == "hello"
    with pytest.raises(Malformed) as refused:
        read_mail(b"From: a@b.com\r\n\r\nhello" + b"\r\n" * MAX_LINES)
    assert refused.value.reason == TOO_MANY_LINES(count=MAX_LINES, found=MAX_LINES + 2)


BOMBS = {
    "comments in comments": b"From: " + b"(" * 19_000,
    "encoded words": b"Subject: " + b"=?a?q?" * 100_000,
    "many addresses": b"To: " + b"a@b.c," * 100_000,
    "many headers": b"".join(b"X-%d: =?utf-8?q?a?=\r\n" % n for n in range(20_000)),
    "half a character": rb"Subject: =?utf-8?q?a?= \ud800 b",
}


@pytest.mark.parametrize("raw", BOMBS.values(), ids=BOMBS.keys())
def test_headers_without_measure_are_cut(raw: bytes) -> None:
    mail = read_mail(b"Date: x\r\n" + raw + b"\r\n\r\nhello")
    assert mail.text == "hello"
    assert len(mail.headers) <= 500
    assert all(len(value) <= 20_000 for _, value in mail.headers)
    json.dumps(mail.headers, ensure_ascii=False).encode()


SUBJECTS = [
    ("=?utf-8?q?Ay=C5=9Fe?=", "Ayşe"),
    ("=?iso-8859-9?b?3mltZGk=?= =?utf-8?q?_ge=C3=A7?=", "Şimdi geç"),
    ("=?utf-8?b?xZ4=?=\r\n =?utf-8?b?xLE=?=", "Şı"),
    ("Re: =?utf-8?q?a?= and b", "Re: a and b"),
    ("=?utf-8?b?!!!?= left", "left"),
    ("=?klingon?q?Q=61?=", "Qa"),
    ("plain", "plain"),
    ("raw çay", "raw çay"),
    ("=?utf-8?q?two=0D=0ABcc:_x@y.z?=", "two Bcc: x@y.z"),
    ("=?utf-8?q?a=00b?=", "ab"),
]


@pytest.mark.parametrize(("written", "read"), SUBJECTS, ids=[row[1] for row in SUBJECTS])
def test_subjects_are_decoded_on_one_line(written: str, read: str) -> None:
    assert read_mail(f"Subject: {written}\r\n\r\n".encode()).header("subject") == read


def test_a_name_cannot_bring_an_address_along() -> None:
    raw = b"From: =?utf-8?q?victim=40bank=2Ecom=2C?= <thief@evil.example>\r\n\r\n"
    (person,) = read_mail(raw).people["from"]
    assert (person.address, person.name) == ("thief@evil.example", "victim@bank.com,")


def received(
    name: str, receipt: Authentication | None = None, own: tuple[str, ...] = (), stored: tuple[str, ...] = ()
) -> ReceivedMail:
    raw = sample(f"email/{name}.eml")
    mail = read_mail(raw)
    return mail_events(mail, receipt or authentication_of_headers(mail, f"ses-{name}"), raw, stored, own, NOW)


def test_a_reply_of_a_person_is_received_and_counts_as_an_answer() -> None:
    mail, answer = received("reply").events
    assert mail.id == ids.event_id("email", "ses-reply")
    assert mail.time == datetime(2026, 3, 14, 9, 30, 5, 999_000, tzinfo=UTC)
    assert mail.data["from"] == "ayse.yilmaz@example.com"
    assert mail.data["from_name"] == "Ayşe Yılmaz"
    assert mail.data["subject"] == "Ynt: Fiyat teklifiniz"
    assert mail.data["recipients"] == ["hello@balcony.example"]
    assert mail.data["text"].startswith("Teşekkürler, teklifi kabul ediyorum.\n\n14 Mar")
    assert mail.data["reply"] == "Teşekkürler, teklifi kabul ediyorum."
    assert mail.data["in_reply_to"] == "0107018e2a3b4c5d-6e7f8091-2a3b-4c5d-8e9f-000000@eu-central-1.amazonses.com"
    assert mail.data["answers_ses_ids"] == ["0107018e2a3b4c5d-6e7f8091-2a3b-4c5d-8e9f-000000"]
    assert mail.data["verdicts"] == PASS
    assert mail.data["automatic"] is False
    assert (answer.type, answer.identities, answer.time) == (
        "contact.replied",
        ("email#ayse.yilmaz@example.com",),
        mail.time,
    )
    assert answer.data["channel"] == "email"
    assert answer.data["text"] == "Teşekkürler, teklifi kabul ediyorum."


def test_attachments_are_listed_with_the_place_where_they_are_kept() -> None:
    (mail, _) = received("order_with_attachment", stored=("mail/1/siparis.pdf",)).events
    assert mail.data["attachments"] == [
        {
            "name": "sipariş listesi.pdf",
            "type": "application/pdf",
            "size": 20,
            "inline": False,
            "key": "mail/1/siparis.pdf",
        }
    ]
    assert mail.data["to"] == ["hello@balcony.example", "sales@balcony.example"]
    assert mail.data["cc"] == ["mehmet.demir@example.org"]
    assert mail.data["from_name"] == "Demir, Mehmet"


def test_an_invitation_keeps_its_calendar_entry() -> None:
    raw = sample("email/invitation.eml")
    (attachment,) = read_mail(raw).attachments
    assert (attachment.name, attachment.type) == ("attachment-1.ics", "text/calendar")
    assert b"UID:measure-1@example.com" in attachment.content


AUTOMATIC = [
    ("Auto-Submitted: auto-replied\n", "auto_submitted"),
    ("Auto-Submitted: auto-generated; x=y\n", "auto_submitted"),
    ("Auto-Submitted: no\n", None),
    ("Auto-Submitted: \n", None),
    ("Precedence: bulk\n", "precedence"),
    ("Precedence: first-class\n", None),
    ("X-Autoreply: yes\n", "automatic_reply"),
    ("X-Autoresponder: yes\n", "automatic_reply"),
    ("X-Autorespond: \n", "automatic_reply"),
    ("X-AutoReply-From: a@b.com\n", "automatic_reply"),
    ("X-Mail-Autoreply: yes\n", "automatic_reply"),
    ("X-Auto-Reply: 1\n", "automatic_reply"),
    ("X-Autoreply: no\n", None),
    ("X-Autoresponder: FALSE\n", None),
    ("X-Auto-Response-Suppress: All\n", "automatic_reply"),
    ("X-Auto-Response-Suppress: None\n", None),
    ("X-Autogenerated: Reply\n", "automatic_reply"),
    ("Auto-Generated: yes\n", "automatic_reply"),
    ("X-Automatic-Reply: x\n", "automatic_reply"),
    ("X-Vacation-Reply: x\n", "automatic_reply"),
    ("X-FC-MachineGenerated: true\n", "automatic_reply"),
    ("X-POST-MessageClass: 9; Autoresponder\n", "automatic_reply"),
    ("Delivered-To: Autoresponder\n", "automatic_reply"),
    ("Delivered-To: autoreply@balcony.example\n", None),
    ("X-MS-Exchange-AutoForwarded: true\n", None),
    ("X-Auto-Submitted: auto-replied\n", "auto_submitted"),
    ("Auto-Submitted: no (a person)\n", None),
    ("Auto-Submitted: No; x=y\n", None),
    ("X-Precedence: bulk\n", "precedence"),
    ("Preference: auto_reply\n", "precedence"),
    ("Precedence: Auto-Reply\n", "precedence"),
    ("Precedence: junk (vacation)\n", "precedence"),
    ("X-Failed-Recipients: a@b.com\n", "delivery_report"),
    ("Mailing-List: list news@example.com\n", "mailing_list"),
    ("List-Id: <news.example.com>\n", "mailing_list"),
    ("List-Unsubscribe: <https://example.com/u>\n", "mailing_list"),
    ("Return-Path: <>\n", "empty_return_path"),
    ("Return-Path: <a@b.com>\n", None),
    ("X-Whenthen-Job: job_1\n", "own_mail"),
    ("Content-Type: multipart/report; boundary=r\n", "delivery_report"),
    ("", None),
]


@pytest.mark.parametrize(("headers", "reason"), AUTOMATIC, ids=[row[0].strip() or "nothing" for row in AUTOMATIC])
def test_what_a_program_wrote_shows_by_its_headers(headers: str, reason: str | None) -> None:
    assert automatic(read_mail(eml(headers)), Authentication()) == reason


@pytest.mark.parametrize("headers", [row[0] for row in AUTOMATIC if row[1] == "automatic_reply"])
def test_what_an_autoresponder_wrote_is_no_answer_and_changes_no_consent(headers: str) -> None:
    raw = eml(headers, b"STOP")
    (event,) = mail_events(read_mail(raw), Authentication(id="m", vouched="b.com"), raw, [], (), NOW).events
    assert (event.type, event.data["automatic"]) == ("email.received", True)
    assert consent_signal(event) is None


@pytest.mark.parametrize("name", ["out_of_office", "bounce"])
def test_automatic_mail_is_received_and_marked_but_is_no_answer(name: str) -> None:
    (mail,) = received(name).events
    assert mail.data["automatic"] is True
    assert mail.data["automatic_reason"]


EARLIER = datetime(2026, 3, 19, 23, 59, tzinfo=UTC)
WITHIN_THAT_SECOND = datetime(2026, 3, 19, 23, 59, 0, 450_000, tzinfo=UTC)


@pytest.mark.parametrize(
    ("taken", "time"),
    [(EARLIER, EARLIER.replace(microsecond=999_000)), (None, NOW), (datetime(2026, 3, 21, tzinfo=UTC), NOW)],
    ids=["SES says", "SES says nothing", "later than it was stored"],
)
@pytest.mark.parametrize("date", ["Sat, 14 Mar 2099 09:30:00 +0000", "Thu, 01 Jan 1970 00:00:00 +0000", "x", ""])
def test_a_mail_is_of_the_time_at_which_ses_took_it(taken: datetime | None, time: datetime, date: str) -> None:
    raw = eml(f"Date: {date}\n")
    events = mail_events(read_mail(raw), Authentication(id="m", time=taken, vouched="b.com"), raw, [], (), NOW).events
    assert [event.time for event in events] == [time, time]
    assert events[0].data.get("date", "")[:4] in date, "what the sender says stays in the data"


def test_a_mail_of_the_second_in_which_it_was_stored_is_of_the_moment_at_which_it_was_stored() -> None:
    raw, at = eml(""), WITHIN_THAT_SECOND
    taken = Authentication(id="m", time=EARLIER, vouched="b.com")
    assert {event.time for event in mail_events(read_mail(raw), taken, raw, [], (), at).events} == {at}


def test_an_empty_return_path_and_our_own_address_make_mail_automatic() -> None:
    mail = read_mail(eml(""))
    assert automatic(mail, Authentication(return_path="")) == "empty_return_path"
    assert automatic(mail, Authentication(return_path="a@b.com")) is None
    assert automatic(mail, Authentication(), own_addresses=("a@b.com",)) == "own_address"
    assert automatic(read_mail(eml("", first="From: MAILER-DAEMON@b.com\n")), Authentication()) == "mail_system"


def with_receipt(vouched: str | None = "example.com", **verdicts: str) -> ReceivedMail:
    return received("order_with_attachment", Authentication(id="m1", verdicts={**PASS, **verdicts}, vouched=vouched))


def test_viruses_and_spam_make_no_event() -> None:
    for refused in (with_receipt(virus="FAIL"), with_receipt(spam="FAIL")):
        assert refused.events == ()
        assert refused.rejection
    assert with_receipt(spam="DISABLED", virus="PROCESSING_FAILED", dmarc="GRAY").rejection is None


@pytest.mark.parametrize("vouched", [None, "", "evil.example", "mail.example.com", "com"])
def test_a_sender_whom_nobody_vouches_for_is_no_known_person_and_has_not_replied(vouched: str | None) -> None:
    (mail,) = with_receipt(vouched).events
    assert (mail.type, mail.identities) == ("email.received", ())
    assert mail.data["from"] == "mehmet@example.com"


SEVERAL = {
    "two headers": b"From: a@b.com\r\nFrom: c@b.com\r\n",
    "two addresses": b"From: a@b.com, c@b.com\r\n",
    "another beyond the headers that are kept": b"From: a@b.com\r\n" + b"X: y\r\n" * 600 + b"From: c@b.com\r\n",
    "one that only we see, behind a bare return": b"X: y\rFrom: a@b.com\r\r\nFrom: c@b.com\r\n",
    "one that only we see, above what is no header": b"From: a@b.com\r\nthis is no header\r\nFrom: c@b.com\r\n",
    "none": b"Subject: x\r\n",
}


@pytest.mark.parametrize("headers", SEVERAL.values(), ids=SEVERAL.keys())
def test_nobody_is_known_by_a_from_that_is_not_the_only_one(headers: bytes) -> None:
    raw = headers + b"\r\nhello"
    (mail,) = mail_events(read_mail(raw), Authentication(id="m", vouched="b.com"), raw, [], (), NOW).events
    assert mail.identities == ()


def test_a_mail_without_a_receipt_is_known_by_its_own_id_or_its_bytes() -> None:
    def id_of(raw: bytes) -> str:
        return mail_events(read_mail(raw), Authentication(), raw, [], (), NOW).events[0].id

    assert id_of(eml("Message-ID: <1@b.com>\n")) == ids.event_id("email", "<1@b.com>")
    assert id_of(eml("")) == id_of(eml("")) != id_of(eml("X-Y: z\n"))


def test_a_long_text_is_cut_to_what_an_event_takes() -> None:
    raw = eml("Content-Type: text/plain; charset=utf-8\n", ("ş" * 100 + "\r\n").encode() * 5_000)
    (mail, answer) = mail_events(read_mail(raw), Authentication(id="m", vouched="b.com"), raw, [], (), NOW).events
    assert mail.data["text_cut"] is True
    assert len(json.dumps(to_json(mail))) < MAX_EVENT_BYTES
    assert len(json.dumps(to_json(answer))) < MAX_EVENT_BYTES


def test_the_reply_is_the_text_without_what_it_quotes() -> None:
    raw = eml("", b"STOP\r\n\r\nOn Thu, Apr 3, 2025 at 10:12 AM Balcony <hello@balcony.example>\r\nwrote:\r\n> offer")
    received, answer = mail_events(read_mail(raw), Authentication(id="m", vouched="b.com"), raw, [], (), NOW).events
    assert received.data["text"].endswith("\n> offer")
    assert received.data["reply"] == answer.data["text"] == "STOP"


HTML = [
    ("<p>a</p><p>b</p>", "a\n\nb"),
    ("a<br/>b<BR>c", "a\nb\nc"),
    ("<head><title>no</title></head><body>yes</body>", "yes"),
    ("a<script>alert('<b>')</script>b<style>p{}</STYLE>c", "abc"),
    ("a<!-- <p>no</p> -->b<!-- never closed", "ab"),
    ("a<script>never closed", "a"),
    ("1 < 2 &lt; 3 &#351; &nbsp; &bogus;", "1 < 2 < 3 ş &bogus;"),
    ("<table><tr><td>a</td><td>b</td></tr></table>", "a b"),
    ("<a href='x'>link</a>\n  text", "link text"),
    ("<", "<"),
]


@pytest.mark.parametrize(("markup", "text"), HTML)
def test_html_reads_as_a_person_sees_it(markup: str, text: str) -> None:
    assert text_of_html(markup) == text


@pytest.mark.parametrize(
    "piece", ["<", "<!--", "<!", "<a", "<script", "<script>", "</script>", "&", "<p ", "<a b='", "\n \n"]
)
def test_no_markup_costs_more_than_its_length(piece: str) -> None:
    assert growth(lambda size: text_of_html(piece * (size // len(piece))), 80_000) < LINEAR


def test_an_attachment_costs_no_more_than_its_length() -> None:
    def read(size: int) -> None:
        raw = mails[size]
        assert mail_events(read_mail(raw), Authentication(id="m"), raw, [], (), NOW).events

    mails = {size: composed("a file", (b"\x00\x01" * (size // 2), "a.dat")) for size in (50_000, 800_000)}
    assert growth(read, 800_000) < LINEAR


def test_ten_megabytes_are_read_whole() -> None:
    (attachment,) = read_mail(big()).attachments
    assert attachment.content == b"\x00\x01" * 5_000_000


CODECS = sorted({*aliases, *aliases.values(), "idna", "punycode", "unicode_escape", "undefined", "oem", "palmos"})
DECLARED = [
    "text/plain; charset={}",
    'text/plain; charset="{}"',
    "text/plain; charset*=''{}",
    "text/plain; charset*={}''utf-8",
    "text/plain; charset*0={}; charset*=x",
    "multipart/mixed; boundary*={}''x",
    "text/csv; name*={}''%ff%00.csv",
    "message/rfc822; name*={}''x",
]


@settings(max_examples=examples(600, fast=150))
@given(
    st.sampled_from(CODECS) | st.text(max_size=40),
    st.sampled_from(DECLARED),
    st.sampled_from(
        [b"--x\n\n\xc5\n--x--", b"Content-Type: text/plain; charset=idna\n\n\xc5", b"+AGE- \x1b$B \\N{x} xn--a\xff"]
    ),
)
def test_no_declared_charset_raises(charset: str, declared: str, body: bytes) -> None:
    raw = eml(f"Content-Type: {declared.format(charset)}\nContent-Transfer-Encoding: 8bit\n", body)
    assert read_mail(raw).people["from"]


@pytest.mark.parametrize("charset", ["punycode", "idna", "unicode_escape", "utf-7"])
def test_no_declared_charset_costs_more_than_what_it_is_of(charset: str) -> None:
    def texts(size: int) -> bytes:
        head = f"Content-Type: text/plain; charset={charset}\nContent-Transfer-Encoding: 8bit\n"
        return eml(head, b"\xc5a-" + b"b9" * size)

    def names(size: int) -> bytes:
        part = f"Content-Type: application/zip; name*={charset}''\xc5a-{'b9' * (size // 20)}\r\n\r\nx".encode()
        return b"From: a@b.com\r\n" + multipart("mixed", *[part] * 20)

    assert growth(lambda size: read_mail(texts(size)), 80_000) < LINEAR
    assert growth(lambda size: read_mail(names(size)), 80_000) < LINEAR


LINES = st.sampled_from(
    [
        b"From: a@b.com",
        b"From: =?utf-8?b?",
        b"From: <<>>,,;:",
        b"Content-Type: multipart/mixed; boundary=x",
        b"--x",
        b"--x--",
        b"",
        b"Content-Type: message/rfc822",
        b"Content-Transfer-Encoding: base64",
        b"Content-Transfer-Encoding: x-uuencode",
        b"begin 666 a",
        b'Content-Type: text/html; charset="',
        b"Content-Disposition: attachment; filename*=klingon''%FF",
        b"Date: 99 Foo 99999",
        b"Content-Type: multipart/report; boundary*0=x; boundary*1=y",
        b"References: <a@b> <c@d",
        b"\xff\xfe\x00",
        b" folded",
        b"=?",
        b"\x00",
        b'Content-Disposition: attachment; filename="=?utf-8?q?=?="',
        b"Received: for <x@y>;",
        b"Content-Type: text/plain; charset=utf-7",
        b"Content-Type: text/plain; charset=idna",
        b"Content-Type: multipart/mixed; boundary*=idna''x",
        b"Content-Type: message/delivery-status",
        b"Content-Type: message/external-body; access-type=x",
        b"Content-Type: ;;;===",
    ]
)


@settings(max_examples=examples(400, fast=100))
@given(st.lists(LINES | st.binary(max_size=30), max_size=25), st.sampled_from([b"\r\n", b"\n", b"\r"]))
def test_no_mail_raises_anything_but_our_errors(lines: list[bytes], end: bytes) -> None:
    raw = end.join(lines)
    try:
        mail = read_mail(raw)
    except WhenthenError:
        return
    events: tuple[Event, ...] = mail_events(mail, authentication_of_headers(mail, None), raw, [], (), NOW).events
    for event in events:
        json.dumps(to_json(event), ensure_ascii=False).encode()


def test_every_sample_of_mail_is_read() -> None:
    for path in (EVENTS / "email").glob("*.eml"):
        assert received(path.stem).events, path.stem
