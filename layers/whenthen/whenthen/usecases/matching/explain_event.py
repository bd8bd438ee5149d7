"""explain_event: tell for each rule that watches the event's type why it started or did not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field

from whenthen.domain.common.errors import NotFound
from whenthen.domain.enrolments.existing import as_existing
from whenthen.domain.events.types import ENROLLED
from whenthen.domain.explain.explain import Explanation, explain
from whenthen.domain.rules.context import context_of
from whenthen.domain.rules.rule import Mode
from whenthen.domain.runs.entry_policy import entry_denied
from whenthen.ports.reason_codes import EVENT_NOT_FOUND
from whenthen.usecases.context.history import History, history_of
from whenthen.usecases.context.related import Related

if TYPE_CHECKING:
    from collections.abc import Mapping

    from whenthen.domain.records.record import Record
    from whenthen.domain.rules.rule import Rule
    from whenthen.ports.events import EventLog, Occurrences
    from whenthen.ports.records import RecordStore
    from whenthen.ports.rules import RuleBook
    from whenthen.ports.values import NotEntered, Plan, Planned

MAX_EXPLAINED = 100
"""Rules that an answer explains: first those that matched then, last those that are switched off."""

MAX_OFF = 100
"""Switched-off rules that are read, unless one is asked for."""


class ExplainedRule(Struct, frozen=True):
    """Tell what became of one rule when its event came.

    outcome        the code of what became of it: an EntryDenied, or started, shadow, switched_off, not_met,
                   changed_since or loop
    changed_since  whether the rule has another version by now than the one that was started
    entry          the code of why it lets the record not in; None if it does
    params         what the texts of the two codes mention: until when, and which run was in the way
    """

    rule: Rule
    outcome: str
    started: bool
    changed_since: bool
    entry: str | None
    explanation: Explanation
    params: Mapping[str, str] = {}


class ExplainedEvent(Struct, frozen=True):
    """Tell what became of an event's rules; `left_out` is how many more there are."""

    plan: Plan
    rules: tuple[ExplainedRule, ...]
    left_out: int


class ExplainEvent(Struct, frozen=True):
    """Explain the event and its record as they were seen then, with the rules as they are now."""

    log: EventLog
    rules: RuleBook
    occurrences: Occurrences
    records: RecordStore

    def __call__(self, event_id: str, rule: str = "") -> ExplainedEvent:
        """Explain all rules of the event's type, or one. Raises NotFound."""
        plan = self.log.plan_of(event_id)
        if plan is None:
            raise NotFound(EVENT_NOT_FOUND(event=event_id))
        history = history_of(self.occurrences, plan.event, (plan.record, *plan.others), None, plan.moment)
        explaining = Explaining(plan, history, self.rules, self.records)
        event_type = plan.event.type
        if event_type == ENROLLED:
            asked = self._enrolling(str(plan.event.data.get("rule")))
        else:
            asked = self._one(rule, event_type) if rule else self._all(event_type)
        then = {each.rule for each in plan.rules} | {each.rule for each in plan.refused}
        asked.sort(key=lambda each: each.id not in then)
        explained = sorted((explaining.explained(each) for each in asked[:MAX_EXPLAINED]), key=_nearness)
        return ExplainedEvent(plan, tuple(explained), len(asked) - len(explained))

    def _all(self, event_type: str) -> list[Rule]:
        return [*self.rules.considered(event_type), *self.rules.switched_off(event_type, limit=MAX_OFF)]

    def _enrolling(self, rule_id: str) -> list[Rule]:
        """Return the rule that the record was to enter, as it is asked about records that fit already."""
        rule = self.rules.in_force(rule_id)
        return [as_existing(rule)] if rule is not None else []

    def _one(self, rule_id: str, event_type: str) -> list[Rule]:
        found = [each for each in self.rules.considered(event_type) if each.id == rule_id]
        off = None if found else self.rules.one_switched_off(rule_id, event_type)
        return [off] if off else found


def _nearness(explained: ExplainedRule) -> tuple[bool, bool, int, str]:
    """Order rules by how near they came to being started."""
    found = explained.explanation
    unmet = 0 if found.matched else len(found.missed) + len(found.deciding)
    return not explained.started, not found.matched, unmet, explained.rule.id


class Explaining(Struct):
    """Explain the rules of one event; records that several rules ask for are read once."""

    plan: Plan
    history: History
    rules: RuleBook
    records: RecordStore
    known: dict[str, Related] = field(default_factory=dict)

    def explained(self, rule: Rule) -> ExplainedRule:
        """Find out what became of the rule, and why."""
        plan = self.plan
        planned = next((each for each in plan.rules if each.rule == rule.id), None)
        refused = next((each for each in plan.refused if each.rule == rule.id), None)
        record = plan.record_for(rule.kind)
        context = context_of(plan.event, record, plan.moment, rule.zone, self._related(record), self.history)
        explanation = explain(rule, context)
        code = self._outcome(rule, planned, refused, matched=explanation.matched)
        return ExplainedRule(
            rule,
            code,
            started=planned is not None and refused is None,
            changed_since=planned is not None and planned.version != rule.version,
            entry=refused.code if refused else entry_denied(rule, record),
            explanation=explanation,
            params=refused.params if refused else {},
        )

    def _related(self, record: Record | None) -> Related:
        ref = record.ref if record else ""
        if ref not in self.known:
            self.known[ref] = Related(self.records, record)
        return self.known[ref]

    def _outcome(self, rule: Rule, planned: Planned | None, refused: NotEntered | None, *, matched: bool) -> str:
        """Return the code of what became of the rule."""
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
        """Return the version that was started: the rule may have been switched to another mode since."""
        return rule if rule.version == planned.version else self.rules.version(planned.rule, planned.version)
