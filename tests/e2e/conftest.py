"""The deployed local stack, one for all tests of a run (`make test` starts it; a plain pytest starts its own)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dev.demo import stories
from dev.lifecycle import running_stack
from dev.stack import Stack

WAITS = 0.00002
"""Two days take 3.5 seconds. Set once: the emulator has one scale for all its state machines."""


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    with running_stack("test") as running:
        running.scale_waits(WAITS)
        yield running


@pytest.fixture(scope="session")
def rules(stack: Stack) -> dict[str, str]:
    """The demo's three rules, by id. Tests that use them run one after the other (xdist_group "stories")."""
    return stories.load_rules(stack)
