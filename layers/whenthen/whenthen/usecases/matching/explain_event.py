"""explain_event: for each rule that watches the event's type, why it started or why it did not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from whenthen.domain.common.errors import NotFound
from whenthen.domain.explain.explain import explain
from whenthen.domain.phrased_reasons import explained_said, reason_said
from whenthen.domain.phrases import Speaker
from whenthen.domain.rules.context import context_of
from whenthen.domain.rules.rule import Mode
from whenthen.domain.runs.entry_policy import EntryDenied, entry_denied
from whenthen.usecases.context.history import History, history_of
from whenthen.usecases.context.related import Related

if TYPE_CHECKING:
    from whenthen.domain.records.record import Record
    from whenthen.domain.rules.rule import Rule
    from whenthen.ports.events import EventLog, Occurrences
    from whenthen.ports.records import RecordStore
    from whenthen.ports.rules import RuleBook
    from whenthen.ports.values import NotEntered, Plan, Planned

MAX_EXPLAINED = 100
"""Of how many rules an answer tells, and how many are looked at: first those that matched then, last those that are
off."""

MAX_OFF = 100
"""How many of the rules that are switched off are looked at, unless one is asked for."""


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
        history = history_of(self.occurrences, plan.event, (plan.record, *plan.others), None, plan.moment)
        explaining = _Explaining(plan, Speaker(language), history, self.rules, self.records)
        event_type = plan.event.type
        asked = self._one(rule, event_type) if rule else self._all(event_type)
        then = {each.rule for each in plan.rules} | {each.rule for each in plan.refused}
        asked.sort(key=lambda each: each.id not in then)
        told = [explaining.told(each) for each in asked[:MAX_EXPLAINED]]
        told.sort(key=lambda each: (not each["started"], not each["matched"], len(each["why"]), each["id"]))
        return {
            "event": {"id": plan.event.id, "type": event_type},
            "note": reason_said(explaining.speaker, plan.note) if plan.note else "",
            "rules": told,
            "left_out": len(asked) - len(told),
        }

    def _all(self, event_type: str) -> list[Rule]:
        return [*self.rules.considered(event_type), *self.rules.switched_off(event_type, limit=MAX_OFF)]

    def _one(self, rule_id: str, event_type: str) -> list[Rule]:
        found = [each for each in self.rules.considered(event_type) if each.id == rule_id]
        off = None if found else self.rules.one_switched_off(rule_id, event_type)
        return [off] if off else found


class _Explaining(Struct):
    """One event, explained in one language. What its rules ask for is read once for all of them."""

    plan: Plan
    speaker: Speaker
    history: History
    rules: RuleBook
    records: RecordStore
    known: dict[str, Related] = field(default_factory=dict)

    def told(self, rule: Rule) -> dict[str, Any]:
        """What became of the rule, and why."""
        plan = self.plan
        planned = next((each for each in plan.rules if each.rule == rule.id), None)
        refused = next((each for each in plan.refused if each.rule == rule.id), None)
        record = plan.record_for(rule.kind)
        context = context_of(plan.event, record, plan.moment, rule.zone, self._related(record), self.history)
        explained = explain(rule, context, self.speaker)
        code = self._outcome(rule, planned, refused, matched=explained["matched"])
        return {
            "id": rule.id,
            "name": rule.name,
            "version": rule.version,
            "mode": rule.mode,
            "started": planned is not None and code != EntryDenied.ENTERED_BEFORE,
            "changed_since": planned is not None and planned.version != rule.version,
            "entry": refused.code if refused else entry_denied(rule, record),
            "outcome": code,
            "sentence": explained_said(self.speaker, code, explained["why"]),
            **explained,
        }

    def _related(self, record: Record | None) -> Related:
        ref = record.ref if record else ""
        if ref not in self.known:
            self.known[ref] = Related(self.records, record)
        return self.known[ref]

    def _outcome(self, rule: Rule, planned: Planned | None, refused: NotEntered | None, *, matched: bool) -> str:
        """The code of what became of the rule: a row of `phrase_codes.EXPLAINED`."""
        if refused is not None:
            return refused.code
        if planned is not None:
            return "shadow" if self._as_planned(rule, planned).mode is Mode.SHADOW else "started"
        if rule.mode is Mode.OFF:
            return "switched_off"
        if self.plan.note:
            return "loop"
        return "changed_since" if matched else "not_met"

    def _as_planned(self, rule: Rule, planned: Planned) -> Rule:
        """The version that was started: the rule may have been switched to another mode since."""
        return rule if rule.version == planned.version else self.rules.version(planned.rule, planned.version)
