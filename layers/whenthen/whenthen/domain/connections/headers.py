"""Check the names and values of the headers that admins write."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from whenthen.domain.common.errors import Invalid
from whenthen.domain.common.reason_codes import NOT_TEXT, TOO_MANY
from whenthen.domain.connections.reason_codes import BAD_HEADER_NAME, BAD_HEADER_VALUE, RESERVED_HEADER

if TYPE_CHECKING:
    from whenthen.domain.common.document_reader import Reader

MAX_HEADERS = 30
MAX_VALUE = 8_000

RESERVED = frozenset(
    {"connection", "content-length", "expect", "host", "keep-alive", "proxy-authorization", "te", "trailer"}
    | {"transfer-encoding", "upgrade", "idempotency-key", "whenthen-cause"}
)
"""Name the headers that HTTP needs for the connection itself, and those that whenthen writes."""

_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_VALUE = re.compile(r"[\t\x20-\x7e\xa0-\xff]*")


def check_name(reader: Reader, field: str, name: str) -> None:
    """Report a name that no header has, or that is not the admin's to set."""
    if not _NAME.fullmatch(name):
        reader.report(field, BAD_HEADER_NAME(name=name[:100]))
    elif name.lower() in RESERVED:
        reader.report(field, RESERVED_HEADER(name=name))


def is_value(text: str) -> bool:
    """Tell whether a header may have this value: no line breaks, and no characters beyond Latin-1."""
    return len(text) <= MAX_VALUE and bool(_VALUE.fullmatch(text))


def read_headers(reader: Reader, field: str) -> dict[str, Any]:
    """Read headers, whose values are templates: texts, numbers or truths. Of two alike but for case the last counts."""
    written = reader.mapping(field)
    if len(written) > MAX_HEADERS:
        reader.report(field, TOO_MANY(count=MAX_HEADERS, found=len(written)))
    found: dict[str, Any] = {}
    for name, value in written.items():
        check_name(reader, f"{field}.{name}", str(name))
        if not isinstance(value, str | int | float | bool | None):
            reader.report(f"{field}.{name}", NOT_TEXT())
        found[str(name)] = value
    return found


def written(headers: Mapping[str, Any], field: str) -> dict[str, str]:
    """Return rendered headers as they go out, with names in lower case. Raises Invalid for a value that cannot.

    A value that is missing leaves its header out.
    """
    from whenthen.domain.templating.plain_text import FOR_MACHINES, plain  # noqa: PLC0415 - loads jinja2

    texts = {name.lower(): plain(value, FOR_MACHINES).strip() for name, value in headers.items() if value is not None}
    for name, text in texts.items():
        if not is_value(text):
            raise Invalid.field(f"{field}.{name}", BAD_HEADER_VALUE(name=name))
    return texts
