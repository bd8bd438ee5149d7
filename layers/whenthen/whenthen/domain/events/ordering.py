"""Order events of the same moment, where one may end the run that the other started.

Many sources tell time in whole seconds, so two messages of a customer may be of the same moment. An exit of the very
moment at which a run was entered ends it, whatever arrived first (exits win). Rules that begin anew with the event that
ends them are the exception: of two events of one moment, each would end the run of the other, and none would be left.
So such events are put in an order, arbitrary but the same everywhere, and only a later one ends a run. The events of
one message (that it was received, and that it is an answer) count as one: none ends the run that another one started.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from whenthen.domain.events.event import Event

_ANSWER = "contact.replied"


def order_key(event: Event) -> str:
    """Return the event's place among those of its moment; never empty."""
    lane = _lane(event.type)
    message = event.data.get("message_id") if lane == _ANSWER else None
    if not isinstance(message, str) or not message:
        return f"{lane}#{event.id}"
    channel = event.data.get("channel") if event.type == _ANSWER else event.type.partition(".")[0]
    return f"{lane}#{channel}#{message}"


def order_key_of_run(event: Event, exits_on: Iterable[str]) -> str:
    """Return the place behind which an exit of the same moment ends the run. Empty if every exit does."""
    begins_anew = _lane(event.type) in {_lane(event_type) for event_type in exits_on}
    return order_key(event) if begins_anew else ""


def _lane(event_type: str) -> str:
    """Return the group of event types that are ordered together. A received message is in that of answers."""
    received = event_type == "email.received" or event_type.endswith(".message_received")
    return _ANSWER if received else event_type
