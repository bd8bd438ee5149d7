"""Know when a rule keeps failing, and how long it rests before one of its runs tries again. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from whenthen.domain.common import ids
from whenthen.domain.common.document_reader import Reader
from whenthen.domain.common.errors import Invalid, InvalidValue, Problem
from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.events.event import Event
from whenthen.domain.events.types import RULE_PAUSED, RULE_RESUMED
from whenthen.domain.runs.run import JobStatus, RunStatus
from whenthen.domain.temporal.time_values import read_duration

if TYPE_CHECKING:
    from whenthen.domain.runs.run import Job, Run

SUBJECT = "failures"
"""Name these settings among those of the installation."""

MAX_FAILURES, MAX_WITHIN_DAYS = 1_000, 7

TOO_LONG = ReasonCode("failures.too_long", "count")


class FailureSettings(Struct, frozen=True):
    """Say when a rule pauses itself: after so many failed runs within a time; 0: never."""

    pause_after: int = 20
    within: timedelta = timedelta(minutes=10)
    try_again_after: timedelta = timedelta(minutes=30)


def read_failure_settings(document: Mapping[str, Any]) -> FailureSettings:
    """Read `{"pause_after": 20, "within": {"minutes": 10}, "try_again_after": {"minutes": 30}}`. Raises Invalid."""
    problems: list[Problem] = []
    reader, default = Reader(document, "", problems), FailureSettings()
    settings = FailureSettings(
        pause_after=reader.integer("pause_after", default=default.pause_after, most=MAX_FAILURES),
        within=_length(reader, "within", default.within),
        try_again_after=_length(reader, "try_again_after", default.try_again_after),
    )
    reader.finish()
    if problems:
        raise Invalid(problems)
    return settings


def _length(reader: Reader, name: str, default: timedelta) -> timedelta:
    written = reader.value(name)
    if written is None:
        return default
    try:
        found = read_duration(written)
    except InvalidValue as error:
        reader.report(name, error.reason)
        return default
    length = timedelta(weeks=found.weeks, days=found.days, hours=found.hours, minutes=found.minutes)
    if length > timedelta(days=MAX_WITHIN_DAYS):
        reader.report(name, TOO_LONG(count=MAX_WITHIN_DAYS))
    return length


class FailingRule(Struct, frozen=True):
    """Hold a rule that paused itself.

    work   id of the work that tries it again
    since  when it paused itself
    trial  id of the run that tries it now; empty: none does
    """

    rule: str
    work: str
    since: datetime
    trial: str = ""


def paused_event(failing: FailingRule, count: int) -> Event:
    """Make the event of a rule that paused itself after so many failures."""
    return _event(RULE_PAUSED, failing, failing.since, {"failures": count})


def resumed_event(failing: FailingRule, at: datetime) -> Event:
    """Make the event of a rule that goes on, as a run of it succeeded or it was changed."""
    return _event(RULE_RESUMED, failing, at, {})


def _event(event_type: str, failing: FailingRule, at: datetime, data: Mapping[str, Any]) -> Event:
    return Event(
        id=ids.event_id("engine", f"{event_type}#{failing.rule}#{failing.work}"),
        source="engine",
        type=event_type,
        time=at,
        data={"rule": failing.rule, "work": failing.work, **data},
        origin=f"rule:{failing.rule}",
    )


class Verdict:
    """Name what a trial says about its rule."""

    WORKS, FAILS, OPEN, NOTHING = "works", "fails", "open", "nothing"


_VERDICTS: Mapping[RunStatus, str] = {
    RunStatus.DONE: Verdict.WORKS,
    RunStatus.WAITING: Verdict.WORKS,
    RunStatus.FAILED: Verdict.FAILS,
    RunStatus.UNKNOWN: Verdict.FAILS,
    RunStatus.STOPPED: Verdict.NOTHING,
    RunStatus.SKIPPED: Verdict.NOTHING,
    RunStatus.PAUSED: Verdict.NOTHING,
}


def verdict_of(run: Run, jobs: tuple[Job, ...], since: datetime) -> str:
    """Tell what the run, which was let go at `since`, says about its rule."""
    if run.status is not RunStatus.RUNNING:
        return _VERDICTS[run.status]
    done = any(job.status is JobStatus.DONE and job.finished_at and job.finished_at >= since for job in jobs)
    return Verdict.WORKS if done else Verdict.OPEN
