"""Count the outcomes of runs and jobs by rule and day (UTC), each once however often it is told.

A tally remembers the runs that it counted last: a stream that is read again tells of the same within minutes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

from msgspec import Struct, field

if TYPE_CHECKING:
    from whenthen.domain.runs.run import Job, Run

REMEMBERED_FOR = timedelta(minutes=15)
MOST_REMEMBERED = 100
"""Bound the runs that a tally remembers, beside those that are counted at once: a write costs by the whole item."""

_SEPARATOR = "|"


class Ending(Struct, frozen=True):
    """Hold what one ending of a run adds to one day of its rule.

    mark     tells this ending from others
    outcome  of the run; empty: it ended on another day, and only jobs are counted here
    jobs     what `job_name` makes of its jobs that ended on this day
    """

    rule: str
    day: date
    mark: str
    outcome: str = ""
    jobs: tuple[str, ...] = ()


class Tally(Struct, frozen=True):
    """Hold the counts of one rule on one day.

    runs        outcome → how many
    jobs        name of `job_name` → how many
    remembered  mark → when it was counted, in unix seconds
    """

    rule: str
    day: date
    runs: Mapping[str, int] = field(default_factory=dict)
    jobs: Mapping[str, int] = field(default_factory=dict)
    remembered: Mapping[str, int] = field(default_factory=dict)

    def add(self, endings: Sequence[Ending], now: datetime) -> Tally | None:
        """Count the endings that were not counted. Returns None if there are none."""
        new = {ending.mark: ending for ending in endings if ending.mark not in self.remembered}
        if not new:
            return None
        runs, jobs = Counter(self.runs), Counter(self.jobs)
        runs.update(ending.outcome for ending in new.values() if ending.outcome)
        jobs.update(name for ending in new.values() for name in ending.jobs)
        oldest, at = int((now - REMEMBERED_FOR).timestamp()), int(now.timestamp())
        kept = [(mark, told) for mark, told in self.remembered.items() if told >= oldest]
        newest = sorted(kept, key=lambda each: each[1], reverse=True)[: max(MOST_REMEMBERED - len(new), 0)]
        return Tally(self.rule, self.day, runs, jobs, dict(newest) | dict.fromkeys(new, at))


def endings_of(run: Run, jobs: Iterable[Job]) -> list[Ending]:
    """Return what a run that has its outcome adds, by day. Nothing for a shadow, which has no effects.

    Of a run that was let go on after it had failed, the jobs are left out that it told of when it failed.
    """
    if run.shadow:
        return []
    ended = run.finished_at or run.started_at
    by_day: dict[date, list[str]] = {_day_of(ended): []}
    for job in jobs:
        done = job.finished_at
        if job.status.final and done is not None and (run.retried_at is None or done > run.retried_at):
            by_day.setdefault(_day_of(done), []).append(job_name(job))
    mark = sha256(f"{run.id}#{ended.timestamp()}".encode()).hexdigest()[:10]
    return [
        Ending(run.rule_id, day, mark, run.status.value if day == _day_of(ended) else "", tuple(names))
        for day, names in by_day.items()
    ]


def job_name(job: Job) -> str:
    """Name what jobs are counted by: action, outcome and code of the reason."""
    return _SEPARATOR.join((job.action, job.status.value, job.reason.code if job.reason else ""))


def parts_of(name: str) -> tuple[str, str, str]:
    """Return action, outcome and code of a name."""
    action, outcome, code = name.split(_SEPARATOR)
    return action, outcome, code


def _day_of(moment: datetime) -> date:
    return moment.astimezone(UTC).date()
