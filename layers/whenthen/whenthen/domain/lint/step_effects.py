"""Effects: what a rule's steps write, and which events that makes, as far as it can be told beforehand.

Lint asks it to find rules that write the same field and rules that start one another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from whenthen.domain.event_catalog.change_tests import (
    Becomes,
    Changes,
    ChangesBeside,
    Created,
    Gains,
    Gets,
    Loses,
    Test,
    Updated,
)
from whenthen.domain.event_catalog.record_events import RecordEvent, rows_of
from whenthen.domain.event_catalog.record_kinds import KINDS
from whenthen.domain.runs.delivery_reports import REPORTS

if TYPE_CHECKING:
    from whenthen.domain.rules.rule import Rule, Step

OWN = ("", "{{ record.ref }}", "{{record.ref}}")
"""How a step names the record of its run."""


class _Anything:
    """A value that is only known when the step is due."""

    def __repr__(self) -> str:
        return "anything"


ANYTHING = _Anything()


class Effect(Struct, frozen=True):
    """What one step does to one record.

    kind     of the record; None where it cannot be told
    fields   the fields that it writes, with their values or ANYTHING
    created  whether the record is new
    own      whether it is the record of the run
    reports  the events by which a provider reports of a message that it sends
    """

    step: str
    kind: str | None
    fields: Mapping[str, Any] = field(default_factory=dict)
    created: bool = False
    own: bool = True
    reports: frozenset[str] = frozenset()


def effects_of(rule: Rule) -> list[Effect]:
    """What the rule's steps do to records, in their order."""
    return [effect for step in rule.steps for effect in _of_step(step, kind_of(rule))]


def kind_of(rule: Rule) -> str | None:
    """The kind of record that the rule is about: as it says, or else that of its trigger's events, if it is one."""
    kinds = {event_type.partition(".")[0] for event_type in rule.trigger.event_types}
    return rule.kind or (kinds.pop() if len(kinds) == 1 and kinds <= KINDS.keys() else None)


def events_of(effect: Effect) -> frozenset[str]:
    """The types of the events that the effect may make."""
    if effect.kind is None:
        return effect.reports
    return frozenset(f"{effect.kind}.{row.verb}" for row in rows_of(effect.kind) if _derives(row, effect))


def _of_step(step: Step, kind: str | None) -> Iterator[Effect]:
    written = _WRITES.get(step.action)
    if step.action in _REPORTED:
        yield Effect(step.id, None, own=False, reports=_REPORTED[step.action])
    if written is None:
        return
    own = step.parameters.get("record", "") in OWN
    effect = written(step.parameters)
    if effect.created:
        yield Effect(step.id, effect.kind, effect.fields, created=True, own=False)
    else:
        yield Effect(step.id, kind if own else _kind_named(step.parameters["record"]), effect.fields, own=own)


def _kind_named(ref: object) -> str | None:
    kind, colon, _ = str(ref).partition(":")
    return kind if colon and "{" not in kind else None


def _constant(value: Any) -> Any:
    return ANYTHING if isinstance(value, str) and "{" in value else value


def _set(parameters: Mapping[str, Any]) -> Effect:
    fields = parameters.get("fields")
    if not isinstance(fields, Mapping):
        return Effect("", None)
    return Effect("", None, {name: _constant(value) for name, value in fields.items()})


def _added(parameters: Mapping[str, Any]) -> Effect:
    return Effect("", None, {"tags": _change_of_tags("added", parameters)})


def _removed(parameters: Mapping[str, Any]) -> Effect:
    return Effect("", None, {"tags": _change_of_tags("taken off", parameters)})


def _change_of_tags(which: str, parameters: Mapping[str, Any]) -> object:
    """What makes two changes of tags the same: to make it twice changes nothing more."""
    tags = parameters.get("tags") or ()
    return ANYTHING if any(_constant(tag) is ANYTHING for tag in tags) else (which, *sorted(map(str, tags)))


def _owner(parameters: Mapping[str, Any]) -> Effect:
    agents = parameters.get("from") or [ANYTHING]
    return Effect("", None, {"owner": _constant(agents[0]) if len(agents) == 1 else ANYTHING})


def _task(parameters: Mapping[str, Any]) -> Effect:
    return Effect("", "task", {"status": ANYTHING}, created=True)


def _record(parameters: Mapping[str, Any]) -> Effect:
    return Effect("", str(parameters.get("kind", "")) or None, _set(parameters).fields, created=True)


_WRITES: Mapping[str, Callable[[Mapping[str, Any]], Effect]] = {
    "set_fields": _set,
    "add_tags": _added,
    "remove_tags": _removed,
    "assign_owner": _owner,
    "create_task": _task,
    "create_record": _record,
}


_REPORTED: Mapping[str, frozenset[str]] = {
    "send_email": frozenset(each for each in REPORTS if each.startswith("email.")),
    "send_whatsapp": frozenset(each for each in REPORTS if each.startswith("whatsapp.")),
}


def _derives(row: RecordEvent, effect: Effect) -> bool:
    """Whether the catalogue's row may be derived from the effect."""
    fields, test = effect.fields, row.test
    if isinstance(test, Created):
        return effect.created and not test.via
    if isinstance(test, Becomes):
        return test.field in fields and (fields[test.field] is ANYTHING or fields[test.field] in test.values)
    if isinstance(test, Gets | Gains | Loses):
        return test.field in fields
    return not effect.created and any(_touches(test, name) for name in fields)


def _touches(test: Test | None, name: str) -> bool:
    """Whether a change of the field `name` of a record that is there is what `test` asks for."""
    if isinstance(test, Changes):
        return name in test.fields
    if isinstance(test, ChangesBeside):
        return name not in test.fields
    return isinstance(test, Updated)
