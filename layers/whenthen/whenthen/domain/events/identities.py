"""Normalise identities, by which a person is found again through whichever channel they come.

An identity is written `<kind>#<value>`: `phone#+905321234567`, `email#ayse@example.com`,
`whatsapp#US.13491208655302741918`. Two writings of one address must give one identity, or one
person becomes two; two addresses must never give the same one, or two persons become one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any

from whenthen.domain.common.errors import Invalid
from whenthen.domain.common.reasons import ReasonCode

MAX_IDENTITY_LENGTH = 512
"""Bound the characters of one identity."""

MAX_KEY_BYTES = 1_900
"""Bound the bytes of a table key's variable part: DynamoDB takes 2,048 with the key's own words."""

BAD_IDENTITY_KIND = ReasonCode("identity.malformed_kind")
# An identity is empty, or longer than so many characters (count), or than so many bytes (bytes).
BAD_IDENTITY_LENGTH = ReasonCode("identity.out_of_bounds", "count", "bytes")

_LONGEST_NUMBER = 10**18
"""Bound the whole numbers that are read as people write them. No telephone number has more digits."""

_KIND = re.compile(r"[a-z][a-z0-9_]{0,31}")
_EMAIL = re.compile(r"[^\s@<>()\[\]\\,;:\"]{1,64}@(?=.{1,253}$)[^\s@.<>()\[\]\\,;:\"]+(?:\.[^\s@.<>()\[\]\\,;:\"]+)+")
_DIGITS = re.compile(r"[1-9][0-9]{6,14}")
_LONGEST_PHONE_TEXT = 64
_LONGEST_EMAIL_TEXT = 400

_MEXICO_WITH_OLD_ONE = re.compile(r"\+521([0-9]{10})")
_BRAZIL_WITHOUT_NINE = re.compile(r"\+55([1-9][0-9])([6-9][0-9]{7})")


def identity(kind: str, value: str) -> str:
    """Make `<kind>#<value>` of a normalised value. Raises Invalid naming the part that does not hold."""
    if not _KIND.fullmatch(kind):
        raise Invalid.field("kind", BAD_IDENTITY_KIND())
    if not value or len(kind) + 1 + len(value) > MAX_IDENTITY_LENGTH or not fits_key(f"{kind}#{value}"):
        raise Invalid.field(kind, BAD_IDENTITY_LENGTH(count=MAX_IDENTITY_LENGTH, bytes=MAX_KEY_BYTES))
    return f"{kind}#{value}"


def own(found: Iterable[str]) -> list[str]:
    """Return the identities that a person has for good: business-scoped ids. Numbers go to others in time."""
    return [each for each in found if each.startswith("whatsapp#")]


def fits_key(text: str) -> bool:
    """Tell whether a table key can hold the text: it is short enough and has no half of a surrogate pair."""
    try:
        return len(text.encode()) <= MAX_KEY_BYTES
    except UnicodeEncodeError:
        return False


def written(value: Any) -> str | None:
    """Return a text as it is, or a whole number as people write it. None for other values.

    What went through a spreadsheet comes as 5321234567.0: its zero is no digit of the number.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < _LONGEST_NUMBER:
        return None
    return str(int(value)) if value == int(value) else None


def phone(text: str, default_country: str | None) -> str | None:
    """Return the E.164 form (`+905321234567`) of a number as people write it. None if it cannot be one.

    `default_country` (ISO 3166 alpha-2, such as `TR`) reads numbers without a country code; without it
    only international writings (`+90 …`, `0090 …`) are taken. A number of a possible length is enough:
    tables of assigned ranges lag behind what the operators assign, and a customer would be lost.
    """
    text = text.strip()
    if not text or len(text) > _LONGEST_PHONE_TEXT:
        return None
    import phonenumbers  # noqa: PLC0415 - 45 ms, which a cold receive function only pays when it must

    written = f"+{text[2:]}" if text.startswith("00") else text
    try:
        number = phonenumbers.parse(written, default_country)
    except phonenumbers.NumberParseException:
        return None
    canonical = _canonical(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
    possible = phonenumbers.is_possible_number_with_reason(phonenumbers.parse(canonical, None))
    return canonical if possible == phonenumbers.ValidationResult.IS_POSSIBLE else None


def phone_of_digits(digits: str) -> str | None:
    """Return the E.164 form of an international number without plus sign (`905321234567`), as in WhatsApp's ids."""
    return _canonical(f"+{digits}") if _DIGITS.fullmatch(digits) else None


def _canonical(number: str) -> str:
    """Return one writing for the two that a mobile number of Mexico or Brazil has.

    Mexico dropped the 1 after 52 in 2019, Brazil put a 9 before its eight-digit mobiles until 2016;
    WhatsApp still names many of these customers by the old writing.
    """
    mexican = _MEXICO_WITH_OLD_ONE.fullmatch(number)
    if mexican:
        return f"+52{mexican[1]}"
    brazilian = _BRAZIL_WITHOUT_NINE.fullmatch(number)
    return f"+55{brazilian[1]}9{brazilian[2]}" if brazilian else number


def email(text: str) -> str | None:
    """Return the address in lower case, composed Unicode (NFC). None if it is no plain `local@domain.tld`.

    The local part is lowered too: by the standard only its host may say whether case counts, in
    practice no host lets it count, and people write their own address in every case. Nothing else is
    folded: dots and `+tags` make different mailboxes at most hosts.
    """
    if len(text) > _LONGEST_EMAIL_TEXT:
        return None
    address = unicodedata.normalize("NFC", text.strip()).lower()
    return address if _EMAIL.fullmatch(address) and address.isprintable() else None


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
