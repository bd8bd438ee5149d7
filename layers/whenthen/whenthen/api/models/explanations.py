"""Shape explanations: why each rule did or did not start, as data, and as texts in the caller's language."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from whenthen.api.models.base import Model, Sparse
from whenthen.api.models.events import denial
from whenthen.api.models.runs import Run, RunEvent, RunRule, RunWait
from whenthen.api.models.shared import ReasonText
from whenthen.api.rendering.renderer import Renderer
from whenthen.domain.conditions.condition import AllOf, Not
from whenthen.domain.conditions.predicate import Predicate
from whenthen.domain.explain import explain as domain
from whenthen.domain.explain.automation import RuleState
from whenthen.domain.explain.near_misses import NearMiss as DomainNearMiss
from whenthen.ports.values import Page
from whenthen.usecases.matching import show_automation
from whenthen.usecases.matching.explain_event import ExplainedEvent, ExplainedRule

HOLDS = "condition.holds"
FAILS = "condition.fails"


class PredicateResult(Sparse):
    """A comparison: the value it demands, the value there was, and whether it holds."""

    field: str = Field(examples=["record.status"])
    op: str = Field(examples=["equals"])
    expected: Any
    actual: Any
    before: Any = Field(default=None, description="Where it asks of a change: the value before.")
    result: bool
    sentence: str


class AllOfResult(Model):
    """Conditions that must all hold."""

    items: list[ConditionResult] = Field(alias="all")
    result: bool


class AnyOfResult(Model):
    """Conditions of which one must hold."""

    items: list[ConditionResult] = Field(alias="any")
    result: bool


class NotResult(Model):
    """A condition that must not hold."""

    item: ConditionResult = Field(alias="not")
    result: bool


ConditionResult = PredicateResult | AllOfResult | AnyOfResult | NotResult
"""A condition as the admin wrote it, each part with its answer."""


class NearMiss(ReasonText):
    """A detail of an event that was not as the trigger requires."""

    expected: Any
    actual: Any

    @classmethod
    def of_miss(cls, renderer: Renderer, miss: DomainNearMiss) -> NearMiss:
        """Render a near miss."""
        said = ReasonText.of(renderer, miss.reason)
        actual = domain.shortened(miss.actual)
        return cls(code=said.code, params=said.params, text=said.text, expected=miss.expected, actual=actual)


class RuleExplanation(Model):
    """The result of a rule for an event of its types, and the reason."""

    id: str
    name: str
    version: int
    mode: str = Field(examples=["on"])
    started: bool
    changed_since: bool = Field(description="Whether the rule has another version by now than the one started.")
    entry: ReasonText | None = Field(description="Why it does not let the record in; null if it does.")
    outcome: str = Field(description="The code of what became of it.", examples=["not_met"])
    sentence: str = Field(description="What became of it, and why, in the caller's language.")
    matched: bool = Field(description="Whether trigger and conditions hold.")
    trigger: ConditionResult | None = Field(description="What the trigger demands beyond the type; null if nothing.")
    conditions: ConditionResult | None = Field(description="The rule's conditions; null if it has none.")
    near_misses: list[NearMiss]
    reasons: list[ReasonText] = Field(description="What decided.")

    @classmethod
    def of(cls, renderer: Renderer, explained: ExplainedRule) -> RuleExplanation:
        """Render the explanation of one rule."""
        rule, found = explained.rule, explained.explanation
        reasons = _reasons(renderer, found, rule.zone.key)
        why = [] if found.matched else [each.text for each in reasons]
        return cls(
            id=rule.id,
            name=rule.name,
            version=rule.version,
            mode=rule.mode,
            started=explained.started,
            changed_since=explained.changed_since,
            entry=None if explained.entry is None else denial(renderer, explained.entry, explained.params),
            outcome=explained.outcome,
            sentence=renderer.explained(explained.outcome, why, explained.params),
            matched=found.matched,
            trigger=_tree(renderer, found.trigger, rule.zone.key),
            conditions=_tree(renderer, found.conditions, rule.zone.key),
            near_misses=[NearMiss.of_miss(renderer, each) for each in found.missed],
            reasons=reasons,
        )


class EventExplanation(Model):
    """The results of an event's rules: those that came nearest to starting stand first."""

    event: RunEvent
    note: ReasonText | None = Field(description="Why no rule was matched at all; null if rules were.")
    rules: list[RuleExplanation]
    left_out: int = Field(description="How many more rules there are.")

    @classmethod
    def of(cls, renderer: Renderer, explained: ExplainedEvent) -> EventExplanation:
        """Render the explanation of an event."""
        plan = explained.plan
        return cls(
            event=RunEvent(id=plan.event.id, type=plan.event.type),
            note=ReasonText.of_any(renderer, plan.note),
            rules=[RuleExplanation.of(renderer, each) for each in explained.rules],
            left_out=explained.left_out,
        )


class RuleStanding(Model):
    """How one rule stands for a record, and why."""

    rule: RunRule
    mode: str = Field(examples=["on"])
    order: int | None = Field(description="The rule's place among those that an event starts; null if it has none.")
    stages: list[str] = Field(description="The stages in which the rule stands; empty: any.", examples=[["won"]])
    state: RuleState
    reason: ReasonText | None = Field(description="Why it stands so; null where it acts and is not over.")
    sentence: str = Field(description="How it stands, and why, in the caller's language.")
    run: Run | None = Field(description="Its newest run about the record; null if there is none.")
    waits: RunWait | None = Field(description="What that run waits for; null once it is over.")
    event: RunEvent | None = Field(description="Without a run: the newest event that could have started the rule.")
    explanation: RuleExplanation | None = Field(description="What became of the rule when that event came.")

    @classmethod
    def of(cls, renderer: Renderer, found: show_automation.RuleStanding) -> RuleStanding:
        """Render how a rule stands."""
        explained, plan = found.explained, found.event
        explanation = RuleExplanation.of(renderer, explained) if explained else None
        reason = denial(renderer, explained.outcome, explained.params) if explained else None
        return cls(
            rule=RunRule(id=found.rule.id, version=found.rule.version, name=found.rule.name),
            mode=found.rule.mode,
            order=found.rule.order,
            stages=sorted(found.stages),
            state=found.state,
            reason=reason or ReasonText.of_any(renderer, found.reason),
            sentence=_standing_said(renderer, found, explanation),
            run=Run.of(renderer, found.run.run) if found.run else None,
            waits=RunWait.of(renderer, found.waiting) if found.waiting else None,
            event=RunEvent(id=plan.event.id, type=plan.event.type) if plan else None,
            explanation=explanation,
        )


def _standing_said(renderer: Renderer, found: show_automation.RuleStanding, explanation: RuleExplanation | None) -> str:
    if explanation is not None:
        return explanation.sentence
    if found.run is not None:
        return renderer.outcome(found.run.run.status, found.reason)
    return renderer.text(found.reason) if found.reason else ""


class Automation(Model):
    """How the rules stand for a record, by their ids."""

    items: list[RuleStanding]
    cursor: str | None = Field(description="Where the next page begins; null on the last.")

    @classmethod
    def of(cls, renderer: Renderer, page: Page[show_automation.RuleStanding]) -> Automation:
        """Show a page of rules."""
        return cls(items=[RuleStanding.of(renderer, each) for each in page.items], cursor=page.cursor)


def _reasons(renderer: Renderer, found: domain.Explanation, zone: str) -> list[ReasonText]:
    """List what decided: near misses and predicates that do not hold, or, if the rule matches, those that do."""
    missed = [] if found.matched else [ReasonText.of(renderer, each.reason) for each in found.missed]
    return [*missed, *(_decided(renderer, each, zone) for each in found.deciding)]


def _decided(renderer: Renderer, deciding: domain.Deciding, zone: str) -> ReasonText:
    branch, nots = deciding.branch, deciding.nots
    assert isinstance(branch.condition, Predicate)  # noqa: S101 - only predicates decide
    text = renderer.result(branch.condition, branch.shown, nots, zone)
    return ReasonText(code=HOLDS if branch.result else FAILS, params={**branch.shown, "nots": nots}, text=text)


def _tree(renderer: Renderer, branch: domain.Branch | None, zone: str) -> ConditionResult | None:
    return None if branch is None else _result(renderer, branch, zone)


def _result(renderer: Renderer, branch: domain.Branch, zone: str) -> ConditionResult:
    if isinstance(branch.condition, Predicate):
        sentence = renderer.result(branch.condition, branch.shown, zone=zone)
        return PredicateResult(**branch.shown, result=branch.result, sentence=sentence)
    inside = [_result(renderer, each, zone) for each in branch.branches]
    if isinstance(branch.condition, Not):
        return NotResult.model_validate({"not": inside[0], "result": branch.result})
    if isinstance(branch.condition, AllOf):
        return AllOfResult.model_validate({"all": inside, "result": branch.result})
    return AnyOfResult.model_validate({"any": inside, "result": branch.result})
