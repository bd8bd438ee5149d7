"""What of a delivery may be kept for its admin to look at: never what proves who sent it, nor what opens anything.

A value is masked for its name (`password`, `api_key`), for its form (a bearer token, a card's number), or because
it is a secret of the source itself. Of headers only those are kept by value that tell what the delivery is; of the
others only that they were there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from whenthen.domain.errors import WhenthenError
from whenthen.sources.bodies import read_json
from whenthen.sources.forms import read_form
from whenthen.sources.mapped import FORM_SCHEMES

if TYPE_CHECKING:
    from whenthen.sources.expressions import Expression
    from whenthen.sources.mapping import Source

MASK = "***"
LONGEST_BODY = 4_000
"""Characters of a body that are kept."""
LONGEST_HEADER = 200
MOST_NAMES = 50

TELLING_HEADERS = frozenset(
    {
        *("content-type", "content-encoding", "content-length", "user-agent"),
        *("webhook-id", "webhook-timestamp", "x-github-event", "x-github-delivery"),
    }
)
"""Headers that say what a delivery is, whoever sends it."""

_SECRET_NAME = re.compile(
    r"passw|passphrase|secret|token|apikey|accesskey|privatekey|authori[sz]ation|credential|signature|cookie"
    r"|sessionid|jwt|cvv|cvc|cardnumber|securitycode|iban"
    r"|^(?:auth|key|sig|hmac|pwd|pin|otp|pan|ssn)$"
)
"""In a name without anything but its letters and digits, in lower case."""

_PAIR = re.compile(
    r"(?i)((?:passw(?:or)?d|passphrase|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|authori[sz]ation"
    r"|credentials?|signature|cookie|cvv|cvc|card[_-]?number|iban|pwd)[\w.-]{0,40}"
    r"[\"']?(?:\s{0,8}[:=>]\s{0,8}|\r?\n\r?\n))"
    r"(\"[^\"]*\"?|'[^']*'?|(?:(?:bearer|basic|digest)\s+)?[^\s&<>,;\"'}]+)"
)
"""A secret's name and its value in a text of any kind: JSON that broke off, XML, a query, a part of a form."""

_FORMS = (
    re.compile(r"(?i)\b(?:bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}"),
    re.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{4,}(?:\.[A-Za-z0-9_-]*)?"),
    re.compile(r"\b(?:whsec_|[srp]k_(?:live|test)_|gh[pousr]_|github_pat_|xox[abprs]-|EAA|AKIA)[A-Za-z0-9_/+=-]{8,}"),
)
"""Tokens that are known by how they begin."""

_CARD = re.compile(r"\b[2-6]\d{3}(?:[ -]?\d{4}){2}[ -]?\d{1,7}\b")


def kept_headers(
    source: Source, headers: Mapping[str, str], secrets: Sequence[str]
) -> tuple[dict[str, str], list[str]]:
    """The headers that tell what the delivery is, and the names of the others."""
    asked = [expression.text for expression in _expressions(source)]
    kept: dict[str, str] = {}
    others: list[str] = []
    for name, value in headers.items():
        tells = name in TELLING_HEADERS or name == source.scheme.delivery_header or any(name in text for text in asked)
        if tells and name != source.scheme.header and not _is_secret(name):
            kept[name] = masked(str(value), secrets)[:LONGEST_HEADER]
        else:
            others.append(name[:64])
    return kept, sorted(others)[:MOST_NAMES]


def kept_body(source: Source, headers: Mapping[str, str], raw: bytes, secrets: Sequence[str]) -> str:
    """The body as text, masked, at most LONGEST_BODY characters of it."""
    try:
        read = _form(source, headers, raw) if source.scheme.kind in FORM_SCHEMES else read_json(raw)
    except WhenthenError:
        return masked(raw[: 4 * LONGEST_BODY].decode(errors="replace")[:LONGEST_BODY], secrets)[:LONGEST_BODY]
    return json.dumps(_masked(read, secrets), ensure_ascii=False)[:LONGEST_BODY]


def masked(text: str, secrets: Iterable[str]) -> str:
    """The text without anything that looks like a secret, or is one of `secrets`."""
    for secret in secrets:
        for written in (secret, secret.removeprefix("whsec_")):
            text = text.replace(written, MASK) if written else text
    for form in _FORMS:
        text = form.sub(MASK, text)
    text = _PAIR.sub(lambda found: found[1] + MASK, text)
    return _CARD.sub(lambda found: MASK if _is_card(found[0]) else found[0], text)


def _masked(value: Any, secrets: Sequence[str], *, hidden: bool = False) -> Any:
    """`value` with its shape kept; `hidden`: it stands under the name of a secret."""
    if isinstance(value, dict):
        return {
            masked(name, secrets): _masked(item, secrets, hidden=hidden or _is_secret(name))
            for name, item in value.items()
        }
    if isinstance(value, list):
        return [_masked(item, secrets, hidden=hidden) for item in value]
    if hidden and value is not None and not isinstance(value, bool):
        return MASK
    return masked(value, secrets) if isinstance(value, str) else value


def _form(source: Source, headers: Mapping[str, str], raw: bytes) -> dict[str, Any]:
    form = read_form(raw, headers.get("content-type", ""))
    hidden = {source.scheme.field}
    files = [{"field": file.field, "name": file.name, "size": len(file.content)} for file in form.files]
    return {"fields": {name: MASK if name in hidden else text for name, text in form.fields.items()}, "files": files}


def _is_secret(name: str) -> bool:
    return bool(_SECRET_NAME.search("".join(character for character in name.lower() if character.isalnum())))


def _is_card(written: str) -> bool:
    """Whether the digits have the check digit of a payment card (Luhn)."""
    digits = [int(character) for character in written if character.isdigit()]
    doubled = [digit if place % 2 == 0 else sum(divmod(2 * digit, 10)) for place, digit in enumerate(digits[::-1])]
    return sum(doubled) % 10 == 0


def _expressions(source: Source) -> Iterator[Expression]:
    """All expressions of the source: a header that one of them names tells what the delivery is."""
    for mapping in source.mappings:
        record = mapping.record
        asked = (mapping.when, mapping.type_from, mapping.id, mapping.time, mapping.subject, mapping.identities)
        more = (mapping.data, *((record.id, record.fields) if record else ()))
        yield from (expression for expression in (*asked, *more) if expression is not None)
