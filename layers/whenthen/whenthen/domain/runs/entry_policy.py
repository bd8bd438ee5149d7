"""Decide whether a record may enter a rule, and how often."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct

from whenthen.domain.common.reasons import Reason, ReasonCode
from whenthen.domain.events.ordering import order_key
from whenthen.domain.rules.rule import ReentryPolicy, Rule, WhileRunning

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from whenthen.domain.events.event import Event
    from whenthen.domain.records.record import Record
    from whenthen.domain.runs.run import Run


MAX_RUNS = 250
"""Bound the runs of one rule that follow, over any number of hops, from one event.

Depth alone bounds nothing: eight rules of three new records each make 24 times as many runs at each hop. So a cause
names the event at its root.
"""

# The record was merged with another one, whose run of the rule goes on for both.
MERGED = ReasonCode("entry.merged", "run")


class EntryDenied(StrEnum):
    """Name the cause for which a matching rule was not started."""

    NO_RECORD = "only_new_no_record"
    NOT_NEW = "only_new"
    ENTERED_BEFORE = "entered_before"
    OCCASION_TAKEN = "occasion_taken"
    ENTERED_RECENTLY = "entered_recently"
    STILL_RUNNING = "still_running"
    SUPERSEDED = "superseded"
    ENTERED_MEANWHILE = "entered_meanwhile"
    ENROLLED_MEANWHILE = "enrolled_meanwhile"
    ENROLMENT_PAUSED = "enrolment_paused"
    ENROLMENT_STOPPED = "enrolment_stopped"
    DEBOUNCED = "debounced"
    BUDGET = "budget_used_up"
    EXCLUDED = "excluded"


def entry_denied(rule: Rule, record: Record | None) -> EntryDenied | None:
    """Return the cause against the record's entry. None if it may enter; the ledger knows whether it entered before."""
    if record is not None and rule.id in record.automation.excluded_rules:
        return EntryDenied.EXCLUDED
    if not rule.entry.only_new:
        return None
    if record is None or record.created_at is None:
        return EntryDenied.NO_RECORD
    if rule.activated_at is None or record.created_at < rule.activated_at:
        return EntryDenied.NOT_NEW
    return None


class LastRun(Struct, frozen=True):
    """Tell of the run that entered last for a record.

    started  when it began
    event    the event that started it, while the run is under way; None once it is over
    """

    id: str
    started: datetime
    event: Event | None = None


class Admission(Struct, frozen=True):
    """Say whether a run may start beside or after the last ones.

    denied    the cause against it; None if it may start
    until     until when it is denied, where time alone decides
    run       the run that is in its way
    replaces  the runs under way that are to be stopped first
    """

    denied: EntryDenied | None = None
    until: datetime | None = None
    run: str = ""
    replaces: tuple[str, ...] = ()


def admission(rule: Rule, event: Event, last: Iterable[LastRun], now: datetime) -> Admission:
    """Decide whether `event` starts another run. `last`: the last run of each record that is one with the run's."""
    runs = sorted(last, key=lambda run: run.started)
    return _after(rule, runs, now) or _beside(rule, event, [run for run in runs if run.event is not None])


def outranked(rule: Rule, run: Run, event: Event, others: Iterable[LastRun]) -> Reason | None:
    """Return why a run under way ends for another one, since their records are one now. None if it goes on.

    event   the one that started the run
    others  the last runs of the records that its record was merged with

    Whichever of two runs asks, and however often, the same one goes on: the one that had started alone, had the
    records been one from the beginning.
    """
    others = list(others)
    before = [each for each in others if (each.started, each.id) < (run.started_at, run.id)]
    found = admission(rule, event, before, run.started_at)
    if found.denied is not None:
        return MERGED(run=found.run or max(before, key=lambda each: each.started).id)
    own = LastRun(run.id, run.started_at, event)
    later = (each for each in others if each not in before)
    for each in later:
        if each.event is not None and admission(rule, each.event, [own], each.started).replaces:
            return MERGED(run=each.id)
    return None


def _after(rule: Rule, runs: Sequence[LastRun], now: datetime) -> Admission | None:
    """Decide by how often a record may enter, whether its last runs are over or not. None: nothing is against it."""
    if not runs:
        return None
    if rule.entry.again is ReentryPolicy.ONCE_PER_RECORD:
        return Admission(EntryDenied.ENTERED_BEFORE)
    if rule.entry.every is not None:
        free = rule.entry.every.from_moment(runs[-1].started, rule.zone, 1)
        if now < free:
            return Admission(EntryDenied.ENTERED_RECENTLY, free, runs[-1].id)
    return None


def _beside(rule: Rule, event: Event, under_way: Sequence[LastRun]) -> Admission:
    """Decide by the runs that are under way."""
    if under_way and rule.entry.ignores_while_running:
        return Admission(EntryDenied.STILL_RUNNING, run=under_way[-1].id)
    if not under_way or rule.entry.while_running is not WhileRunning.RESTART:
        return Admission()
    newer = next((run for run in under_way if run.event is not None and not _is_newer(event, run.event)), None)
    if newer is not None:
        return Admission(EntryDenied.SUPERSEDED, run=newer.id)
    return Admission(replaces=tuple(run.id for run in under_way))


def _is_newer(event: Event, other: Event) -> bool:
    """Tell whether the event comes after the other one, in an order that is the same everywhere."""
    return (event.time, order_key(event)) > (other.time, order_key(other))


def enrolment_key(rule: Rule, run: Run) -> str | None:
    """Return the key that the record's last run holds, for a rule that asks for it. A shadow's run holds none."""
    asks = rule.entry.again is ReentryPolicy.ONCE_PER_RECORD or rule.entry.asks_for_last_run
    if not asks or run.record is None or run.shadow:
        return None
    return _key(rule, run.record)


def earlier_enrolment_keys(rule: Rule, run: Run, record: Record | None) -> tuple[str, ...]:
    """Return the keys that records hold which were merged into this one: each may have used the rule up."""
    if record is None or run.record != record.ref or enrolment_key(rule, run) is None:
        return ()
    return tuple(_key(rule, ref) for ref in record.absorbed)


def merged_enrolment_keys(rule: Rule, run: Run, refs: Iterable[str]) -> tuple[str, ...]:
    """Return the keys of the records that are one with the run's now: `refs` are the names of that one."""
    if enrolment_key(rule, run) is None:
        return ()
    return tuple(_key(rule, ref) for ref in refs if ref != run.record)


def _key(rule: Rule, ref: str) -> str:
    return f"{rule.id}#{ref}"
