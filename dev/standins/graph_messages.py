"""WhatsApp messages, checked as far as the Cloud API documents their shape."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Mapping
from typing import Any

from dev.standins.graph_errors import invalid, missing

_LONGEST_TEXT = 4096
_LONGEST_CALLBACK_DATA = 512


def accept(number: str, body: Any, sent_before: int) -> dict[str, Any]:
    """The message as it is listed: `{id, at, number, message}`. Raises GraphError for what the API would refuse."""
    if not isinstance(body, dict) or body.get("messaging_product") != "whatsapp":
        raise missing("messaging_product")
    to = body.get("to") or body.get("recipient")
    if not isinstance(to, str) or not to.strip():
        raise missing("to")
    kind = body.get("type", "text")
    if kind not in _KINDS:
        raise invalid("type", f"there is no message type {kind}")
    content = body.get(kind)
    if not isinstance(content, dict | list) or not content:
        raise missing(str(kind))
    if isinstance(content, dict):
        _KINDS[kind](content)
    callback_data = body.get("biz_opaque_callback_data", "")
    if not isinstance(callback_data, str) or len(callback_data) > _LONGEST_CALLBACK_DATA:
        raise invalid("biz_opaque_callback_data", f"a text of at most {_LONGEST_CALLBACK_DATA} characters is required")
    return {
        "id": "wamid." + base64.b64encode(f"whenthen stand-in {number} {sent_before + 1:08}".encode()).decode(),
        "at": time.time(),
        "number": number,
        "message": body,
    }


def answer(listed: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answer of the API: accepted, which is not yet delivered."""
    to = listed["message"].get("to") or listed["message"]["recipient"]
    digits = "".join(character for character in to if character.isdigit())
    return {
        "messaging_product": "whatsapp",
        "contacts": [{"input": to, "wa_id": digits}],
        "messages": [{"id": listed["id"], "message_status": "accepted"}],
    }


def _text(content: Mapping[str, Any]) -> None:
    body = content.get("body")
    if not isinstance(body, str) or not body:
        raise missing("text.body")
    if len(body) > _LONGEST_TEXT:
        raise invalid("text.body", f"at most {_LONGEST_TEXT} characters are allowed")


def _template(content: Mapping[str, Any]) -> None:
    if not content.get("name"):
        raise missing("template.name")
    language = content.get("language")
    if not isinstance(language, dict) or not language.get("code"):
        raise missing("template.language.code")
    if not isinstance(content.get("components", []), list):
        raise invalid("template.components", "a list is required")


def _media(content: Mapping[str, Any]) -> None:
    if bool(content.get("id")) == bool(content.get("link")):
        raise invalid("media", "either id or link is required")


def _reaction(content: Mapping[str, Any]) -> None:
    if not content.get("message_id"):
        raise missing("reaction.message_id")


def _interactive(content: Mapping[str, Any]) -> None:
    for part in ("type", "action"):
        if not content.get(part):
            raise missing(f"interactive.{part}")


def _location(content: Mapping[str, Any]) -> None:
    for part in ("latitude", "longitude"):
        if part not in content:
            raise missing(f"location.{part}")


def _contacts(_content: Mapping[str, Any]) -> None:
    raise invalid("contacts", "a list is required")


_KINDS: dict[str, Callable[[Mapping[str, Any]], None]] = {
    "text": _text,
    "template": _template,
    "image": _media,
    "video": _media,
    "audio": _media,
    "document": _media,
    "sticker": _media,
    "reaction": _reaction,
    "interactive": _interactive,
    "location": _location,
    "contacts": _contacts,
}
