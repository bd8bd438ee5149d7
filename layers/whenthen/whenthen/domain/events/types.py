"""Name the event types that code depends on. All others stand only in the catalogue's tables."""

from __future__ import annotations

BIRTHDAY_REACHED = "birthday.reached"
DATE_REACHED = "date.reached"
SCHEDULE_REACHED = "schedule.reached"
STARTED_MANUALLY = "rule.started_manually"
FINISHED = "rule.finished"

SPEAKING = ("whatsapp.", "email.")
"""Begin the types of all events that people's messages, and reports about ours, make."""

CHILD_ADDED = "child_added"
"""Name the parent's event: `<kind>.child_added`."""

MERGED = "merged"
"""Name the event of the record that remains: `<kind>.merged`."""

FIELD_CHANGED = "field_changed"
"""Name a type for triggers only: `<kind>.field_changed` with a `field` is read as `<kind>.updated` (decision 22)."""
