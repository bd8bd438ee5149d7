"""Pauses after "not now": growing, apart from each other, and the same whenever they are asked for."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whenthen.domain.common.backoff import (
    GIVE_UP_AFTER,
    GIVEN_UP_AFTER_HOURS,
    LONGEST_OUTAGE_PAUSE,
    LONGEST_PAUSE,
    SHORTEST_OUTAGE_PAUSE,
    given_up,
    is_over,
    outage_pause,
    pause,
)
from whenthen.domain.common.reasons import ReasonCode

THROTTLED = ReasonCode("tests.throttled")
AT = datetime(2026, 3, 14, 9, 30, tzinfo=UTC)


@given(st.text(), st.integers(0, 10_000), st.none() | st.floats(0, 1e9))
def test_a_pause_is_one_that_a_queue_can_keep_and_no_shorter_than_wished(
    key: str, times: int, wish: float | None
) -> None:
    seconds = pause(key, times, wish)
    assert 5 <= seconds <= LONGEST_PAUSE
    assert seconds >= min(wish or 0, 600)
    assert pause(key, times, wish) == seconds


def test_pauses_grow() -> None:
    means = [sum(pause(f"job_{job}", times) for job in range(200)) / 200 for times in range(1, 30)]
    assert all(later >= 0.95 * earlier for earlier, later in itertools.pairwise(means))
    assert (means[0] < 7, means[-1] > 600) == (True, True)


@given(st.text(), st.integers(0, 10_000))
def test_a_pause_in_an_outage_is_short_enough_to_notice_its_end(key: str, times: int) -> None:
    seconds = outage_pause(key, times)
    assert SHORTEST_OUTAGE_PAUSE <= seconds <= LONGEST_OUTAGE_PAUSE
    assert outage_pause(key, times) == seconds


def test_pauses_in_an_outage_grow_to_their_longest() -> None:
    means = [sum(outage_pause(f"m{place}", times) for place in range(200)) / 200 for times in range(1, 30)]
    assert all(later >= 0.95 * earlier for earlier, later in itertools.pairwise(means))
    assert (means[0] < 7, means[-1] > 0.75 * LONGEST_OUTAGE_PAUSE) == (True, True)


def test_messages_that_met_the_same_outage_come_back_apart() -> None:
    seconds = sorted(outage_pause(f"m{place}", 20) for place in range(1_000))
    assert max(later - earlier for earlier, later in itertools.pairwise(seconds)) < (seconds[-1] - seconds[0]) / 50


@pytest.mark.parametrize("times", [1, 5, 30])
def test_those_who_were_refused_together_come_back_apart(times: int) -> None:
    seconds = sorted(pause(f"job_{job}", times) for job in range(1_000))
    spread = seconds[-1] - seconds[0]
    assert spread > 0.45 * seconds[0]
    steps = [later - earlier for earlier, later in itertools.pairwise(seconds)]
    assert max(steps) < spread / 50


def test_a_call_is_given_up_only_after_a_daily_limit_has_passed() -> None:
    assert timedelta(hours=24) < GIVE_UP_AFTER
    assert not is_over(AT, AT + GIVE_UP_AFTER - timedelta(seconds=1))
    assert is_over(AT, AT + GIVE_UP_AFTER)
    assert given_up(THROTTLED()) == GIVEN_UP_AFTER_HOURS(count=36, reason=THROTTLED())
