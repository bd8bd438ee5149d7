"""Check a rule that an admin wrote: its document and the templates in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from whenthen.domain.common.errors import Invalid, Problem
from whenthen.domain.rules.rule import parse_rule
from whenthen.domain.rules.step_parameters import check_parameters

if TYPE_CHECKING:
    from whenthen.domain.rules.rule import Rule


def checked(document: Mapping[str, Any]) -> Rule:
    """Parse a rule and check its templates. Raises Invalid naming each field that is wrong."""
    try:
        rule = parse_rule(document)
    except Invalid as error:
        raise Invalid([*error.problems, *_template_problems(document)]) from error
    problems = _template_problems(document)
    if problems:
        raise Invalid(problems)
    return rule


def _template_problems(document: Mapping[str, Any]) -> list[Problem]:
    steps = document.get("steps")
    return [
        problem
        for place, step in enumerate(steps if isinstance(steps, list) else [])
        if isinstance(step, Mapping) and isinstance(step.get("with"), Mapping)
        for problem in check_parameters(step.get("action"), step["with"], f"steps[{place}].with")
    ]
