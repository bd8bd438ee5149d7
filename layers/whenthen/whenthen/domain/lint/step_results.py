"""Find conditions and templates that name the result of a step that is not there yet: it would be empty."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from whenthen.domain.conditions.condition import predicates
from whenthen.domain.lint.findings import UNKNOWN_STEP, Finding, found
from whenthen.domain.rules.step_parameters import texts_of
from whenthen.domain.rules.steps import MOVING_STEP
from whenthen.domain.templating.templates import paths_of

if TYPE_CHECKING:
    from whenthen.domain.rules.rule import Rule

STEPS = "steps"
"""Name the root of the results of steps."""


def step_results(rule: Rule) -> Iterator[Finding]:
    """Find each field `steps.<id>.<name>` whose step does not end before the field is looked at."""
    yield from _of_conditions(rule, frozenset())
    earlier: frozenset[str] = frozenset()
    shown = {step.id: place for place, step in enumerate(each for each in rule.steps if each.id != MOVING_STEP)}
    for group in rule.step_groups:
        for step in (each for each in group if each.id in shown):
            path = f"steps[{shown[step.id]}]"
            named = [f"{predicate.field}" for predicate in predicates(step.only_if) if predicate.path.root == STEPS]
            yield from (found(UNKNOWN_STEP, f"{path}.only_if", field=each) for each in named if _is_new(each, earlier))
            for field, text in texts_of(step.parameters, f"{path}.with"):
                for names in sorted(paths_of(text)):
                    if names[0] == STEPS and names[1:2] and names[1] not in earlier:
                        yield found(UNKNOWN_STEP, field, field=".".join(names))
        earlier |= {step.id for step in group}


def _of_conditions(rule: Rule, earlier: frozenset[str]) -> Iterator[Finding]:
    for predicate in predicates(rule.conditions):
        if predicate.path.root == STEPS and _is_new(predicate.field, earlier):
            yield found(UNKNOWN_STEP, "conditions", field=predicate.field)


def _is_new(field: str, earlier: frozenset[str]) -> bool:
    return field.split(".")[1] not in earlier
