from __future__ import annotations

import pytest

from tests.usecases.fakes.world import World


@pytest.fixture
def world() -> World:
    """A whenthen in memory with one lead."""
    world = World()
    world.has_record("lead:1", first_name="Ayşe", email="ayse@example.com", phone="+905321234567", status="new")
    return world
