"""Read telephone numbers as people, spreadsheets and programs write them, into E.164 form (`+905321234567`)."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from whenthen.domain.events.number_plans import canonical
from whenthen.domain.events.visible_text import spaced, visible

_LONGEST_NUMBER = 10**18
"""Bound the whole numbers that are read as people write them. No telephone number has more digits."""

_LONGEST_TEXT = 64
_DIGITS = re.compile(r"[1-9][0-9]{6,14}")

_WHOLE = re.compile(r"(\+?[0-9]{5,18})[.,]0{1,6}")
_GROUPED = re.compile(r"(\+?[0-9]{1,3})((?:,[0-9]{3}){2,5})(?:\.0{1,6})?|(\+?[0-9]{1,3})((?:\.[0-9]{3}){2,5}),0{1,6}")
_EXPONENT = re.compile(r"([1-9])(?:[.,]([0-9]{1,17}))?[eE]\+?([0-9]{1,2})")
_SHORTENED = 5
"""Decimals that a spreadsheet shows of a number with an exponent: the other digits of such a number are lost."""

_SCHEME = re.compile(r"(?i)tel:")
_NUMBER = re.compile(r"[+0-9(]")
_LETTERS = re.compile(r"[^\W\d_]+\.?:?")
_EXTENSION = re.compile(
    r"(?i)(?:x|e?xtn?|extension|anexo|interno?|dah(?:ili|\.)?|mell(?:ék)?|ekst(?:ensi)?|доб|שלוחה)\.?:?\s?[0-9]{1,7}"
)
"""Match an inner number, in the languages of our users and of the library."""


def written(value: Any) -> str | None:
    """Return a text as it is, or a whole number as people write it. None for other values.

    What went through a spreadsheet comes as 5321234567.0: its zero is no digit of the number.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal) or not 0 <= value < _LONGEST_NUMBER:
        return None
    return str(int(value)) if value == int(value) else None


def phone(text: str, default_country: str | None) -> str | None:
    """Return the E.164 form (`+905321234567`) of a number as people write it. None if it cannot be one.

    `default_country` (ISO 3166 alpha-2, such as `TR`) reads numbers without a country code; without it
    only international writings (`+90 …`, `0090 …`) are taken. A number of a possible length is enough:
    tables of assigned ranges lag behind what the operators assign, and a customer would be lost.
    Words before or behind a number are left out; letters within it make it none.
    """
    if not text or len(text) > _LONGEST_TEXT:
        return None
    found = _digits_in(spaced(visible(text)))
    if found is None:
        return None
    import phonenumbers  # noqa: PLC0415 - 45 ms, which a cold receive function only pays when it must

    international = f"+{found[2:]}" if found.startswith("00") else found
    try:
        number = phonenumbers.parse(international, default_country)
    except phonenumbers.NumberParseException:
        return None
    form = canonical(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
    possible = phonenumbers.is_possible_number_with_reason(phonenumbers.parse(form, None))
    return form if possible == phonenumbers.ValidationResult.IS_POSSIBLE else None


def phone_of_digits(digits: str) -> str | None:
    """Return the E.164 form of an international number without plus sign (`905321234567`), as in WhatsApp's ids."""
    return canonical(f"+{digits}") if _DIGITS.fullmatch(digits) else None


def _digits_in(text: str) -> str | None:
    """Return the number in a text, without the words around it. None if there is none, or letters are in it."""
    if _SCHEME.match(text):
        if ";phone-context=" in text:  # RFC 3966: the library knows how to read it
            return text
        text = text[len("tel:") :].partition(";")[0]
    whole = _whole(text)
    if whole is not None:
        return whole
    start = _NUMBER.search(text)
    return _without_words(text[start.start() :]) if start else None


def _without_words(number: str) -> str | None:
    """Cut a number before the words or the inner number behind it. None if letters stand within it."""
    letters = _LETTERS.search(number)
    if letters is None:
        return number
    before, behind = number[: letters.start()], number[letters.start() :]
    if _EXTENSION.match(behind):
        return before
    if re.search(r"[0-9]", behind) or (before[-1:].isdigit() and len(letters[0]) == 1):
        return None  # a letter that was typed for a digit: the digits that are left are another number
    return before


def _whole(text: str) -> str | None:
    """Return the digits of a number that a spreadsheet or a program wrote as a float. None if none did."""
    found = _WHOLE.fullmatch(text)
    if found:
        return found[1]
    grouped = _GROUPED.fullmatch(text)
    if grouped:
        return re.sub(r"[.,]", "", f"{grouped[1] or grouped[3]}{grouped[2] or grouped[4]}")
    short = _EXPONENT.fullmatch(text)
    if short is None:
        return None
    decimals, exponent = short[2] or "", int(short[3])
    if len(decimals) > exponent or _SHORTENED >= len(decimals) < exponent:
        return None
    return f"{short[1]}{decimals}{'0' * (exponent - len(decimals))}"
