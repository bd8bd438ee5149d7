"""Messages that may have been sent before the tables were set back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from tests.adapters.samples import NOW, event, job, minutes, run, why
from whenthen.domain.runs.run import Job, Run
from whenthen.usecases.sending.restored import may_have_been_sent

UNTIL = minutes(60)


def began(entered: float, started: float, **more: Any) -> Run:
    return replace(run(event(at=minutes(entered))), started_at=minutes(started), **more)


def due(of: Run, at: float, **more: Any) -> Job:
    return replace(job(of), due=minutes(at), **more)


@pytest.mark.parametrize(
    ("of", "at", "doubtful"),
    [
        (began(0, 1), 20, True),
        (began(0, 1), 60, True),
        (began(0, 1), 61, False),
        (began(61, 62), 62, False),
        (began(59, 80), 80, True),  # its event was told of again, and it begins now
        (began(0, 80), 80, True),
        (began(50, 80), 95, False),  # a quarter of an hour behind its beginning: that was after sending had ended
        (began(50, 80), 85, True),
        (began(0, 80), 200, False),
        (began(0, 1, follows="run_0"), 200, True),  # nobody knows when its turn came
        (began(61, 62, follows="run_0"), 200, False),
    ],
)
def test_what_was_due_by_then_may_have_been_sent(of: Run, at: float, doubtful: bool) -> None:
    assert (may_have_been_sent(of, due(of, at), UNTIL) is not None) is doubtful


@pytest.mark.parametrize(("held", "doubtful"), [(59, True), (61, False)])
def test_what_was_held_counts_from_the_end_of_its_hold(held: float, doubtful: bool) -> None:
    of = began(0, 1)
    waiting = due(of, 0, held_until=minutes(held), reason=why("held"))
    assert (may_have_been_sent(of, waiting, UNTIL) is not None) is doubtful


def test_a_step_behind_the_first_of_a_run_in_line_counts_from_its_own_moment() -> None:
    of = began(0, 1, follows="run_0")
    assert may_have_been_sent(of, due(of, 200, step_group=1), UNTIL) is None


def test_the_reason_names_the_moment() -> None:
    of = began(0, 1)
    found = may_have_been_sent(of, due(of, 0), NOW + timedelta(hours=1))
    assert found is not None
    assert dict(found.params) == {"until": "2026-03-14T10:30:00.000Z"}
