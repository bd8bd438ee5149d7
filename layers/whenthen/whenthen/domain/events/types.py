"""Name the event types that code depends on. All others stand only in the catalogue's tables."""

from __future__ import annotations

from collections.abc import Mapping

BIRTHDAY_REACHED = "birthday.reached"
DATE_REACHED = "date.reached"
SCHEDULE_REACHED = "schedule.reached"
STARTED_MANUALLY = "rule.started_manually"
ENROLLED = "rule.enrolled"
FINISHED = "rule.finished"
RULE_PAUSED = "rule.paused"
RULE_RESUMED = "rule.resumed"
CHANNEL_PAUSED = "channel.paused"
CHANNEL_RESUMED = "channel.resumed"

RECEIVERS: Mapping[str, str] = {"whatsapp": "whatsapp.", "email": "email.", "sms": "sms.", "audience": "audience."}
"""Source of the events that a receiver of ours makes → the beginning of their types.

These receivers verified the provider and the sender; for audiences, it is the page behind a signed link. So only their
events do something by themselves: consent, people,
delivery reports. Other systems may report events of some of these types, which start and stop rules and do no more.
"""


def made_by_receiver(source: str, event_type: str) -> bool:
    """Tell whether a receiver of ours made an event of this source and type."""
    prefix = RECEIVERS.get(source)
    return prefix is not None and event_type.startswith(prefix)


REPLIED = "contact.replied"


def tells_of_message(event_type: str) -> bool:
    """Tell whether an event of this type tells of a message: one that a person sent, or what became of one of ours."""
    is_reply = event_type == REPLIED or event_type.endswith(".message_received")
    return is_reply or event_type.startswith(tuple(RECEIVERS.values()))


CHILD_ADDED = "child_added"
"""Name the parent's event: `<kind>.child_added`."""

MERGED = "merged"
"""Name the event of the record that remains: `<kind>.merged`."""

FIELD_CHANGED = "field_changed"
"""Name a type for triggers only: `<kind>.field_changed` with a `field` is read as `<kind>.updated` (decision 22)."""
