"""Stored templates on the deployed stack: saved, previewed, sent in two languages, and changed while runs go on."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from dev.demo import account
from dev.stack import Stack

LINES = "{% for line in record.lines %}{{ loop.index }}. {{ line.title }} {{ line.price|money('TRY') }}\n{% endfor %}"
TEXTS = {
    "en": {"subject": "Invoice {{ record.number }}", "text": f"Hello {{{{ record.name }}}}\n{LINES}"},
    "tr": {
        "subject": "Fatura {{ record.number }}",
        "text": f"Merhaba {{{{ record.name }}}}\n{LINES}Son gün {{{{ record.due_on|date('long') }}}}",
        "html": "<p>{{ record.name }}</p>{% for line in record.lines %}<i>{{ line.title }}</i>{% endfor %}",
    },
}


@pytest.fixture
def kind() -> str:
    """A kind of records that no other test uses."""
    return f"invoice_{uuid.uuid4().hex[:10]}"


def stored(stack: Stack, kind: str, texts: dict[str, Any] = TEXTS) -> str:
    return str(stack.api.post("/v1/templates", {"name": kind, "channel": "email", "texts": texts})["id"])


def rule_of(stack: Stack, kind: str, template: str) -> str:
    rule = {
        "name": f"Send {kind}",
        "kind": kind,
        "trigger": {"event": f"{kind}.created"},
        "steps": [{"id": "mail", "action": "send_email", "with": {"template": template, "purpose": "service"}}],
        "mode": "on",
    }
    return str(stack.api.post("/v1/rules", rule)["id"])


def invoice(stack: Stack, kind: str, external_id: str, language: str) -> str:
    """Create an invoice; returns the address that its mail goes to."""
    address = f"{kind}.{external_id}@example.com"
    fields = {
        "email": address,
        "name": "Ayşe <Y>",
        "number": external_id.upper(),
        "language": language,
        "due_on": "2026-03-05",
        "lines": [{"title": "Çay", "price": 5000}, {"title": "Şeker", "price": 7.5}],
    }
    stack.api.put(f"/v1/records/{kind}/{external_id}", fields)
    return address


def mail_to(stack: Stack, address: str) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        mails = (mail for mail in stack.mail.received()["messages"] if mail["headers"])
        return next((mail for mail in mails if address in mail["to"]), None)

    found = account.wait_for(look)
    assert found is not None, f"no mail to {address}"
    return found


def test_a_template_is_previewed_and_sent_in_two_languages(stack: Stack, kind: str) -> None:
    template = stored(stack, kind)
    rule = rule_of(stack, kind, template)
    assert stack.api.get(f"/v1/templates/{template}/uses") == {"rules": [rule]}
    turkish, english = invoice(stack, kind, "a1", "tr-TR"), invoice(stack, kind, "b2", "en")
    preview = stack.api.post(f"/v1/templates/{template}/preview", {"record": f"{kind}:a1"})
    assert (preview["language"], preview["locale"], preview["missing"]) == ("tr", "tr-TR", [])
    sent = mail_to(stack, turkish)
    assert sent["subject"] == preview["subject"] == "Fatura A1"
    assert sent["text"].strip().split("\n") == [
        "Merhaba Ayşe <Y>",
        "1. Çay ₺5.000,00",
        "2. Şeker ₺7,50",
        "Son gün 5 Mart 2026",
    ]
    assert sent["text"].strip() == preview["text"].strip()
    other = mail_to(stack, english)
    assert other["subject"] == "Invoice B2"
    assert "1. Çay TRY\u00a05,000.00" in other["text"]


def test_a_change_is_used_by_what_is_sent_from_then_on(stack: Stack, kind: str) -> None:
    template = stored(stack, kind, {"en": {"subject": "First", "text": "first"}})
    rule_of(stack, kind, template)
    changed = {"name": kind, "channel": "email", "texts": {"en": {"subject": "Second", "text": "second"}}}
    stack.api.put(f"/v1/templates/{template}", changed)
    assert mail_to(stack, invoice(stack, kind, "a1", "en"))["subject"] == "Second"


def test_a_template_in_use_stays_and_one_that_is_gone_fails_the_job(stack: Stack, kind: str) -> None:
    template = stored(stack, kind)
    rule = rule_of(stack, kind, template)
    assert stack.api.call("DELETE", f"/v1/templates/{template}").status == 409
    gone = rule_of(stack, f"{kind}x", f"{template}x")
    invoice(stack, f"{kind}x", "a1", "en")

    def look() -> dict[str, Any] | None:
        runs = stack.api.get(f"/v1/runs?rule={gone}")["items"]
        return runs[0] if runs and runs[0]["status"] == "failed" else None

    run = account.wait_for(look)
    assert run is not None
    (job,) = stack.api.get(f"/v1/runs/{run['id']}")["jobs"]
    assert job["reason"]["code"] == "stored_template.not_found"
    assert stack.api.get(f"/v1/rules/{rule}")["mode"] == "on"
