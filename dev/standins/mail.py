"""The mail that was sent through SES: its list from the emulator, and its headers from the relay.

`GET /_received` shows `{"messages": [{id, at, from, to, cc, bcc, subject, text, html, type, headers}]}`,
oldest first. `headers` is a list of `[name, value]` in their order, from what the emulator relayed by SMTP:
all of them for SendRawEmail, and those that the emulator itself writes for the other calls. It is empty for
the moment between a message's acceptance and its relay. `GET /_raw/{id}` shows `{"raw": …}`, the message as it
came, of the newest 200.
"""

from __future__ import annotations

import email
import email.policy
from collections import deque
from email.message import EmailMessage
from typing import Any

from dev import web
from dev.standins.exchange import Answer, Request
from dev.standins.server import StandIn

_MOST_RELAYED = 20_000
_MOST_RAW = 200
_RAW = "/_raw/"


class Mail(StandIn):
    """Show the mail that the emulator at `aws_url` took; `key` is the access key of its root."""

    name = "mail"

    def __init__(self, aws_url: str, key: str = "") -> None:
        super().__init__()
        self._aws_url = aws_url
        self._headers = {"Authorization": f"AWS4-HMAC-SHA256 Credential={key}/"}
        self._relayed: deque[EmailMessage] = deque(maxlen=_MOST_RELAYED)
        self._raw: deque[tuple[str, str]] = deque(maxlen=_MOST_RAW)
        self._forgotten: set[str] = set()

    def relay(self, content: bytes) -> None:
        """Take a message that came by SMTP."""
        message = email.message_from_bytes(content, policy=email.policy.default)
        with self.lock:
            self._relayed.append(message)
            self._raw.append((_bare_id(message), content.decode("ascii", "replace")))

    def act(self, request: Request) -> Answer:
        if request.path.startswith(_RAW):
            with self.lock:
                raw = next((text for name, text in self._raw if name == request.path.removeprefix(_RAW)), None)
            return Answer(404, {"error": "no such mail"}) if raw is None else Answer(200, {"raw": raw})
        return Answer(404, {"error": f"there is nothing at {request.path}; look at /_received"})

    def received(self) -> dict[str, Any]:
        with self.lock:
            by_id = {_bare_id(message): message for message in self._relayed}
            listed = [entry for entry in self._listed() if entry["MessageId"] not in self._forgotten]
        return {"messages": [_shown(entry, by_id.get(entry["MessageId"])) for entry in listed]}

    def forget(self) -> None:
        self._forgotten.update(entry["MessageId"] for entry in self._listed())
        self._relayed.clear()
        self._raw.clear()

    def _listed(self) -> list[dict[str, Any]]:
        url = f"{self._aws_url}/_ministack/ses/messages"
        document = web.call("GET", url, headers=self._headers, seconds=60).json()
        entries = [entry for account in document["messages"].values() for entry in account]
        return sorted(entries, key=lambda entry: float(entry["Timestamp"]))


def _bare_id(message: EmailMessage) -> str:
    return str(message["message-id"] or "").strip().strip("<>")


def _shown(entry: dict[str, Any], relayed: EmailMessage | None) -> dict[str, Any]:
    return {
        "id": entry["MessageId"],
        "at": entry["Timestamp"],
        "from": entry["Source"],
        "to": entry["To"],
        "cc": entry["CC"],
        "bcc": entry["BCC"],
        "subject": str(relayed["subject"] or "") if relayed else entry["Subject"],
        "text": _lines(_part(relayed, "plain") if relayed else entry["BodyText"]),
        "html": _lines(_part(relayed, "html") if relayed else entry["BodyHtml"]),
        "type": entry["Type"],
        "headers": [[name, str(value)] for name, value in relayed.items()] if relayed else [],
    }


def _part(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    return str(part.get_content()) if part is not None else ""


def _lines(text: str | None) -> str:
    """Return a text with its line ends as a reader has them: mail ends lines by CRLF."""
    return (text or "").replace("\r\n", "\n")
