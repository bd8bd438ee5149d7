"""Group the counts of rules and days for those who ask."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from enum import StrEnum

from msgspec import Struct, field

from whenthen.domain.figures.tally import Tally, parts_of
from whenthen.domain.rules.actions import actions


class By(StrEnum):
    """List what figures are grouped by."""

    RULE = "rule"
    CHANNEL = "channel"
    CODE = "code"


class Figure(Struct, frozen=True):
    """Hold the counts of one group on one day: outcome → how many.

    name  the rule, the channel, or the code
    """

    day: date
    name: str
    runs: Mapping[str, int] = field(default_factory=dict)
    jobs: Mapping[str, int] = field(default_factory=dict)


def group(tallies: Iterable[Tally], by: By, channel: str = "") -> list[Figure]:
    """Sum tallies up by day and group, in this order. `channel`: only its jobs, and no runs."""
    runs: dict[tuple[date, str], Counter[str]] = {}
    jobs: dict[tuple[date, str], Counter[str]] = {}
    for tally in tallies:
        if by is By.RULE and not channel:
            runs.setdefault((tally.day, tally.rule), Counter()).update(tally.runs)
        for name, count in tally.jobs.items():
            action, outcome, code = parts_of(name)
            of = channel_of(action)
            if channel in ("", of):
                group_name = {By.RULE: tally.rule, By.CHANNEL: of, By.CODE: code}[by]
                jobs.setdefault((tally.day, group_name), Counter())[outcome] += count
    keys = sorted(runs.keys() | jobs.keys(), key=lambda key: (-key[0].toordinal(), key[1]))
    return [Figure(*key, runs.get(key, {}), jobs.get(key, {})) for key in keys]


def channel_of(action: str) -> str:
    """Return the channel of an action; the action itself if there is no such action any more."""
    known = actions().get(action)
    return known.channel if known else action
