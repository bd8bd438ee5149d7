"""Name what open runs are to be told of, by signals, and tell whether an event is one of these.

A signal is a text. An event type stands for the events of that type: an exit. A type of updates with a field behind it,
`lead.updated:visit_date`, stands for changes of the field, from whose date a step waits; with `*` as the field, for any
change, at which the exit's conditions are looked at again. A merge is a change of whatever the records hold.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Any

from whenthen.domain.events.ordering import order_key_of_run
from whenthen.domain.events.types import MERGED
from whenthen.domain.records.date_index import RECURRENCE_FIELDS, SERIES_FIELDS
from whenthen.domain.rules.exits import exits_of_record
from whenthen.domain.temporal.waits import Past

if TYPE_CHECKING:
    from whenthen.domain.events.event import Event
    from whenthen.domain.rules.rule import Rule
    from whenthen.domain.temporal.waits import Wait

_ANY = "*"
_UPDATED = "updated"


def signals_of_rule(rule: Rule) -> frozenset[str]:
    """Return the signals that runs of the rule wait for, as far as the kind of their record is certain."""
    kind = rule.record_kind
    changes = changes_of(kind, followed_fields(rule), rechecks=bool(rule.exit.conditions)) if kind else ()
    return frozenset({*rule.exit.on, *awaited_types(rule), *changes})


def awaited_types(rule: Rule) -> tuple[str, ...]:
    """Return the event types for which steps of the rule wait."""
    return tuple(dict.fromkeys(event_type for step in rule.steps if step.awaits for event_type in step.awaits.on))


def changes_of(kind: str, fields: Iterable[str], *, rechecks: bool) -> tuple[str, ...]:
    """Return the signals for changes of the fields of a kind's records; with `rechecks`, for any change."""
    return tuple(f"{kind}.{_UPDATED}:{field}" for field in (*([_ANY] if rechecks else []), *fields))


def updated_type(ref: str) -> str:
    """Return the type of the events that tell of updates of the record."""
    return f"{ref.partition(':')[0]}.{_UPDATED}"


def followed_fields(rule: Rule) -> tuple[str, ...]:
    """Return the fields of the record whose changes move waits of the rule's runs."""
    waits = (step.wait for step in rule.steps)
    return tuple(dict.fromkeys(field for wait in waits if wait is not None for field in _fields_of(wait)))


def _fields_of(wait: Wait) -> Iterable[str]:
    """Return the fields of the record from which the end of the wait follows."""
    if wait.until is None:
        return ()
    repeats = wait.policy is Past.NEXT and wait.until.field in SERIES_FIELDS
    return (wait.until.field, *RECURRENCE_FIELDS) if repeats else (wait.until.field,)


def is_heard(event: Event, signals: Collection[str]) -> bool:
    """Tell whether the event is one of those that the signals stand for."""
    if event.type in signals:
        return True
    kind, _, verb = event.type.partition(".")
    if verb == MERGED:
        return any(signal.startswith(f"{kind}.{_UPDATED}") for signal in signals)
    return verb == _UPDATED and any(f"{event.type}:{field}" in signals for field in (_ANY, *event.changes))


SUBSCRIBING = ("exits_on", "exits_of_record", "awaits_on", "rechecks_on", "dates")
"""The fields of a run that say of what it is to be told. Its subscriptions follow from them."""


def subscribing(rule: Rule, ref: str | None, event: Event) -> dict[str, Any]:
    """Return `SUBSCRIBING`, and `place`, of a run of the rule about the record `ref`."""
    return {
        "exits_on": rule.exit.on,
        "exits_of_record": exits_of_record(rule.exit, ref) if ref else (),
        "awaits_on": awaited_types(rule),
        "rechecks_on": (updated_type(ref),) if ref and rule.exit.conditions else (),
        "dates": followed_fields(rule) if ref else (),
        "place": order_key_of_run(event, rule.exit.on),
    }
