"""Tell one story after the other, each drawn from a seed, until the time is used or one fails."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count

from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.simulation.drawing import stories
from tests.simulation.judging import problems_of
from tests.simulation.playing import play
from tests.simulation.story import Story

BATCH = 30
"""Stories of one seed."""


@dataclass
class Told:
    """Count what was told. `seed`: the last one."""

    stories: int = 0
    seed: int = 0


def check(story: Story) -> None:
    """Tell a story, and fail with all that was not as it must be."""
    problems = problems_of(story, play(story))
    assert not problems, "\n".join(["what was seen is not what must be:", *problems])


def tell_seed(number: int, told: Told) -> None:
    """Tell the stories of a seed. A story that fails is made as small as it can be, and printed."""

    def tell(story: Story) -> None:
        told.stories += 1
        check(story)

    told.seed = number
    replay = f"replay: python -m tests.simulation --seconds 0 --seed {number}"
    phases = (Phase.generate, Phase.shrink)
    limits = settings(max_examples=BATCH, database=None, deadline=None, phases=phases, print_blob=False)
    quiet = settings(limits, suppress_health_check=list(HealthCheck))
    try:
        seed(number)(quiet(given(stories())(tell)))()
    except BaseException as error:
        error.add_note(replay)
        raise


def tell_for(seconds: float, first: int, note: Callable[[int], None] = lambda _seed: None) -> Told:
    """Tell the stories of this seed and the next ones, until the time is used."""
    told, end = Told(), time.monotonic() + seconds
    for number in count(first):
        if told.stories and time.monotonic() >= end:
            return told
        note(number)
        tell_seed(number, told)
    raise AssertionError
