"""Write telephone numbers as people of their country do."""
# ruff: noqa: PLC0415 - phonenumbers takes 45 ms, which a function pays only when a template asks for it

from __future__ import annotations

from collections.abc import Mapping

STYLES: Mapping[str, str] = {
    "international": "INTERNATIONAL",
    "national": "NATIONAL",
    "e164": "E164",
    "link": "RFC3966",
}
"""Way of writing → the library's name of it. `link`: `tel:+90-532-123-45-67`, for the address of a link."""


def phone_in(number: str, style: str) -> str | None:
    """Write an E.164 number in one of STYLES. None for what is no such number."""
    import phonenumbers

    try:
        found = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return None
    return phonenumbers.format_number(found, getattr(phonenumbers.PhoneNumberFormat, STYLES[style]))
