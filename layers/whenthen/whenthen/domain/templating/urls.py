"""Put values into URLs: encoded, within the path and the query only, unless the step opens the host by name.

A value that a customer wrote must not choose where a message goes. So the scheme, the host and the port of a URL are
written in the template, and a value cannot leave the segment or the parameter in which it stands.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import quote, unquote, urlsplit

from jinja2 import nodes, pass_context
from jinja2.runtime import Context

from whenthen.domain.common.errors import Invalid
from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.templating.budget import budget_of
from whenthen.domain.templating.filters import Encoded
from whenthen.domain.templating.plain_text import FOR_MACHINES, plain

URL_PART = "url_part"
URL_HOST = "url_host"
URL_START = "url_start"
"""Name the filters that `mark_values` adds. They are none of the template's own."""

# Scheme, host and port must be written in the template, up to a slash, a question mark or the end.
OPEN_HOST = ReasonCode("template.url_open_host")
# A value in a loop could not be told to be in the path or the query.
NO_LOOP = ReasonCode("template.url_loop")
# The path has a segment of dots, which would lead out of it.
DOTS_IN_PATH = ReasonCode("template.url_dots")
# A value that stands in the host has other characters than those of host names.
BAD_HOST_VALUE = ReasonCode("template.url_host_value", "value")
BAD_URL = ReasonCode("template.url_malformed")

_VALUE = "\0"
_HEAD = re.compile(rf"\s*(?:[A-Za-z][A-Za-z0-9+.-]*|{_VALUE})://[^/?#\\]+[/?#\\]|\s*{_VALUE}(?!://)[^/?#\\]*[/?#\\]")
"""The beginning of a URL up to the end of its host, or a value that holds it."""
_HOST_VALUE = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")
_DOTS = frozenset({".", ".."})


def is_open(tree: nodes.Template) -> bool:
    """Tell whether a value may stand in the scheme, host or port of the URL."""
    return any(place != URL_PART for place, _ in _places(tree))


def mark_values(tree: nodes.Template) -> nodes.Template:
    """Wrap each value in the filter of its place in the URL: its start, its host, or what follows."""
    for place, (output, position) in _places(tree):
        expression = output.nodes[position]
        output.nodes[position] = nodes.Filter(
            expression, place, [], [], None, None, lineno=expression.lineno, environment=tree.environment
        )
    return tree


def _places(tree: nodes.Template) -> list[tuple[str, tuple[nodes.Output, int]]]:
    found: list[tuple[str, tuple[nodes.Output, int]]] = []
    _walk(tree.body, "", found)
    return found


def _walk(body: Sequence[nodes.Node], before: str, found: list[tuple[str, tuple[nodes.Output, int]]]) -> str:
    """Collect the values with their places. Return the text so far; of branches, the one that leaves most open."""
    for node in body:
        if isinstance(node, nodes.Output):
            for position, part in enumerate(node.nodes):
                if isinstance(part, nodes.TemplateData):
                    before += part.data
                    continue
                found.append((_place_after(before), (node, position)))
                before += _VALUE
        elif isinstance(node, nodes.If):
            branches = [node.body, *(branch.body for branch in node.elif_), node.else_]
            ends = [_walk(branch, before, found) for branch in branches]
            before = next((end for end in ends if _place_after(end) != URL_PART), ends[0])
    return before


def _place_after(text: str) -> str:
    if not text.strip():
        return URL_START
    return URL_PART if _HEAD.match(text) else URL_HOST


@pass_context
def _part(context: Context, value: object) -> Encoded:
    """Encode a value for a path or a query."""
    if isinstance(value, Encoded):
        return value
    budget_of(context).read((value,))
    return Encoded(quote(plain(value, FOR_MACHINES), safe=""))


def _host(value: object) -> Encoded:
    """Return a value that stands in a host if it has the characters of host names only. Raises Invalid."""
    text = plain(value, FOR_MACHINES)
    if not _HOST_VALUE.fullmatch(text):
        raise Invalid.field("template", BAD_HOST_VALUE(value=text[:100]))
    return Encoded(text)


def _start(value: object) -> Encoded:
    """Return a value that is the beginning of a URL, or all of it."""
    return Encoded(plain(value, FOR_MACHINES).strip())


FILTERS = {URL_PART: _part, URL_HOST: _host, URL_START: _start}


def check_path(url: str) -> None:
    """Reject a URL whose path has segments of dots, also encoded ones. Raises Invalid."""
    try:
        path = urlsplit(url).path
    except ValueError as error:
        raise Invalid.field("template", BAD_URL()) from error
    if any(unquote(segment).strip() in _DOTS for segment in re.split(r"[/\\]|%2f|%5c", path, flags=re.IGNORECASE)):
        raise Invalid.field("template", DOTS_IN_PATH())
