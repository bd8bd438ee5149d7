"""Find the stored templates that the steps of a rule name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from whenthen.domain.rules.actions import ParameterKind, actions
from whenthen.domain.stored_templates.message_template import Channel

if TYPE_CHECKING:
    from whenthen.domain.rules.rule import Rule, Step


def template_of(step: Step) -> tuple[str, str] | None:
    """Return (parameter, template id) of the step's stored template. None if it names none."""
    for parameter in actions()[step.action].parameters:
        if parameter.kind is ParameterKind.TEMPLATE and (named := step.parameters.get(parameter.name)):
            return parameter.name, str(named)
    return None


def channel_of(step: Step) -> Channel:
    """Return the channel of a step's messages, as templates name it."""
    return Channel(actions()[step.action].channel)


def templates_named(rule: Rule) -> frozenset[str]:
    """Return the ids of all stored templates that the rule names."""
    return frozenset(_named(rule))


def _named(rule: Rule) -> Iterator[str]:
    for step in rule.steps:
        if (found := template_of(step)) is not None:
            yield found[1]
