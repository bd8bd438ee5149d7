"""How often a step is tried, and when the next attempt is due."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from whenthen.domain.common.document_reader import Reader
from whenthen.domain.common.errors import Problem
from whenthen.domain.steps.retries import Retry, read_retry
from whenthen.domain.temporal.time_values import Duration

NOW = datetime(2026, 3, 14, 9, 30, tzinfo=UTC)
ISTANBUL = ZoneInfo("Europe/Istanbul")


def read(document: Any) -> tuple[Retry, dict[str, str]]:
    problems: list[Problem] = []
    found = read_retry(Reader(document, "retry", problems))
    return found, {problem.field: problem.reason.code for problem in problems}


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({}, Retry()),
        ({"attempts": 2}, Retry(2)),
        ({"delays": []}, Retry()),
        ({"give_up_after": {"minutes": 90}}, Retry(give_up_after=Duration(minutes=90))),
        ({"attempts": 3, "give_up_after": {"hours": 2}}, Retry(3, give_up_after=Duration(hours=2))),
        ({"delays": [{"minutes": 5}, {"days": 1}]}, Retry(5, (Duration(minutes=5), Duration(days=1)))),
        ({"attempts": 2, "delays": [{"hours": 720}]}, Retry(2, (Duration(hours=720),))),
    ],
)
def test_reads_attempts_and_delays(document: Any, expected: Retry) -> None:
    assert read(document) == (expected, {})


@pytest.mark.parametrize(
    ("document", "found"),
    [
        ({"delays": {"minutes": 5}}, {"retry.delays": "value.not_list"}),
        ({"delays": [5]}, {"retry.delays[0]": "duration.malformed"}),
        ({"delays": [{"minutes": 5}, {"minutes": 0}]}, {"retry.delays[1]": "duration.out_of_bounds"}),
        ({"delays": [{"seconds": 5}]}, {"retry.delays[0]": "duration.unknown_unit"}),
        ({"delays": [{"days": 30, "minutes": 1}]}, {"retry.delays[0]": "retry.delay_too_long"}),
        ({"attempts": 1, "delays": [{"days": 1}]}, {"retry.delays": "retry.too_many_delays"}),
        ({"delays": [{"days": 1}] * 5}, {"retry.delays": "retry.too_many_delays"}),
        ({"give_up_after": {"days": 1, "minutes": 1}}, {"retry.give_up_after": "retry.lasts_too_long"}),
        ({"give_up_after": 5}, {"retry.give_up_after": "duration.malformed"}),
        ({"give_up_after": {"minutes": 0}}, {"retry.give_up_after": "duration.out_of_bounds"}),
    ],
)
def test_names_what_is_wrong(document: Any, found: dict[str, str]) -> None:
    assert read(document)[1] == found


@pytest.mark.parametrize(
    ("attempts", "expected"), [(0, {"minutes": 5}), (1, {"minutes": 5}), (2, {"hours": 2}), (3, {"hours": 2})]
)
def test_the_last_delay_repeats(attempts: int, expected: dict[str, int]) -> None:
    retry = Retry(8, (Duration(minutes=5), Duration(hours=2)))
    assert retry.next_at(attempts, NOW, ISTANBUL) == NOW + timedelta(**expected)


def test_days_are_those_of_the_calendar() -> None:
    """Clocks in Budapest go forward in the night to 29 March 2026: that day has 23 hours."""
    before = datetime(2026, 3, 28, 10, tzinfo=ZoneInfo("Europe/Budapest"))
    at = Retry(2, (Duration(days=1),)).next_at(1, before, ZoneInfo("Europe/Budapest"))
    assert at == before.astimezone(UTC) + timedelta(hours=23)


@pytest.mark.parametrize(
    ("retry", "lasts"),
    [
        (Retry(), timedelta(hours=24)),
        (Retry(3), None),
        (Retry(5, (Duration(days=2),)), None),
        (Retry(give_up_after=Duration(minutes=90)), timedelta(minutes=90)),
        (Retry(3, give_up_after=Duration(hours=2)), timedelta(hours=2)),
    ],
)
def test_a_step_is_given_up_by_time_unless_its_attempts_decide(retry: Retry, lasts: timedelta | None) -> None:
    assert retry.lasts == lasts


def test_without_delays_the_engine_chooses() -> None:
    assert Retry(8).next_at(1, NOW, ISTANBUL) is None
