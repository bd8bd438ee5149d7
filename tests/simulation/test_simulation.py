"""Random stories, told to the use cases on fakes: what the outside sees is what a model says that was written apart."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings

from tests.simulation.drawing import stories
from tests.simulation.story import Await, Chaos, Happens, Moment, Rule, Step, Story
from tests.simulation.telling import Told, check, tell_seed
from tests.tables import FIGURE

SEEDS = range(1, 1 + int(os.environ.get("WHENTHEN_SIMULATION_SEEDS", "30")))
"""Always the same, on a fast machine and a slow one: a run of the tests tells no story that another one does not."""


@settings(max_examples=40, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
@given(stories())
def test_the_base_of_stories_comes_out_as_the_model_says(story: Story) -> None:
    check(story)


@pytest.mark.parametrize("dying", range(40, 60))
def test_a_run_whose_event_came_goes_on_though_the_process_died_before_it_sent_the_job(dying: int) -> None:
    """The event is the rule's own trigger too, so its second delivery finds everything decided."""
    steps = (Step("s0", "webhook", awaits=Await("offer.made", 240)), Step("s1", "webhook"))
    rule = Rule("rule_1", "offer.made", steps, again="after_exit")
    moments = (Moment(3600, Happens("offer.made", "1")), Moment(3600, Happens("offer.made", "1")))
    check(Story((rule,), moments, chaos=Chaos(kills=(dying,))))


@pytest.mark.long
def test_the_stories_of_the_seeds_come_out_as_the_model_says(record_property: Callable[[str, object], None]) -> None:
    told = Told()
    for seed in SEEDS:
        tell_seed(seed, told)
    record_property(FIGURE, f"simulation: {told.stories} stories, of the seeds {SEEDS[0]} to {told.seed}")
    assert told.stories >= len(SEEDS)
