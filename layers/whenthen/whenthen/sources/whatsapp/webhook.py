"""WhatsApp's webhooks as events: messages, what became of ours, preferences and calls.

Whatever a notification holds besides is reported as ignored, with the reason, and harms nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from whenthen.domain.common.errors import Malformed
from whenthen.sources.meta.notification import Change, Ignored, Notification
from whenthen.sources.parsing.json_body import mapping
from whenthen.sources.whatsapp import items
from whenthen.sources.whatsapp.messages import errors_of
from whenthen.sources.whatsapp.people import Line, line_of

if TYPE_CHECKING:
    from whenthen.domain.events.event import Event


class Read(Struct, frozen=True):
    """What a notification gave: its events, each once, in their order, and what made none."""

    events: tuple[Event, ...]
    ignored: tuple[Ignored, ...]


def events_of(notification: Notification, now: datetime) -> Read:
    """The events of a notification of a WhatsApp business account. `now` dates what carries no time of its own."""
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


def _why_unread(change: Change) -> str:
    reason = f"changes of {change.object[:64]} in {change.field[:64]} make no events"
    codes = [str(error.get("code")) for error in errors_of(change.value) or []]
    return f"{reason}; it reports {', '.join(codes)}" if codes else reason


_READERS: dict[str, dict[str, Callable[[Mapping[str, Any], Line, datetime], list[Event]]]] = {
    "messages": {"messages": items.messages, "statuses": items.statuses},
    "user_preferences": {"user_preferences": items.preferences},
    "calls": {"calls": items.calls},
}
"""Which lists of which fields make events, and how each of their items is read."""
