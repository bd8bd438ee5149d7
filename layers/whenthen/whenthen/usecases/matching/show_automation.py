"""show_automation: tell for one record how each rule of its kind stands, those that did not start included."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field

from whenthen.domain.common.errors import Invalid, NotFound
from whenthen.domain.explain.automation import (
    NO_EVENT,
    TOO_LONG_AGO,
    RuleState,
    may_be_about,
    stages_of,
    state_of_run,
)
from whenthen.domain.rules.event_triggers import written_types
from whenthen.domain.rules.rule import Mode, Rule, parse_rule
from whenthen.domain.runs.run import Run
from whenthen.domain.runs.standing import Waiting, waits_of
from whenthen.ports.reason_codes import RECORD_NOT_FOUND
from whenthen.ports.values import Page, Plan
from whenthen.usecases.context.history import history_of
from whenthen.usecases.matching.explain_event import ExplainedRule, Explaining
from whenthen.usecases.runs.start_rule import RULE_OFF

if TYPE_CHECKING:
    from collections.abc import Sequence

    from whenthen.domain.common.reasons import Reason
    from whenthen.domain.records.record import Record
    from whenthen.ports.events import Occurrences, Timelines
    from whenthen.ports.records import RecordStore
    from whenthen.ports.rules import RuleBook, RuleStore
    from whenthen.ports.runs import RunLedger
    from whenthen.ports.values import RunState, StoredRule

PAGE = 100
MAX_ENTRIES = 500
"""Entries of a record's history that are looked at, newest first."""

STARTED = frozenset({"started", "shadow"})
"""Outcomes of an explanation that say that a run is there, or is being written."""


class RuleStanding(Struct, frozen=True):
    """Tell how one rule stands for the record.

    stages     those in which the rule stands; empty: any
    run        its newest run about the record; None if there is none
    waiting    what that run waits for; None if it is over
    reason     None where `explained` says why, or a run acted and is not over
    event      the newest one that could have started the rule, where no run is; None if none came
    explained  what became of the rule when that event came
    """

    rule: Rule
    stages: frozenset[str]
    state: RuleState
    run: RunState | None = None
    waiting: Waiting | None = None
    reason: Reason | None = None
    event: Plan | None = None
    explained: ExplainedRule | None = None


class _History(Struct):
    """Hold the newest entries of a record's history: the newest run of each rule, and the plans, newest first."""

    runs: dict[str, Run] = field(default_factory=dict)
    plans: list[Plan] = field(default_factory=list)
    whole: bool = True

    def take(self, entries: Sequence[Run | Plan]) -> None:
        """Add older entries."""
        for entry in entries:
            if isinstance(entry, Run):
                self.runs.setdefault(entry.rule_id, entry)
            else:
                self.plans.append(entry)


class ShowAutomation(Struct, frozen=True):
    """Show rules by id, page by page."""

    rules: RuleStore
    book: RuleBook
    runs: RunLedger
    timelines: Timelines
    occurrences: Occurrences
    records: RecordStore

    def __call__(self, ref: str, *, stage: str, limit: int, cursor: str | None) -> Page[RuleStanding]:
        """Tell of the rules that may be about the record; with a `stage`, of those that stand in it or in any.

        Raises NotFound if there is neither such a record nor a history of it.
        """
        record = self.records.get(ref)
        history = self._history(record.refs if record else (ref,))
        if record is None and not (history.runs or history.plans):
            raise NotFound(RECORD_NOT_FOUND(ref=ref))
        kind = (record.ref if record else ref).partition(":")[0]
        parsed: dict[str, Rule] = {}

        def takes(stored: StoredRule) -> bool:
            rule = _parsed(stored)
            if rule is None or not may_be_about(rule, kind):
                return False
            stages = stages_of(rule)
            parsed[stored.id] = rule
            return not stage or not stages or stage in stages

        page = self.rules.list(limit=limit, cursor=cursor, takes=takes)
        refs = frozenset(record.refs if record else (ref,))
        standings = [self._standing(parsed[stored.id], history, refs) for stored in page.items]
        return Page(tuple(standings), page.cursor)

    def _history(self, refs: Sequence[str]) -> _History:
        history, cursor, read = _History(), None, 0
        while True:
            page = self.timelines.read(refs, limit=PAGE, cursor=cursor)
            history.take(page.items)
            read, cursor = read + len(page.items), page.cursor
            if cursor is None or read >= MAX_ENTRIES:
                history.whole = cursor is None
                return history

    def _standing(self, rule: Rule, history: _History, refs: frozenset[str]) -> RuleStanding:
        stages, run = stages_of(rule), history.runs.get(rule.id)
        state = self.runs.load(run.id) if run else None
        if state is not None:
            return self._of_run(rule, state)
        if rule.mode is Mode.OFF:
            return RuleStanding(rule, stages, RuleState.WAITING, reason=RULE_OFF())
        plan = next((each for each in history.plans if _could_start(each, rule, refs)), None)
        if plan is None:
            events = NO_EVENT(events=list(written_types(rule.trigger.event_types)))
            reason = events if history.whole else TOO_LONG_AGO(count=MAX_ENTRIES)
            return RuleStanding(rule, stages, RuleState.NOT_STARTED, reason=reason)
        explained = self._explained(rule, plan)
        standing = RuleState.WAITING if explained.outcome in STARTED else RuleState.NOT_STARTED
        return RuleStanding(rule, stages, standing, event=plan, explained=explained)

    def _of_run(self, rule: Rule, state: RunState) -> RuleStanding:
        run = state.run
        waiting = waits_of(run, state.jobs, self.book.version(run.rule_id, run.rule_version))
        reason = run.reason or (waiting.reason if waiting else None)
        found = state_of_run(run, state.jobs)
        return RuleStanding(rule, stages_of(rule), found, run=state, waiting=waiting, reason=reason)

    def _explained(self, rule: Rule, plan: Plan) -> ExplainedRule:
        history = history_of(self.occurrences, plan.event, (plan.record, *plan.others), None, plan.moment)
        return Explaining(plan, history, self.book, self.records).explained(rule)


def _parsed(stored: StoredRule) -> Rule | None:
    """Parse the rule; None for one that today's parser does not read."""
    try:
        return parse_rule(stored.document)
    except Invalid:
        return None


def _could_start(plan: Plan, rule: Rule, refs: frozenset[str]) -> bool:
    """Tell whether the event is of a type that starts the rule, and the rule would be about this record."""
    record: Record | None = plan.record_for(rule.kind)
    ref = record.ref if record else plan.event.subject
    return plan.event.type in rule.trigger.event_types and ref in refs
