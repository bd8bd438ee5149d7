"""Mask a delivery for its admin to look at: never keep signatures, tokens or passwords.

Of a body, only the values that the source's mappings name are kept; of all others, the names of their fields. No list
of words knows what a secret is called in every language. A value that is named is masked all the same for its name
(`password`, `şifre`), for its form (a bearer token, a key, a card's number), or because it is a secret of the source
itself. Headers that tell the nature of the delivery are kept by value, of all others only the names.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from msgspec import Struct
from msgspec.structs import replace

from whenthen.domain.common.errors import WhenthenError
from whenthen.sources.redaction.mapped_names import Names, names_in
from whenthen.sources.signing.schemes import FORM_SCHEMES
from whenthen.sources.webhook.body import fields_of, read_body
from whenthen.sources.webhook.default_mappings import mappings_of

if TYPE_CHECKING:
    from whenthen.domain.expressions.expressions import Expression
    from whenthen.sources.parsing.forms import Form
    from whenthen.sources.webhook.mapping import Source

MASK = "***"
LONGEST_BODY = 4_000
"""Characters of a body that are kept."""
LONGEST_TEXT = 4 * LONGEST_BODY
"""Characters of a text that are searched: the sender waits meanwhile."""
LONGEST_SECRET = 1_000
"""Characters that are dropped at the end of a text that was cut: half a secret would not be recognised."""
LONGEST_HEADER = 200
MOST_NAMES = 50

TELLING_HEADERS = frozenset(
    {
        *("content-type", "content-encoding", "content-length", "user-agent"),
        *("webhook-id", "webhook-timestamp", "svix-id", "svix-timestamp", "x-github-event", "x-github-delivery"),
    }
)
"""Headers that tell the nature of a delivery of any sender."""

_SECRET_NAME = re.compile(
    r"passw|passphrase|secret|token|apikey|accesskey|privatekey|authori[sz]ation|credential|signature|cookie"
    r"|sessionid|jwt|cvv|cvc|cardnumber|securitycode|iban"
    r"|şifre|sifre|parola|gizli|jelsz[oó]|titkos|sandi|rahasia|סיסמ|סוד"
)
"""Searched in a name that is reduced to its letters and digits, in lower case; in the languages of our users."""

_SECRET_WORDS = frozenset({"auth", "key", "sig", "hmac", "pwd", "pin", "otp", "pan", "ssn"})
"""Compared with whole words of a name: they are too short to be searched within words."""

_NAMES = frozenset({"name", "key", "field", "label", "parameter", "question"})
_SPOKEN_OF = frozenset({"value", "values", "val", "content", "text", "answer", "answers"})
"""Members of an object that give a name, and those that give its value: `{"name": "password", "value": …}`."""

_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
LONGEST_NAME = 200
"""Characters of a name that is searched; the value under a longer name is hidden."""

_SIGN = re.compile(
    r"(?i)(?:[\\\"']{1,8}\s{0,8}|\s{1,8}|)"
    r"(?:(?P<loose>[:>]|\r?\n\r?\n|&gt;|%3A)|=|(?P<encoded>%3D))[=>]?\s{0,8}"
)
"""Separates a name from its value in a text of any kind: a query, JSON within a string, a header."""

_BEFORE_NAME = re.compile(r"(?i)[^\w.\[\]%-]|%(?:2[6CF]|3[AD])")

_QUOTED = re.compile(r"(\\{0,8}[\"'])(?s:.*?)(?:(?<!\\)\1|\Z)")
_NESTED = re.compile(r"(?s:[\[{].*)")
_LINE = re.compile(r"[^\r\n]*")
_WRITTEN = re.compile(r"(?i)(?:(?:bearer|basic|digest)\s{1,8})?[^\s&<>]*")
_ENCODED = re.compile(r"(?i)(?:(?!%26)[^\s&<>])*")

_ELEMENT = re.compile(r"<([\w:.-]{1,80})(?:\s[^<>]{0,400})?>")

_FORMS = (
    re.compile(r"(?i)\b(?:bearer|basic)\s{1,8}[A-Za-z0-9._~+/=-]{8,}"),
    re.compile(r"\beyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*){0,4}"),
    re.compile(
        r"\b(?:whsec_|[srp]k_(?:live|test)_|gh[pousr]_|github_pat_|glpat-|npm_|xox[abeprs]-|xapp-|sk-|shp(?:at|ss)_|SG\."
        r"|ya29\.|AIza|EAA|AKIA|ASIA)[A-Za-z0-9_/+=.-]{8,}"
    ),
    re.compile(r"-----BEGIN [A-Z0-9 ]{1,40}-----(?s:.*?)(?:-----END [A-Z0-9 ]{1,40}-----|\Z)"),
    re.compile(r"(?<=://)[^\s/?#@]{1,200}(?=@)"),
)
"""Match tokens by how they begin, and the password in an address."""

_CARD = re.compile(r"\b[2-6]\d{3}(?:[ -]?\d{4}){2}[ -]?\d{1,7}\b")


def kept_headers(
    source: Source, headers: Mapping[str, str], secrets: Sequence[str]
) -> tuple[dict[str, str], list[str]]:
    """Return the headers that tell the nature of the delivery, masked, and the names of the others."""
    asked = [expression.text for expression in _expressions(source)]
    kept: dict[str, str] = {}
    others: list[str] = []
    for name, value in headers.items():
        tells = name in TELLING_HEADERS or name == source.scheme.delivery_header or any(name in text for text in asked)
        if tells and name != source.scheme.header and not is_secret(name):
            kept[name] = masked(str(value), secrets)[:LONGEST_HEADER]
        else:
            others.append(name[:64])
    return kept, sorted(others)[:MOST_NAMES]


def kept_body(source: Source, headers: Mapping[str, str], raw: bytes, secrets: Sequence[str]) -> str:
    """Return the body as text, masked but for what mappings name, at most LONGEST_BODY characters of it.

    Empty if the body cannot be read: nothing masks reliably where names and values are not told apart.
    """
    try:
        content = read_body(source.scheme, headers, raw)
        read = content.value if content.form is None else _shown_form(source, content.form)
    except WhenthenError:
        return ""
    return json.dumps(_Masking(secrets, names_in(_mapped(source))).of(read), ensure_ascii=False)[:LONGEST_BODY]


def masked(text: str, secrets: Iterable[str]) -> str:
    """Mask everything in a text that looks like a secret, or is one of `secrets`."""
    if len(text) > LONGEST_TEXT:
        return masked(text[:LONGEST_TEXT], secrets)[:-LONGEST_SECRET] or MASK
    for secret in secrets:
        for written in (secret, secret.removeprefix("whsec_")):
            text = text.replace(written, MASK) if written else text
    for form in _FORMS:
        text = form.sub(MASK, text)
    text = _without_pairs(_without_elements(text))
    return _CARD.sub(lambda found: MASK if _is_card(found[0]) else found[0], text)


def _without_elements(text: str) -> str:
    """Mask the content of XML elements whose name is that of a secret, up to their end or the text's."""
    parts: list[str] = []
    at = 0
    while found := _ELEMENT.search(text, at):
        parts.append(text[at : found.end()])
        at = found.end()
        if is_secret(found[1]):
            end = text.find(f"</{found[1]}", at)
            at = len(text) if end < 0 else end
            parts.append(MASK)
    return "".join((*parts, text[at:]))


def _without_pairs(text: str) -> str:
    """Mask the values behind the names of secrets: rather too much than too little."""
    parts: list[str] = []
    at = 0
    while found := _SIGN.search(text, at):
        name = _BEFORE_NAME.split(text[max(at, found.start() - 80) : found.start()].rstrip(" \\\"'"))[-1]
        parts.append(text[at : found.end()])
        at = found.end()
        if is_secret(unquote(name)):
            unquoted = _LINE if found["loose"] else _ENCODED if found["encoded"] else _WRITTEN
            value = _QUOTED.match(text, at) or _NESTED.match(text, at) or unquoted.match(text, at)
            if value and value[0]:
                at = value.end()
                parts.append(MASK)
    return "".join((*parts, text[at:]))


class _Masking(Struct):
    """Mask a document, up to `left` characters of its JSON; the rest is left out."""

    secrets: Sequence[str]
    named: Names
    left: int = LONGEST_BODY

    def of(self, value: Any, *, hidden: bool = False, nameless: bool = True) -> Any:
        """Mask a value and keep its shape.

        hidden    it stands under the name of a secret, or under one that no mapping names
        nameless  it stands under no name at all, as the items of a list that is the body
        """
        self.left -= 1
        if isinstance(value, dict):
            members = itertools.takewhile(self._goes_on, value.items())
            secret = _SPOKEN_OF if _names_secret(value) else ()
            return {
                self._text(name): self.of(
                    item, hidden=hidden or name.lower() in secret or self._hides(name), nameless=False
                )
                for name, item in members
            }
        if isinstance(value, list):
            items = itertools.takewhile(self._goes_on, value)
            return [self.of(item, hidden=hidden, nameless=nameless) for item in items]
        if value is None or isinstance(value, bool):
            return value
        if hidden or nameless:
            return MASK
        written = str(value)
        found = self._text(written)
        return value if found == written else found

    def _hides(self, name: str) -> bool:
        return is_secret(name) or name not in self.named

    def _goes_on(self, _: Any) -> bool:
        return self.left > 0

    def _text(self, text: str) -> str:
        found = masked(text, self.secrets)
        self.left -= len(found)
        return found


def _shown_form(source: Source, form: Form) -> dict[str, Any]:
    """Return a form as expressions see it, but with its token masked in place of left out."""
    token = source.scheme.field if source.scheme.kind in FORM_SCHEMES else None
    whole = fields_of(form)
    return whole | {"fields": {name: MASK if name == token else text for name, text in form.fields.items()}}


def is_secret(name: str) -> bool:
    """Tell whether a field, header or element of this name holds a secret."""
    if len(name) > LONGEST_NAME:
        return True
    joined = "".join(character for character in name.lower() if character.isalnum())
    words = {joined, *(word.lower() for word in _WORD.findall(name))}
    return bool(_SECRET_NAME.search(joined)) or not _SECRET_WORDS.isdisjoint(words)


def _names_secret(members: Mapping[str, Any]) -> bool:
    """Tell whether an object gives a name and its value as two members, and the name is that of a secret."""
    return any(isinstance(item, str) and name.lower() in _NAMES and is_secret(item) for name, item in members.items())


def _is_card(written: str) -> bool:
    """Tell whether the digits have the check digit of a payment card (Luhn)."""
    digits = [int(character) for character in written if character.isdigit()]
    doubled = [digit if place % 2 == 0 else sum(divmod(2 * digit, 10)) for place, digit in enumerate(digits[::-1])]
    return sum(doubled) % 10 == 0


def _mapped(source: Source) -> Iterator[Expression]:
    """Return all expressions by which bodies of the source are mapped, also those of its scheme."""
    yield from _expressions(replace(source, mappings=mappings_of(source)))
    if source.each is not None:
        yield source.each


def _expressions(source: Source) -> Iterator[Expression]:
    """Return all expressions of the source: a header that one of them names tells the nature of the delivery."""
    for mapping in source.mappings:
        record = mapping.record
        asked = (mapping.when, mapping.type_from, mapping.id, mapping.time, mapping.subject, mapping.identities)
        more = (mapping.data, *((record.id, record.fields) if record else ()))
        yield from (expression for expression in (*asked, *more) if expression is not None)
