"""Mail as SES stores it: what a sender sent, with SES's own headers on top."""

from __future__ import annotations

from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

HOST = "mail.example.com"


def as_ses_stores(
    mail: EmailMessage | bytes, sender: str, at: datetime | None = None, results: str | None = None
) -> bytes:
    """A mail from the address `sender`, taken by SES `at` a time (now); `results` are SES's, without one all passed."""
    raw = mail if isinstance(mail, bytes) else mail.as_bytes(policy=SMTP)
    return headers_of_ses(sender, at or datetime.now(UTC), results or passed(sender)).encode() + raw


def passed(sender: str) -> str:
    """The results of a mail that its sender's domain sent and signed."""
    domain = sender.partition("@")[2]
    return f"{spf('pass', sender)} dkim=pass header.i=@{domain}; dmarc=pass header.from={domain};"


def spf(result: str, sender: str) -> str:
    """The clauses about the host: the envelope's `sender` stands in them as it was said."""
    found = f"(spfCheck: domain of {sender.partition('@')[2]} designates 192.0.2.10 as permitted sender)"
    return f"spf={result} {found} client-ip=192.0.2.10; envelope-from={sender}; helo={HOST};"


def headers_of_ses(sender: str, at: datetime, results: str, host: str = HOST) -> str:
    return (
        f"Return-Path: <{sender}>\r\n"
        f"Received: from {host} ({HOST} [192.0.2.10])\r\n"
        " by inbound-smtp.eu-central-1.amazonaws.com with SMTP id 7v1q0sample\r\n"
        " for hello@whenthen.example;\r\n"
        f" {format_datetime(at.astimezone(UTC))} (UTC)\r\n"
        "X-SES-Spam-Verdict: PASS\r\n"
        "X-SES-Virus-Verdict: PASS\r\n"
        f"Received-SPF: pass client-ip=192.0.2.10; envelope-from={sender}; helo={HOST};\r\n"
        f"Authentication-Results: amazonses.com;\r\n {results}\r\n"
        "X-SES-RECEIPT: AEFBQUFBQUFB\r\n"
        "X-SES-DKIM-SIGNATURE: a=rsa-sha256; q=dns/txt; b=AEFB; d=amazonses.com;\r\n"
    )
