"""Do a step that changes a record, as tests of this channel do."""

from __future__ import annotations

from typing import Any

from tests.usecases.fakes.world import World
from tests.usecases.rules import rule
from whenthen.domain.records.record import Record
from whenthen.ports.values import RunState


def done(world: World, action: str, *, record: str | None = "lead:1", **parameters: Any) -> RunState:
    """The run of a rule with this one step, when it is over."""
    written = world.has_rule(rule({"id": "it", "action": action, "with": parameters}))
    event = world.happens("lead.created", subject=record, data={"note": "from the event"})
    world.run_out()
    return world.run_of(event, written)


def lead(world: World) -> Record:
    return world.records.stored["lead:1"]
