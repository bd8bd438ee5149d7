"""Find rules whose effects spread: each hop starts more runs than the one before."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from whenthen.domain.lint.findings import FAN_OUT, Finding, found
from whenthen.domain.lint.rule_conflicts import times_started

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from whenthen.domain.rules.rule import Rule

MANY = 100
"""Runs that may follow from one start of a rule, from which on lint warns."""

HOPS = 8
"""Hops that are followed: the matcher follows as many."""


def fan_out(rule: Rule, beside: Sequence[Rule]) -> Iterator[Finding]:
    """Find out whether one start of the rule may be followed by MANY runs or more.

    Each record that a rule writes is counted once for each rule that it may start. A chain that only goes on, and
    starts one run at each hop, stays far below.
    """
    rules = {each.id: each for each in (rule, *beside)}
    edges = {
        each.id: {other.id: times for other in rules.values() if (times := times_started(each, other))}
        for each in rules.values()
    }
    runs, total = Counter({rule.id: 1}), 0
    for hop in range(1, HOPS + 1):
        following: Counter[str] = Counter()
        for name, count in runs.items():
            for other, times in edges[name].items():
                following[other] += count * times
        total += sum(following.values())
        if total >= MANY:
            yield found(FAN_OUT, "steps", rules=tuple(sorted(set(following) - {rule.id}))[:20], count=MANY, hops=hop)
            return
        runs = following
