"""Stand in for rooms of Slack and Teams: `POST /slack/<room>` and `POST /teams/<room>` take what webhooks take.

`GET /_received` shows `{"messages": [{way, room, text}]}`, oldest first. Slack refuses what is no message of its own
with 400 `invalid_payload`. Teams answers 202 to anything, and shows nothing of what is no card, as it does. A
programmed fault with a status is answered in the provider's own shape: for Slack, the error as a plain text.
"""

from __future__ import annotations

from typing import Any

from dev.standins.exchange import Answer, Fault, Request
from dev.standins.server import StandIn

CARD = "application/vnd.microsoft.card.adaptive"
SLACK_ERRORS = {
    400: "invalid_payload",
    403: "action_prohibited",
    404: "channel_not_found",
    410: "channel_is_archived",
    429: "rate_limited",
    500: "rollup_error",
}
"""Status → the error that Slack answers with it."""


class Rooms(StandIn):
    """The rooms of Slack and Teams."""

    name = "rooms"

    def __init__(self) -> None:
        super().__init__()
        self._messages: list[dict[str, Any]] = []

    def act(self, request: Request) -> Answer:
        way, _, room = request.path.strip("/").partition("/")
        if way == "slack":
            return self._slack(room, request.json())
        return self._teams(room, request.json()) if way == "teams" else Answer(404)

    def failure(self, fault: Fault) -> Answer:
        text = SLACK_ERRORS.get(fault.status, "") if fault.path.startswith("/slack") else ""
        return Answer(fault.status, fault.document, fault.headers, text)

    def shown(self) -> dict[str, Any]:
        return {"messages": list(self._messages)}

    def forget(self) -> None:
        self._messages.clear()

    def _slack(self, room: str, document: Any) -> Answer:
        text = document.get("text") if isinstance(document, dict) else None
        if not isinstance(text, str) or not text.strip():
            return Answer(400, text=SLACK_ERRORS[400])
        self._show("slack", room, text)
        return Answer(200, text="ok")

    def _teams(self, room: str, document: Any) -> Answer:
        for card in _cards(document):
            blocks = card.get("body") if isinstance(card, dict) else None
            texts = [block.get("text", "") for block in blocks or [] if isinstance(block, dict)]
            self._show("teams", room, "\n".join(map(str, texts)))
        return Answer(202)

    def _show(self, way: str, room: str, text: str) -> None:
        with self.lock:
            self._messages.append({"way": way, "room": room, "text": text})


def _cards(document: Any) -> list[Any]:
    """Return the cards of a message; none if it is no message of Teams."""
    if not isinstance(document, dict) or document.get("type") != "message":
        return []
    found = document.get("attachments")
    attached = [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []
    return [each.get("content") for each in attached if each.get("contentType") == CARD]
