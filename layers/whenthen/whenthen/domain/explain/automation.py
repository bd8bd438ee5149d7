"""Tell how a rule stands for one record: acted, did not act, waits, or was not started. No I/O."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING

from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.conditions.condition import AllOf, Condition
from whenthen.domain.conditions.predicate import Predicate
from whenthen.domain.event_catalog.record_events import rows_of
from whenthen.domain.rules.triggers import On
from whenthen.domain.runs.run import Job, JobStatus, Run, RunStatus

if TYPE_CHECKING:
    from whenthen.domain.rules.rule import Rule

# Of the `events` that start the rule none is in the record's history.
NO_EVENT = ReasonCode("automation.no_event", "events")
# Only the newest `count` entries of the record's history are looked at, and nothing about the rule is among them.
TOO_LONG_AGO = ReasonCode("automation.too_long_ago", "count")

STAGE = "record.stage"
_CHOOSING = frozenset({"equals", "in", "changed_to"})


class RuleState(StrEnum):
    """List how a rule may stand for a record.

    ACTED        it started, and at least one step was done
    NOT_ACTED    it started, and did not act: it failed, was stopped before, or every step was skipped
    WAITING      it did not start to act yet: its run waits, or the rule is switched off
    NOT_STARTED  nothing started it: no event came, or what came did not meet its trigger and conditions
    """

    ACTED = "acted"
    NOT_ACTED = "not_acted"
    WAITING = "waiting"
    NOT_STARTED = "not_started"


def state_of_run(run: Run, jobs: Sequence[Job]) -> RuleState:
    """Return how the rule of the run stands."""
    acted = any(job.status is JobStatus.DONE for job in jobs)
    if run.status is RunStatus.DONE or (acted and not run.status.final):
        return RuleState.ACTED
    if not run.status.final:
        return RuleState.WAITING
    return RuleState.ACTED if acted and run.status is RunStatus.STOPPED else RuleState.NOT_ACTED


def may_be_about(rule: Rule, kind: str) -> bool:
    """Tell whether a run of the rule may be about a record of this kind."""
    named = rule.kind or (rule.trigger.view.kind if rule.trigger.view else None)
    if named is not None:
        return named == kind
    return any(_may_tell_of(event_type, kind) for event_type in rule.trigger.event_types)


def _may_tell_of(event_type: str, kind: str) -> bool:
    """Tell whether an event of this type may have a record of the kind: one of a change has its own."""
    own, _, verb = event_type.partition(".")
    of_change = any(row.verb == verb and row.test is not None for row in rows_of(own))
    return own == kind or not of_change


def stages_of(rule: Rule) -> frozenset[str]:
    """Return the stages in which the rule stands: one of them is demanded, or moved to. Empty: it stands in any."""
    if rule.trigger.moves is not None:
        return frozenset({rule.trigger.moves.stage})
    view = rule.trigger.view.filter if rule.trigger.view and rule.trigger.on is On.ENTERS else None
    found: frozenset[str] | None = None
    for predicate in _demanded(rule.trigger.condition, rule.conditions, view):
        if predicate.field == STAGE and predicate.op in _CHOOSING:
            values = predicate.value if isinstance(predicate.value, list | tuple) else [predicate.value]
            stages = frozenset(map(str, values))
            found = stages if found is None else found & stages
    return found or frozenset()


def _demanded(*conditions: Condition | None) -> Iterator[Predicate]:
    """Yield the predicates that must all hold."""
    for condition in conditions:
        if isinstance(condition, AllOf):
            yield from _demanded(*condition.items)
        elif isinstance(condition, Predicate):
            yield condition
