"""Put an answer into the thread of the customer's mail that it answers."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from whenthen.domain.events.identities import email

MAX_REFERENCES = 20
"""Ids of a thread that an answer lists: the first and the newest ones."""

ANSWERED = frozenset({"email.received", "contact.replied"})
"""Types of the events that a received mail makes."""

_ID = re.compile(r"[!-;=?-~]{1,250}@[!-;=?-~]{1,250}")


def thread_headers(event: Mapping[str, Any], recipients: Sequence[str]) -> dict[str, str]:
    """Return `In-Reply-To` and `References` if the event is a mail of one of the recipients. Empty if not."""
    data = event.get("data") or {}
    replied = _id(data.get("message_id"))
    if event.get("type") not in ANSWERED or replied is None or not is_from(event, recipients):
        return {}
    listed = data.get("references")
    known = [found for each in (listed if isinstance(listed, list) else ()) if (found := _id(each))]
    thread = [each for each in dict.fromkeys(known) if each != replied]
    if len(thread) >= MAX_REFERENCES:
        thread = [thread[0], *thread[2 - MAX_REFERENCES :]]
    return {"In-Reply-To": f"<{replied}>", "References": " ".join(f"<{each}>" for each in [*thread, replied])}


def is_from(event: Mapping[str, Any], recipients: Sequence[str]) -> bool:
    """Tell whether the event's mail is of one of the recipients."""
    data = event.get("data") or {}
    answers = data.get("reply_to")
    named = [data.get("from"), *(answers if isinstance(answers, list) else ())]
    known = [each.removeprefix("email#") for each in event.get("identities") or () if each.startswith("email#")]
    authors = {email(each) for each in [*named, *known] if isinstance(each, str)}
    return any(each in authors for each in recipients)


def _id(value: Any) -> str | None:
    """Return a message id that a header can hold. None for others."""
    return value if isinstance(value, str) and _ID.fullmatch(value) and "=?" not in value else None
