"""match_event: plan which rules an event starts, and start them.

The plan is stored before it is carried out, so that a redelivery carries out the same plan: by then the record may
have changed, by the very runs that the first delivery started.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Protocol

from msgspec import Struct
from msgspec.structs import replace

from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.events.arrival import arrived
from whenthen.domain.events.siblings import main_id
from whenthen.domain.rules.rule import Mode, Rule
from whenthen.domain.runs.entry_policy import MAX_RUNS, EntryDenied
from whenthen.domain.runs.gathering import gathering, gathers
from whenthen.domain.runs.order import behind, in_order, takes_turns
from whenthen.domain.runs.planner import Dispatch, Finish, WaitUntil, enter_step_group
from whenthen.domain.runs.run import Job, Run, RunStatus, begin, outcome_of
from whenthen.domain.runs.step_jobs import jobs_of
from whenthen.domain.runs.subscriptions import is_heard
from whenthen.ports.values import MAX_REFUSED, NotEntered, Plan, RunState, Started
from whenthen.usecases.context.skips import with_conditions
from whenthen.usecases.matching.decide import speaks, wanted_for

if TYPE_CHECKING:
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from whenthen.domain.common.reasons import Reason
    from whenthen.domain.events.event import Event
    from whenthen.domain.events.siblings import Group
    from whenthen.domain.records.record import Record
    from whenthen.domain.runs.planner import Move
    from whenthen.ports.clock import Clock
    from whenthen.ports.events import EventLog, Preloading
    from whenthen.ports.rules import RuleBook
    from whenthen.ports.runs import Budgets, RunLedger
    from whenthen.ports.values import Planned, Preloaded
    from whenthen.usecases.matching.decide import Decide
    from whenthen.usecases.matching.enter_meanwhile import EnterMeanwhile
    from whenthen.usecases.matching.enter_rule import EnterRule
    from whenthen.usecases.matching.notify_runs import NotifyRuns
    from whenthen.usecases.runs.orchestrator import Orchestrator

EXITED_BEFORE_START = ReasonCode("exit.before_start")
SHADOW = ReasonCode("step.shadow")


class Reaction(Protocol):
    """Do what an event causes before any rule is matched: rules see the store as it is afterwards."""

    def __call__(self, event: Event) -> object:
        """React to the event. Raises Temporary. Must be idempotent: events are delivered more than once."""


class MatchEvent(Struct, frozen=True):
    """Plan an event's runs, stop the runs that it ends, and start the planned ones.

    reactions   called when the first event of a receiver of ours arrives, a message or a report about one: no other
                event loads them, and no other system's event calls them
    enter_meanwhile  called for rules that were switched on for who fits already
    """

    rules: RuleBook
    runs: RunLedger
    clock: Clock
    log: EventLog
    preloading: Preloading
    decide: Decide
    notify_runs: NotifyRuns
    orchestrator: Orchestrator
    reactions: Callable[[], tuple[Reaction, ...]]
    budgets: Budgets
    enter: EnterRule
    enter_meanwhile: Callable[[], EnterMeanwhile]

    def preload(self, groups: Iterable[Group]) -> Preloaded:
        """Read what the events of a batch need, all at once. Raises Temporary."""
        return self.preloading.read(wanted_for(groups))

    def __call__(self, event: Event) -> Plan:
        """Match one event and return the plan that was carried out; a redelivery carries out the first delivery's."""
        return self.match_all((event,), self.preload([(event,)]))[0]

    def match_all(self, group: Group, ahead: Preloaded) -> list[Plan]:
        """Match the events of one change and return the plans that were carried out: the main event's first.

        Its plan is stored before those of the others, and names those of them that start nothing. So a redelivery that
        finds no plan of the main event knows that there is none of the others. `ahead`: from `preload`, for the batch.
        """
        main, *others = group
        plan, decided = _stored(main, ahead), dict[str, Plan]()
        if plan is None:
            now = self.clock.now()
            main, *others = group = tuple(arrived(event, now) for event in group)
            self._react(main, ahead)
            decided = {event.id: self.decide(event, ahead) for event in group}
            also = tuple(event for event in others if decided[event.id].idle)
            plan = self.log.record_plan(replace(decided[main.id], also=also), self.clock.now())
        left = [event for event in others if plan.of_sibling(event.id) is None]
        plans = [plan, *(self._plan_of(event, decided.get(event.id), ahead) for event in left)]
        return [each if each.completed else self._carry_out(each, ahead) for each in plans]

    def _plan_of(self, event: Event, decided: Plan | None, ahead: Preloaded) -> Plan:
        """Return the stored plan of an event that has one of its own, or will have."""
        stored = None if decided else self.log.plan_of(event.id)
        return stored or self.log.record_plan(decided or self.decide(event, ahead), self.clock.now())

    def _react(self, event: Event, ahead: Preloaded) -> None:
        """Do what the event itself causes. It may change records, also those of other events of the batch."""
        if not speaks(event):
            return
        for react in self.reactions():
            react(event)
        ahead.forget_records()

    def _carry_out(self, plan: Plan, ahead: Preloaded) -> Plan:
        if is_heard(plan.event, ahead.signals):
            context = self._context(plan, plan.record, self.clock.now())
            self.notify_runs(plan.event, plan.record, context, ahead.signals)
        refused, last = [*plan.refused], dict[str | None, Run]()
        for planned, rule in in_order((each, self.rules.version(each.rule, each.version)) for each in plan.rules):
            if not self._admits(plan.event, planned):
                refused.append(NotEntered(*planned, EntryDenied.BUDGET))
                continue
            denied = self._start(plan, rule, last, ahead)
            if denied is not None:
                refused.append(denied)
        self.log.close(plan.event.id, refused[:MAX_REFUSED])
        return replace(plan, refused=tuple(refused), completed=True)

    def _admits(self, event: Event, planned: Planned) -> bool:
        """Tell whether one more run of the rule may follow from the event at the root of this one."""
        if not event.cause.depth or not event.cause.root:
            return True
        key = f"{event.id}#{planned.ref or ''}"
        return self.budgets.admit(event.cause.root, planned.rule, key, most=MAX_RUNS, now=self.clock.now())

    def _context(
        self, plan: Plan, record: Record | None, now: datetime, zone: ZoneInfo | None = None
    ) -> dict[str, Any]:
        return self.decide.context(plan, record, now, zone)

    def _start(self, plan: Plan, rule: Rule, last: dict[str | None, Run], ahead: Preloaded) -> NotEntered | None:
        """Start the rule for the plan's record. Returns why its record may not enter; None if it may.

        last  of each record, the run that the next one with an `order` follows
        """
        now, record = self.clock.now(), plan.record_for(rule.kind)
        jobs: tuple[Job, ...] = ()
        run = begin(rule, plan.event, record, now, shadow=rule.mode is Mode.SHADOW)
        in_turn = takes_turns(rule, run)
        before = last.get(run.record) if in_turn else None
        if before:
            run = behind(run, before)
        if gathers(rule, run):
            run = gathering(rule, run, plan.event)
        elif not before:
            run, jobs = self._first_step_group(run, rule, plan)
        self._listen(run, ahead)
        if rule.existing_enrolment:
            entering = self.enter_meanwhile()(rule, run, plan.event, jobs, record, plan.moment)
        else:
            entering = self.enter(rule, run, plan.event, jobs, record)
        if in_turn and entering.denied is None:
            last[run.record] = run
        if entering.started is Started.EXITED:
            self._stop(run, plan.event)
        elif entering.started in (Started.STARTED, Started.EXISTS):
            self._launch(RunState(run, plan.event, jobs), already=entering.started is Started.EXISTS)
        return entering.denied

    def _listen(self, run: Run, ahead: Preloaded) -> None:
        """Let events be looked at for what the run waits for. Saving its rule did so, if it names a kind of record."""
        missing = frozenset(run.signals) - ahead.signals
        if missing and not run.status.final:
            self.rules.listen(missing)
            ahead.signals |= missing

    def _stop(self, run: Run, event: Event) -> None:
        """Store the run as stopped. It may have been written before its exit was seen: then it is ended."""
        reason, now = EXITED_BEFORE_START(), self.clock.now()
        stopped = replace(run, status=RunStatus.STOPPED, reason=reason, finished_at=now)
        if self.runs.start(stopped, event, (), enrolment_key=None) is not Started.STARTED:
            self.runs.finish(run, RunStatus.STOPPED, reason, now)

    def _first_step_group(self, run: Run, rule: Rule, plan: Plan) -> tuple[Run, tuple[Job, ...]]:
        """Enter the run's first step group, so that its jobs, or its wait, are written together with the run."""
        context = self._context(plan, plan.record_for(rule.kind), run.due, rule.zone)
        if run.shadow:
            move: Move = Dispatch(0, run.due, (), tuple((step, SHADOW()) for step in rule.steps))
        else:
            move = enter_step_group(rule, run, 0, context, run.due, (), self.orchestrator.calendar)
        match move:
            case Finish(status, reason):
                return _ended(run, status, reason), ()
            case WaitUntil(_, due, since):
                return replace(run, status=RunStatus.WAITING, waits_until=due, awaits_since=since), ()
        run = replace(run, step_group=0)
        jobs = with_conditions(move, jobs_of(run, move, run.started_at), lambda: context)
        is_over = run.shadow or (not move.steps and len(rule.step_groups) == 1)
        return (_ended(run, *outcome_of(jobs)) if is_over else run), jobs

    def _launch(self, state: RunState, *, already: bool) -> None:
        """Carry on a run that was just written; one that an earlier delivery wrote may be further by now."""
        current = self.runs.load(state.run.id) if already else state
        if current is not None:
            self.orchestrator.catch_up(current)


def _stored(event: Event, ahead: Preloaded) -> Plan | None:
    """Return the plan of an event as it was stored before, on its own or with the main event of its change."""
    main = ahead.plans.get(main_id(event.id))
    return ahead.plans.get(event.id) or (main.of_sibling(event.id) if main else None)


def _ended(run: Run, status: RunStatus, reason: Reason) -> Run:
    return replace(run, status=status, reason=reason, finished_at=run.started_at)
