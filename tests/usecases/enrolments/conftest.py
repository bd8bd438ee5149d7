"""Enrolments in a world of ten leads, with small batches."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.usecases.fakes.stores import FakeViews
from tests.usecases.fakes.world import World
from tests.usecases.rules import NOTE, rule
from whenthen.domain.enrolments.enrolment import Enrolment
from whenthen.usecases.enrolments import count_members, let_enter
from whenthen.usecases.runs.start_rule import StartRule

Start = Callable[..., Enrolment]


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three records in a chunk, two in a batch, four under way."""
    monkeypatch.setattr(count_members, "PAGE", 1)
    monkeypatch.setattr(count_members, "PAGES", 3)
    monkeypatch.setattr(let_enter, "BATCH", 2)
    monkeypatch.setattr(let_enter, "WINDOW", 4)


@pytest.fixture
def world() -> World:
    """Ten leads, each a person."""
    world = World()
    for number in range(10):
        world.has_record(f"lead:{number}", status="new", email=f"p{number}@example.com")
    return world


@pytest.fixture
def start(world: World) -> Start:
    """Start a rule for all leads, or for those that are asked for."""
    run = StartRule(
        world.rules, FakeViews(), world.records, world.functions.enrolments, world.bus, world.claim_key, world.clock
    )

    def started(
        *steps: dict[str, Any], seed: str = "key", whom: dict[str, Any] | None = None, **more: Any
    ) -> Enrolment:
        chosen = world.has_rule({**rule(*(steps or (NOTE,))), "trigger": {"manual": True}, **more})
        answer = run(chosen.id, {"kind": "lead", **(whom or {})}, seed=seed, by="ayse")
        return world.enrolments.get(answer["enrolment"])

    return started
