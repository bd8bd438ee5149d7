"""Recognise the fields of forms by name, in the languages of our users, without case, spaces and punctuation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from whenthen.domain.common.values import folded, is_blank

NAMES: Mapping[str, tuple[str, ...]] = {
    "phone": (
        *("phone", "phone number", "tel", "telephone", "telephone number", "mobile", "mobile phone", "mobile number"),
        *("cell", "cell phone", "whatsapp", "whatsapp number"),
        *("telefon", "telefon no", "telefon numarası", "cep", "cep no", "cep telefonu", "cep numarası", "gsm"),
        *("telefonszám", "mobil", "mobilszám", "mobiltelefon", "mobiltelefonszám"),
        *("telepon", "no telepon", "nomor telepon", "no hp", "nomor hp", "hp", "ponsel", "handphone", "no wa"),
        *("טלפון", "מספר טלפון", "טלפון נייד", "נייד", "מספר נייד"),
    ),
    "email": (
        *("email", "mail", "email address", "mail address"),
        *("eposta", "eposta adresi", "email adresi", "mail adresi", "elektronik posta"),
        *("email cím", "mailcím", "drótposta"),
        *("alamat email", "surel", "alamat surel"),
        *("אימייל", "מייל", "דואל", "דואר אלקטרוני", "כתובת אימייל", "כתובת מייל"),
    ),
}
"""Field → its names in English, Turkish, Hungarian, Indonesian and Hebrew, the usual ones first."""

_PREFIXES = ("", "your", "contact", "formfields")
"""Stand before the names that some makers of forms give to their fields: `your-email`, `form_fields[email]`."""


def find_named(fields: Mapping[str, Any], name: str) -> Any:
    """Return the value of the field with that name, or one of its names in `NAMES`. None if none holds anything."""
    found: dict[str, Any] = {}
    for given, value in fields.items():
        if not is_blank(value):
            found.setdefault(bare(given), value)
    wanted = [bare(each) for each in NAMES.get(name, (name,))]
    return next((found[key] for prefix in _PREFIXES for each in wanted if (key := prefix + each) in found), None)


def without_prefix(bare_name: str) -> frozenset[str]:
    """Return a bare name as it is, and without the prefix that a maker of forms put before it."""
    return frozenset(bare_name.removeprefix(prefix) for prefix in _PREFIXES)


def bare(name: str) -> str:
    """Reduce a name to its letters and digits, without case."""
    return "".join(character for character in folded(name) if character.isalnum())
