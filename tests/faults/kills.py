"""A tap that kills at chosen moments, and how a story is told with it."""

from __future__ import annotations

from typing import NoReturn, TypeVar

from tests.faults.telling import Stage, Story
from tests.usecases.fakes.world import Killed

S = TypeVar("S", bound=Stage)


class Kills:
    """Counts the moments before and after each call, and kills at some of them.

    function   the function that was entered last, where the stage tells; `functions`: that of each moment
    writes     how many single items that function has written to DynamoDB since
    """

    def __init__(self, *moments: int) -> None:
        self.moments = frozenset(moments)
        self.passed: list[str] = []
        self.functions: list[str] = []
        self.armed = False
        self.function = ""
        self.writes = 0
        self.beginnings: set[int] = set()
        self.killed_between_claim_and_outcome = False

    def distinct(self, about: frozenset[str]) -> list[int]:
        """The moments that differ: before a call is the very moment after the one before it in the same function.

        about   only the moments in these functions; none given: in all
        """
        return [place for place in range(len(self.passed)) if self.differs(place, about)]

    def differs(self, place: int, about: frozenset[str]) -> bool:
        """Tell whether the moment at this place is one of `distinct`."""
        follows = place not in self.beginnings and self.passed[place - 1].startswith("after")
        return (not about or self.functions[place] in about) and (self.passed[place].startswith("after") or not follows)

    def enter(self, function: str) -> None:
        """A function begins."""
        self.function, self.writes = function, 0
        self.beginnings.add(len(self.passed))

    def before(self, call: str) -> None:
        self._pass(f"before {call}")

    def after(self, call: str) -> None:
        self.writes += call == "dynamodb.update_item"
        self._pass(f"after {call}")

    def _pass(self, moment: str) -> None:
        if self.armed:
            self.passed.append(moment)
            self.functions.append(self.function)
            if len(self.passed) - 1 in self.moments:
                self.kill(moment)

    def kill(self, moment: str) -> NoReturn:
        """End the function here."""
        # A function that sends writes its job twice: the claim, and the outcome.
        self.killed_between_claim_and_outcome |= self.function in SENDS and self.writes == 1
        raise Killed(moment)


SENDS = ("send_email", "send_whatsapp")
"""The functions whose channel takes no idempotency key."""


def tell(story: Story, stage: S, kills: Kills) -> S:
    """Tell the story to its end; `kills` come from its beginning on."""
    story.prepare(stage)
    kills.armed = True
    story.begin(stage)
    stage.run_out()
    kills.armed = False
    return stage
