"""Events of the same moment: which of two is the later one, where one may end the run that the other started.

Many sources tell time in whole seconds, so two messages of a customer may be of the same moment. An exit of the very
moment at which a run was entered ends it, whatever arrived first (exits win), but for rules that begin anew with what
ends them: there, of two events of one moment, each would end the run of the other, and none would be left. So such
events are put in an order, arbitrary but the same everywhere, and only a later one ends a run. The events of one
message (that it was received, and that it is an answer) are one in this: none ends what another of them started.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from whenthen.domain.events.event import Event

_ANSWER = "contact.replied"


def order_key(event: Event) -> str:
    """Where an event stands among those of its moment; never empty."""
    lane = _lane(event.type)
    message = event.data.get("message_id") if lane == _ANSWER else None
    if not isinstance(message, str) or not message:
        return f"{lane}#{event.id}"
    channel = event.data.get("channel") if event.type == _ANSWER else event.type.partition(".")[0]
    return f"{lane}#{channel}#{message}"


def order_key_of_run(event: Event, exits_on: Iterable[str]) -> str:
    """Only exits behind this place end the run that `event` starts, of those of its moment. Empty: all of them do."""
    begins_anew = _lane(event.type) in {_lane(event_type) for event_type in exits_on}
    return order_key(event) if begins_anew else ""


def _lane(event_type: str) -> str:
    """Events of one lane are in one order. A message that was received is in that of the answer which it may be."""
    received = event_type == "email.received" or event_type.endswith(".message_received")
    return _ANSWER if received else event_type
