"""Know the events that one happening makes together: of one change of a record, or of one message.

A rule with several event types would start once for each of them. Its run has the id of the happening instead, so it
starts once. Events of other sources are happenings of their own: nobody can know that two of them tell of one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from whenthen.domain.common import ids
from whenthen.domain.event_catalog.derivation import SOURCE
from whenthen.domain.events import types as events
from whenthen.domain.events.event import format_time

if TYPE_CHECKING:
    from collections.abc import Iterable

    from whenthen.domain.events.event import Event
    from whenthen.domain.records.record import Record
    from whenthen.domain.rules.rule import Rule

OF_A_MESSAGE = frozenset({"whatsapp.message_received", "email.received", "sms.received", "contact.replied"})
"""Event types of which one message makes several."""


OCCASIONS = frozenset(
    {
        events.BIRTHDAY_REACHED,
        events.DATE_REACHED,
        events.SCHEDULE_REACHED,
        events.STARTED_MANUALLY,
        events.ENROLLED,
    }
)
"""Event types that are made for each record of which a rule comes due, or that is enrolled."""


def run_id(event: Event, rule: Rule, ref: str | None) -> str:
    """Return the id of the run that the event starts under the rule: one for all events of the same happening.

    An occasion of a record that was merged is one of the record that remains, `ref`.
    """
    several = len(set(rule.trigger.event_types)) > 1
    key = occasion_of(event, ref) or (happening_of(event) if several else event.id)
    return ids.run_id(key, rule.id, ref)


def run_ids(event: Event, rule_id: str, ref: str | None) -> Iterable[str]:
    """Return the ids that a run may have which the event started under a rule of this id."""
    keys = (event.id, happening_of(event), occasion_of(event, ref))
    return dict.fromkeys(ids.run_id(key, rule_id, ref) for key in keys if key is not None)


def runs_of_absorbed(event: Event, rule: Rule, record: Record | None) -> tuple[str, ...]:
    """Return the ids of the runs that the event's occasion started for records that were merged into this one.

    Empty for events that are no occasions: a date or schedule that came due, or an enrolment.
    """
    absorbed = record.absorbed if record is not None else ()
    keys = ((occasion_of(event, ref), ref) for ref in absorbed)
    return tuple(ids.run_id(key, rule.id, ref) for key, ref in keys if key is not None)


def occasion_of(event: Event, ref: str | None) -> str | None:
    """Return the id that the event of this occasion has for the record `ref`; None if the event is no occasion."""
    if event.type not in OCCASIONS or ref is None or event.subject is None:
        return None
    from whenthen.domain.entry import entering_events  # noqa: PLC0415 - few events are occasions
    from whenthen.domain.scheduling import date_triggers, schedules  # noqa: PLC0415

    match event.type:
        case events.STARTED_MANUALLY | events.ENROLLED:
            return entering_events.id_for_other(event, ref)
        case events.SCHEDULE_REACHED:
            return schedules.id_for_other(event, ref)
    return date_triggers.id_for_other(event, ref)


def happening_of(event: Event) -> str:
    """Identify the change or the message that the event tells of; by its own id, if no other event tells of it."""
    if event.source == SOURCE and event.subject is not None and event.data.get("version") is not None:
        change = f"{event.subject}#{event.data.get('created_at') or ''}#{event.data['version']}#*"
        return ids.event_id(event.source, change)
    message = event.data.get("message_id")
    if event.type in OF_A_MESSAGE and isinstance(message, str) and message:
        return ids.event_id(event.source, f"message#{message}#{format_time(event.time)}")
    return event.id
