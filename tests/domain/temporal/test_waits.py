"""Reading the wait of a step."""

from __future__ import annotations

from datetime import time

import pytest

from whenthen.domain.common.document_reader import Reader
from whenthen.domain.common.errors import Problem
from whenthen.domain.temporal.waits import MAX_WAIT_DAYS, Past, Until, Wait, read_wait


@pytest.mark.parametrize(
    ("document", "fields"),
    [
        ({"days": -1}, ["days"]),
        ({"days": True}, ["days"]),
        ({"days": MAX_WAIT_DAYS + 1}, ["days"]),
        ({"days": 1.5, "hours": "2"}, ["days", "hours"]),
        ({"days": MAX_WAIT_DAYS, "hours": 1}, [""]),
        ({"at": "24:00"}, ["at"]),
        ({"at": "9:00"}, ["at"]),
        ({"at": 9}, ["at"]),
        ({"weekdays": ["monday"]}, ["weekdays"]),
        ({"weekdays": [1]}, ["weekdays"]),
        ({"since": "yesterday"}, ["since"]),
        ({"until": {"days": 3}}, ["until.field"]),
        ({"until": {"field": "record."}}, ["until.field"]),
        ({"until": {"field": "birth_date", "days": 1_000, "hour": 3}}, ["until.days", "until.hour"]),
        ({"until": "birth_date"}, ["until", "until.field"]),
        ({"day": 3}, ["day"]),
        ({"past": "later"}, ["past"]),
        ({"past": True}, ["past"]),
        ({"until": {"field": "visit_date", "past": "run"}}, ["until.past"]),
    ],
)
def test_every_problem_of_a_wait_is_reported_by_its_field(document: dict[str, object], fields: list[str]) -> None:
    problems: list[Problem] = []
    read_wait(Reader(document, "wait", problems))
    assert [problem.field for problem in problems] == [f"wait.{field}".rstrip(".") for field in fields]


def test_a_wait_as_an_admin_writes_it() -> None:
    problems: list[Problem] = []
    document = {"days": 3, "at": "09:30", "weekdays": "mon", "until": {"field": "record.trial_ends", "days": -3}}
    wait = read_wait(Reader(document, "wait", problems))
    assert problems == []
    assert wait == Wait(days=3, at=time(9, 30), weekdays=("mon",), until=Until("trial_ends", -3))
    assert not wait.immediate
    assert Wait(since="entry").immediate


@pytest.mark.parametrize(("written", "expected"), [(None, None), *((past.value, past) for past in Past)])
def test_what_is_done_about_a_moment_that_is_over(written: str | None, expected: Past | None) -> None:
    problems: list[Problem] = []
    assert read_wait(Reader({"days": 3, "past": written}, "wait", problems)).past is expected
    assert problems == []
