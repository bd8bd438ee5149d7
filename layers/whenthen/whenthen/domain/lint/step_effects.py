"""Find the effects of a rule's steps: the fields they write and the events that follow, as far as lint can tell.

Lint uses them to find rules that write the same field and rules that start one another.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from whenthen.domain.event_catalog.change_predicates import (
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
from whenthen.domain.rules.actions import ANYTHING, actions
from whenthen.domain.steps.branches import branches_of

if TYPE_CHECKING:
    from whenthen.domain.rules.rule import Rule, Step

OWN = ("", "{{ record.ref }}", "{{record.ref}}")
"""Name the record of the step's run."""


class Effect(Struct, frozen=True):
    """Describe what one step does to one record.

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
    """Return the effects of the rule's steps on records, in their order."""
    return [effect for step in rule.steps for effect in _of_step(step, kind_of(rule))]


def kind_of(rule: Rule) -> str | None:
    """Return the kind of record that the rule is about: its own, or that of all its trigger's events."""
    kinds = {event_type.partition(".")[0] for event_type in rule.trigger.event_types}
    return rule.kind or (kinds.pop() if len(kinds) == 1 and kinds <= KINDS.keys() else None)


def skippable_steps(rule: Rule) -> frozenset[str]:
    """Return the ids of the steps that a run may leave out: by their condition, or by a branch past them."""
    found = {step.id for step in rule.steps if step.only_if is not None}
    for number, step_group in enumerate(rule.step_groups):
        for branch in (branch for step in step_group for branch in branches_of(step)):
            passed = rule.step_groups[number + 1 : rule.group_of(branch.target)]
            found |= {step.id for each in passed for step in each}
    return frozenset(found)


def events_of(effect: Effect) -> frozenset[str]:
    """Return the types of the events that the effect may make."""
    if effect.kind is None:
        return effect.reports
    return frozenset(f"{effect.kind}.{row.verb}" for row in rows_of(effect.kind) if _derives(row, effect))


def _of_step(step: Step, kind: str | None) -> Iterator[Effect]:
    action = actions()[step.action]
    if action.reports:
        yield Effect(step.id, None, own=False, reports=action.reports)
    if action.writes is None:
        return
    own = step.parameters.get("record", "") in OWN
    change = action.writes(step.parameters)
    if change.created:
        yield Effect(step.id, change.kind, change.fields, created=True, own=False)
    else:
        yield Effect(step.id, kind if own else _kind_named(step.parameters["record"]), change.fields, own=own)


def _kind_named(ref: object) -> str | None:
    kind, colon, _ = str(ref).partition(":")
    return kind if colon and "{" not in kind else None


def _derives(row: RecordEvent, effect: Effect) -> bool:
    """Tell whether the catalogue's row may be derived from the effect."""
    fields, test = effect.fields, row.test
    if isinstance(test, Created):
        return effect.created and not test.via
    if isinstance(test, Becomes):
        return test.field in fields and (fields[test.field] is ANYTHING or fields[test.field] in test.values)
    if isinstance(test, Gets | Gains | Loses):
        return test.field in fields
    return not effect.created and any(_touches(test, name) for name in fields)


def _touches(test: Test | None, name: str) -> bool:
    """Tell whether a change of the field `name` of an existing record meets `test`."""
    if isinstance(test, Changes):
        return name in test.fields
    if isinstance(test, ChangesBeside):
        return name not in test.fields
    return isinstance(test, Updated)
