"""Find the names of fields that expressions name: what an admin has decided to use of a body."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from whenthen.domain.expressions.field_names import NAMES, bare, without_prefix

if TYPE_CHECKING:
    from whenthen.domain.expressions.expressions import Expression


class Names:
    """Hold names of fields, and those that `named(fields, 'email')` looks for under other writings."""

    def __init__(self, fields: Iterable[str], sought: Iterable[str]) -> None:
        self._fields = frozenset(fields)
        self._sought = frozenset(bare(each) for name in sought for each in NAMES.get(name, (name,)))

    def __contains__(self, name: object) -> bool:
        if not isinstance(name, str):
            return False
        return name in self._fields or bool(self._sought and without_prefix(bare(name)) & self._sought)


def names_in(expressions: Iterable[Expression]) -> Names:
    """Collect the names in expressions."""
    nodes = [node for expression in expressions for node in _nodes(expression.compiled.parsed)]
    calls = [node for node in nodes if node.get("type") == "function_expression" and node["value"] == "named"]
    return Names(
        fields=(node["value"] for node in nodes if node.get("type") == "field"),
        sought=(each["value"] for call in calls for each in call["children"] if isinstance(each.get("value"), str)),
    )


def _nodes(root: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    waiting = [root]
    while waiting:
        node = waiting.pop()
        yield node
        waiting += [child for child in node.get("children", ()) if isinstance(child, dict)]
