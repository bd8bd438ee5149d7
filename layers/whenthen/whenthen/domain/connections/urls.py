"""Check the addresses of connections, and join a connection's base with the part that a step names.

The host is the connection's, whatever the rest says: a part begins with one slash or a question mark, so that it can
neither name another host (`//evil.example`) nor lengthen this one (`.evil.example`, `@evil.example`).
"""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit

from whenthen.domain.common.errors import Invalid, Problem
from whenthen.domain.connections.reason_codes import NOT_A_PATH, NOT_AN_ADDRESS
from whenthen.domain.templating import templates, urls
from whenthen.domain.templating.plain_text import FOR_MACHINES, plain

MAX_URL = 2_000
PLACEHOLDER = "https://connection.invalid"
"""Stands for a connection's base where only the part behind it is checked."""

_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")
_PART = re.compile(r"(?:/(?![/\\])|\?)[^\\#\s]*", re.DOTALL)
_ADDRESS = re.compile(r"\s*(?:https?://|\{)", re.IGNORECASE)
_NOT_IN_BASE = frozenset(' {}\\?#%@<>"^`|')
_IN_TEMPLATE = re.compile(r"\{[{%#].*?[}%#]\}", re.DOTALL)


def is_base(url: str, *, plain_http: bool = False) -> bool:
    """Tell whether a connection may have this address: https, a host, no user, query, fragment or template.

    plain_http   whether http will do too, as on a local stack
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return False
    return (
        url.isascii()
        and url.isprintable()
        and not set(url) & _NOT_IN_BASE
        and len(url) <= MAX_URL
        and parts.scheme in (("https", "http") if plain_http else ("https",))
        and bool(_HOST.fullmatch(host))
        and port != 0
        and not _leads_out(url)
    )


def _leads_out(url: str) -> bool:
    try:
        urls.check_path(url)
    except Invalid:
        return True
    return False


def check_part(source: str, field: str) -> list[Problem]:
    """Return the problems of the part of an address that stands behind a connection's base. It may be empty."""
    text = source.strip()
    if text and not _PART.fullmatch(_IN_TEMPLATE.sub("x", text)):
        return [Problem(field, NOT_A_PATH())]
    return templates.check_url(f"{PLACEHOLDER}{text}", field, open_host=False)


def check_address(source: str, field: str, *, open_host: bool) -> list[Problem]:
    """Return the problems of an address that stands alone."""
    if not _ADDRESS.match(source):
        return [Problem(field, NOT_AN_ADDRESS())]
    return templates.check_url(source, field, open_host=open_host)


def joined(base: str, source: str) -> str:
    """Return the template of the whole address. Raises Invalid for a part that could change the host."""
    text = source.strip()
    if text and not _PART.fullmatch(_IN_TEMPLATE.sub("x", text)):
        raise Invalid.field("template", NOT_A_PATH())
    return f"{base.rstrip('/')}{text}"


def with_query(url: str, query: object) -> str:
    """Return the address with the values of a step's `query` encoded behind its own. A list gives one pair an item."""
    if not isinstance(query, dict):
        return url
    pairs = [
        f"{quote(str(name), safe='')}={quote(plain(item, FOR_MACHINES), safe='')}"
        for name, value in query.items()
        for item in (value if isinstance(value, list) else [value])
        if item is not None
    ]
    if not pairs:
        return url
    address, hash_sign, fragment = url.partition("#")
    joint = "?" if "?" not in address else "" if address.endswith(("?", "&")) else "&"
    return f"{address}{joint}{'&'.join(pairs)}{hash_sign}{fragment}"
