"""match_event: plan which rules an event starts, and start them.

The plan is stored before it is carried out, so that a redelivery carries out the same plan: by then the record may
have changed, by the very runs that the first delivery started.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Protocol

from msgspec import Struct
from msgspec.structs import replace

from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.event_catalog import derivation
from whenthen.domain.events.types import SPEAKING
from whenthen.domain.rules.context import context_of
from whenthen.domain.rules.rule import Mode, Rule
from whenthen.domain.runs.entry_policy import EntryDenied, earlier_enrolment_keys, enrolment_key, entry_denied
from whenthen.domain.runs.planner import Dispatch, Finish, due_step_group
from whenthen.domain.runs.run import Job, Run, RunStatus, begin, outcome_of
from whenthen.ports.values import MAX_REFUSED, NotEntered, Plan, Planned, Started
from whenthen.usecases.context.history import history_of, keys_of
from whenthen.usecases.context.related import Related
from whenthen.usecases.runs.orchestrator import jobs_of, send_jobs

if TYPE_CHECKING:
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from whenthen.domain.common.reasons import Reason
    from whenthen.domain.events.event import Event
    from whenthen.domain.matching.rule_set import RuleSet
    from whenthen.domain.records.record import Record
    from whenthen.ports.clock import Clock
    from whenthen.ports.events import EventLog, Occurrences
    from whenthen.ports.records import RecordStore
    from whenthen.ports.rules import RuleBook
    from whenthen.ports.runs import JobQueues, RunLedger, Sequences
    from whenthen.usecases.matching.stop_on_exit import StopOnExit

MAX_DEPTH = 8
"""Hops of cause and effect after which no rule is started: a deeper chain is taken for a loop."""

# An event that is `count` hops of cause and effect deep starts no rule.
LOOP = ReasonCode("event.loop", "count")
EXITED_BEFORE_START = ReasonCode("exit.before_start")
SHADOW = ReasonCode("step.shadow")


class Reaction(Protocol):
    """Do what an event causes before any rule is matched: rules see the store as it is afterwards."""

    def __call__(self, event: Event) -> object:
        """React to the event. Raises Temporary. Must be idempotent: events are delivered more than once."""


class MatchEvent(Struct, frozen=True):
    """Plan an event's runs, stop the runs that it ends, and start the planned ones.

    reactions   called when the first message, or the first report about one, arrives: no other event loads them
    """

    rules: RuleBook
    records: RecordStore
    runs: RunLedger
    queues: JobQueues
    sequences: Sequences
    clock: Clock
    occurrences: Occurrences
    log: EventLog
    stop_on_exit: StopOnExit
    reactions: Callable[[], tuple[Reaction, ...]]

    def __call__(self, event: Event) -> Plan:
        """Match the event and return the plan that was carried out; a redelivery carries out the first delivery's."""
        plan = self.log.plan_of(event.id)
        if plan is None:
            for react in self.reactions() if event.type.startswith(SPEAKING) else ():
                react(event)
            decided = self._decide(event)
            plan = self.log.record_plan(decided, self.clock.now())
        if plan.completed:
            return plan
        context = self._context(plan, plan.record, self.clock.now())
        if self.stop_on_exit.concerns(plan.event):
            self.stop_on_exit(plan.event, plan.record, context)
        refused = [*plan.refused]
        for planned in plan.rules:
            started = self._start(plan, self.rules.version(planned.rule, planned.version))
            if started is Started.ENTERED_BEFORE:
                refused.append(NotEntered(*planned, EntryDenied.ENTERED_BEFORE))
        self.log.close(event.id, refused[:MAX_REFUSED])
        return replace(plan, refused=tuple(refused), completed=True)

    def _context(
        self, plan: Plan, record: Record | None, now: datetime, zone: ZoneInfo | None = None
    ) -> dict[str, Any]:
        history = history_of(self.occurrences, plan.event, (plan.record, *plan.others), None, now)
        return context_of(plan.event, record, now, zone, Related(self.records, record), history)

    def _decide(self, event: Event) -> Plan:
        # First note, then count: of two events at once, the one that is noted last counts both.
        self.occurrences.note(event, keys_of(event), self.clock.now())
        record = self._record_of(event)
        if event.cause.depth >= MAX_DEPTH:
            return Plan(event, record, (), note=LOOP(count=event.cause.depth), decided_at=self.clock.now())
        ruleset = self.rules.rules_of(event.type)
        others = self._others(event, record)
        plan = Plan(event, record, (), others=others, decided_at=self.clock.now())
        matched = [found for each in (record, *plan.others) for found in self._matching(plan, each, ruleset)]
        entering = tuple(sorted(found for found in matched if isinstance(found, Planned)))
        refused = tuple(sorted(found for found in matched if isinstance(found, NotEntered)))
        idle = not entering and not self.stop_on_exit.concerns(event)
        return replace(plan, rules=entering, refused=refused[:MAX_REFUSED], completed=idle)

    def _matching(self, plan: Plan, record: Record | None, ruleset: RuleSet) -> Iterator[Planned | NotEntered]:
        """Yield the matching rules that are about this record of the plan, and whether the record may enter."""
        event = plan.event
        ref = record.ref if record else event.subject
        for rule_id in ruleset.match(self._context(plan, record, plan.moment)):
            rule = self.rules.current(rule_id, event.type)
            if plan.record_for(rule.kind) is not record:
                continue
            refused = entry_denied(rule, record)
            planned = Planned(rule.id, rule.version, ref)
            yield planned if refused is None else NotEntered(*planned, refused)

    def _others(self, event: Event, record: Record | None) -> tuple[Record, ...]:
        """Find the person's other records: those of kinds that rules of this event type are about."""
        if record is None or event.subject is not None:
            return ()
        kinds = sorted(self.rules.kinds_of(event.type) - {record.kind})
        found = (self.records.find(event.identities, kind) for kind in kinds)
        return tuple(other for other in found if other is not None)

    def _record_of(self, event: Event) -> Record | None:
        """Find the event's record: as the event itself holds it, or as it is now, or the person's own."""
        seen = derivation.record_of(event)
        if seen is not None:
            return seen
        if event.subject is not None:
            return self.records.get(event.subject)
        return self.records.find(event.identities) if event.identities else None

    def _start(self, plan: Plan, rule: Rule) -> Started:
        now = self.clock.now()
        run = begin(rule, plan.event, plan.record_for(rule.kind), now, shadow=rule.mode is Mode.SHADOW)
        jobs: tuple[Job, ...] = ()
        if rule.immediate or run.shadow:
            run, jobs = self._first_step_group(run, rule, plan)
        earlier = earlier_enrolment_keys(rule, run, plan.record_for(rule.kind))
        started = self.runs.start(run, plan.event, jobs, enrolment_key=enrolment_key(rule, run), earlier=earlier)
        if started is Started.EXITED:
            self._stop(run, plan.event)
        elif started in (Started.STARTED, Started.EXISTS):
            self._launch(run, rule, jobs, already=started is Started.EXISTS)
        return started

    def _stop(self, run: Run, event: Event) -> None:
        """Store the run as stopped. It may have been written before its exit was seen: then it is ended."""
        reason, now = EXITED_BEFORE_START(), self.clock.now()
        stopped = replace(run, status=RunStatus.STOPPED, reason=reason, finished_at=now)
        if self.runs.start(stopped, event, (), enrolment_key=None) is not Started.STARTED:
            self.runs.finish(run, RunStatus.STOPPED, reason, now)

    def _first_step_group(self, run: Run, rule: Rule, plan: Plan) -> tuple[Run, tuple[Job, ...]]:
        """Dispatch the run's first step group, so that both are written together."""
        context = self._context(plan, plan.record_for(rule.kind), run.due, rule.zone)
        move = due_step_group(rule, 0, context, run.due)
        if isinstance(move, Finish):
            return _ended(run, move.status, move.reason), ()
        if run.shadow:
            move = Dispatch(0, run.due, (), tuple((step, SHADOW()) for step in rule.steps))
        run = replace(run, step_group=0)
        jobs = jobs_of(run, move, run.started_at)
        return (_ended(run, *outcome_of(jobs)) if not move.steps else run), jobs

    def _launch(self, run: Run, rule: Rule, jobs: tuple[Job, ...], *, already: bool) -> None:
        if already:
            state = self.runs.load(run.id)
            if state is None or state.run.status.final:
                return
            jobs = state.jobs
        if run.status.final:
            return
        if rule.immediate:
            send_jobs(self.queues, jobs)
        else:
            self.sequences.start(run.id)


def _ended(run: Run, status: RunStatus, reason: Reason) -> Run:
    return replace(run, status=status, reason=reason, finished_at=run.started_at)
