"""Check the syntax of templates against a list: no calls, no arithmetic, no loop in a loop, known names and filters."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from jinja2 import nodes

from whenthen.domain.common.reasons import Reason, ReasonCode
from whenthen.domain.templating import arguments, filters, loops
from whenthen.domain.temporal.time_values import NOW_FIELDS
from whenthen.domain.temporal.time_zones import parse_zone

MAX_FILTERS = 5
"""Bound the filters in a row. Some lengthen their text, so a chain could explode."""

# The construct is Jinja2's name of it, such as `for` or `call`.
NOT_ALLOWED = ReasonCode("template.not_allowed", "construct")
PRIVATE_NAME = ReasonCode("template.private_name", "name")
BAD_ITEM = ReasonCode("template.malformed_item")
UNKNOWN_FILTER = ReasonCode("template.unknown_filter", "name", "options")
STARRED = ReasonCode("template.starred_arguments")
UNKNOWN_ZONE = ReasonCode("template.unknown_zone", "name")
TOO_MANY_FILTERS = ReasonCode("template.too_many_filters", "count")
# A filter stands behind one that makes HTML tags.
NOT_LAST = ReasonCode("template.filter_not_last", "name")
UNKNOWN_NAME = ReasonCode("template.unknown_name", "name", "options")
# `now` has no such field.
UNKNOWN_NOW_FIELD = ReasonCode("template.unknown_now_field", "name", "options")
# The template names links where there are none: only messages to customers have them.
LINKS_HERE = ReasonCode("template.links_elsewhere", "options")
SECRETS = "secrets"
"""Name the secrets of a step's connection in its templates."""

UNSUBSCRIBE_URL, PREFERENCES_URL = LINKS = ("unsubscribe_url", "preferences_url")
"""Name the links that messages to customers have."""

NAMES = frozenset({"event", "record", "before", "related", "steps", SECRETS, "now", *LINKS})
_SYNTAX = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.Name,
    nodes.Getattr,
    nodes.Getitem,
    nodes.Const,
    nodes.If,
    nodes.For,
    nodes.CondExpr,
    nodes.Compare,
    nodes.Operand,
    nodes.And,
    nodes.Or,
    nodes.Not,
    nodes.Filter,
    nodes.Keyword,
    nodes.Neg,
)


Complaint = tuple[nodes.Node, Reason]
_UNWRITTEN = object()


def complaints(tree: nodes.Template) -> Iterator[Complaint]:
    """Yield each node that is not allowed, with the reason."""
    own = loops.own_names(tree)
    for node in tree.find_all(nodes.Node):
        if not isinstance(node, _SYNTAX):
            yield node, NOT_ALLOWED(construct=type(node).__name__.lower())
        if id(node) in own:
            continue
        check = _CHECKS.get(type(node))
        reason = check(node) if check is not None else None
        if reason is not None:
            yield node, reason


def unfit_arguments(tree: nodes.Template) -> Iterator[Complaint]:
    """Yield each filter with arguments that it does not take, or with a written one that it cannot use."""
    for node in tree.find_all(nodes.Filter):
        known = node.node is not None and node.name in filters.NAMES and not (node.dyn_args or node.dyn_kwargs)
        reason = _of_arguments(node) if known else None
        if reason is not None:
            yield node, reason


def _of_arguments(node: nodes.Filter) -> Reason | None:
    try:
        bound = arguments.bind(node.name, node.args, ((str(pair.key), pair.value) for pair in node.kwargs))
    except arguments.Unbound:
        return arguments.unbound(node.name)
    written = {name: value for name, item in bound.items() if (value := _written(item)) is not _UNWRITTEN}
    zone = written.get(arguments.ZONE)
    if zone and parse_zone(str(zone)) is None:
        return UNKNOWN_ZONE(name=str(zone))
    return arguments.unfit(node.name, written)


def _written(item: nodes.Node) -> Any:
    """Return the value of an argument that the template itself holds. _UNWRITTEN if only a run knows it."""
    match item:
        case nodes.Const(value=value):
            return value
        case nodes.Neg(node=nodes.Const(value=int() | float() as value)):
            return -value
    return _UNWRITTEN


def _of_attribute(node: nodes.Getattr) -> Reason | None:
    if node.attr.startswith("_"):
        return PRIVATE_NAME(name=node.attr)
    return _of_now(node.node, node.attr) or loops.field_complaint(node.node, node.attr)


def _of_item(node: nodes.Getitem) -> Reason | None:
    if not _plain_item(node.arg):
        return BAD_ITEM()
    if not isinstance(node.arg, nodes.Const):
        return None
    name = str(node.arg.value)
    return _of_now(node.node, name) or loops.field_complaint(node.node, name)


def _of_now(node: nodes.Node, name: str) -> Reason | None:
    """Complain about a field that `now` does not have."""
    if not isinstance(node, nodes.Name) or node.name != "now" or name in NOW_FIELDS:
        return None
    return UNKNOWN_NOW_FIELD(name=name, options=sorted(NOW_FIELDS))


def _of_name(node: nodes.Name) -> Reason | None:
    return None if node.name in NAMES else UNKNOWN_NAME(name=node.name, options=sorted(NAMES))


def _of_loop(node: nodes.For) -> Reason | None:
    return loops.complaint(node, NAMES)


def _of_filter(node: nodes.Filter) -> Reason | None:
    if node.name not in filters.NAMES:
        return UNKNOWN_FILTER(name=node.name, options=sorted(filters.NAMES))
    if node.dyn_args or node.dyn_kwargs:
        return STARRED()
    inner = [each.name for each in islice(_filters_within(node), MAX_FILTERS)]
    if filters.LAST in inner:
        return NOT_LAST(name=filters.LAST)
    return TOO_MANY_FILTERS(count=MAX_FILTERS) if 1 + len(inner) > MAX_FILTERS else None


def _filters_within(node: nodes.Filter) -> Iterator[nodes.Filter]:
    """Yield the filters below a node, nearest first, without going further than somebody asks.

    Jinja2's own `find_all` passes each node through every level above it, which a long chain makes cubic.
    """
    waiting = deque(node.iter_child_nodes())
    while waiting:
        found = waiting.popleft()
        if isinstance(found, nodes.Filter):
            yield found
        waiting.extend(found.iter_child_nodes())


def _plain_item(item: nodes.Node) -> bool:
    return isinstance(item, nodes.Const) and (
        isinstance(item.value, int) or (isinstance(item.value, str) and not item.value.startswith("_"))
    )


_CHECKS: dict[type[nodes.Node], Callable[..., Reason | None]] = {
    nodes.Getattr: _of_attribute,
    nodes.Getitem: _of_item,
    nodes.Name: _of_name,
    nodes.Filter: _of_filter,
    nodes.For: _of_loop,
}


def paths(tree: nodes.Template) -> Iterator[tuple[str, ...]]:
    """Yield the fields that the template names, as root and names: ("record", "address", "city")."""
    steps: list[nodes.Getattr | nodes.Getitem] = [*tree.find_all(nodes.Getattr), *tree.find_all(nodes.Getitem)]
    inner = {id(node.node) for node in steps}
    for node in tree.find_all((nodes.Getattr, nodes.Getitem, nodes.Name)):
        if id(node) not in inner and (path := _path(node)) is not None and path[0] in NAMES:
            yield path


def derives_from(tree: nodes.Template, root: str) -> bool:
    """Tell whether the template does more with fields of this root than write each as a whole."""
    written = {id(node) for output in tree.find_all(nodes.Output) for node in output.nodes}
    fields: list[nodes.Getattr | nodes.Getitem] = [*tree.find_all(nodes.Getattr), *tree.find_all(nodes.Getitem)]
    whole = {id(node.node) for node in fields if id(node) in written and isinstance(node.node, nodes.Name)}
    return any(node.name == root and id(node) not in whole for node in tree.find_all(nodes.Name))


def _path(node: nodes.Node) -> tuple[str, ...] | None:
    match node:
        case nodes.Name(name=root):
            return (root,)
        case nodes.Getattr(node=inner, attr=name) | nodes.Getitem(node=inner, arg=nodes.Const(value=name)):
            before = _path(inner)
            return None if before is None else (*before, str(name))
    return None
