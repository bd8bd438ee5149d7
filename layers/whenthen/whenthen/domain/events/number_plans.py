"""Give the two writings of one telephone number as one: of countries where a mobile number is written in two ways, and
of countries that changed their plan while address books and WhatsApp's ids kept the old writing.

Each row is certain: no number of today has the old writing. Land lines stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeAlias

_Rewrite: TypeAlias = Callable[[re.Match[str]], str]

_VIETNAM = {
    **dict(zip(("120", "121", "122", "126", "128"), ("70", "79", "77", "76", "78"), strict=True)),
    **dict(zip(("123", "124", "125", "127", "129"), ("83", "84", "85", "81", "82"), strict=True)),
    **{f"16{digit}": f"3{digit}" for digit in range(2, 10)},
    **dict(zip(("186", "188", "199"), ("56", "58", "59"), strict=True)),
}
"""Old prefix of a mobile number of eleven digits → its prefix since 2018."""

_IVORY_COAST = {**dict.fromkeys("0123", "01"), **dict.fromkeys("456", "05"), **dict.fromkeys("789", "07")}
"""Second digit of an old mobile number, which named its operator → the prefix that all its numbers got in 2021."""

_GABON = {"2": "62", "5": "65", "6": "66", "4": "74", "7": "77"}
"""First digit of an old mobile number → its prefix since 2019."""

_PLANS: dict[str, tuple[re.Pattern[str], _Rewrite]] = {
    # A 9 after the country code says "mobile" to callers from abroad; no two lines differ by it alone. 15 says so at
    # home, behind the area code.
    "54": (re.compile(r"9([1-9][0-9]{9})"), lambda found: found[1]),
    # Mobiles of eight digits got a 9 before them until 2016.
    "55": (re.compile(r"([1-9][0-9])([6-9][0-9]{7})"), lambda found: f"{found[1]}9{found[2]}"),
    # The 1 before mobiles fell in 2019.
    "52": (re.compile(r"1([0-9]{10})"), lambda found: found[1]),
    # All numbers got 01 in November 2024.
    "229": (re.compile(r"([2-9][0-9]{7})"), lambda found: f"01{found[1]}"),
    "225": (re.compile(r"[04-9]([0-9])[0-9]{6}"), lambda found: f"{_IVORY_COAST[found[1]]}{found[0]}"),
    "241": (re.compile(r"0?([24-7])([0-9]{6})"), lambda found: f"{_GABON[found[1]]}{found[2]}"),
    "84": (
        re.compile(rf"({'|'.join(_VIETNAM)})([0-9]{{7}})"),
        lambda found: f"{_VIETNAM[found[1]]}{found[2]}",
    ),
}
"""Country code → the old writing of a number behind it, and the writing of today."""

_CODES = re.compile(rf"\+({'|'.join(_PLANS)})([0-9]*)")


def canonical(number: str) -> str:
    """Return the one writing of a number in E.164 form."""
    found = _CODES.fullmatch(number)
    if found is None:
        return number
    old, rewrite = _PLANS[found[1]]
    national = old.fullmatch(found[2])
    return f"+{found[1]}{rewrite(national)}" if national else number
