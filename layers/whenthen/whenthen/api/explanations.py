"""Put explanations of events in the form of the API's answers: data, and texts in the caller's language."""

from __future__ import annotations

from typing import Any

from whenthen.api.rendering.renderer import Renderer
from whenthen.api.speaking import reason_document
from whenthen.domain.conditions.condition import AllOf, Not
from whenthen.domain.conditions.predicate import Predicate
from whenthen.domain.explain.explain import Branch, Deciding, Explanation, shortened
from whenthen.domain.explain.near_misses import NearMiss
from whenthen.usecases.matching.explain_event import ExplainedEvent, ExplainedRule

HOLDS = "condition.holds"
FAILS = "condition.fails"


def explanation_document(renderer: Renderer, explained: ExplainedEvent) -> dict[str, Any]:
    """Describe what became of an event's rules."""
    plan = explained.plan
    return {
        "event": {"id": plan.event.id, "type": plan.event.type},
        "note": renderer.text(plan.note) if plan.note else "",
        "rules": [_rule(renderer, each) for each in explained.rules],
        "left_out": explained.left_out,
    }


def _rule(renderer: Renderer, explained: ExplainedRule) -> dict[str, Any]:
    rule, found = explained.rule, explained.explanation
    reasons = _reasons(renderer, found, rule.zone.key)
    why = [] if found.matched else [each["text"] for each in reasons]
    return {
        "id": rule.id,
        "name": rule.name,
        "version": rule.version,
        "mode": rule.mode,
        "started": explained.started,
        "changed_since": explained.changed_since,
        "entry": explained.entry,
        "outcome": explained.outcome,
        "sentence": renderer.explained(explained.outcome, why),
        "matched": found.matched,
        "trigger": _tree(renderer, found.trigger, rule.zone.key),
        "conditions": _tree(renderer, found.conditions, rule.zone.key),
        "near_misses": [_missed(renderer, each) for each in found.missed],
        "reasons": reasons,
    }


def _reasons(renderer: Renderer, found: Explanation, zone: str) -> list[dict[str, Any]]:
    """List what decided: near misses and predicates that do not hold, or, if the rule matches, those that do."""
    missed = [] if found.matched else [reason_document(renderer, each.reason) for each in found.missed]
    return [*missed, *(_decided(renderer, each, zone) for each in found.deciding)]


def _decided(renderer: Renderer, deciding: Deciding, zone: str) -> dict[str, Any]:
    branch, nots = deciding.branch, deciding.nots
    assert isinstance(branch.condition, Predicate)  # noqa: S101 - only predicates decide
    text = renderer.result(branch.condition, branch.shown, nots, zone)
    return {"code": HOLDS if branch.result else FAILS, "params": {**branch.shown, "nots": nots}, "text": text}


def _missed(renderer: Renderer, miss: NearMiss) -> dict[str, Any]:
    document = reason_document(renderer, miss.reason)
    return {**document, "expected": miss.expected, "actual": shortened(miss.actual)}


def _tree(renderer: Renderer, branch: Branch | None, zone: str) -> dict[str, Any] | None:
    """Show a condition in the form in which the admin wrote it, each part with its answer."""
    if branch is None:
        return None
    if isinstance(branch.condition, Predicate):
        sentence = renderer.result(branch.condition, branch.shown, zone=zone)
        return {**branch.shown, "result": branch.result, "sentence": sentence}
    inside = [_tree(renderer, each, zone) for each in branch.branches]
    if isinstance(branch.condition, Not):
        return {"not": inside[0], "result": branch.result}
    return {"all" if isinstance(branch.condition, AllOf) else "any": inside, "result": branch.result}
