"""Read a page of the docs as one line of text, and find the numbers and the MUSTs that it states."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from msgspec import Struct

from tests.docs.pages import DOCS, prose

REACHES = " … "
"""Stands in a fragment for all text between two pieces."""

NAMES_TEST = re.compile(r"^\|.*`(?:tests/[\w/]+\.py(?:::)?)?(test_\w+)?`.*\|$")
"""Match a row of a table that names its tests in the page itself."""

_HIDDEN = re.compile(r"`[^`]*`|\]\([^)]*\)|https?://\S+")
_MONTH = "(?:January|February|March|April|May|June|July|August|September|October|November|December)"

_CLAIM = re.compile(r"(?<![\w./#’'-])\d[\d,.]*\d|(?<![\w./#’'-])\d|\b(?:MUST|must|[Nn]ever|[Aa]t most|[Aa]t least)\b")

_NO_CLAIM = re.compile(
    r"RFC \d+(?:, \d[\d.]*)?|ISO \d+|UTS \d+|SHA-\d+|IDNA \d+|Python \d\.\d+|decisions? \d+|steps? \d+|draft \d{4}-\d\d"
    r"|_ \d\.\d\.\d|Before 1\.0"
    r"|## \d+\.|(?<= )\d+\. (?=[A-Z*`_])|\d+-bit|U\+[0-9A-F]{4}"
    r"|\b(?:2xx|4xx|5xx|202|401|403|404|408|409|410|412|413|422|425|429|503)\b"
    rf"|\d{{1,2}}(?:st|th)? {_MONTH}|{_MONTH} \d+|\b20\d\d\b(?!,\d)"
)
"""Names of standards and versions, places in a list, statuses of HTTP and dates: none of these says how much."""


class Stated(Struct, frozen=True):
    """A number or a MUST, and where it stands in the text of its page."""

    start: int
    end: int


@cache
def text_of(page: str) -> str:
    """Return the text of a page on one line, without its blocks of code and the rows that name their tests."""
    lines = prose(DOCS / page).splitlines()
    return " ".join(" ".join(line for line in lines if not NAMES_TEST.match(line)).split())


def named_in_rows(page: str) -> set[str]:
    """Return the tests that the page names in rows of its tables, by their bare names."""
    rows = (NAMES_TEST.match(line) for line in prose(DOCS / page).splitlines())
    return {name for row in rows if row for name in re.findall(r"\b(test_\w+)`", row[0])}


def stated(page: str) -> Iterator[Stated]:
    """Find what a page states. What stands in code or in the address of a link is none of it."""
    bare = text_of(page)
    for hidden in (_HIDDEN, _NO_CLAIM):
        bare = hidden.sub(lambda found: "_" * len(found[0]), bare)
    yield from (Stated(*found.span()) for found in _CLAIM.finditer(bare))


def spans(page: str, fragment: str) -> list[tuple[int, int]]:
    """Return where a fragment stands in a page."""
    pattern = "(?:(?!## ).)*?".join(re.escape(part) for part in fragment.split(REACHES))
    return [found.span() for found in re.finditer(pattern, text_of(page))]


def around(page: str, found: Stated) -> str:
    """Return what stands around a number or a MUST, for a message."""
    return text_of(page)[max(0, found.start - 90) : found.end + 70]
