"""Write a customer as a row of a custom audience: each value as Meta normalises it, then hashed with SHA-256.

Shapes are those of Meta's Custom Audience API (developers.facebook.com/docs/marketing-api/audiences, 2026-11). Letters
other than a to z stay in names and cities, as Meta's own table says; its SDK for Python drops them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from hashlib import sha256
from typing import Any
from unicodedata import category

from whenthen.domain.events import identities
from whenthen.domain.temporal.anniversaries import read_yearless
from whenthen.domain.temporal.time_values import read_point

STRIPPED = " \t\r\n\0\x0b."
"""Characters that Meta drops at both ends of a value."""

YEAR = "%Y"

GENDERS: Mapping[str, str] = {"m": "m", "male": "m", "f": "f", "female": "f"}


def row_of(fields: Mapping[str, Any], default_country: str | None) -> dict[str, str]:
    """Return key of Meta → hash, for the fields that a record has. Empty if nothing in them identifies anybody.

    fields           of the record: email, phone, first_name, last_name, birth_date, gender, city, state, zip, country
    default_country  ISO code, for telephone numbers without one
    """
    found = {key: text for key, write in _KEYS.items() if (text := write(fields, default_country))}
    if not found.keys() & IDENTIFYING:
        return {}
    return {key: sha256(text.encode()).hexdigest() for key, text in found.items()}


IDENTIFYING = frozenset({"EMAIL", "PHONE"})
"""Keys of which one must be there: a name and a city alone are not one person."""


def _email(fields: Mapping[str, Any], _country: str | None) -> str:
    address = identities.email(str(fields.get("email") or ""))
    return address.lower() if address else ""


def _phone(fields: Mapping[str, Any], country: str | None) -> str:
    number = identities.phone(str(fields.get("phone") or ""), country)
    return number.removeprefix("+").lstrip("0") if number else ""


def _text(name: str, *, spaced: bool = True) -> Callable[[Mapping[str, Any], str | None], str]:
    """Write a field in lower case, without punctuation, and without spaces if it is not `spaced`."""

    def write(fields: Mapping[str, Any], _country: str | None) -> str:
        text = _trimmed(fields.get(name))
        kept = "".join(each for each in text if category(each)[0] in "LMN" or each == " ")
        return " ".join(kept.split()) if spaced else kept.replace(" ", "")

    return write


def _zip(fields: Mapping[str, Any], _country: str | None) -> str:
    return _trimmed(fields.get("zip")).partition("-")[0].replace(" ", "")


def _country(fields: Mapping[str, Any], _default: str | None) -> str:
    code = _trimmed(fields.get("country"))
    return code if len(code) == 2 and code.isascii() and code.isalpha() else ""


def _gender(fields: Mapping[str, Any], _country: str | None) -> str:
    return GENDERS.get(_trimmed(fields.get("gender")), "")


def _birth(part: str) -> Callable[[Mapping[str, Any], str | None], str]:
    """Write a part of the day of birth; a day without a year gives none of the year."""

    def write(fields: Mapping[str, Any], _country: str | None) -> str:
        text = _trimmed(fields.get("birth_date"))
        day = read_point(text)
        if isinstance(day, date):
            return format(day.date() if isinstance(day, datetime) else day, part)
        yearless = read_yearless(text) if part != YEAR else None
        return format(yearless, part) if yearless else ""

    return write


def _trimmed(value: Any) -> str:
    return value.strip(STRIPPED).lower() if isinstance(value, str) else ""


_KEYS: Mapping[str, Callable[[Mapping[str, Any], str | None], str]] = {
    "EMAIL": _email,
    "PHONE": _phone,
    "FN": _text("first_name"),
    "LN": _text("last_name"),
    "GEN": _gender,
    "DOBY": _birth(YEAR),
    "DOBM": _birth("%m"),
    "DOBD": _birth("%d"),
    "CT": _text("city", spaced=False),
    "ST": _text("state", spaced=False),
    "ZIP": _zip,
    "COUNTRY": _country,
}
"""Key of Meta → how a record's fields give it."""
