"""Make the request of a step: its address, headers and body, with the values that are known when it is due."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from whenthen.domain.common.errors import Invalid
from whenthen.domain.connections import headers
from whenthen.domain.connections.reason_codes import NOT_A_PATH
from whenthen.domain.connections.urls import with_query
from whenthen.domain.rules.step_parameters import Rendering, render_step
from whenthen.domain.templating.plain_text import FOR_MACHINES, plain
from whenthen.ports.outgoing import HttpRequest
from whenthen.ports.reason_codes import TOO_LARGE
from whenthen.usecases.connections.masking import names_secrets, without_values

if TYPE_CHECKING:
    from whenthen.domain.connections.connection import Connection
    from whenthen.domain.rules.rule import Step

MAX_BODY = 200_000
AGENT = "whenthen"

_FORM = "application/x-www-form-urlencoded"


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, default=str).encode()


def _form(value: Any) -> bytes:
    pairs = [
        (name, plain(item, FOR_MACHINES))
        for name, items in value.items()
        for item in (items if isinstance(items, list) else [items])
        if item is not None
    ]
    return urlencode(pairs).encode()


_BODIES: Mapping[str, tuple[str, Callable[[Any], bytes]]] = {
    "json": ("application/json", _json),
    "form": (_FORM, _form),
    "text": ("text/plain; charset=utf-8", lambda value: str(value).encode()),
}
"""Parameter that holds a body → its media type, and how it is encoded."""


def request_of(
    step: Step, context: Mapping[str, Any], connection: Connection | None, own: Mapping[str, str]
) -> HttpRequest:
    """Render the request of a step. Raises Invalid naming the wrong field.

    context  with the secrets of the connection
    own      headers that whenthen writes: admins cannot
    """
    try:
        return _request_of(step, context, connection, own)
    except Invalid as error:
        if names_secrets(step.parameters, connection.headers if connection else {}):
            raise without_values(error) from None
        raise


def _request_of(
    step: Step, context: Mapping[str, Any], connection: Connection | None, own: Mapping[str, str]
) -> HttpRequest:
    base = connection.base_url if connection else ""
    given = render_step(step, context, base=base)
    url = with_query(given.get("url") or base, given.get("query"))
    if connection is not None and urlsplit(url)[:2] != urlsplit(base)[:2]:
        raise Invalid.field("with.url", NOT_A_PATH())
    media_type, body = _body_of(given)
    defaults = Rendering(context).value(connection.headers) if connection else {}
    wanted = {**headers.written(defaults, "headers"), **headers.written(given.get("headers") or {}, "with.headers")}
    typed = {"content-type": media_type} if media_type else {}
    return HttpRequest(given["method"], url, {"user-agent": AGENT, **typed, **wanted, **own}, body)


def _body_of(given: Mapping[str, Any]) -> tuple[str, bytes]:
    """Return the media type and the bytes of a body. Empty without one."""
    for name, (media_type, encode) in _BODIES.items():
        if name in given:
            body = encode(given[name])
            if len(body) > MAX_BODY:
                raise Invalid.field(f"with.{name}", TOO_LARGE(most=MAX_BODY, found=len(body)))
            return media_type, body
    return "", b""
