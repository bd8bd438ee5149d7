"""Outcomes are counted once, on the day on which they happened."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.adapters.samples import event, job, run, why
from whenthen.domain.figures.tally import MOST_REMEMBERED, REMEMBERED_FOR, Ending, Tally, endings_of, parts_of
from whenthen.domain.runs.run import JobStatus, Run, RunStatus

DAY = date(2026, 3, 14)
AT = datetime(2026, 3, 14, 23, 30, tzinfo=UTC)
RUN = run(event(), status=RunStatus.FAILED, finished_at=AT)


def ending(number: int) -> Ending:
    return Ending("rule_1", DAY, f"m{number}", "done", ("send_email|done|mail.sent",))


def test_a_run_counts_on_its_day_and_each_job_on_its_own() -> None:
    yesterday = AT - timedelta(days=1)
    jobs = [
        job(RUN, "a", status=JobStatus.DONE, finished_at=yesterday, reason=why("sent")),
        job(RUN, "b", status=JobStatus.FAILED, finished_at=AT, reason=why("refused")),
        job(RUN, "c", status=JobStatus.PENDING),
    ]
    by_day = {each.day: each for each in endings_of(RUN, jobs)}
    assert by_day.keys() == {DAY, DAY - timedelta(days=1)}
    assert by_day[DAY].outcome == "failed"
    assert by_day[DAY - timedelta(days=1)].outcome == ""
    assert [parts_of(name) for each in by_day.values() for name in each.jobs] == [
        ("send_whatsapp", "failed", "sample.why"),
        ("send_whatsapp", "done", "sample.why"),
    ]


def test_days_are_those_of_utc() -> None:
    later = replace(RUN, finished_at=AT.astimezone(timezone(timedelta(hours=3))))
    assert [each.day for each in endings_of(later, ())] == [DAY]


def test_a_shadow_counts_nothing() -> None:
    assert endings_of(replace(RUN, shadow=True), [job(RUN, status=JobStatus.DONE, finished_at=AT)]) == []


def test_a_run_that_was_let_go_on_counts_again_but_not_the_jobs_that_were_counted() -> None:
    first = job(RUN, "a", status=JobStatus.DONE, finished_at=AT)
    failed = job(RUN, "b", status=JobStatus.FAILED, finished_at=AT)
    retried = AT + timedelta(minutes=5)
    done = replace(failed, status=JobStatus.DONE, finished_at=retried + timedelta(minutes=1))
    again: Run = replace(RUN, status=RunStatus.DONE, retried_at=retried, finished_at=retried + timedelta(minutes=1))
    (before,) = endings_of(RUN, [first, failed])
    (after,) = endings_of(again, [first, done])
    assert before.mark != after.mark
    assert (len(before.jobs), after.jobs) == (2, ("send_whatsapp|done|",))


@given(st.lists(st.lists(st.integers(0, 30), max_size=12), max_size=12))
def test_each_ending_counts_once_however_batches_are_cut(batches: list[list[int]]) -> None:
    tally = Tally("rule_1", DAY)
    for batch in batches:
        tally = tally.add([ending(number) for number in batch], AT) or tally
    told = {number for batch in batches for number in batch}
    assert tally.runs.get("done", 0) == len(told)
    assert tally.jobs.get("send_email|done|mail.sent", 0) == len(told)


def test_what_is_remembered_is_bounded_by_number_and_time() -> None:
    tally = Tally("rule_1", DAY)
    for number in range(MOST_REMEMBERED + 50):
        tally = tally.add([ending(number)], AT + timedelta(seconds=number)) or tally
    assert len(tally.remembered) == MOST_REMEMBERED
    assert f"m{MOST_REMEMBERED + 49}" in tally.remembered
    assert "m0" not in tally.remembered
    later = tally.add([ending(999)], AT + timedelta(seconds=MOST_REMEMBERED + 60) + REMEMBERED_FOR)
    assert later is not None
    assert later.remembered.keys() == {"m999"}
    assert later.runs["done"] == MOST_REMEMBERED + 51, "what is no longer remembered stays counted"


def test_one_batch_is_remembered_whole_and_no_more_than_that() -> None:
    tally = Tally("rule_1", DAY)
    for batch in range(3):
        most = [ending(1_000 * batch + number) for number in range(1_000)]
        tally = tally.add(most, AT) or tally
        assert tally.add(most, AT) is None
        assert len(tally.remembered) == 1_000
    assert tally.runs["done"] == 3_000
