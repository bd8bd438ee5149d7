"""match_event: which rules does this event start, and start them.

The decision is written down before it is carried out, so that a redelivery carries out the same one: by
then the record may have changed, by the very runs that the first delivery started.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Protocol

from msgspec import Struct
from msgspec.structs import replace

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
from whenthen.usecases.runs.orchestrator import Orchestrator, jobs_of, send_jobs

if TYPE_CHECKING:
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from whenthen.domain.events.event import Event
    from whenthen.domain.matching.rule_set import RuleSet
    from whenthen.domain.records.record import Record
    from whenthen.ports.events import EventLog
    from whenthen.usecases.matching.stop_on_exit import StopOnExit

MAX_DEPTH = 8
"""Hops of cause and effect after which no rule is started: what is deeper is taken for a loop."""


class Reaction(Protocol):
    """What an event does of itself, before any rule is asked: rules see the store as it is afterwards."""

    def __call__(self, event: Event) -> object:
        """Raises Temporary. Does the same, or nothing more, when the event is delivered again."""


class MatchEvent(Struct, frozen=True):
    """Plans an event's runs, stops those that it ends, and starts those that it calls for.

    reactions   called for when the first message, or report about one, comes: no other event needs them loaded
    """

    orchestrator: Orchestrator
    stop_on_exit: StopOnExit
    log: EventLog
    reactions: Callable[[], tuple[Reaction, ...]]

    def __call__(self, event: Event) -> Plan:
        """Returns the plan that was carried out; a redelivered event has the plan of its first delivery."""
        plan = self.log.plan_of(event.id)
        if plan is None:
            for react in self.reactions() if event.type.startswith(SPEAKING) else ():
                react(event)
            decided = self._decide(event)
            plan = self.log.record_plan(decided, self.orchestrator.clock.now())
        if plan.completed:
            return plan
        context = self._context(plan, plan.record, self.orchestrator.clock.now())
        if self.stop_on_exit.concerns(plan.event):
            self.stop_on_exit(plan.event, plan.record, context)
        refused = [*plan.refused]
        for planned in plan.rules:
            started = self._start(plan, self.orchestrator.rules.version(planned.rule, planned.version))
            if started is Started.ENTERED_BEFORE:
                refused.append(NotEntered(*planned, EntryDenied.ENTERED_BEFORE))
        self.log.close(event.id, refused[:MAX_REFUSED])
        return replace(plan, refused=tuple(refused), completed=True)

    def _context(
        self, plan: Plan, record: Record | None, now: datetime, zone: ZoneInfo | None = None
    ) -> dict[str, Any]:
        history = history_of(self.orchestrator.occurrences, plan.event, (plan.record, *plan.others), None, now)
        return context_of(plan.event, record, now, zone, Related(self.orchestrator.records, record), history)

    def _decide(self, event: Event) -> Plan:
        # First the note, then the count: of two events at once, the one that is noted last counts both.
        self.orchestrator.occurrences.note(event, keys_of(event), self.orchestrator.clock.now())
        record = self._record_of(event)
        if event.cause.depth >= MAX_DEPTH:
            note = f"{event.cause.depth} hops of cause and effect: taken for a loop"
            return Plan(event, record, (), note=note, decided_at=self.orchestrator.clock.now())
        ruleset = self.orchestrator.rules.rules_of(event.type)
        others = self._others(event, record)
        plan = Plan(event, record, (), others=others, decided_at=self.orchestrator.clock.now())
        matched = [found for each in (record, *plan.others) for found in self._matching(plan, each, ruleset)]
        entering = tuple(sorted(found for found in matched if isinstance(found, Planned)))
        refused = tuple(sorted(found for found in matched if isinstance(found, NotEntered)))
        idle = not entering and not self.stop_on_exit.concerns(event)
        return replace(plan, rules=entering, refused=refused[:MAX_REFUSED], completed=idle)

    def _matching(self, plan: Plan, record: Record | None, ruleset: RuleSet) -> Iterator[Planned | NotEntered]:
        """The rules that are about this record of the plan and match, and whether they let it in."""
        event = plan.event
        ref = record.ref if record else event.subject
        for rule_id in ruleset.match(self._context(plan, record, plan.moment)):
            rule = self.orchestrator.rules.current(rule_id, event.type)
            if plan.record_for(rule.kind) is not record:
                continue
            refused = entry_denied(rule, record)
            planned = Planned(rule.id, rule.version, ref)
            yield planned if refused is None else NotEntered(*planned, refused)

    def _others(self, event: Event, record: Record | None) -> tuple[Record, ...]:
        """The records of an event's person that rules about other kinds than its own record's are about."""
        if record is None or event.subject is not None:
            return ()
        kinds = sorted(self.orchestrator.rules.kinds_of(event.type) - {record.kind})
        found = (self.orchestrator.records.find(event.identities, kind) for kind in kinds)
        return tuple(other for other in found if other is not None)

    def _record_of(self, event: Event) -> Record | None:
        """The event's record: as the event itself saw it, or as it stands, or the one that its person has."""
        seen = derivation.record_of(event)
        if seen is not None:
            return seen
        if event.subject is not None:
            return self.orchestrator.records.get(event.subject)
        return self.orchestrator.records.find(event.identities) if event.identities else None

    def _start(self, plan: Plan, rule: Rule) -> Started:
        now = self.orchestrator.clock.now()
        run = begin(rule, plan.event, plan.record_for(rule.kind), now, shadow=rule.mode is Mode.SHADOW)
        jobs: tuple[Job, ...] = ()
        if rule.immediate or run.shadow:
            run, jobs = self._first_step_group(run, rule, plan)
        earlier = earlier_enrolment_keys(rule, run, plan.record_for(rule.kind))
        started = self.orchestrator.runs.start(
            run, plan.event, jobs, enrolment_key=enrolment_key(rule, run), earlier=earlier
        )
        if started is Started.EXITED:
            self._stop(run, plan.event)
        elif started in (Started.STARTED, Started.EXISTS):
            self._launch(run, rule, jobs, already=started is Started.EXISTS)
        return started

    def _stop(self, run: Run, event: Event) -> None:
        """Show the run as stopped. It may have been written before its exit was seen: then it is ended."""
        reason, now = "an exit was seen before it started", self.orchestrator.clock.now()
        stopped = replace(run, status=RunStatus.STOPPED, reason=reason, finished_at=now)
        if self.orchestrator.runs.start(stopped, event, (), enrolment_key=None) is not Started.STARTED:
            self.orchestrator.runs.finish(run, RunStatus.STOPPED, reason, now)

    def _first_step_group(self, run: Run, rule: Rule, plan: Plan) -> tuple[Run, tuple[Job, ...]]:
        """The run with its first step group dispatched, so that both are written together."""
        context = self._context(plan, plan.record_for(rule.kind), run.due, rule.zone)
        move = due_step_group(rule, 0, context, run.due)
        if isinstance(move, Finish):
            return _ended(run, move.status, move.reason), ()
        if run.shadow:
            move = Dispatch(0, run.due, (), tuple((step, "shadow mode") for step in rule.steps))
        run = replace(run, step_group=0)
        jobs = jobs_of(run, move, run.started_at)
        return (_ended(run, *outcome_of(jobs)) if not move.steps else run), jobs

    def _launch(self, run: Run, rule: Rule, jobs: tuple[Job, ...], *, already: bool) -> None:
        if already:
            state = self.orchestrator.runs.load(run.id)
            if state is None or state.run.status.final:
                return
            jobs = state.jobs
        if run.status.final:
            return
        if rule.immediate:
            send_jobs(self.orchestrator.queues, jobs)
        else:
            self.orchestrator.sequences.start(run.id)


def _ended(run: Run, status: RunStatus, reason: str) -> Run:
    return replace(run, status=status, reason=reason, finished_at=run.started_at)
