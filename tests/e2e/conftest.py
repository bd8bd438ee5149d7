"""The deployed local stack, one for all tests of a run (`make test` starts it; a plain pytest starts its own)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from dev.demo import stories
from dev.lifecycle import running_stack
from dev.stack import Stack

FOLDER = Path(__file__).parent

LAST = "test_logs.py"

WAITS = 0.00002
"""Two days take 3.5 seconds. Set once: the emulator has one scale for all its state machines."""


def own(items: Iterable[pytest.Item]) -> list[pytest.Item]:
    """The tests of this folder."""
    return [item for item in items if item.path.is_relative_to(FOLDER)]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests of the stack together: one process does them, one after the other, beside all other tests.

    A fault that one of them programs meets whoever comes next. What reads the logs of all of them comes last.
    """
    items.sort(key=lambda item: item.path.name == LAST and item.path.parent == FOLDER)
    for item in own(items):
        item.add_marker(pytest.mark.xdist_group("stack"))


@pytest.fixture(scope="session")
def stack(request: pytest.FixtureRequest) -> Iterator[Stack]:
    grouped = request.config.getoption("loadgroup", default=False)
    if grouped and not all(item.nodeid.endswith("@stack") for item in own(request.session.items)):
        pytest.fail("this pytest-xdist does not keep the tests of a group together with this pytest")
    with running_stack("test") as running:
        running.scale_waits(WAITS)
        yield running


@pytest.fixture(scope="session")
def rules(stack: Stack) -> dict[str, str]:
    """The demo's three rules, by id."""
    return stories.load_rules(stack)
