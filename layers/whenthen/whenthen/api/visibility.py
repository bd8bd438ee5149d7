"""Leave out of a history what its reader may not see: people's data, and the conditions of rules.

`runs:read` shows what happened: ids, types, times, statuses and the codes of reasons. The values of events and records,
and the values that reasons name, need `records:read`; what a rule asks for needs `rules:read`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from whenthen.api.requests import has_scope
from whenthen.domain.common.reasons import Reason
from whenthen.domain.explain.explain import Branch, Deciding, Explanation
from whenthen.domain.runs.run import Job, Run
from whenthen.usecases.context.skips import CONDITIONS

if TYPE_CHECKING:
    from aws_lambda_powertools.event_handler.api_gateway import Router

    from whenthen.domain.events.event import Event
    from whenthen.ports.values import Page, Plan, RunState
    from whenthen.usecases.matching.explain_event import ExplainedEvent, ExplainedRule
    from whenthen.usecases.matching.show_automation import RuleStanding

HIDDEN = "…"
"""Stand for a value that the reader may not see."""

OPEN_PARAMS = frozenset(
    {"attempt", "by", "bytes", "channel", "construct", "count", "current", "done", "due", "error", "event"}
    | {"event_type", "events", "field", "fields", "found", "from_kind", "into", "into_kind", "kind", "known", "least"}
    | {"latest", "left", "line", "longest", "most", "occurrence", "op", "options", "outcome", "place", "provider"}
    | {"ref", "rule", "rules", "run", "status", "step", "target", "type", "version", "view", "wanted", "work"}
)
"""Parameters of reasons that name parts of the automation, never a person's data."""

OPEN_RESULTS = frozenset({"message_id", "record", "status"})
"""Parts of a job's result that everybody may see who may see the job."""


class Sight(Struct, frozen=True):
    """Tell what the reader may see beside the course of things: the fields of people, and the conditions of rules."""

    fields: bool
    conditions: bool

    @classmethod
    def of(cls, router: Router) -> Sight:
        """Return what the calling key may see."""
        return cls(has_scope(router, "records:read"), has_scope(router, "rules:read"))

    def plan(self, plan: Plan) -> Plan:
        """Return the plan as the reader may see it."""
        if self.fields:
            return plan
        return replace(plan, event=self.event(plan.event), record=None, others=(), note=self.reason(plan.note))

    def state(self, state: RunState) -> RunState:
        """Return the run, its event and its jobs as the reader may see them."""
        jobs = tuple(map(self.job, state.jobs))
        if self.fields:
            return replace(state, jobs=jobs)
        return replace(state, run=self.run(state.run), event=self.event(state.event), jobs=jobs)

    def states(self, states: Sequence[RunState]) -> list[RunState]:
        """Return the runs as the reader may see them."""
        return [self.state(state) for state in states]

    def run(self, run: Run) -> Run:
        """Return the run as the reader may see it."""
        return run if self.fields else replace(run, reason=self.reason(run.reason))

    def job(self, job: Job) -> Job:
        """Return the job as the reader may see it."""
        if self.fields:
            hidden = frozenset() if self.conditions else frozenset({CONDITIONS})
            return replace(job, result={name: each for name, each in job.result.items() if name not in hidden})
        result = {name: value for name, value in job.result.items() if name in OPEN_RESULTS}
        return replace(job, reason=self.reason(job.reason), result=result)

    def runs(self, page: Page[Run]) -> Page[Run]:
        """Return a page of runs as the reader may see it."""
        return replace(page, items=tuple(map(self.run, page.items)))

    def entries(self, page: Page[Any]) -> Page[Any]:
        """Return a page of a timeline as the reader may see it."""
        items = tuple(self.run(entry) if isinstance(entry, Run) else self.plan(entry) for entry in page.items)
        return replace(page, items=items)

    def event(self, event: Event) -> Event:
        """Return the event as the reader may see it."""
        return event if self.fields else replace(event, data={}, changes={}, identities=())

    def reason(self, reason: Reason | None) -> Reason | None:
        """Return the reason as the reader may see it: its code, and the parameters that name no person's data."""
        if self.fields or reason is None:
            return reason
        return Reason(reason.code, {name: _masked(name, value) for name, value in reason.params.items()})

    def shown_reason(self, reason: Reason) -> Reason:
        """Return the reason as the reader may see it."""
        return self.reason(reason) or reason

    def explained(self, explained: ExplainedEvent) -> ExplainedEvent:
        """Return the explanation of an event as the reader may see it."""
        rules = tuple(map(self.explained_rule, explained.rules))
        return replace(explained, plan=self.plan(explained.plan), rules=rules)

    def standings(self, page: Page[RuleStanding]) -> Page[RuleStanding]:
        """Return how rules stand for a record as the reader may see it."""
        return replace(page, items=tuple(map(self._standing, page.items)))

    def _standing(self, found: RuleStanding) -> RuleStanding:
        return replace(
            found,
            run=found.run and self.state(found.run),
            waiting=found.waiting and replace(found.waiting, reason=self.shown_reason(found.waiting.reason)),
            reason=self.reason(found.reason),
            explained=found.explained and self.explained_rule(found.explained),
        )

    def explained_rule(self, explained: ExplainedRule) -> ExplainedRule:
        """Return the explanation of a rule as the reader may see it."""
        found = explained.explanation
        if not self.conditions:
            return replace(explained, explanation=Explanation(found.matched, None, None, (), ()))
        if self.fields:
            return explained
        missed = tuple(
            replace(miss, reason=self.reason(miss.reason) or miss.reason, actual=HIDDEN) for miss in found.missed
        )
        deciding = tuple(Deciding(_without_values(each.branch), each.nots) for each in found.deciding)
        trigger, conditions = (
            None if branch is None else _without_values(branch) for branch in (found.trigger, found.conditions)
        )
        return replace(explained, explanation=Explanation(found.matched, trigger, conditions, missed, deciding))


def _without_values(branch: Branch) -> Branch:
    shown = {name: HIDDEN if name in ("actual", "before") else value for name, value in branch.shown.items()}
    return replace(branch, branches=tuple(map(_without_values, branch.branches)), shown=shown)


def _masked(name: str, value: Any) -> Any:
    if isinstance(value, Reason):
        return Reason(value.code, {key: _masked(key, item) for key, item in value.params.items()})
    if isinstance(value, list | tuple):
        return [_masked(name, item) for item in value]
    if name in OPEN_PARAMS or value is None or isinstance(value, Mapping):
        return value
    return HIDDEN
