"""Find fields that a step's templates name and the events of the rule do not have: they would be empty."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from whenthen.domain.lint.findings import UNKNOWN_FIELD, Finding, found
from whenthen.domain.rules.step_parameters import texts_of
from whenthen.domain.templating.templates import paths_of

if TYPE_CHECKING:
    from whenthen.domain.lint.known_fields import Known
    from whenthen.domain.rules.rule import Step


def template_fields(step: Step, path: str, known: Known) -> Iterator[Finding]:
    """Find each such field of the step's parameters, once for each parameter. `path`: that of the step."""
    for field, source in texts_of(step.parameters, f"{path}.with"):
        for root, *names in sorted(paths_of(source)):
            if known.lacks(root, names):
                yield found(UNKNOWN_FIELD, field, field=".".join((root, *names)))
