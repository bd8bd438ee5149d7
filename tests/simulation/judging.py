"""Compare what was seen of a story with what the model says."""

from __future__ import annotations

from tests.simulation.model.effects import Effects
from tests.simulation.model.entries import enter_all
from tests.simulation.model.facts import Facts
from tests.simulation.model.limits import post_of
from tests.simulation.model.walks import Walk
from tests.simulation.playing import Seen
from tests.simulation.story import RECORDS, Story

MAY_LOSE = frozenset(
    {
        "after runs.claim",
        "before mailer.send",
        "after mailer.send",
        "before threads.remember",
        "after threads.remember",
        "before graph.send_message",
        "after graph.send_message",
        "before runs.complete",
    }
)
"""Where a process dies that may or may not have sent: the message is `unknown`, and not sent again."""


def problems_of(story: Story, seen: Seen) -> list[str]:
    """Return all in which what was seen is not what must be."""
    facts = Facts(story, seen.times, tuple(at for at, _ in seen.killed))
    effects = Effects(seen.effects, sum(call in MAY_LOSE for _, call in seen.killed))
    post = post_of(facts, story, effects)
    for rule in story.rules:
        for record in RECORDS:
            enter_all(facts, rule, record, lambda course, begins: Walk(facts, effects, post, course).go(begins))
    unexpected = sorted(key for key in seen.effects if key not in effects.allowed)
    return [*effects.problems, *post.problems(), *(f"{key}: must not be" for key in unexpected), *seen.left]
