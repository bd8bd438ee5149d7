"""Mail as it leaves the deployed stack: its parts read again, its invitation by icalendar, and its link clicked."""

from __future__ import annotations

import email
import urllib.request
import uuid
from collections.abc import Callable
from email.message import EmailMessage
from email.policy import strict
from typing import Any
from urllib.parse import urlsplit

import pytest

from dev import web
from dev.demo import account
from dev.stack import Stack
from tests.e2e.test_mail import arrives, mail, read


def name(prefix: str) -> str:
    return f"{prefix}.{uuid.uuid4().hex[:12]}@example.com"


def rule_of(stack: Stack, event: str, address: str, *steps: dict[str, Any], kind: str = "contact") -> str:
    document = {
        "name": f"Send {address}",
        "kind": kind,
        "trigger": {"event": event},
        "conditions": {"field": "record.email", "op": "equals", "value": address},
        "steps": [{"id": f"s{place}", "action": "send_email", "with": step} for place, step in enumerate(steps)],
        "mode": "on",
    }
    return str(stack.api.post("/v1/rules", document)["id"])


def run_of(stack: Stack, rule_id: str) -> dict[str, Any]:
    """The rule's run, when all its jobs have an outcome."""

    def look() -> dict[str, Any] | None:
        for run in stack.api.get(f"/v1/runs?rule={rule_id}")["items"]:
            state: dict[str, Any] = stack.api.get(f"/v1/runs/{run['id']}")
            if state["status"] in ("done", "failed", "skipped"):
                return state
        return None

    state = account.wait_for(look)
    assert state is not None
    return state


def sent(stack: Stack, job: dict[str, Any]) -> EmailMessage:
    """The mail of a job as it went out, read by a parser that forgives nothing."""
    assert job["status"] == "done", job

    def look() -> EmailMessage | None:
        answer = web.call("GET", f"{stack.mail.base_url}/_raw/{job['result']['message_id']}")
        if answer.status != 200:
            return None
        message = email.message_from_string(answer.json()["raw"], policy=strict)
        assert isinstance(message, EmailMessage)
        return message

    message = account.wait_for(look)
    assert message is not None
    return message


def test_an_answer_carries_the_customer_s_file_to_everyone_in_its_thread(stack: Stack) -> None:
    address, colleague, office = name("deniz"), name("ayse"), name("office")
    agent, company = uuid.uuid4().hex[:12], uuid.uuid4().hex[:12]
    stack.api.put(f"/v1/records/agent/{agent}", {"name": "Ayşe Kaya", "email": colleague})
    stack.api.put(f"/v1/records/company/{company}", {"email": office})
    fields = {"email": address, "owner": f"agent:{agent}", "company": f"company:{company}"}
    stack.api.post("/v1/records/contact", fields)
    step = {
        "to": ["contact", "company"],
        "cc": "owner",
        "from": "owner",
        "subject": "Re: {{ event.data.subject }}",
        "html": "<style>p {color: red}</style><p>Thank you, <a href='https://x.example/'>here</a></p>",
        "attachments": "event",
        "purpose": "service",
    }
    rule_id = rule_of(stack, "email.received", address, step)
    message = mail(address, "Look", Message_ID="<m1@mail.example>")
    message.add_attachment(b"%PDF-1.7", maintype="application", subtype="pdf", filename="Ağustos.pdf")
    read(stack, arrives(stack, message))
    found = sent(stack, run_of(stack, rule_id)["jobs"][0])
    assert [each.addr_spec for each in found["To"].addresses] == [address, office]
    assert [each.addr_spec for each in found["Cc"].addresses] == [colleague]
    (sender,), (answers,) = found["From"].addresses, found["Reply-To"].addresses
    assert (sender.display_name, answers.addr_spec) == ("Ayşe Kaya", colleague)
    assert (found["In-Reply-To"], found["List-Unsubscribe"]) == ("<m1@mail.example>", None)
    html, plain = found.get_body(("html",)), found.get_body(("plain",))
    assert html is not None
    assert plain is not None
    assert 'style="color: red;"' in html.get_content()
    assert "here (https://x.example/)" in plain.get_content()
    (file,) = found.iter_attachments()
    assert (file.get_filename(), file.get_content()) == ("Ağustos.pdf", b"%PDF-1.7")


def test_an_invitation_is_read_again_and_taken_back(stack: Stack) -> None:
    icalendar = pytest.importorskip("icalendar")
    address = name("guest")
    asks = {"starts_at": "2026-04-01T10:00:00+03:00", "minutes": 30, "title": "Görüşme, A; B"}
    step = {"subject": "Meeting", "text": "See you", "invitation": asks}
    rule_id = rule_of(stack, "contact.created", address, step, {**step, "invitation": {**asks, "cancelled": True}})
    stack.api.post("/v1/records/contact", {"email": address})
    calendars = []
    for job in run_of(stack, rule_id)["jobs"]:
        (part,) = [part for part in sent(stack, job).walk() if part.get_content_type() == "text/calendar"]
        calendar = icalendar.Calendar.from_ical(part.get_payload(decode=True))
        assert part["Content-Type"].params["method"] == calendar["METHOD"]
        calendars.append(calendar)
    assert [calendar["METHOD"] for calendar in calendars] == ["REQUEST", "CANCEL"]
    first, second = (calendar.walk("VEVENT")[0] for calendar in calendars)
    assert (str(first["SUMMARY"]), str(first["ATTENDEE"])) == ("Görüşme, A; B", f"mailto:{address}")
    assert first["UID"] == second["UID"]
    assert int(second["SEQUENCE"]) >= int(first["SEQUENCE"])


def _posted(url: str, body: bytes = b"", type_: str = "application/x-www-form-urlencoded") -> tuple[int, str]:
    request = urllib.request.Request(url, data=body, method="POST", headers={"content-type": type_})  # noqa: S310
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 - the local stack
        return int(answer.status), answer.read().decode()


@pytest.fixture
def linked(stack: Stack) -> Callable[[str], str]:
    """The link of a mail, at the address by which this machine reaches the stack."""
    return lambda url: stack.api_url + urlsplit(url).path


def test_a_click_on_unsubscribe_ends_marketing_mail_and_the_page_begins_it_again(
    stack: Stack, linked: Callable[[str], str]
) -> None:
    address = name("news")
    step = {"subject": "News", "text": "{{ unsubscribe_url }} {{ preferences_url }}"}
    rule_id = rule_of(stack, "contact.created", address, step)
    path = f"/v1/records/contact/{stack.api.post('/v1/records/contact', {'email': address})['id']}"
    message = sent(stack, run_of(stack, rule_id)["jobs"][0])
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    header = str(message["List-Unsubscribe"]).split(",")[0].strip("<> ")
    body = message.get_body(("plain",))
    assert body is not None
    shown, choices = body.get_content().split()
    assert shown == header
    opened = web.call("GET", linked(header))
    assert (opened.status, "<form" in opened.body.decode()) == (200, True)

    def consents(*, wanted: bool) -> bool | None:
        consent = stack.api.get(path)["fields"].get("consent", {})
        return True if consent.get("email") is wanted else None

    assert _posted(linked(header), b"List-Unsubscribe=One-Click")[0] == 200
    assert account.wait_for(lambda: consents(wanted=False)) is not None
    again = rule_of(stack, "contact.updated", address, {"subject": "More", "text": "News"})
    stack.api.patch(path, {"tags": ["seen"]})
    job = run_of(stack, again)["jobs"][0]
    assert (job["status"], job["reason"]["code"]) == ("skipped", "consent.refused")
    assert _posted(linked(choices), b"channel=email")[0] == 200
    assert account.wait_for(lambda: consents(wanted=True)) is not None
