"""Perform a step of one action, as tests of channels do."""

from __future__ import annotations

from typing import Any

from tests.usecases.fakes.world import World
from tests.usecases.rules import rule
from whenthen.domain.runs.run import Job


def performed(world: World, action: str, **parameters: Any) -> Job:
    """The job of a rule with this one step, when it is over."""
    written = world.has_rule(rule({"id": "it", "action": action, "with": parameters, "retry": {"attempts": 2}}))
    event = world.happens("lead.created", subject="lead:1", data={"phone": "+905320000000", "user_id": "TR.5"})
    world.run_out()
    return world.job(world.run_of(event, written), "it")
