"""Recognise reasons that are still English text, and translate them. Goes when every site gives a Reason."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from string import Formatter
from typing import Protocol

from whenthen.api.rendering.legacy import outside, problems
from whenthen.api.rendering.legacy.reasons import REASONS
from whenthen.api.rendering.vocabulary import REPORTED, STATUSES


class Book(Protocol):
    """The part of a Phrasebook that this needs."""

    language: str

    def isolated(self, value: object) -> str: ...
    def word(self, table: Mapping[str, str], key: object) -> str: ...
    def phrase(self, table: Mapping[str, str], key: str) -> str: ...


ROWS = {
    **REASONS,
    **outside.CALLS,
    **outside.META,
    **problems.READING,
    **problems.RULES,
    **problems.CLOCK,
    **problems.CONDITIONS,
    **problems.TEMPLATES,
    **problems.VALUES,
}
"""Every reason that is known."""

_COLUMNS = ("en", "tr", "hu", "id", "he")
"""The languages of a row, in order."""

_LONGEST = 600
"""Characters of a reason that is looked for: a longer one quotes somebody at length, and stays as it is."""

_MOST_PLACES = 6
"""How many names of steps and fields, each with a colon, may stand before a reason, and how many reasons in a row."""

_NO_PLACE = "(?:(?!: ).)+?"


def reason_said(book: Book, reason: str) -> str:
    """A reason that a run or a job recorded; one that is not known, such as a provider's words, as it is."""
    known = said_in(book, reason)
    return book.isolated(reason) if known is None else known


def said_in(book: Book, reason: str) -> str | None:
    """The reason, or several with `; ` between them, in the book's language; None for one that has no row."""
    if len(reason) > _LONGEST:
        return None
    several: list[str] = []
    pending = ""
    for part in reason.split("; ", _MOST_PLACES):
        # Rows, and values in their slots, may hold semicolons too.
        pending = f"{pending}; {part}" if pending else part
        if (said := _one_said(book, pending)) is not None:
            several.append(said)
            pending = ""
    return "; ".join(several) if not pending else _one_said(book, reason)


def _one_said(book: Book, reason: str) -> str | None:
    """A reason by its row, or by that of what follows the names of its step and its field."""
    said, rest = _row_said(book, reason), reason
    for _ in range(_MOST_PLACES):
        if said is not None:
            break
        _, colon, rest = rest.partition(": ")
        if not colon:
            return None
        said = _row_said(book, rest)
    place = reason[: -len(rest)].removesuffix(": ")
    return f"{book.isolated(place)}: {said}" if said is not None and place else said


def _row_said(book: Book, reason: str) -> str | None:
    for pattern, row in _patterns():
        if found := pattern.fullmatch(reason):
            slots = found.groupdict().items()
            named = {name: _NAMED[name](book, text) for name, text in slots if name in _NAMED}
            numbered = [book.isolated(text) for name, text in slots if name not in _NAMED]
            return ROWS[row][_column(book)].format(*numbered, **named)
    return None


def _column(book: Book) -> int:
    return _COLUMNS.index(book.language) if book.language in _COLUMNS else 0


def _outcome(book: Book, status: str) -> str:
    return book.word(STATUSES, status)


def _report(book: Book, report: str) -> str:
    """What a provider reports of a message, and why in its own words, if it says so."""
    says, colon, why = report.partition(": ")
    key = says.replace(" ", "_")
    if key not in REPORTED:
        return book.isolated(report)
    said = book.phrase(REPORTED, key)
    return f"{said}: {book.isolated(why)}" if colon else said


_NAMED: Mapping[str, Callable[[Book, str], str]] = {"said": reason_said, "outcome": _outcome, "report": _report}
"""What stands in the slots that have names."""


@cache
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    """Rows with more fixed text first: they say more."""
    parsed = {row: [(literal, slot) for literal, slot, _, _ in Formatter().parse(row)] for row in ROWS}
    rows = sorted(ROWS, key=lambda row: sum(len(literal) for literal, _ in parsed[row]), reverse=True)
    return [(re.compile("".join(_pattern(parsed[row])), re.DOTALL), row) for row in rows]


def _pattern(parts: Sequence[tuple[str, str | None]]) -> Iterator[str]:
    """What a row's first text fits, piece by piece; its slots are groups in their order."""
    for place, (literal, slot) in enumerate(parts):
        yield re.escape(literal)
        if slot is not None:
            # A name or value that a row begins with holds no colon: what stands before one is a place.
            begins = slot.isdigit() and not place and not literal
            yield f"(?P<{'_' if slot.isdigit() else ''}{slot}>{_NO_PLACE if begins else '.+?'})"
