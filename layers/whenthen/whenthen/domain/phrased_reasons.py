"""Reasons, findings and near misses in plain words. See `phrases`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from whenthen.domain.phrase_codes import EXPLAINED, FINDINGS, NEAR_MISSES, TYPES
from whenthen.domain.phrase_reasons import REASONS
from whenthen.domain.phrase_table import FRAME, OUTCOMES

if TYPE_CHECKING:
    from whenthen.domain.leaves import Leaf
    from whenthen.domain.phrases import Speaker

_STEP = re.compile(r"([\w.-]{1,64}): (.+)", re.DOTALL)
_SLOT = re.compile(r"\\\{(\d)\\\}")


def reason_said(speaker: Speaker, reason: str) -> str:
    """A reason that a run or a job recorded; one that is not known, such as a provider's words, as it is."""
    known = said_in(speaker, reason)
    return speaker.isolated(reason) if known is None else known


def said_in(speaker: Speaker, reason: str) -> str | None:
    """The reason in the speaker's language; None for one that has no row."""
    for pattern, row in _patterns():
        if found := pattern.fullmatch(reason):
            return speaker.word(REASONS, row).format(*(_slot(speaker, text) for text in found.groups()))
    step = _STEP.fullmatch(reason)
    known = said_in(speaker, step[2]) if step else None
    return f"{speaker.isolated(step[1])}: {known}" if step and known is not None else None


def _slot(speaker: Speaker, text: str) -> str:
    """What stands in a slot: an outcome, another reason, or something that somebody named."""
    if text in OUTCOMES:
        return speaker.word(OUTCOMES, text)
    return speaker.isolated(text) if (known := said_in(speaker, text)) is None else known


@cache
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    """Rows with more fixed text first: they say more."""
    rows = sorted(REASONS, key=lambda row: len(_SLOT.sub("", re.escape(row))), reverse=True)
    return [(re.compile(_SLOT.sub(r"(.+)", re.escape(row)), re.DOTALL), row) for row in rows]


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
    speaker: Speaker, leaf: Leaf, shown: Mapping[str, Any], nots: int = 0, *, zone: str | None = None
) -> str:
    """What the leaf demands, and what there was: `actual`, and `before` for what asks of a change.

    nots  how many `not` stand around the leaf
    zone  the rule's
    """
    demand = speaker.condition(leaf, zone=zone)
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
