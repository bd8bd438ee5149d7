"""Evaluate the expressions of one mapping against one body, and collect their problems."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from whenthen.domain.common import json_bounds
from whenthen.domain.common.errors import Malformed, Problem
from whenthen.domain.common.json_bounds import MAX_DEPTH, TOO_DEEP, is_deeper
from whenthen.sources.webhook.reason_codes import NO_JSON_VALUE

if TYPE_CHECKING:
    from whenthen.domain.common.reasons import Reason
    from whenthen.domain.expressions.expressions import Expression


class MappingSession(Struct, frozen=True):
    """Evaluate one mapping's expressions; report those that do not apply, and read them as None.

    path      of the mapping, such as `mappings[0]`
    root      the values that expressions see
    problems  receives each problem, its field below `path`
    """

    path: str
    root: Mapping[str, Any]
    problems: list[Problem]

    def report(self, name: str, reason: Reason) -> None:
        """Report a problem of the part `name` of the mapping."""
        self.problems.append(Problem(f"{self.path}.{name}", reason))

    def value(self, name: str, expression: Expression | None) -> Any:
        """Evaluate the expression of the part `name`; None if there is none, or it does not apply."""
        if expression is None:
            return None
        try:
            found = expression.value(self.root)
        except Malformed as error:
            self.report(name, error.reason)
            return None
        if is_deeper(found, MAX_DEPTH):  # an expression can nest what it finds
            self.report(name, TOO_DEEP(count=MAX_DEPTH))
            return None
        found = json_bounds.as_text(found)  # to_number('9223372036854775808')
        try:
            json.dumps(found, allow_nan=False)  # an expression can find what is no JSON: to_number('nan'), &name
        except (TypeError, ValueError):
            self.report(name, NO_JSON_VALUE())
            return None
        return found

    def holds(self, expression: Expression) -> bool:
        """Tell whether the mapping's `when` holds; one that does not apply does not."""
        try:
            return expression.holds(self.root)
        except Malformed as error:
            self.report("when", error.reason)
            return False
