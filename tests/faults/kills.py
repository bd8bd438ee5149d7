"""A tap that kills at chosen moments, and how a story is told with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from tests.faults.stories import Stage, Story
from tests.usecases.fakes.world import Killed

S = TypeVar("S", bound=Stage)


class Kills:
    """Counts the moments before and after each call, and kills at some of them.

    undisturbed   the moments of the same story without a kill
    """

    def __init__(self, *moments: int, undisturbed: Sequence[str] = ()) -> None:
        self.moments = frozenset(moments)
        self.undisturbed = undisturbed
        self.passed: list[str] = []
        self.armed = False

    def before(self, call: str) -> None:
        self._pass(f"before {call}")

    def after(self, call: str) -> None:
        self._pass(f"after {call}")

    def _pass(self, moment: str) -> None:
        if self.armed:
            self.passed.append(moment)
            if len(self.passed) - 1 in self.moments:
                raise Killed(moment)


def tell(story: Story, stage: S, kills: Kills) -> S:
    """Tell the story to its end; `kills` come from its beginning on."""
    story.prepare(stage)
    kills.armed = True
    story.begin(stage)
    stage.run_out()
    kills.armed = False
    return stage
