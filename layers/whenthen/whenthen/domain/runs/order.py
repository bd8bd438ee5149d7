"""Put the runs that one event starts for one record in the order of their rules.

A run follows the one before it: it begins when that is over, however it ended. Rules without `order` start at once.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, TypeVar

from msgspec.structs import replace

from whenthen.domain.runs.run import Run, RunStatus

if TYPE_CHECKING:
    from whenthen.domain.rules.rule import Rule

T = TypeVar("T")


def in_order(planned: Iterable[tuple[T, Rule]]) -> list[tuple[T, Rule]]:
    """Sort planned rules: first those without `order`, as they come, then the others by it, and by id."""
    return sorted(planned, key=lambda pair: (pair[1].order is not None, pair[1].order or 0, _id(pair[1])))


def _id(rule: Rule) -> str:
    return rule.id if rule.order is not None else ""


def takes_turns(rule: Rule, run: Run) -> bool:
    """Tell whether the run waits for those before it, and others for it. One in shadow is over at once.

    One that gathers events does so first, and takes its turn then.
    """
    return rule.order is not None and not run.shadow


def behind(run: Run, before: Run) -> Run:
    """Return the run as it waits for the one before it."""
    return linked(replace(run, status=RunStatus.WAITING, turn=before.turn + 1), before)


def linked(run: Run, before: Run) -> Run:
    """Return the run as it follows another one than until now."""
    return replace(run, follows=before.id, follows_rule=before.rule_id, follows_name=before.rule_name)
