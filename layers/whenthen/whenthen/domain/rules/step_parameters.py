"""Render the parameters of a step, each by what it holds: texts for people, values with their types, URLs encoded."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from whenthen.domain.common.errors import Invalid, Problem
from whenthen.domain.connections.reason_codes import SECRETS_HERE
from whenthen.domain.connections.urls import check_address, check_part, joined
from whenthen.domain.rules.actions import Parameter, ParameterKind, actions
from whenthen.domain.templating import templates
from whenthen.domain.templating.budget import Budget
from whenthen.domain.templating.plain_text import plain
from whenthen.domain.templating.syntax import LINKS, LINKS_HERE, SECRETS

if TYPE_CHECKING:
    from whenthen.domain.common.reasons import Reason
    from whenthen.domain.rules.rule import Step

CONNECTION = "connection"
"""Name the parameter by which a step uses a stored connection."""

OPEN_HOST = "open_host"
"""Name the flag by which a step lets values choose the host of its URL."""


class Rendering:
    """Render with one budget for all texts of a step."""

    __slots__ = ("base", "budget", "context", "open_host")

    def __init__(self, context: Mapping[str, Any], *, open_host: bool = False, base: str = "") -> None:
        self.context = context
        self.budget = Budget()
        self.open_host = open_host
        self.base = base

    def text(self, source: Any) -> Any:
        """Render a text for people."""
        return templates.render(source, self.context, budget=self.budget) if isinstance(source, str) else source

    def html(self, source: Any) -> Any:
        """Render HTML with its values escaped."""
        return templates.render(source, self.context, escaping=True, budget=self.budget)

    def url(self, source: Any) -> Any:
        """Render a URL with its values encoded."""
        return templates.render_url(source, self.context, open_host=self.open_host, budget=self.budget)

    def address(self, source: Any) -> Any:
        """Render a URL; beside a connection, the part of it behind the connection's base."""
        return self.url(joined(self.base, source) if self.base else source)

    def texts(self, sources: Any) -> list[Any]:
        """Render each text of a list."""
        return [self.text(source) for source in sources]

    def several(self, sources: Any) -> list[str]:
        """Render each text of a list. A template whose value is a list gives each of its items."""
        return [plain(item) for source in sources for item in _items(self.value(source))]

    def value(self, source: Any) -> Any:
        """Render every string of a JSON value. One that is a single expression keeps its value's type."""
        if isinstance(source, str):
            return templates.render_value(source, self.context, self.budget)
        if isinstance(source, Mapping):
            return {name: self.value(item) for name, item in source.items()}
        if isinstance(source, list | tuple):
            return [self.value(item) for item in source]
        return source


def _items(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


def _none(rendering: Rendering, value: Any) -> Any:
    return value


_RENDER: Mapping[ParameterKind, Callable[[Rendering, Any], Any]] = {
    ParameterKind.TEXT: Rendering.text,
    ParameterKind.HTML: Rendering.html,
    ParameterKind.URL: Rendering.url,
    ParameterKind.TEXTS: Rendering.texts,
    ParameterKind.SET: Rendering.several,
    ParameterKind.OBJECT: Rendering.value,
    ParameterKind.FIELDS: Rendering.value,
    ParameterKind.ADDRESS: Rendering.address,
    ParameterKind.HEADERS: Rendering.value,
    ParameterKind.JSON: Rendering.value,
}
"""Kind of parameter → how its templates are rendered. Other kinds hold none."""


def render_step(
    step: Step, context: Mapping[str, Any], names: Collection[str] | None = None, *, base: str = ""
) -> dict[str, Any]:
    """Render the parameters of a step, or those of some names. Raises Invalid naming the parameter, as `with.url`.

    base   of the step's connection, before which its addresses stand
    """
    rendering = Rendering(context, open_host=bool(step.parameters.get(OPEN_HOST)), base=base)
    rows = {parameter.name: parameter for parameter in actions()[step.action].parameters}
    wanted = {name: value for name, value in step.parameters.items() if names is None or name in names}
    return {name: _render(rows.get(name), name, value, rendering) for name, value in wanted.items()}


def _render(row: Parameter | None, name: str, value: Any, rendering: Rendering) -> Any:
    render = _RENDER.get(row.kind, _none) if row is not None and row.templated else _none
    try:
        return render(rendering, value)
    except Invalid as error:
        raise Invalid([Problem(_place(name, problem.field), problem.reason) for problem in error.problems]) from error


def _place(name: str, field: str) -> str:
    return f"with.{name}" if field == "template" else field


def check_parameters(action: Any, written: Mapping[str, Any], field: str) -> list[Problem]:
    """Return every problem of the templates in the parameters of a step, as an admin wrote them, under `field`."""
    row_of_action = actions().get(action) if isinstance(action, str) else None
    open_host = written.get(OPEN_HOST) is True
    connected = bool(written.get(CONNECTION)) if row_of_action else False
    problems: list[Problem] = []
    for row in row_of_action.parameters if row_of_action else ():
        value, place = written.get(row.name), f"{field}.{row.name}"
        if row.kind in _URLS and isinstance(value, str):
            problems += _URLS[row.kind](value, place, open_host, connected)
        elif row.templated:
            problems += _check_all(value, place)
        if row.templated and not (row_of_action and row_of_action.secrets and connected):
            problems += _naming((SECRETS,), value, place, SECRETS_HERE())
        if row.templated and not (row_of_action and row_of_action.messages):
            problems += _naming(LINKS, value, place, LINKS_HERE(options=list(LINKS)))
    return problems


def _check_address(source: str, field: str, open_host: bool, connected: bool) -> list[Problem]:
    return check_part(source, field) if connected else check_address(source, field, open_host=open_host)


_URLS: Mapping[ParameterKind, Callable[[str, str, bool, bool], list[Problem]]] = {
    ParameterKind.URL: lambda source, field, open_host, _: templates.check_url(source, field, open_host=open_host),
    ParameterKind.ADDRESS: _check_address,
}
"""Kind of parameter that holds an address → its check, by whether values choose the host and a connection is named."""


def _naming(names: Collection[str], value: Any, field: str, reason: Reason) -> list[Problem]:
    """Return a problem for each text that names one of these."""
    return [Problem(place, reason) for place, text in texts_of(value, field) if templates.names_any(text, names)]


def texts_of(value: Any, field: str) -> Iterator[tuple[str, str]]:
    """Yield each text of a JSON value with its path."""
    if isinstance(value, str):
        yield field, value
    elif isinstance(value, Mapping):
        for name, item in value.items():
            yield from texts_of(item, f"{field}.{name}")
    elif isinstance(value, list | tuple):
        for place, item in enumerate(value):
            yield from texts_of(item, f"{field}[{place}]")


def _check_all(value: Any, field: str) -> list[Problem]:
    """Return every problem of the strings of a JSON value."""
    return [
        problem for place, text in texts_of(value, field) if "{" in text for problem in templates.check(text, place)
    ]
