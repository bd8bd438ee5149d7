"""Check and render templates: Jinja2 in its immutable sandbox, with only the syntax that is listed here.

The sandbox keeps templates from reaching into Python; the list keeps them from costing time: no loops, no calls, no
arithmetic. Any other syntax is refused when a rule is saved.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from jinja2 import ChainableUndefined, Template, TemplateError, TemplateSyntaxError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from whenthen.domain.common.errors import Invalid, Problem
from whenthen.domain.common.reasons import Reason, ReasonCode
from whenthen.domain.templating import filters
from whenthen.domain.templating.comparisons import COMPARE, compare, with_comparisons
from whenthen.domain.temporal.time_zones import parse_zone

MAX_FILTERS = 5
"""Bound the filters in a row. Some lengthen their text, so a chain could explode."""

AT_LINE = ReasonCode("template.at_line", "line", "problem")
# The detail is in Jinja2's own words.
UNREADABLE = ReasonCode("template.unreadable", "detail")
TOO_COMPLEX = ReasonCode("template.too_complex")
# The construct is Jinja2's name of it, such as `for` or `call`.
NOT_ALLOWED = ReasonCode("template.not_allowed", "construct")
PRIVATE_NAME = ReasonCode("template.private_name", "name")
BAD_ITEM = ReasonCode("template.malformed_item")
UNKNOWN_FILTER = ReasonCode("template.unknown_filter", "name", "options")
STARRED = ReasonCode("template.starred_arguments")
UNKNOWN_ZONE = ReasonCode("template.unknown_zone", "name")
TOO_MANY_FILTERS = ReasonCode("template.too_many_filters", "count")
UNKNOWN_NAME = ReasonCode("template.unknown_name", "name", "options")
# The detail is in Jinja2's or Python's own words.
NOT_RENDERED = ReasonCode("template.not_rendered", "detail")
TOO_LONG = ReasonCode("template.too_long", "count", "found")

NAMES = frozenset({"event", "record", "before", "related", "now"})
_SYNTAX = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.Name,
    nodes.Getattr,
    nodes.Getitem,
    nodes.Const,
    nodes.If,
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
_UNREADABLE = (SyntaxError, ValueError, RecursionError, MemoryError)
"""Errors of Jinja2 and the compiler for endless nesting and numbers of thousands of digits."""
_UNFIT = (TemplateError, TypeError, ValueError, ArithmeticError, LookupError, AttributeError, AssertionError, NameError)
"""Errors of filters for values that they do not fit."""


class _Missing(ChainableUndefined):
    """Stand for a missing value. Its attributes and its negative are missing too."""

    def __neg__(self) -> _Missing:  # type: ignore[override]
        return self


class _Sandbox(ImmutableSandboxedEnvironment):
    """Read a dot as a key of a mapping only: a field called `items` is found, a method never is."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Return the value under this key. Undefined if absent."""
        return self.getitem(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """Return the value under a key, or at a place of a list. Null counts as missing, so no letter says None."""
        found = (isinstance(obj, Mapping) and argument in obj) or (
            isinstance(obj, list | tuple) and isinstance(argument, int) and -len(obj) <= argument < len(obj)
        )
        value = obj[argument] if found else None
        return self.undefined(name=str(argument)) if value is None else value


def _environment(*, escaping: bool) -> _Sandbox:
    environment = _Sandbox(autoescape=escaping, undefined=_Missing, finalize=_finalize)
    environment.globals.clear()
    environment.filters = {name: filters.OWN.get(name) or environment.filters[name] for name in filters.NAMES}
    environment.filters[COMPARE] = compare
    return environment


def _finalize(value: Any) -> Any:
    """Print a missing value as nothing, so that a letter never says None."""
    return "" if value is None else value


@lru_cache(maxsize=2)
def _environment_for(*, escaping: bool) -> _Sandbox:
    return _environment(escaping=escaping)


def check(source: str, field: str) -> list[Problem]:
    """Return every problem of a template, under `field`, with its line."""
    environment = _environment_for(escaping=False)
    try:
        tree = environment.parse(source)
        complaints = list(_complaints(tree))
        if not complaints:
            environment.compile(with_comparisons(tree))
    except TemplateSyntaxError as error:
        return [Problem(field, AT_LINE(line=error.lineno, problem=UNREADABLE(detail=error.message)))]
    except _UNREADABLE:
        return [Problem(field, TOO_COMPLEX())]
    return [Problem(field, AT_LINE(line=node.lineno, problem=complaint)) for node, complaint in complaints]


def _complaints(tree: nodes.Template) -> Iterator[tuple[nodes.Node, Reason]]:
    for node in tree.find_all(nodes.Node):
        if not isinstance(node, _SYNTAX):
            yield node, NOT_ALLOWED(construct=type(node).__name__.lower())
        elif isinstance(node, nodes.Getattr) and node.attr.startswith("_"):
            yield node, PRIVATE_NAME(name=node.attr)
        elif isinstance(node, nodes.Getitem) and not _plain_item(node.arg):
            yield node, BAD_ITEM()
        elif isinstance(node, nodes.Filter) and node.name not in filters.NAMES:
            yield node, UNKNOWN_FILTER(name=node.name, options=sorted(filters.NAMES))
        elif isinstance(node, nodes.Filter) and (node.dyn_args or node.dyn_kwargs):
            yield node, STARRED()
        elif isinstance(node, nodes.Filter) and (unknown := _unknown_zone(node)) is not None:
            yield node, UNKNOWN_ZONE(name=unknown)
        elif isinstance(node, nodes.Filter) and _chained(node) > MAX_FILTERS:
            yield node, TOO_MANY_FILTERS(count=MAX_FILTERS)
        elif isinstance(node, nodes.Name) and node.name not in NAMES:
            yield node, UNKNOWN_NAME(name=node.name, options=sorted(NAMES))


def _unknown_zone(node: nodes.Filter) -> str | None:
    """Return an unknown time zone that the template gives to a filter. None if none is written there."""
    place = filters.ZONE_PLACES.get(node.name)
    if place is None:
        return None
    given = [*node.args[place : place + 1], *(pair.value for pair in node.kwargs if pair.key == "zone")]
    written = [item.value for item in given if isinstance(item, nodes.Const)]
    return next((str(name) for name in written if parse_zone(str(name)) is None), None)


def _chained(node: nodes.Filter) -> int:
    return 1 + sum(1 for _ in node.find_all(nodes.Filter))


def _plain_item(item: nodes.Node) -> bool:
    return isinstance(item, nodes.Const) and (
        isinstance(item.value, int) or (isinstance(item.value, str) and not item.value.startswith("_"))
    )


@lru_cache(maxsize=500)
def _compiled(source: str, *, escaping: bool) -> Template:
    problems = check(source, "template")
    if problems:
        # Checked again although it was checked on save: what is in the store is not trusted with code.
        raise Invalid(problems)
    environment = _environment_for(escaping=escaping)
    return environment.from_string(with_comparisons(environment.parse(source)))


def render(source: str, context: Mapping[str, Any], *, escaping: bool = False) -> str:
    """Render a template; a missing value is empty. Raises Invalid if it cannot be rendered."""
    if "{" not in source:
        return source
    try:
        text = _compiled(source, escaping=escaping).render(context)
    except (*_UNFIT, *_UNREADABLE) as error:
        raise Invalid.field("template", NOT_RENDERED(detail=str(error))) from error
    if len(text) > filters.MAX_RENDERED:
        raise Invalid.field("template", TOO_LONG(count=filters.MAX_RENDERED, found=len(text)))
    return text


def render_all(value: Any, context: Mapping[str, Any], *, escaping: bool = False) -> Any:
    """Render every string of a JSON value."""
    if isinstance(value, str):
        return render(value, context, escaping=escaping)
    if isinstance(value, Mapping):
        return {name: render_all(item, context, escaping=escaping) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [render_all(item, context, escaping=escaping) for item in value]
    return value


def check_all(value: Any, field: str) -> list[Problem]:
    """Return every problem of the strings of a JSON value."""
    if isinstance(value, str):
        return check(value, field) if "{" in value else []
    if isinstance(value, Mapping):
        return [problem for name, item in value.items() for problem in check_all(item, f"{field}.{name}")]
    if isinstance(value, list | tuple):
        return [problem for place, item in enumerate(value) for problem in check_all(item, f"{field}[{place}]")]
    return []
