"""Read WhatsApp's webhooks as events: messages, statuses of ours, preferences and calls.

All other parts of a notification are reported as ignored, with the reason, and harm nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from whenthen.domain.common.errors import Malformed
from whenthen.domain.common.reasons import ReasonCode
from whenthen.sources.meta.notification import Change, Ignored, Notification
from whenthen.sources.parsing.json_body import mapping
from whenthen.sources.whatsapp import notifications
from whenthen.sources.whatsapp.messages import errors_of
from whenthen.sources.whatsapp.people import Line, line_of

if TYPE_CHECKING:
    from whenthen.domain.common.reasons import Reason
    from whenthen.domain.events.event import Event

NO_EVENTS = ReasonCode("notification.no_events", "object", "field")
# `errors` are WhatsApp's error codes, such as 131000.
REPORTS_ERRORS = ReasonCode("notification.reports_errors", "object", "field", "errors")


class Read(Struct, frozen=True):
    """Hold the events of a notification, each once, in their order, and the parts that made none."""

    events: tuple[Event, ...]
    ignored: tuple[Ignored, ...]


def events_of(notification: Notification, now: datetime) -> Read:
    """Read a notification of a WhatsApp business account. Items without a time of their own get `now`."""
    events: dict[str, Event] = {}
    ignored = list(notification.ignored)
    for change in notification.changes:
        lists = [name for name in _READERS.get(change.field, {}) if isinstance(change.value.get(name), list)]
        if change.object != "whatsapp_business_account" or not lists:
            ignored.append(Ignored(change.path, _why_unread(change)))
            continue
        line = line_of(change.entry_id, change.value)
        for name in lists:
            for position, item in enumerate(change.value[name]):
                try:
                    found = _READERS[change.field][name](mapping(item), line, now)
                except Malformed as error:
                    ignored.append(Ignored(f"{change.path}.{name}[{position}]", error.reason))
                else:
                    events.update((event.id, event) for event in found if event.id not in events)
    return Read(tuple(events.values()), tuple(ignored))


def _why_unread(change: Change) -> Reason:
    changed = {"object": change.object[:64], "field": change.field[:64]}
    errors = [str(error.get("code")) for error in errors_of(change.value) or []]
    return REPORTS_ERRORS(**changed, errors=errors) if errors else NO_EVENTS(**changed)


_READERS: dict[str, dict[str, Callable[[Mapping[str, Any], Line, datetime], list[Event]]]] = {
    "messages": {"messages": notifications.messages, "statuses": notifications.statuses},
    "user_preferences": {"user_preferences": notifications.preferences},
    "calls": {"calls": notifications.calls},
}
"""Field of a change → its lists that make events, each with the reader of its items."""
