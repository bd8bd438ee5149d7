"""explain_event: for each rule that watches the event's type, why it started or why it did not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct

from whenthen.domain.contexts import context_of
from whenthen.domain.entries import NoEntry, refusal
from whenthen.domain.errors import NotFound
from whenthen.domain.explain import explain
from whenthen.domain.phrased_reasons import explained_said, reason_said
from whenthen.domain.phrases import Speaker
from whenthen.domain.rules import Mode
from whenthen.usecases.history import history_of
from whenthen.usecases.related import Related

if TYPE_CHECKING:
    from whenthen.domain.rules import Rule
    from whenthen.ports.events import EventLog, Occurrences
    from whenthen.ports.records import RecordStore
    from whenthen.ports.rules import RuleBook
    from whenthen.ports.values import NotEntered, Plan, Planned

MAX_EXPLAINED = 100
"""Of how many rules an answer tells: those that started first, then those that came nearest to it."""

MAX_OFF = 100
"""How many of the rules that are switched off are looked at."""


class ExplainEvent(Struct, frozen=True):
    """Looks at the event and its record as they were seen then, with the rules as they are now."""

    log: EventLog
    rules: RuleBook
    occurrences: Occurrences
    records: RecordStore

    def __call__(self, event_id: str, language: str = "en", rule: str = "") -> dict[str, Any]:
        """The explanation as JSON, of all rules of the event's type or of one. Raises NotFound."""
        plan = self.log.plan_of(event_id)
        if plan is None:
            raise NotFound(f"there is no event {event_id}, or it was not handled yet")
        explaining = _Explaining(plan, Speaker(language), self.occurrences, self.records)
        event_type = plan.event.type
        considered = [*self.rules.considered(event_type), *self.rules.switched_off(event_type, limit=MAX_OFF)]
        told = [explaining.told(each) for each in considered if rule in ("", each.id)]
        told.sort(key=lambda each: (not each["started"], not each["matched"], len(each["why"]), each["id"]))
        return {
            "event": {"id": plan.event.id, "type": event_type},
            "note": reason_said(explaining.speaker, plan.note) if plan.note else "",
            "rules": told[:MAX_EXPLAINED],
            "left_out": max(0, len(told) - MAX_EXPLAINED),
        }


class _Explaining(Struct):
    """One event, explained in one language."""

    plan: Plan
    speaker: Speaker
    occurrences: Occurrences
    records: RecordStore

    def told(self, rule: Rule) -> dict[str, Any]:
        """What became of the rule, and why."""
        plan = self.plan
        planned = next((each for each in plan.rules if each.rule == rule.id), None)
        refused = next((each for each in plan.refused if each.rule == rule.id), None)
        record = plan.record_for(rule.kind)
        history = history_of(self.occurrences, plan.event, (plan.record, *plan.others), None, plan.moment)
        related = Related(self.records, record)
        context = context_of(plan.event, record, plan.moment, rule.zone, related, history)
        explained = explain(rule, context, self.speaker)
        code = _outcome(plan, rule, planned, refused, matched=explained["matched"])
        return {
            "id": rule.id,
            "name": rule.name,
            "version": rule.version,
            "mode": rule.mode,
            "started": planned is not None and code != NoEntry.ENTERED_BEFORE,
            "changed_since": planned is not None and planned.version != rule.version,
            "entry": refused.code if refused else refusal(rule, record),
            "outcome": code,
            "sentence": explained_said(self.speaker, code, explained["why"]),
            **explained,
        }


def _outcome(plan: Plan, rule: Rule, planned: Planned | None, refused: NotEntered | None, *, matched: bool) -> str:
    """The code of what became of the rule: a row of `phrase_codes.EXPLAINED`."""
    if refused is not None:
        return refused.code
    if planned is not None:
        return "shadow" if rule.mode is Mode.SHADOW else "started"
    if rule.mode is Mode.OFF:
        return "switched_off"
    if plan.note:
        return "loop"
    return "changed_since" if matched else "not_met"
