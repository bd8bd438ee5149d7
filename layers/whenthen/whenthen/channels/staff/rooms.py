"""Post to a room of Slack or Teams, by an address that a secret holds for each of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from msgspec import Struct
from msgspec.structs import replace

from whenthen.channels.staff.action import SLACK, TEAMS
from whenthen.channels.staff.answers import code_of, row_of
from whenthen.channels.staff.messages import Message
from whenthen.domain.common.errors import NotFound, Permanent
from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.notices.notice import shortened
from whenthen.domain.sending.retry_after import retry_after
from whenthen.ports.outgoing import HttpRequest

if TYPE_CHECKING:
    from whenthen.channels.staff.colleagues import Colleague
    from whenthen.channels.staff.messages import Content
    from whenthen.ports.clock import Clock
    from whenthen.ports.providers import Http, Secrets

DEFAULT_ROOM = "default"
MAX_SLACK = 4_000
"""Characters of a message of Slack, above which it is shown in parts."""

MAX_TEAMS = 20_000
"""Bytes of a card of Teams: more are refused after they were encoded once more."""

MAX_NAMES = 10
"""Colleagues that a message names."""

# The secret `staff/<room>` holds no https address for this way.
NO_ROOM = ReasonCode("staff.no_room", "room", "way")
# `error` is the provider's own word; empty if it gives none.
ROOM_ANSWERED = ReasonCode("staff.room_answered", "way", "status", "error")


class RoomWay(Struct, frozen=True):
    """Post one message to a room, which names the colleagues whom it is for."""

    way: str
    http: Http
    secrets: Secrets
    clock: Clock

    def messages(self, content: Content, colleagues: list[Colleague], now: datetime) -> Iterator[Message]:
        """Yield the one message."""
        del now
        yield Message(self.way, content.room, partial(self._send, content, colleagues))

    def _send(self, content: Content, colleagues: list[Colleague]) -> None:
        body = json.dumps(WRITE[self.way](content, _names(colleagues)), ensure_ascii=False).encode()
        request = HttpRequest("POST", self._address(content.room), {"content-type": "application/json"}, body)
        answer = self.http.send(request)
        row = row_of(self.way, answer)
        if row is not None:
            reason = ROOM_ANSWERED(way=self.way, status=answer.status, error=code_of(answer))
            wish = retry_after(answer.headers.get("retry-after", ""), self.clock.now())
            raise replace(row, pause=wish).error(reason, str(answer.status))

    def _address(self, room: str) -> str:
        """Return the room's address, which whoever knows can post to. Raises Permanent, or Temporary."""
        try:
            kept = self.secrets.get(f"staff/{room}").get(self.way)
        except NotFound as error:
            raise Permanent(NO_ROOM(room=room, way=self.way)) from error
        if not isinstance(kept, str) or not urlsplit(kept).hostname:
            raise Permanent(NO_ROOM(room=room, way=self.way))
        return kept


def _names(colleagues: list[Colleague]) -> str:
    names = [each.name or each.person for each in colleagues[:MAX_NAMES]]
    return ", ".join([*names, "…"] if len(colleagues) > MAX_NAMES else names)


def slack_message(content: Content, names: str) -> dict[str, Any]:
    """Write a message of Slack: its text, in which nothing that a customer wrote becomes a mention."""

    def written(text: str) -> str:
        title = f"*{content.title}*" if content.title else ""
        return _escaped("\n".join(part for part in (title, text, content.link, f"— {names}") if part))

    return {"text": written(_fitting(content.text, lambda text: len(written(text)) <= MAX_SLACK))}


def teams_message(content: Content, names: str) -> dict[str, Any]:
    """Write a message of Teams: an adaptive card, as workflows take it."""

    def written(text: str) -> dict[str, Any]:
        blocks: list[dict[str, Any]] = [_block(text), _block(f"— {names}", isSubtle=True)]
        if content.title:
            blocks.insert(0, _block(content.title, weight="bolder", size="medium"))
        host = urlsplit(content.link).hostname if content.link else None
        actions = [{"type": "Action.OpenUrl", "title": host, "url": content.link}] if host else []
        card = {
            "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
            "type": "AdaptiveCard",
            "version": "1.2",
            "body": blocks,
            **({"actions": actions} if actions else {}),
        }
        kind = "application/vnd.microsoft.card.adaptive"
        return {"type": "message", "attachments": [{"contentType": kind, "contentUrl": None, "content": card}]}

    return written(_fitting(content.text, lambda text: len(json.dumps(written(text))) <= MAX_TEAMS))


WRITE: Mapping[str, Callable[[Content, str], dict[str, Any]]] = {SLACK: slack_message, TEAMS: teams_message}
"""Way → how its message is written."""


def _block(text: str, **look: Any) -> dict[str, Any]:
    return {"type": "TextBlock", "text": text, "wrap": True, **look}


def _escaped(text: str) -> str:
    """Return a text in which Slack sees no markup of its own but for stars and the like."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _fitting(text: str, fits: Callable[[str], bool]) -> str:
    """Return the text, or as much of its beginning as fits."""
    if fits(text):
        return text
    least, most = 1, len(text)
    while least + 1 < most:
        middle = (least + most) // 2
        least, most = (middle, most) if fits(shortened(text, middle)) else (least, middle)
    return shortened(text, least)
