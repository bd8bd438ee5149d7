"""Read a customer's message of any kind as the same few fields.

message_id, kind       always; `kind` is a row of `KINDS`, or WhatsApp's own name for one that is not known yet
text                   text, caption, or title of a button or list row
payload                payload of the pressed button or chosen row, for machines
answers                of a flow: question → answer
emoji, removed         of a reaction; `removed` where it was taken back
media                  id, mime_type, sha256, caption, filename, voice, animated, url
location               latitude, longitude, name, address, url
cards                  of shared contacts: name, phones, emails
order                  catalog_id, items: product, quantity, price, currency
reply_to, forwarded    id of the message that this one answers or reacts to; whether it was written elsewhere
referral               the advertisement that it came from
errors                 code and reason (in WhatsApp's words) of a message that WhatsApp could not pass on
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from whenthen.domain.common.errors import Malformed
from whenthen.sources.parsing.json_body import mapping, mappings, present, read_json, text, text_id

LONGEST_TEXT = 8_192
"""Characters of a text that are kept; WhatsApp itself stops at 4,096."""

MOST_ITEMS = 50
"""Cards, ordered items or answers that are kept of one message."""

LARGEST_PART = 40_000
"""Bytes of JSON that a part of a message may have in the event; `omitted` names larger ones."""

_MEDIA = ("id", "mime_type", "sha256", "caption", "filename", "voice", "animated", "url")
_PLACE = ("latitude", "longitude", "name", "address", "url")
_REFERRAL = ("source_url", "source_id", "source_type", "headline", "body", "media_type", "ctwa_clid")


def content_of(message: Mapping[str, Any]) -> dict[str, Any]:
    """Read the fields of one message; those it does not have are absent. Never raises for an odd one."""
    own_type = text(message.get("type")) or "unknown"
    part = mapping(message.get(own_type))
    read = KINDS.get(own_type)
    fields = {"kind": own_type, **(read(message, part) if read else {})}
    context, referral = mapping(message.get("context")), mapping(message.get("referral"))
    fields.setdefault("reply_to", text(context.get("id")))
    fields["forwarded"] = True if context.get("forwarded") or context.get("frequently_forwarded") else None
    fields["referral"] = _taken(referral, _REFERRAL)
    fields["errors"] = errors_of(message)
    return _within_bounds(present(fields))


def errors_of(item: Mapping[str, Any]) -> list[dict[str, Any]] | None:
    """Read the errors of a message, status or call as `code` and `reason`, in WhatsApp's words. None if it has none."""
    found = []
    for error in mappings(item.get("errors"))[:MOST_ITEMS]:
        details = text(mapping(error.get("error_data")).get("details"))
        reason = details or text(error.get("message")) or text(error.get("title"))
        found.append(present({"code": error.get("code"), "reason": reason[:1000] if reason else None}))
    return found or None


def _within_bounds(fields: dict[str, Any]) -> dict[str, Any]:
    """Cut long texts, and leave out parts that are too large for an event; `omitted` names those."""
    kept: dict[str, Any] = {}
    omitted = []
    for name, value in fields.items():
        if isinstance(value, str):
            kept[name] = value[:LONGEST_TEXT]
        elif isinstance(value, dict | list) and len(json.dumps(value)) > LARGEST_PART:
            omitted.append(name)
        else:
            kept[name] = value
    return {**kept, "omitted": omitted} if omitted else kept


def _taken(part: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any] | None:
    return {name: part[name] for name in names if isinstance(part.get(name), str | int | float)} or None


def _text(_message: Mapping[str, Any], part: Mapping[str, Any]) -> dict[str, Any]:
    return {"text": text(part.get("body"))}


def _media(message: Mapping[str, Any], part: Mapping[str, Any]) -> dict[str, Any]:
    kind = "voice" if message.get("type") == "audio" and part.get("voice") is True else message.get("type")
    return {"kind": kind, "text": text(part.get("caption")), "media": _taken(part, _MEDIA)}


def _location(_message: Mapping[str, Any], part: Mapping[str, Any]) -> dict[str, Any]:
    return {"text": text(part.get("name")), "location": _taken(part, _PLACE)}


def _cards(message: Mapping[str, Any], _part: Mapping[str, Any]) -> dict[str, Any]:
    cards = []
    for card in mappings(message.get("contacts"))[:MOST_ITEMS]:
        phones = [text(one.get("phone")) or text(one.get("wa_id")) for one in mappings(card.get("phones"))]
        emails = [text(one.get("email")) for one in mappings(card.get("emails"))]
        name = text(mapping(card.get("name")).get("formatted_name"))
        said = {"name": name, "phones": [each for each in phones if each]}
        cards.append(present(said | {"emails": [each for each in emails if each] or None}))
    return {"cards": cards or None}


def _reaction(_message: Mapping[str, Any], part: Mapping[str, Any]) -> dict[str, Any]:
    emoji = text(part.get("emoji"))
    return {"emoji": emoji, "removed": emoji is None, "reply_to": text(part.get("message_id"))}


def _button(_message: Mapping[str, Any], part: Mapping[str, Any]) -> dict[str, Any]:
    return {"text": text(part.get("text")), "payload": text(part.get("payload"))}


def _interactive(_message: Mapping[str, Any], part: Mapping[str, Any]) -> dict[str, Any]:
    own_type = text(part.get("type")) or "unknown"
    read = _REPLIES.get(own_type)
    return read(mapping(part.get(own_type))) if read else {"kind": own_type}


def _button_reply(reply: Mapping[str, Any]) -> dict[str, Any]:
    return {"kind": "button", "text": text(reply.get("title")), "payload": text_id(reply.get("id"))}


def _list_reply(reply: Mapping[str, Any]) -> dict[str, Any]:
    chosen = {"kind": "list", "text": text(reply.get("title")), "payload": text_id(reply.get("id"))}
    return {**chosen, "description": text(reply.get("description"))}


def _flow_reply(reply: Mapping[str, Any]) -> dict[str, Any]:
    """Read a flow's answers, which come as JSON in a text; an unreadable text is kept as the payload."""
    written = text(reply.get("response_json"))
    fields = {"kind": "flow", "text": text(reply.get("body")), "flow": text(reply.get("name"))}
    try:
        answers = read_json(written.encode()) if written else None
    except Malformed:
        return {**fields, "payload": written}
    if not isinstance(answers, dict):
        return {**fields, "payload": written}
    return {**fields, "payload": text(answers.pop("flow_token", None)), "answers": answers}


def _call_permission(reply: Mapping[str, Any]) -> dict[str, Any]:
    return {"kind": "call_permission", "text": text(reply.get("response")), "payload": text(reply.get("response"))}


def _order(_message: Mapping[str, Any], part: Mapping[str, Any]) -> dict[str, Any]:
    items = [
        present(
            {
                "product": text_id(item.get("product_retailer_id")),
                "quantity": item.get("quantity"),
                "price": item.get("item_price"),
                "currency": text(item.get("currency")),
            }
        )
        for item in mappings(part.get("product_items"))[:MOST_ITEMS]
    ]
    return {
        "text": text(part.get("text")),
        "order": present({"catalog_id": text_id(part.get("catalog_id"))}) | {"items": items},
    }


def _unsupported(_message: Mapping[str, Any], part: Mapping[str, Any]) -> dict[str, Any]:
    return {"unsupported_type": text(part.get("type"))}


_REPLIES: dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    "button_reply": _button_reply,
    "list_reply": _list_reply,
    "nfm_reply": _flow_reply,
    "call_permission_reply": _call_permission,
}

KINDS: dict[str, Callable[[Mapping[str, Any], Mapping[str, Any]], dict[str, Any]]] = {
    "text": _text,
    "image": _media,
    "video": _media,
    "audio": _media,
    "document": _media,
    "sticker": _media,
    "location": _location,
    "contacts": _cards,
    "reaction": _reaction,
    "button": _button,
    "interactive": _interactive,
    "order": _order,
    "unsupported": _unsupported,
}
"""WhatsApp's type of message → its reader; `interactive` becomes button, list, flow or call_permission."""
