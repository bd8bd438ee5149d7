"""Count the parts of an SMS: how many messages a network makes of a text, and what each costs.

A text of characters of GSM 03.38 is sent with seven bits each, any other one as UCS-2 with sixteen. One part holds 160
or 70 units. Several hold 153 or 67 each, since a header joins them; neither an escaped character nor a surrogate pair
is split between two.
"""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from whenthen.domain.common.reasons import ReasonCode

# The text, without its values, is charged as so many messages.
SEVERAL_PARTS = ReasonCode("sms.several_parts", "parts", "encoding", "units")
# The text would be charged as `parts` messages; the stack allows `most` (SmsMaxParts).
TOO_MANY_PARTS = ReasonCode("sms.too_many_parts", "parts", "most", "encoding")

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""Characters of the default alphabet, of one unit each: all of its 128 but the escape."""

EXTENSION = frozenset("\f^{}\\[~]|€")
"""Characters of its extension table: an escape and a unit."""

MAX_FOREIGN = 10
"""Characters outside of the alphabet that are named."""


class Encoding(StrEnum):
    """Name how a text is sent."""

    GSM_7 = "GSM-7"
    UCS_2 = "UCS-2"


ONE = {Encoding.GSM_7: 160, Encoding.UCS_2: 70}
EACH = {Encoding.GSM_7: 153, Encoding.UCS_2: 67}
"""Units of one part alone, and of each of several, which begin with a header."""


class SmsParts(Struct, frozen=True):
    """Hold how a text is sent.

    parts    messages that are charged; 0 for an empty text
    units    units of the whole text, an escape or the second half of a pair counted as one
    foreign  the first characters that force UCS-2, each once
    """

    encoding: Encoding
    parts: int
    units: int
    foreign: tuple[str, ...] = ()


def sms_parts(text: str) -> SmsParts:
    """Count the parts of a text."""
    foreign = tuple(dict.fromkeys(each for each in text if each not in BASIC and each not in EXTENSION))
    encoding = Encoding.UCS_2 if foreign else Encoding.GSM_7
    widths = [2 if (each > "\uffff" if foreign else each in EXTENSION) else 1 for each in text]
    return SmsParts(encoding, _parts(widths, ONE[encoding], EACH[encoding]), sum(widths), foreign[:MAX_FOREIGN])


def _parts(widths: list[int], one: int, each: int) -> int:
    """Fill the parts one after the other: what does not fit into the rest of one begins the next."""
    if sum(widths) <= one:
        return 1 if widths else 0
    parts, free = 0, 0
    for width in widths:
        if width > free:
            parts, free = parts + 1, each
        free -= width
    return parts
