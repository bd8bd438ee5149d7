"""No test measures time: on a busy machine it would measure the machine."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
CLOCKS = frozenset({"monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns", "process_time", "thread_time"})
ALLOWED = {
    "waiting.py": "ends a test that hangs, after minutes",
    "sources/growth.py": "compares the CPU time of one thread with itself, since work inside C cannot be counted",
    "simulation/telling.py": "ends when the time that it was given is used, and asserts nothing about it",
    "e2e": "tells figures of the deployed stack, and ends what hangs",
}
LONG_ENOUGH = 60
"""Seconds of a bound on waiting that only a hang reaches. A shorter one is a bet on the machine."""


def clocks(tree: ast.AST) -> Iterator[int]:
    """Yield the line of each use of a clock of `time`."""
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Name("time"), attr=name) if name in CLOCKS:
                yield node.lineno
            case ast.ImportFrom(module="time", names=names) if any(each.name in CLOCKS for each in names):
                yield node.lineno


def short_waits(tree: ast.AST) -> Iterator[int]:
    """Yield the line of each wait for a thread that ends after fewer seconds than a slow machine may take."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(attr="wait" | "acquire"), args=arguments, keywords=keywords):
                bounds = [*arguments[:1], *(each.value for each in keywords if each.arg == "timeout")]
                if any(_is_short(bound) for bound in bounds):
                    yield node.lineno


def _is_short(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and type(node.value) in (int, float) and node.value < LONG_ENOUGH


FILES = [
    file
    for file in sorted(TESTS.rglob("*.py"))
    if not {file.relative_to(TESTS).as_posix(), file.relative_to(TESTS).parts[0]} & ALLOWED.keys()
]


def test_no_test_reads_a_clock_or_bets_on_a_short_wait() -> None:
    found = {
        file.relative_to(TESTS).as_posix(): lines
        for file in FILES
        if (lines := [*clocks(tree := ast.parse(file.read_text(encoding="utf-8"))), *short_waits(tree)])
    }
    assert len(FILES) > 100
    assert found == {}


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import time\nassert time.monotonic() - began < 2", [2]),
        ("from time import perf_counter", [1]),
        ("clock = time.thread_time", [1]),
        ("event.wait(5)", [1]),
        ("gate.wait(timeout=0.5)", [1]),
        ("lock.acquire(timeout=HANGS)\nevent.wait(60)\nsequences.wait(run, 2)\nself.monotonic()\ntime.time()", []),
    ],
)
def test_each_way_of_measuring_is_seen(source: str, found: list[int]) -> None:
    tree = ast.parse(source)
    assert [*clocks(tree), *short_waits(tree)] == found
