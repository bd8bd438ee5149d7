"""Mask the secrets of connections in reasons, and in the answers of APIs that send them back."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator, Mapping
from html import escape
from typing import Any
from urllib.parse import quote, quote_plus

from whenthen.domain.common.errors import Invalid, Problem
from whenthen.domain.common.reasons import Reason
from whenthen.domain.rules.step_parameters import texts_of
from whenthen.domain.templating import templates
from whenthen.domain.templating.syntax import SECRETS

MASK = "•••"
SHORTEST_SECRET = 4
"""Characters of a secret that is masked in an answer: a shorter one would mask half of any text."""

_OPEN = frozenset({"argument", "arguments", "construct", "count", "error", "filter", "line", "most", "options"})
"""Name the parameters of reasons that are parts of a template as it was written, and no values."""


def masked(text: str, hidden: Iterable[str]) -> str:
    """Return the text without the hidden values, in any form in which an API may write them."""
    forms = {form for value in hidden if len(value) >= SHORTEST_SECRET for form in _forms(value)}
    for form in sorted(forms, key=len, reverse=True):
        text = text.replace(form, MASK)
    return text


def _forms(value: str) -> Iterator[str]:
    yield value
    yield json.dumps(value)[1:-1]
    yield json.dumps(value, ensure_ascii=False)[1:-1]
    yield json.dumps(value)[1:-1].replace("/", "\\/")
    yield quote(value)
    yield quote(value, safe="")
    yield quote_plus(value)
    yield escape(value)
    yield base64.b64encode(value.encode()).decode().rstrip("=")


def credentials_of(headers: Mapping[str, str]) -> Iterator[str]:
    """Yield the values of headers that authenticate, whole and without their scheme."""
    for value in headers.values():
        yield value
        yield value.partition(" ")[2]


def names_secrets(*values: Any) -> bool:
    """Tell whether a template within these values of JSON names a secret."""
    return any(path[0] == SECRETS for text in _templates(values) for path in templates.paths_of(text))


def derives_from_secrets(*values: Any) -> bool:
    """Tell whether a template within these values makes something of a secret, such as a part of it."""
    return any(templates.derives_from(text, SECRETS) for text in _templates(values))


def _templates(values: Any) -> Iterator[str]:
    return (text for _, text in texts_of(values, "") if "{" in text)


def without_values(error: Invalid) -> Invalid:
    """Return the error without the values that its reasons show: they may be made of a secret."""
    return Invalid([Problem(problem.field, _bare(problem.reason)) for problem in error.problems])


def _bare(reason: Reason) -> Reason:
    return Reason(reason.code, {name: _bare_value(name, value) for name, value in reason.params.items()})


def _bare_value(name: str, value: Any) -> Any:
    if isinstance(value, Reason):
        return _bare(value)
    if name in _OPEN:
        return value
    return [_bare_value(name, item) for item in value] if isinstance(value, list | tuple) else MASK
