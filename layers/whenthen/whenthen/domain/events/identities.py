"""Normalise identities, by which a person is found again through whichever channel they come.

An identity is written `<kind>#<value>`: `phone#+905321234567`, `email#ayse@example.com`,
`whatsapp#US.13491208655302741918`. Two writings of one address must give one identity, or one
person becomes two; two addresses must never give the same one, or two persons become one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from whenthen.domain.common.errors import Invalid
from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.events.mail_addresses import domain, email
from whenthen.domain.events.phone_numbers import phone, phone_of_digits, written

__all__ = [
    "domain",
    "email",
    "fits_key",
    "identities_of",
    "identity",
    "normalised_identity",
    "own",
    "phone",
    "phone_of_digits",
    "written",
]

MAX_IDENTITY_LENGTH = 512
"""Bound the characters of one identity."""

MAX_KEY_BYTES = 1_900
"""Bound the bytes of a table key's variable part: DynamoDB takes 2,048 with the key's own words."""

BAD_IDENTITY_KIND = ReasonCode("identity.malformed_kind")
# An identity is empty, or longer than so many characters (count), or than so many bytes (bytes).
BAD_IDENTITY_LENGTH = ReasonCode("identity.out_of_bounds", "count", "bytes")

_KIND = re.compile(r"[a-z][a-z0-9_]{0,31}")


def identity(kind: str, value: str) -> str:
    """Make `<kind>#<value>` of a normalised value. Raises Invalid naming the part that does not hold."""
    if not _KIND.fullmatch(kind):
        raise Invalid.field("kind", BAD_IDENTITY_KIND())
    if not value or len(kind) + 1 + len(value) > MAX_IDENTITY_LENGTH or not fits_key(f"{kind}#{value}"):
        raise Invalid.field(kind, BAD_IDENTITY_LENGTH(count=MAX_IDENTITY_LENGTH, bytes=MAX_KEY_BYTES))
    return f"{kind}#{value}"


def normalised_identity(text: str, default_country: str | None = None) -> str | None:
    """Return an identity of another system in our form; None if no key can hold it, or its address cannot be read."""
    kind, _, value = text.partition("#")
    read = {"phone": lambda: phone(value, default_country), "email": lambda: email(value)}.get(kind, lambda: value)()
    try:
        return identity(kind, read) if read else None
    except Invalid:
        return None


def own(found: Iterable[str]) -> list[str]:
    """Return the identities that a person has for good: business-scoped ids. Numbers go to others in time."""
    return [each for each in found if each.startswith("whatsapp#")]


def fits_key(text: str) -> bool:
    """Tell whether a table key can hold the text: it is short enough and has no half of a surrogate pair."""
    try:
        return len(text.encode()) <= MAX_KEY_BYTES
    except UnicodeEncodeError:
        return False


def identities_of(fields: Mapping[str, Any], default_country: str | None) -> tuple[str, ...]:
    """Return the identities that loose fields give, in the order phone, email, whatsapp, without unusable ones.

    `phone` and `email` may hold one text (or whole number) or a list of them; `whatsapp` is a business-scoped id.
    """
    found = [
        identity("phone", number) for text in _texts(fields.get("phone")) if (number := phone(text, default_country))
    ]
    found += [identity("email", address) for text in _texts(fields.get("email")) if (address := email(text))]
    found += [
        identity("whatsapp", text) for text in _texts(fields.get("whatsapp")) if 0 < len(text) < 256 and fits_key(text)
    ]
    return tuple(dict.fromkeys(found))


def _texts(value: Any) -> Iterable[str]:
    values = value if isinstance(value, list | tuple) else [value]
    return [text for value in values if (text := written(value)) is not None]
