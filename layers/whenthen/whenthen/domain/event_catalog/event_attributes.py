"""List the attributes of an event, for which conditions can ask as `event.<attribute>`."""

from __future__ import annotations

from collections.abc import Mapping

ATTRIBUTES: Mapping[str, str] = {
    "specversion": "text",
    "id": "text",
    "source": "text",
    "type": "text",
    "time": "time",
    "subject": "text",
    "identities": "texts",
    "datacontenttype": "text",
    "origin": "text",
    "traceparent": "text",
    "data": "object",
    "changes": "object",
    "cause": "object",
}
"""Attribute of an event → the type of its value, as the event's JSON form has it."""
