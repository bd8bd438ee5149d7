"""Check and render templates: Jinja2 in its immutable sandbox, with only the syntax that `syntax` lists.

The sandbox keeps templates from reaching into Python; the list and the budget keep them from costing time. A template
that is one expression keeps its value's type (`render_value`); in a text, values are written for people.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from jinja2 import ChainableUndefined, Template, Undefined, nodes, pass_context
from jinja2.runtime import Context, LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from whenthen.domain.common.errors import Invalid, Problem
from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.templating import filters, loops, syntax, urls
from whenthen.domain.templating.budget import BUDGET, MAX_RENDERED, TOO_LONG, Budget, budget_of
from whenthen.domain.templating.comparisons import COMPARE, NEGATE, compare, negate, with_operators
from whenthen.domain.templating.number_filters import canonical
from whenthen.domain.templating.plain_text import plain, truths_of
from whenthen.domain.templating.reading import Unreadable, read
from whenthen.domain.temporal.time_values import NOW_FIELDS, now_fields

if TYPE_CHECKING:
    from whenthen.domain.templating.syntax import Complaint

AT_LINE = ReasonCode("template.at_line", "line", "problem")
TOO_COMPLEX = ReasonCode("template.too_complex")
# `error` is the name of the error in Jinja2 or Python, such as RecursionError.
NOT_RENDERED = ReasonCode("template.not_rendered", "error")

_UNREADABLE = (SyntaxError, ValueError, RecursionError, MemoryError)
"""Errors of Jinja2 and the compiler for endless nesting and numbers of thousands of digits."""
_UNRENDERED = (*filters.UNFIT, *_UNREADABLE, AssertionError, NameError)
"""Errors of Jinja2 and Python outside of filters. Nothing that a template may hold is known to raise one."""
_RESULT = "result"


class _Sandbox(ImmutableSandboxedEnvironment):
    """Read a dot as a key of a mapping only: a field called `items` is found, a method never is."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Return the value under this key. Undefined if absent."""
        return self.getitem(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """Return the value under a key, or at a place of a list. Null counts as missing, so no letter says None."""
        value = _item(obj, argument)
        return self.undefined(name=str(argument)) if value is None else value


def _item(obj: Any, argument: Any) -> Any:
    if isinstance(obj, Mapping):
        return obj.get(argument)
    if isinstance(obj, list | tuple):
        return obj[argument] if isinstance(argument, int) and -len(obj) <= argument < len(obj) else None
    if isinstance(obj, LoopContext):
        return loops.field_of(obj, argument)
    if isinstance(obj, datetime) and obj.tzinfo is not None and argument in NOW_FIELDS:
        return now_fields(obj, obj.tzinfo)[argument]
    return None


@lru_cache(maxsize=2)
def _environment(*, escaping: bool) -> _Sandbox:
    environment = _Sandbox(autoescape=escaping, undefined=ChainableUndefined, finalize=_finalize)
    environment.globals.clear()
    environment.filters = {**filters.FILTERS, **urls.FILTERS, **loops.FILTERS, COMPARE: compare, NEGATE: negate}
    return environment


@pass_context
def _finalize(context: Context, value: Any) -> str:
    """Write a value as text and pay for its length. A missing value is nothing, so that a letter never says None."""
    text = value if isinstance(value, str) else plain(value, truths_of(context))
    budget_of(context).write(text)
    return text


def check(source: str, field: str) -> list[Problem]:
    """Return every problem of a template that is saved, under `field`, with its line."""
    return _problems(source, field, lambda tree: [*syntax.complaints(tree), *syntax.unfit_arguments(tree)])


def _problems(source: str, field: str, complaints: Callable[[nodes.Template], Iterable[Complaint]]) -> list[Problem]:
    environment = _environment(escaping=False)
    try:
        tree = read(environment, source)
        found = list(complaints(tree))
        if not found:
            environment.compile(prepared(tree))
    except Unreadable as error:
        return [Problem(field, AT_LINE(line=error.line, problem=error.reason))]
    except _UNREADABLE:
        return [Problem(field, TOO_COMPLEX())]
    return [Problem(field, AT_LINE(line=node.lineno, problem=reason)) for node, reason in found]


def check_url(source: str, field: str, *, open_host: bool) -> list[Problem]:
    """Return the problems of a URL's template. Its scheme, host and port hold no value, unless `open_host`."""
    problems = check(source, field)
    if problems:
        return problems
    if loops.loops(tree := _environment(escaping=False).parse(source)):
        return [Problem(field, urls.NO_LOOP())]
    if not open_host and urls.is_open(tree):
        return [Problem(field, urls.OPEN_HOST())]
    if "{" not in source:
        try:
            urls.check_path(source)
        except Invalid as error:
            return [Problem(field, problem.reason) for problem in error.problems]
    return []


def paths_of(source: str) -> frozenset[tuple[str, ...]]:
    """Return the fields that a template names, as root and names. Empty for one that cannot be read."""
    if "{" not in source or _problems(source, "", syntax.complaints):
        return frozenset()
    return frozenset(syntax.paths(_environment(escaping=False).parse(source)))


def names_any(source: str, roots: Collection[str]) -> bool:
    """Tell whether a template names one of these roots, such as `secrets`."""
    return any(path[0] in roots for path in paths_of(source))


def derives_from(source: str, root: str) -> bool:
    """Tell whether a template does more with fields of this root than write each as a whole: filter or compare it."""
    if "{" not in source:
        return False
    return bool(_problems(source, "", syntax.complaints)) or syntax.derives_from(
        _environment(escaping=False).parse(source), root
    )


def _parsed(source: str) -> nodes.Template:
    # Checked again although it was checked on save: what is in the store is not trusted with code. The arguments of
    # filters are not: those of a template that was saved before they were checked may do for the values that come.
    problems = _problems(source, "template", syntax.complaints)
    if problems:
        raise Invalid(problems)
    return _environment(escaping=False).parse(source)


@lru_cache(maxsize=500)
def _compiled(source: str, *, escaping: bool) -> Template:
    return _environment(escaping=escaping).from_string(prepared(_parsed(source)))


@lru_cache(maxsize=100)
def _compiled_url(source: str, *, open_host: bool) -> Template:
    tree = _parsed(source)
    if loops.loops(tree):
        raise Invalid.field("template", urls.NO_LOOP())
    if not open_host and urls.is_open(tree):
        raise Invalid.field("template", urls.OPEN_HOST())
    return _environment(escaping=False).from_string(with_operators(urls.mark_values(tree)))


@lru_cache(maxsize=500)
def _compiled_expression(source: str) -> Template | None:
    """Compile a template that is one expression, so that its value stands under a name. None for other templates."""
    match _parsed(source).body:
        case [nodes.Output(nodes=[expression])] if not isinstance(expression, nodes.TemplateData):
            assigned = nodes.Assign(nodes.Name(_RESULT, "store"), expression, lineno=1)
            tree = nodes.Template([assigned], lineno=1)
            return _environment(escaping=False).from_string(with_operators(tree))
    return None


def prepared(tree: nodes.Template) -> nodes.Template:
    """Put our comparisons and the counting of loops into a template that was checked."""
    return loops.with_loops(with_operators(tree))


def _within(context: Mapping[str, Any], budget: Budget | None) -> dict[str, Any]:
    budget = budget or Budget()
    budget.written = 0
    return {**context, BUDGET: budget}


def _rendered(compiled: Callable[[], Template], context: Mapping[str, Any], budget: Budget | None) -> str:
    try:
        text = compiled().render(_within(context, budget))
    except _UNRENDERED as error:
        raise Invalid.field("template", NOT_RENDERED(error=type(error).__name__)) from error
    if len(text) > MAX_RENDERED:
        raise Invalid.field("template", TOO_LONG(count=MAX_RENDERED, found=len(text)))
    return text


def render(source: str, context: Mapping[str, Any], *, escaping: bool = False, budget: Budget | None = None) -> str:
    """Render a template as a text; a missing value is empty. Raises Invalid if it cannot be rendered."""
    if "{" not in source:
        return source
    return _rendered(lambda: _compiled(source, escaping=escaping), context, budget)


def render_url(
    source: str, context: Mapping[str, Any], *, open_host: bool = False, budget: Budget | None = None
) -> str:
    """Render a URL with its values encoded. Raises Invalid: a value in the host, or dots that lead out of the path."""
    url = (
        source if "{" not in source else _rendered(lambda: _compiled_url(source, open_host=open_host), context, budget)
    )
    urls.check_path(url)
    return url


def render_value(source: str, context: Mapping[str, Any], budget: Budget | None = None) -> Any:
    """Render a template; one that is one expression keeps the type of its value. None if that is missing.

    Raises Invalid if it cannot be rendered.
    """
    if "{" not in source:
        return source
    compiled = _compiled_expression(source.strip())
    if compiled is None:
        return render(source, context, budget=budget)
    try:
        inner = compiled.new_context(_within(context, budget))
        for _ in compiled.root_render_func(inner):
            pass
        value = _json_value(inner.vars[_RESULT])
        budget_of(inner).read((value,))
    except _UNRENDERED as error:
        raise Invalid.field("template", NOT_RENDERED(error=type(error).__name__)) from error
    return value


def _json_value(value: Any) -> Any:
    """Return the result of an expression as a value of JSON."""
    if isinstance(value, Undefined):
        return None
    if isinstance(value, str):
        return str(value) if isinstance(value, Markup | filters.Encoded) else value
    if isinstance(value, Decimal):
        number = canonical(value)
        return number if isinstance(number, int) else float(number)
    return value.isoformat() if isinstance(value, datetime) else value
