"""Allow one loop over a list of the record or event, and count its work before it runs.

The work of a loop is its turns × the parts of its body, beside what the filters in it read; and what a turn writes
counts against the length of the rendered text. A loop within a loop is refused, so the product has two factors only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

from jinja2 import Undefined, nodes, pass_context
from jinja2.runtime import Context, LoopContext
from jinja2.visitor import NodeTransformer

from whenthen.domain.common.errors import Invalid
from whenthen.domain.common.reasons import Reason, ReasonCode
from whenthen.domain.templating.budget import ITEM, budget_of

MAX_TURNS = 500
"""Bound the items of a list that a template writes one by one."""

ITEMS = "items_of"
WRITTEN = "written_in_loop"
"""Name the filters that `with_loops` adds. They are none of the template's own."""

LOOP = "loop"
LOOP_FIELDS: Mapping[str, str] = {
    "first": "first",
    "index": "index",
    "last": "last",
    "length": "length",
}
"""Field of `loop` in a template → attribute of Jinja2's."""

# A loop stands within a loop.
NESTED_LOOP = ReasonCode("template.nested_loop")
# Only a field of one of these can be looped over, as in `record.lines`.
NOT_LOOPED = ReasonCode("template.not_looped", "options")
# The loop's own name is one that templates have already, begins with _, or has other letters than those from a to z.
BAD_LOOP_NAME = ReasonCode("template.loop_name", "name")
# `loop` has no such field.
UNKNOWN_LOOP_FIELD = ReasonCode("template.unknown_loop_field", "name", "options")
# The list has `found` items.
TOO_MANY_TURNS = ReasonCode("template.too_many_turns", "count", "found")

ROOTS = frozenset({"event", "record", "before", "related"})
"""Roots of the lists that a template can loop over."""

_PATH = (nodes.Name, nodes.Getattr, nodes.Getitem)


def loops(tree: nodes.Node) -> list[nodes.For]:
    """Return every loop of the template."""
    return list(tree.find_all(nodes.For))


def own_names(tree: nodes.Node) -> dict[int, str]:
    """Return the nodes in which loops name their own: id of the node → the name."""
    found: dict[int, str] = {}
    for loop in loops(tree):
        known = {loop.target.name, LOOP} if isinstance(loop.target, nodes.Name) else {LOOP}
        found |= {id(node): node.name for node in _within(loop) if node.name in known}
        if isinstance(loop.target, nodes.Name):
            found[id(loop.target)] = loop.target.name
    return found


def _within(loop: nodes.For) -> Iterator[nodes.Name]:
    """Yield the names in the body of a loop and in its test, not those in its list nor behind its `else`."""
    for part in (*loop.body, *([loop.test] if loop.test is not None else [])):
        yield from part.find_all(nodes.Name)
        if isinstance(part, nodes.Name):
            yield part


def complaint(loop: nodes.For, taken: frozenset[str]) -> Reason | None:
    """Say why a loop is not allowed. None if it is. `taken`: the names that templates have."""
    if loop.recursive or any(True for part in (*loop.body, *loop.else_) for _ in _loops_in(part)):
        return NESTED_LOOP()
    if not _is_path(loop.iter):
        return NOT_LOOPED(options=sorted(ROOTS))
    name = loop.target.name if isinstance(loop.target, nodes.Name) else ""
    if not name or not name.isascii() or name in taken or name == LOOP or name.startswith("_"):
        return BAD_LOOP_NAME(name=name)
    return None


def _loops_in(part: nodes.Node) -> Iterator[nodes.For]:
    if isinstance(part, nodes.For):
        yield part
    yield from part.find_all(nodes.For)


def _is_path(node: nodes.Node) -> bool:
    """Tell whether the list is a field: a root, and at least one name behind it."""
    depth = 0
    while isinstance(node, nodes.Getattr | nodes.Getitem):
        node, depth = node.node, depth + 1
    return depth > 0 and isinstance(node, nodes.Name) and node.name in ROOTS


def field_complaint(node: nodes.Node, name: str) -> Reason | None:
    """Complain about a field that `loop` does not have."""
    if not isinstance(node, nodes.Name) or node.name != LOOP or name in LOOP_FIELDS:
        return None
    return UNKNOWN_LOOP_FIELD(name=name, options=sorted(LOOP_FIELDS))


def with_loops(tree: nodes.Template) -> nodes.Template:
    """Let each loop pay for its turns, and each text in its body for its length."""
    _Paying().visit(tree)
    return tree


class _Paying(NodeTransformer):
    def visit_For(self, node: nodes.For) -> nodes.For:  # noqa: N802 - as Jinja2 looks it up
        within = [*node.body, *([node.test] if node.test is not None else [])]
        parts = len(within) + sum(1 for part in within for _ in part.find_all(nodes.Node))
        node.iter = _call(ITEMS, cast("nodes.Expr", node.iter), [nodes.Const(parts)], node)
        for output in (each for part in node.body for each in _outputs(part)):
            output.nodes = [paid for part in output.nodes for paid in _paid(part, output)]
        return node


def _outputs(part: nodes.Node) -> list[nodes.Output]:
    return [*([part] if isinstance(part, nodes.Output) else []), *part.find_all(nodes.Output)]


def _paid(part: nodes.Expr, at: nodes.Output) -> Iterator[nodes.Expr]:
    if isinstance(part, nodes.TemplateData):
        yield _call(WRITTEN, nodes.Const(len(part.data)), [], at)
    yield part


def _call(name: str, value: nodes.Expr, given: list[nodes.Expr], at: nodes.Node) -> nodes.Filter:
    return nodes.Filter(value, name, given, [], None, None, lineno=at.lineno, environment=at.environment)


@pass_context
def _items(context: Context, value: Any, parts: int) -> list[Any]:
    """Return the items of a list; a single value is a list of one, a missing one of none. Raises Invalid."""
    if value is None or isinstance(value, Undefined):
        return []
    items = list(value) if isinstance(value, list | tuple) else [value]
    if len(items) > MAX_TURNS:
        raise Invalid.field("template", TOO_MANY_TURNS(count=MAX_TURNS, found=len(items)))
    budget_of(context).spend(len(items) * parts * ITEM)
    return items


@pass_context
def _written(context: Context, length: int) -> str:
    budget_of(context).count(length)
    return ""


FILTERS = {ITEMS: _items, WRITTEN: _written}


def field_of(loop: LoopContext, name: Any) -> Any:
    """Return the value of a field of `loop`. None if there is none."""
    return getattr(loop, LOOP_FIELDS[name]) if name in LOOP_FIELDS else None
