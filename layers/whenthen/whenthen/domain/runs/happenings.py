"""Know the events that one happening makes together: of one change of a record, or of one message.

A rule with several event types would start once for each of them. Its run has the id of the happening instead, so it
starts once. Events of other sources are happenings of their own: nobody can know that two of them tell of one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from whenthen.domain.common import ids
from whenthen.domain.event_catalog.derivation import SOURCE
from whenthen.domain.events.event import format_time

if TYPE_CHECKING:
    from collections.abc import Iterable

    from whenthen.domain.events.event import Event
    from whenthen.domain.rules.rule import Rule

OF_A_MESSAGE = frozenset({"whatsapp.message_received", "email.received", "contact.replied"})
"""Event types of which one message makes several."""


def run_id(event: Event, rule: Rule, ref: str | None) -> str:
    """Return the id of the run that the event starts under the rule: one for all events of the same happening."""
    several = len(set(rule.trigger.event_types)) > 1
    return ids.run_id(happening_of(event) if several else event.id, rule.id, ref)


def run_ids(event: Event, rule_id: str, ref: str | None) -> Iterable[str]:
    """Return the ids that a run may have which the event started under a rule of this id."""
    return dict.fromkeys(ids.run_id(key, rule_id, ref) for key in (event.id, happening_of(event)))


def happening_of(event: Event) -> str:
    """Identify the change or the message that the event tells of; by its own id, if no other event tells of it."""
    if event.source == SOURCE and event.subject is not None and event.data.get("version") is not None:
        change = f"{event.subject}#{event.data.get('created_at') or ''}#{event.data['version']}#*"
        return ids.event_id(event.source, change)
    message = event.data.get("message_id")
    if event.type in OF_A_MESSAGE and isinstance(message, str) and message:
        return ids.event_id(event.source, f"message#{message}#{format_time(event.time)}")
    return event.id
