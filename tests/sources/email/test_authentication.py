"""SES's word on a mail is believed, and nothing that a sender can put beside it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.mails import HOST, as_ses_stores, headers_of_ses, passed, spf
from tests.sources.growth import LINEAR, growth
from tests.sources.samples import sample
from whenthen.sources.email.authentication import Authentication, authentication_of_headers
from whenthen.sources.email.mime import read_mail

AT = datetime(2026, 3, 14, 9, 30, 5, tzinfo=UTC)
VICTIM = "ayse@victim.example"
EVIL = "mallory@evil.example"
FAILED = "dmarc=fail header.from=victim.example;"
NONE = "dmarc=none header.from=victim.example;"


def receipt(raw: bytes) -> Authentication:
    return authentication_of_headers(read_mail(raw), "ses1")


def of_results(results: str, sender: str = EVIL, host: str = HOST) -> Authentication:
    return receipt(headers_of_ses(sender, AT, results, host).encode() + f"From: {VICTIM}\r\n\r\n".encode())


def test_the_headers_that_ses_puts_on_a_stored_mail_are_read() -> None:
    found = receipt(sample("email/reply.eml"))
    assert found == Authentication(
        id="ses1",
        time=AT,
        recipients=("hello@balcony.example",),
        verdicts={"spam": "PASS", "virus": "PASS", "spf": "PASS", "dkim": "PASS", "dmarc": "PASS"},
        vouched="example.com",
        return_path="ayse.yilmaz@example.com",
    )
    assert receipt(as_ses_stores(b"From: a@b.com\r\n\r\n", "a@b.com", AT)).vouched == "b.com"


RESULTS = [
    # what it is, SES's results, whom they vouch for
    ("everything passed", passed(VICTIM), "victim.example"),
    ("a signature of its relay", f"{spf('pass', EVIL)} dkim=pass header.i=@evil.example; {FAILED}", None),
    ("only DMARC says so", "dmarc=pass header.from=victim.example;", "victim.example"),
    ("capitals", "SPF=None; DMARC=Pass header.from=Victim.Example.;", "victim.example"),
    ("DMARC of no domain", "dmarc=pass;", None),
    ("DMARC for another", "dmarc=pass header.from=evil.example;", "evil.example"),
    ("no DMARC result", f"{spf('pass', VICTIM)} dkim=pass header.i=@victim.example;", None),
    ("DMARC cannot be looked up", f"{spf('pass', VICTIM)} dmarc=temperror header.from=victim.example;", None),
    ("no policy, sent by the domain", f"{spf('pass', VICTIM)} {NONE}", "victim.example"),
    ("no policy, signed by the domain", f"{spf('fail', EVIL)} dkim=pass header.i=@victim.example; {NONE}",
     "victim.example"),
    ("no policy, signed twice", f"dkim=pass header.i=@victim.example; dkim=fail header.i=@victim.example; {NONE}",
     "victim.example"),
    ("no policy, sent by another", f"{spf('pass', EVIL)} {NONE}", None),
    ("no policy, signed by another", f"{spf('pass', EVIL)} dkim=pass header.i=@evil.example; {NONE}", None),
    ("no policy, and nothing passed", f"{spf('fail', VICTIM)} dkim=fail header.i=@victim.example; {NONE}", None),
    ("no policy, sent by a part of the domain", f"{spf('pass', 'a@mail.victim.example')} {NONE}", None),
    ("no policy, signed by what holds the domain", f"{spf('none', EVIL)} dkim=pass header.i=@example; {NONE}", None),
]  # fmt: skip


@pytest.mark.parametrize(("results", "vouched"), [row[1:] for row in RESULTS], ids=[row[0] for row in RESULTS])
def test_results_vouch_for_a_domain_or_for_none(results: str, vouched: str | None) -> None:
    assert of_results(results, VICTIM).vouched == vouched


SIGNED = "dkim=pass header.i=@victim.example"
SENDERS = [
    "dmarc=pass@evil.example",
    "dmarc=pass header.from=victim.example@evil.example",
    "x;dmarc=pass header.from=victim.example;y@evil.example",
    '"x;dmarc=pass header.from=victim.example;y"@evil.example',
    '"x"; dmarc=pass header.from=victim.example; "y"@evil.example',
    f'"a;{SIGNED};b"@evil.example',
    f'"a;{SIGNED};dkim=fail header.i="@evil.example',
    f"a;{SIGNED};dkim=fail header.i=@evil.example",
    "a;envelope-from=ayse@victim.example;b@evil.example",
    '"a;envelope-from=ayse@victim.example;b"@evil.example',
    "=?utf-8?q?a=3B_dmarc=3Dpass_header.from=3Dvictim.example=3B?=@evil.example",
    "(a@evil.example",
    'a\\";dmarc=pass header.from=victim.example;@evil.example',
]
HOSTS = [
    "dmarc=pass",
    "x;dmarc=pass header.from=victim.example",
    f"x;{SIGNED}",
    f"x (y) by inbound-smtp.;{SIGNED}",
    f'"x;{SIGNED}"',
    "x)(",
]


@pytest.mark.parametrize("dmarc", [FAILED, NONE], ids=["DMARC fails", "no DMARC"])
@pytest.mark.parametrize("sender", SENDERS)
def test_a_sender_of_the_envelope_vouches_for_nobody(sender: str, dmarc: str) -> None:
    found = of_results(f"{spf('pass', sender)} {dmarc}", sender)
    assert found.vouched is None
    assert found.verdicts.get("dmarc") != "PASS"


@pytest.mark.parametrize("dmarc", [FAILED, NONE], ids=["DMARC fails", "no DMARC"])
@pytest.mark.parametrize("host", HOSTS)
def test_a_host_that_greets_vouches_for_nobody(host: str, dmarc: str) -> None:
    found = of_results(f"{spf('pass', EVIL).replace(HOST, host)} {dmarc}", host=host)
    assert found.vouched is None
    assert found.verdicts.get("dmarc") != "PASS"


def test_of_several_results_of_dmarc_none_is_believed() -> None:
    for results in (f"{FAILED} dmarc=pass header.from=victim.example;", f"dmarc=pass header.from=x; {FAILED}"):
        assert (of_results(results).vouched, of_results(results).verdicts["dmarc"]) == (None, "FAIL")


def test_comments_and_quoted_strings_say_nothing() -> None:
    said = f'spf=fail (a (b) "; dmarc=pass header.from=victim.example;) reason="; {SIGNED}; (" x; {NONE}'
    found = of_results(said)
    assert (found.vouched, found.verdicts["spf"], found.verdicts["dmarc"]) == (None, "FAIL", "NONE")
    assert "dkim" not in found.verdicts
    assert "dmarc" not in of_results(f"spf=pass (never closed; {FAILED}").verdicts
    assert "dmarc" not in of_results("dm(x)arc=pass header.from=victim.example;").verdicts


def headers(*lines: str) -> bytes:
    return "".join(f"{line}\r\n" for line in lines).encode() + f"From: {VICTIM}\r\n\r\n".encode()


FORGED = "Authentication-Results: amazonses.com; dmarc=pass header.from=victim.example;"
BY_SES = (
    "Received: from x (x [192.0.2.1]) by inbound-smtp.eu-west-1.amazonaws.com with SMTP id 1 for a@b.com; "
    "Sat, 14 Mar 2026 09:30:05 +0000 (UTC)"
)
PATH = f"Return-Path: <{EVIL}>"
BELOW = {
    "without anything of SES": [FORGED],
    "below a Received of their own": [PATH, "Received: from y by z; Sat, 14 Mar 2026 09:30:05 +0000", FORGED],
    "below SES's end": [PATH, BY_SES, "X-SES-RECEIPT: AEFB", FORGED],
    "below other headers": [PATH, BY_SES, "Subject: x", FORGED],
    "below SES's Received, with one of their own": [PATH, BY_SES, "Received: from y by z", FORGED],
    "without the envelope's sender": [BY_SES, FORGED],
    "of another service": [PATH, BY_SES, FORGED.replace("amazonses.com", "amazonses.com.evil.example")],
    "of no service": [PATH, BY_SES, FORGED.replace("amazonses.com; ", "")],
    "cut at its end": [PATH, BY_SES, FORGED + " x=y;" * 4_000],
}


@pytest.mark.parametrize("lines", BELOW.values(), ids=BELOW.keys())
def test_results_that_ses_did_not_write_do_not_count(lines: list[str]) -> None:
    found = receipt(headers(*lines))
    assert (found.vouched, dict(found.verdicts)) == (None, {})


def test_what_a_sender_writes_below_the_headers_of_ses_does_not_count() -> None:
    said = [FORGED.replace("dmarc=pass", "dmarc=fail"), "X-SES-Virus-Verdict: FAIL"]
    found = receipt(headers(PATH, BY_SES, *said, FORGED, "X-SES-Virus-Verdict: PASS"))
    assert found.verdicts == {"virus": "FAIL", "dmarc": "FAIL"}


@pytest.mark.parametrize("host", [HOST, "x for a@victim.example; Sat, 14 Mar 2099 00:00:00 +0000", *HOSTS])
def test_time_and_recipient_are_those_that_ses_wrote(host: str) -> None:
    found = of_results(passed(VICTIM), host=host)
    assert (found.time, found.recipients) == (AT, ("hello@whenthen.example",))


@pytest.mark.parametrize(
    "lines",
    [
        [],
        ["Received: from x by y for a@b.com; Sat, 14 Mar 2026 09:30:05 +0000"],
        ["Subject: x", BY_SES],
        [BY_SES.replace("14 Mar", "99 Mar")],
        [BY_SES.partition(";")[0]],
    ],
)
def test_no_time_is_better_than_one_that_a_sender_wrote(lines: list[str]) -> None:
    assert receipt(headers(*lines, "Date: Sat, 14 Mar 2099 09:30:05 +0000")).time is None


PIECES = st.sampled_from(
    ["dmarc=pass", "dkim=pass", "spf=pass", " header.from=victim.example", " header.i=@victim.example", ";", '"', "(",
     ")", "\\", " ", "@", "@victim.example", "@evil.example", "envelope-from=", "=?utf-8?q?=3B?=", "amazonses.com", "<",
     " by inbound-smtp.", "\r", "\n", "\r\n ", "\x00"]
)  # fmt: skip


@settings(max_examples=500)
@given(st.lists(PIECES, max_size=9).map("".join), st.lists(PIECES, max_size=9).map("".join), st.booleans())
def test_nothing_that_a_sender_says_on_the_way_vouches_for_another(sender: str, host: str, fails: bool) -> None:
    """SPF passed for somebody else's domain and nothing was signed, whatever the envelope says."""
    sender = sender.replace("@", ".") + "@evil.example"
    results = f"spf=pass (ok) client-ip=192.0.2.1; envelope-from={sender}; helo={host}; {FAILED if fails else NONE}"
    assert of_results(results, sender, host).vouched is None


@pytest.mark.parametrize("piece", ["(", '"', "\\", ";", "dkim=pass ", "header.i=@a ", "a" * 50, " header.a="])
def test_no_results_cost_more_than_their_length(piece: str) -> None:
    def read(size: int) -> Authentication:
        return receipt(
            headers(PATH, BY_SES, f"Authentication-Results: amazonses.com; spf={piece * (size // len(piece))}")
        )

    assert growth(read, 7_600) < LINEAR
