"""Read Meta's webhooks: the envelope that all its products share, and the ids of new leads in it.

A notification holds up to 1,000 changes of any kind, in any mixture, and Meta sends it again until it is accepted.
A change that cannot be read is reported as ignored and never spoils the rest. A lead's notification carries no
personal data; the Graph API gives the lead itself, and `leads` reads it.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct

from whenthen.domain.common.errors import Invalid, Malformed, Unauthenticated
from whenthen.domain.common.reasons import Reason, ReasonCode
from whenthen.domain.events.event import parse_time
from whenthen.sources.parsing.json_body import mapping, read_json, text, text_id, unix_time

WRONG_TOKEN = ReasonCode("notification.wrong_token")
UNREADABLE_CHALLENGE = ReasonCode("notification.unreadable_challenge")
# `object` and `entry` are names of Meta's fields.
MALFORMED = ReasonCode("notification.malformed")
NO_CHANGES = ReasonCode("notification.no_changes")
NO_VALUE = ReasonCode("notification.no_value")
NO_LEAD = ReasonCode("notification.no_lead", "object", "field")
NO_LEAD_ID = ReasonCode("notification.no_lead_id")

_CHALLENGE = re.compile(r"[A-Za-z0-9._-]{1,256}")
_GRAPH_ID = re.compile(r"[0-9]{1,32}")


class Change(Struct, frozen=True):
    """Hold one change of a notification: the new `value` of `field` of `object`, in the entry `entry_id`."""

    object: str
    entry_id: str | None
    field: str
    value: Mapping[str, Any]
    path: str


class Ignored(Struct, frozen=True):
    """Name a part of a payload that made no event, by its path such as `entry[0].changes[3]`, with the reason."""

    path: str
    reason: Reason


class Notification(Struct, frozen=True):
    """Hold the changes of one POST, in their order, and the parts that are no changes."""

    object: str
    changes: tuple[Change, ...]
    ignored: tuple[Ignored, ...] = ()


class LeadRef(Struct, frozen=True):
    """Name a submitted lead by its ids. Times are in unix seconds.

    postponed        number of times that Meta throttled the request for it
    postponed_since  time of the first of these
    """

    leadgen_id: str
    page_id: str | None = None
    form_id: str | None = None
    ad_id: str | None = None
    adgroup_id: str | None = None
    created_time: int | None = None
    postponed: int = 0
    postponed_since: int | None = None


def challenge(query: Mapping[str, str], verify_tokens: Sequence[str]) -> str:
    """Return the plain text with which to answer Meta's verification of the address. Raises Unauthenticated."""
    given, answer = query.get("hub.verify_token", "").encode("utf-8", "surrogatepass"), query.get("hub.challenge", "")
    right = [hmac.compare_digest(token.encode(), given) for token in verify_tokens if token]
    if query.get("hub.mode") != "subscribe" or not any(right):
        raise Unauthenticated(WRONG_TOKEN())
    if not _CHALLENGE.fullmatch(answer):  # it is sent back, so it must not be able to mean anything
        raise Unauthenticated(UNREADABLE_CHALLENGE())
    return answer


def parse_notification(body: bytes) -> Notification:
    """Read a notification. Raises Malformed if the body is none."""
    document = read_json(body)
    if (
        not isinstance(document, dict)
        or not text(document.get("object"))
        or not isinstance(document.get("entry"), list)
    ):
        raise Malformed(MALFORMED())
    changes: list[Change] = []
    ignored: list[Ignored] = []
    for number, entry in enumerate(document["entry"]):
        found = mapping(entry).get("changes")
        if not isinstance(found, list):
            ignored.append(Ignored(f"entry[{number}]", NO_CHANGES()))
            continue
        for position, change in enumerate(found):
            path = f"entry[{number}].changes[{position}]"
            field, value = mapping(change).get("field"), mapping(change).get("value")
            if isinstance(field, str) and isinstance(value, dict):
                changes.append(Change(document["object"], text_id(entry.get("id")), field, value, path))
            else:
                ignored.append(Ignored(path, NO_VALUE()))
    return Notification(document["object"], tuple(changes), tuple(ignored))


def leadgen_changes(notification: Notification) -> tuple[list[LeadRef], list[Ignored]]:
    """Find the new leads of a notification, each once, and the parts that are none, with their reasons."""
    leads: dict[str, LeadRef] = {}
    ignored = list(notification.ignored)
    for change in notification.changes:
        if (change.object, change.field) != ("page", "leadgen"):
            ignored.append(Ignored(change.path, NO_LEAD(object=change.object[:64], field=change.field[:64])))
            continue
        lead = lead_ref(change.value)
        if lead is None:
            ignored.append(Ignored(change.path, NO_LEAD_ID()))
        else:
            leads.setdefault(lead.leadgen_id, lead)
    return list(leads.values()), ignored


def lead_ref(value: Mapping[str, Any], page_id: str | None = None) -> LeadRef | None:
    """Read the lead in a change's value, or in a row of a form's `/leads`. None without a usable id.

    Ids come as strings or as integers. Only digits are usable: the id becomes part of the Graph call's address.
    """
    external_id = _graph_id(value.get("leadgen_id", value.get("id")))
    if external_id is None:
        return None
    created = lead_time(value.get("created_time"))
    return LeadRef(
        leadgen_id=external_id,
        page_id=_graph_id(value.get("page_id")) or page_id,
        form_id=_graph_id(value.get("form_id")),
        ad_id=_graph_id(value.get("ad_id")),
        adgroup_id=_graph_id(value.get("adgroup_id")),
        created_time=int(created.timestamp()) if created else None,
    )


def _graph_id(value: Any) -> str | None:
    external_id = text_id(value)
    return external_id if external_id is not None and _GRAPH_ID.fullmatch(external_id) else None


def lead_time(value: Any) -> datetime | None:
    """Read a lead's time: unix seconds in the webhook, `2026-03-14T09:30:00+0000` in the Graph API's answer."""
    if not isinstance(value, str) or "T" not in value:
        return unix_time(value)
    try:
        return parse_time(value, "created_time")
    except Invalid:
        return None
