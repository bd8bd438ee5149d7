"""Branch from a step to a later one: `else` of its condition, and `go_to` of its failure.

Branches lead forwards only, so a run comes to its end. A branch leads to the first step of a step group: the steps that
start with it are done too, and none of a group is passed over alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

from whenthen.domain.common.document_reader import Reader
from whenthen.domain.common.reasons import ReasonCode

if TYPE_CHECKING:
    from whenthen.domain.common.reasons import Reason

LONGEST_STEP_ID = 64

ELSE = "else"
GO_TO = "go_to"

ELSE_WITHOUT_CONDITION = ReasonCode("step.else_without_condition", "step")
# A branch of `step` names a step that the rule does not have.
UNKNOWN_TARGET = ReasonCode("step.unknown_target", "step", "target")
# A branch of `step` leads to itself, to a step before it, or to one that starts together with it.
TARGET_NOT_LATER = ReasonCode("step.target_not_later", "step", "target")
# `target` starts together with `first`, so a branch has to lead to that one.
TARGET_WITHIN_GROUP = ReasonCode("step.target_within_group", "step", "target", "first")


class OnError(StrEnum):
    """Decide what a failed step means for the rest of its run. GO_TO: the run goes on with the step's `fallback`."""

    STOP = "stop"
    CONTINUE = "continue"
    GO_TO = "go_to"


ON_ERROR = (OnError.STOP, OnError.CONTINUE)
"""The choices that a rule writes as a text; a fallback is written as `{"go_to": id}`."""


class Branching(Protocol):
    """Offer what branches need of a step."""

    @property
    def id(self) -> str:
        """Return the step's id."""

    @property
    def with_previous(self) -> bool:
        """Tell whether the step starts together with the one before it."""

    @property
    def otherwise(self) -> str:
        """Return the id of the step to go on with if the condition is false; empty: the next one."""

    @property
    def fallback(self) -> str:
        """Return the id of the step to go on with if this one fails; empty: none."""


class Branch(Struct, frozen=True):
    """Name a later step with which the run may go on; `field` is the branch's path within its step."""

    field: str
    target: str


def read_target(reader: Reader, name: str, *, required: bool = False) -> str:
    """Read the id of a later step."""
    return reader.text(name, required=required, longest=LONGEST_STEP_ID)


def read_on_error(reader: Reader) -> tuple[OnError, str]:
    """Read `on_error`: what a failure means, and the fallback of `{"go_to": id}` (empty for the others)."""
    given = reader.value("on_error")
    if not isinstance(given, Mapping):
        return OnError(reader.choice("on_error", ON_ERROR, OnError.STOP)), ""
    written = Reader(given, reader.field("on_error"), reader.problems)
    fallback = read_target(written, GO_TO, required=True)
    written.finish()
    return OnError.GO_TO, fallback


def branches_of(step: Branching) -> Iterator[Branch]:
    """Yield the branches that the step has."""
    if step.otherwise:
        yield Branch(ELSE, step.otherwise)
    if step.fallback:
        yield Branch(f"on_error.{GO_TO}", step.fallback)


def check_branches(steps: Sequence[Branching], reader: Reader) -> None:
    """Report the branches that lead backwards, nowhere, or into the middle of a step group."""
    groups = _groups(steps)
    for position, step in enumerate(steps):
        for branch in branches_of(step):
            if (reason := _against(step, branch.target, groups)) is not None:
                reader.report(f"steps[{position}].{branch.field}", reason)


def _groups(steps: Sequence[Branching]) -> dict[str, tuple[int, str]]:
    """Return for each step id the number of its step group and that group's first step."""
    groups: dict[str, tuple[int, str]] = {}
    number, first = -1, ""
    for step in steps:
        if not step.with_previous or not first:
            number, first = number + 1, step.id
        groups.setdefault(step.id, (number, first))
    return groups


def _against(step: Branching, target: str, groups: dict[str, tuple[int, str]]) -> Reason | None:
    """Return the reason against a branch from `step` to `target`; None if there is none."""
    if target not in groups:
        return UNKNOWN_TARGET(step=step.id, target=target)
    number, first = groups[target]
    if number <= groups[step.id][0]:
        return TARGET_NOT_LATER(step=step.id, target=target)
    return None if first == target else TARGET_WITHIN_GROUP(step=step.id, target=target, first=first)
