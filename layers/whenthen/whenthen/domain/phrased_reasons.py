"""Reasons, findings and near misses in plain words. See `phrases`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from string import Formatter
from typing import TYPE_CHECKING, Any

from whenthen.domain import phrase_outside, phrase_problems
from whenthen.domain.phrase_codes import EXPLAINED, FINDINGS, NEAR_MISSES, TYPES
from whenthen.domain.phrase_reasons import REASONS
from whenthen.domain.phrase_table import FRAME, OUTCOMES

if TYPE_CHECKING:
    from whenthen.domain.conditions.predicate import Predicate
    from whenthen.domain.phrases import Speaker

ROWS = {
    **REASONS,
    **phrase_outside.CALLS,
    **phrase_outside.META,
    **phrase_problems.READING,
    **phrase_problems.RULES,
    **phrase_problems.CLOCK,
    **phrase_problems.CONDITIONS,
    **phrase_problems.TEMPLATES,
    **phrase_problems.VALUES,
}
"""Every reason that is known."""

_LONGEST = 600
"""Characters of a reason that is looked for: a longer one quotes somebody at length, and stays as it is."""

_MOST_PLACES = 6
"""How many names of steps and fields, each with a colon, may stand before a reason, and how many reasons in a row."""

_NO_PLACE = "(?:(?!: ).)+?"


def reason_said(speaker: Speaker, reason: str) -> str:
    """A reason that a run or a job recorded; one that is not known, such as a provider's words, as it is."""
    known = said_in(speaker, reason)
    return speaker.isolated(reason) if known is None else known


def said_in(speaker: Speaker, reason: str) -> str | None:
    """The reason, or several with `; ` between them, in the speaker's language; None for one that has no row."""
    if len(reason) > _LONGEST:
        return None
    several: list[str] = []
    pending = ""
    for part in reason.split("; ", _MOST_PLACES):
        # Rows, and values in their slots, may hold semicolons too.
        pending = f"{pending}; {part}" if pending else part
        if (said := _one_said(speaker, pending)) is not None:
            several.append(said)
            pending = ""
    return "; ".join(several) if not pending else _one_said(speaker, reason)


def _one_said(speaker: Speaker, reason: str) -> str | None:
    """A reason by its row, or by that of what follows the names of its step and its field."""
    said, rest = _row_said(speaker, reason), reason
    for _ in range(_MOST_PLACES):
        if said is not None:
            break
        _, colon, rest = rest.partition(": ")
        if not colon:
            return None
        said = _row_said(speaker, rest)
    place = reason[: -len(rest)].removesuffix(": ")
    return f"{speaker.isolated(place)}: {said}" if said is not None and place else said


def _row_said(speaker: Speaker, reason: str) -> str | None:
    for pattern, row in _patterns():
        if found := pattern.fullmatch(reason):
            slots = found.groupdict().items()
            named = {name: _NAMED[name](speaker, text) for name, text in slots if name in _NAMED}
            numbered = [speaker.isolated(text) for name, text in slots if name not in _NAMED]
            return speaker.word(ROWS, row).format(*numbered, **named)
    return None


def _outcome(speaker: Speaker, status: str) -> str:
    return speaker.word(OUTCOMES, status) if status in OUTCOMES else speaker.isolated(status)


def _report(speaker: Speaker, report: str) -> str:
    """What a provider reports of a message, and why in its own words, if it says so."""
    says, colon, why = report.partition(": ")
    if says not in phrase_outside.REPORTED:
        return speaker.isolated(report)
    said = speaker.word(phrase_outside.REPORTED, says)
    return f"{said}: {speaker.isolated(why)}" if colon else said


_NAMED: Mapping[str, Callable[[Speaker, str], str]] = {"said": reason_said, "outcome": _outcome, "report": _report}
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


def finding_said(speaker: Speaker, code: str, details: Sequence[str]) -> str:
    """What lint found; `details` are for the slots of its row."""
    return speaker.word(FINDINGS, code).format(*_details(speaker, details))


def near_miss_said(speaker: Speaker, code: str, details: Sequence[object]) -> str:
    """What in a trigger was right but for a detail."""
    return speaker.word(NEAR_MISSES, code).format(*(_shown(speaker, each) for each in details))


def _shown(speaker: Speaker, value: object) -> str:
    """A value, or names of fields."""
    if isinstance(value, list) and value:
        return ", ".join(map(speaker.quoted, value))
    return speaker.value(value)


def condition_said(
    speaker: Speaker, predicate: Predicate, shown: Mapping[str, Any], nots: int = 0, *, zone: str | None = None
) -> str:
    """What the leaf demands, and what there was: `actual`, and `before` for what asks of a change.

    nots  how many `not` stand around the leaf
    zone  the rule's
    """
    demand = speaker.condition(predicate, zone=zone)
    for _ in range(nots):
        demand = speaker.word(FRAME, "not").format(demand)
    if shown["actual"] is None:
        was = [speaker.word(FRAME, "it_is_missing")]
    else:
        was = [speaker.word(FRAME, "it_is").format(speaker.value(shown["actual"]))]
    if shown.get("before") is not None:
        was.append(speaker.word(FRAME, "it_was").format(speaker.value(shown["before"])))
    return f"{demand} ({', '.join(was)})"


def explained_said(speaker: Speaker, code: str, why: Sequence[str] = ()) -> str:
    """What became of a rule when its event came, and why, in phrases that were said already."""
    return f"{speaker.word(EXPLAINED, code)}{': ' if why else ''}{'; '.join(why)}."


def _details(speaker: Speaker, details: Sequence[str]) -> Mapping[int, str] | list[str]:
    return [speaker.word(TYPES, each) if each in TYPES else speaker.isolated(each) for each in details]
