"""The mail that goes out, read back: names, subjects and addresses are what they were."""

from __future__ import annotations

from email import message_from_bytes
from email.policy import compat32, default

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from whenthen.adapters.providers.mail_writing import NO_HEADER_NAME, NOT_ONE_ADDRESS, UNWRITABLE, mime
from whenthen.domain.common.errors import Permanent
from whenthen.ports.outgoing import Mail
from whenthen.sources.email.headers import Person, people_of
from whenthen.sources.outgoing_mail.mailboxes import mailbox_of

NAMES = [
    "Yilmaz, Ayse",
    "Support (Billing)",
    "Ayşe Yılmaz",
    'Ayşe "Ay" Yılmaz',
    "back\\slash",
    "J. Smith",
    "a <b> c",
    "איילה כהן",
    "שלום, (עולם)",
    "x" * 200,
    "çay " * 40,
    "=?utf-8?q?a=0D=0AX-A:_b?=",
    "Ayşe =?utf-8?q?=0D=0ABcc:_b?=",
    "=?utf-8?b?!!?=",
    "=?",
    "👍🏽",
]


def sent_from(raw: bytes) -> str:
    return str(message_from_bytes(raw, policy=compat32)["From"])


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_read_as_it_was(name: str) -> None:
    raw = mime(Mail(sender=f"{name} <desk@example.com>", to="a@b.co", subject="x"))
    assert people_of([("from", sent_from(raw))], "from") == (Person("desk@example.com", name.strip()),)
    assert raw.isascii()
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998


@pytest.mark.parametrize("subject", [*NAMES, "a: b", "50% =?", "tab\u2028line", "x" * 500])
def test_a_subject_is_read_as_it_was(subject: str) -> None:
    found = message_from_bytes(mime(Mail(sender="desk@example.com", to="a@b.co", subject=subject)), policy=default)
    assert str(found["Subject"]).split() == subject.split()
    assert set(found.keys()) == {"From", "To", "Subject", "MIME-Version", "Content-Type", "Content-Transfer-Encoding"}


_TEXTS = st.lists(
    st.sampled_from(
        ["=?utf-8?q?", "=?utf-8?b?", "?=", "=0D=0A", "=40", "Bcc:", " ", ",", "(", '"', "\\", "ş", "a", ".", "_"]
    ),
    max_size=14,
).map("".join) | st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=60)


@given(name=_TEXTS, subject=_TEXTS)
def test_no_text_adds_a_header_whichever_reader_reads_it(name: str, subject: str) -> None:
    try:
        raw = mime(Mail(sender=f"{name} <desk@example.com>", to="a@b.co", subject=subject, headers={"X-A": name}))
    except Permanent:
        return
    for policy in (default, compat32):
        found = message_from_bytes(raw, policy=policy)
        assert found.keys()[:4] == ["From", "To", "Subject", "X-A"]
        assert len(found.keys()) == 7
    assert [one.addr_spec for one in message_from_bytes(raw, policy=default)["From"].addresses] == ["desk@example.com"]


@given(st.text(st.characters(categories=("L", "N", "P"), exclude_characters="@<>"), min_size=1, max_size=40))
def test_a_name_of_letters_and_signs_is_never_refused(name: str) -> None:
    raw = mime(Mail(sender=f"{name} <desk@example.com>", to="a@b.co", subject=name))
    box = mailbox_of(f"{name} <desk@example.com>")
    assert box is not None
    assume('"' not in box.name)  # a mark that nothing closes is left out when it is read
    assert people_of([("from", sent_from(raw))], "from") == (Person("desk@example.com", box.name),)


def test_a_domain_in_letters_of_its_language_is_written_in_ascii() -> None:
    found = message_from_bytes(
        mime(Mail(sender="desk@example.com", to="ali@çiçek.example", subject="x")), policy=default
    )
    assert found["To"] == "ali@xn--iek-1lab.example"


@pytest.mark.parametrize("to", ["ayşe@example.com", "a@b@c.co", "a b@c.co", "x", ""])
def test_an_address_that_no_mail_can_name_is_refused(to: str) -> None:
    with pytest.raises(Permanent) as caught:
        mime(Mail(sender="desk@example.com", to=to, subject="x"))
    reason = caught.value.reason
    # Of some addresses only the domain is written otherwise, and the letters before it fit no mail in seven bits.
    assert reason.code in (NOT_ONE_ADDRESS.code, UNWRITABLE.code)
    assert reason == NOT_ONE_ADDRESS(header="To", value=to) or reason.params["error"].endswith("Error")


@pytest.mark.parametrize("name", ["Content-Type", "MIME-Version", "X A", "X:A", "", "Çay"])
def test_a_header_of_another_name_is_refused(name: str) -> None:
    with pytest.raises(Permanent) as caught:
        mime(Mail(sender="desk@example.com", to="a@b.co", subject="x", headers={name: "x"}))
    assert caught.value.reason == NO_HEADER_NAME(header=name)
