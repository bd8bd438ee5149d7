"""A copy of the process is killed at each moment, and what it finds afterwards fails the test."""

from __future__ import annotations

import os

import pytest

from tests.faults.killed_copies import KilledCopies
from tests.usecases.fakes.world import Killed

pytestmark = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")

CALLS = ("get", "put", "send")


def work(kills: KilledCopies, done: list[str]) -> None:
    """Do what is left of three calls, and begin again when killed."""
    while len(done) < len(CALLS):
        kills.enter("match_rules")
        try:
            for call in CALLS[len(done) :]:
                kills.before(call)
                done.append(call)
                kills.after(call)
        except Killed:
            continue


def test_a_copy_is_killed_at_each_moment_that_differs_and_goes_on() -> None:
    kills, done = KilledCopies(frozenset(), 0, 1), []
    kills.armed = True
    with kills.each():
        work(kills, done)
        assert done == [*CALLS]
    assert kills.copies == 4, "before the first call, and after each"


@pytest.mark.parametrize("parts", [2, 3])
def test_the_parts_share_the_moments(parts: int) -> None:
    copies = 0
    for part in range(parts):
        kills = KilledCopies(frozenset(), part, parts)
        kills.armed = True
        with kills.each():
            work(kills, [])
        copies += kills.copies
    assert copies == 4


def forget(kills: KilledCopies) -> None:
    """Do the three calls, and never begin again."""
    done = []
    kills.enter("match_rules")
    try:
        for call in CALLS:
            kills.before(call)
            done.append(call)
            kills.after(call)
    except Killed:
        assert done != ["get", "put"], "lost"


def test_what_a_killed_copy_finds_fails_the_test_and_names_the_moment() -> None:
    kills = KilledCopies(frozenset(), 0, 1)
    kills.armed = True
    with pytest.raises(AssertionError, match=r"(?s)killed after put:.*lost"), kills.each():
        forget(kills)


def test_a_copy_that_breaks_off_fails_the_test(monkeypatch: pytest.MonkeyPatch) -> None:
    def break_off(_moment: str) -> None:
        os._exit(3)

    kills = KilledCopies(frozenset(), 0, 1)
    kills.armed = True
    monkeypatch.setattr(kills, "kill", break_off)
    with pytest.raises(AssertionError, match="before get ended with"), kills.each():
        work(kills, [])


def test_only_the_functions_of_the_story_are_killed() -> None:
    kills = KilledCopies(frozenset({"send_email"}), 0, 1)
    kills.armed = True
    with kills.each():
        work(kills, [])
    assert kills.copies == 0
