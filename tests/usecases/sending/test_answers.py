"""Count answered messages: each once, for as long as a bound asks, over all logs of one person."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whenthen.domain.sending.send_log import SendLog, Sent
from whenthen.usecases.sending.answers import BOUNDS, KEEPS, Bound, answered, place

NOW = datetime(2026, 3, 14, 9, 30, tzinfo=UTC)
HOURLY, DAILY = BOUNDS
EMPTY = SendLog()


def at(*minutes: float) -> list[Sent]:
    """Messages that were answered so many minutes ago."""
    return [Sent(f"m{number}", NOW - timedelta(minutes=ago), "sms") for number, ago in enumerate(minutes)]


def test_the_first_answer_to_a_message_is_noted() -> None:
    found = answered("m", "sms", EMPTY, [], NOW)
    assert found == SendLog(sent=(Sent("m", NOW, "sms"),), keeps=KEEPS)


def test_a_message_that_was_answered_may_be_answered_again_and_counts_once() -> None:
    log = SendLog(sent=tuple(at(*range(10))), keeps=KEEPS, version=3)
    assert answered("m3", "email", log, [], NOW) is log
    assert answered("m3", "email", EMPTY, at(*range(10)), NOW) is EMPTY, "it is in another log of the person"


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [
        (range(9), None),
        (range(10), HOURLY),
        ([*range(9), 59.9], HOURLY),
        ([*range(9), 60], None),
        (range(61, 61 + 49 * 20, 20), None),
        (range(61, 61 + 50 * 20, 20), DAILY),
        ([*range(61, 61 + 49 * 20, 20), 24 * 60], None),
        ([*range(10), *range(61, 61 + 40 * 20, 20)], HOURLY),
    ],
)
def test_bounds_count_what_was_answered_within_their_hours(minutes: list[float], expected: Bound | None) -> None:
    log = SendLog(sent=tuple(at(*minutes)), keeps=KEEPS)
    found = answered("new", "sms", log, [], NOW)
    assert (found if isinstance(found, Bound) else None) == expected


def test_what_several_logs_hold_counts_together_and_the_same_message_once() -> None:
    first, second = at(*range(10))[:6], at(*range(10))[4:]
    assert answered("new", "sms", SendLog(sent=tuple(first)), second, NOW) == HOURLY
    assert isinstance(answered("new", "sms", SendLog(sent=tuple(first)), second[:-1], NOW), SendLog)


def test_what_counts_no_more_is_forgotten() -> None:
    log = SendLog(sent=tuple(at(25 * 60, 24 * 60, 5)), keeps=KEEPS, version=7)
    found = answered("new", "sms", log, [], NOW)
    assert isinstance(found, SendLog)
    assert ([each.job for each in found.sent], found.version) == (["m2", "new"], 7)
    assert found.expires_at == NOW + KEEPS


def test_the_log_of_answers_is_not_that_of_marketing() -> None:
    assert place("phone#+905321234567") != "phone#+905321234567"


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 90)), max_size=150))
def test_no_window_ever_holds_more_answers_than_its_bound(story: list[tuple[int, int]]) -> None:
    """Messages (some of them twice) come after so many minutes each."""
    log, now, times = EMPTY, NOW, dict[str, datetime]()
    for message, minutes in story:
        now += timedelta(minutes=minutes)
        found = answered(f"m{message}", "sms", log, [], now)
        if isinstance(found, SendLog):
            if found is not log:
                times[f"{message} {now}"] = now
            log = found
        for bound in BOUNDS:
            assert sum(now - timedelta(hours=bound.hours) < each <= now for each in times.values()) <= bound.most
