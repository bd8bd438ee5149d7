"""Names of event types that code goes by; all others only stand in the catalogue's tables."""

from __future__ import annotations

BIRTHDAY_REACHED = "birthday.reached"
DATE_REACHED = "date.reached"
SCHEDULE_REACHED = "schedule.reached"
STARTED_MANUALLY = "rule.started_manually"
FINISHED = "rule.finished"

SPEAKING = ("whatsapp.", "email.")
"""How the types of all events begin that people's messages, and reports about ours, make."""

CHILD_ADDED = "child_added"
"""Of a parent: `<kind>.child_added`."""

MERGED = "merged"
"""Of the record that remains: `<kind>.merged`."""

FIELD_CHANGED = "field_changed"
"""A name for triggers only: `<kind>.field_changed` with a `field` is read as `<kind>.updated` (decision 22)."""
