"""Normalise e-mail addresses: one form for every writing of one mailbox.

The local part is folded as conditions fold text, and the domain takes the form in which IDNA shows it: its punycode
(`xn--iek-1lab.example`) and its letters (`çiçek.example`) are one domain.
"""

from __future__ import annotations

import re
import unicodedata

from whenthen.domain.common.values import folded
from whenthen.domain.events.visible_text import JOINERS, visible

_EMAIL = re.compile(r"[^\s@<>()\[\]\\,;:\"]{1,64}@(?=.{1,253}$)[^\s@.<>()\[\]\\,;:\"]+(?:\.[^\s@.<>()\[\]\\,;:\"]+)+")
_LONGEST_TEXT = 400
_PUNYCODE = "xn--"
_DOTTED_I = re.compile("\u0130|[iI]\u0307")
"""Match the capital İ of a Turkish keyboard, and the two characters that lower-casing makes of it."""


def email(text: str) -> str | None:
    """Return the one form of an address. None if it is no plain `local@domain.tld`.

    The local part is folded too: by the standard only its host may say whether case counts, in practice no host lets
    it count, and people write their own address in every case. Nothing else is folded: dots and `+tags` make different
    mailboxes at most hosts.
    """
    if len(text) > _LONGEST_TEXT:
        return None
    if text.isascii() and _PUNYCODE not in (plain := text.strip().lower()):
        return plain if _EMAIL.fullmatch(plain) and plain.isprintable() else None
    local, at, host = visible(text, keep=JOINERS).replace("\uff20", "@").rpartition("@")
    address = f"{folded(visible(local))}{at}{domain(_DOTTED_I.sub('i', host))}"
    return address if _EMAIL.fullmatch(address) and _is_printable(address) else None


def domain(text: str) -> str:
    """Return the one form of a domain's name, in letters. A name that IDNA does not allow keeps its own letters."""
    plain = text.lower()
    if plain.isascii() and _PUNYCODE not in plain:
        return plain
    import idna  # noqa: PLC0415 - its tables cost 10 ms, and few names need them

    try:
        mapped = idna.uts46_remap(text, std3_rules=False, transitional=False)
    except idna.IDNAError:
        mapped = unicodedata.normalize("NFC", plain)
    return ".".join(_label(label) for label in mapped.split("."))


def ascii_domain(text: str) -> str:
    """Return a domain's name as DNS and mail servers take it (punycode); as it is if it has no such form."""
    if text.isascii():
        return text
    import idna  # noqa: PLC0415 - as above

    try:
        return idna.encode(text, uts46=True).decode("ascii")
    except idna.IDNAError:
        return text


def deliverable(address: str) -> str:
    """Return an address as mail servers take it, its domain in punycode."""
    local, at, host = address.rpartition("@")
    return f"{local}{at}{ascii_domain(host)}"


def _label(label: str) -> str:
    """Return one label in letters; its joiners stay where the script needs them."""
    import idna  # noqa: PLC0415 - as above

    if label.isascii() and not label.startswith(_PUNYCODE):
        return label
    try:
        return idna.ulabel(label)
    except idna.IDNAError:
        return visible(label) if not label.isascii() else label
    except UnicodeError:
        return label


def _is_printable(address: str) -> bool:
    return "".join(character for character in address if character not in JOINERS).isprintable()
