"""explain_event: for each rule that watches the event's type, why it started or why it did not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct

from whenthen.domain.contexts import context_of
from whenthen.domain.entries import refusal
from whenthen.domain.errors import NotFound
from whenthen.domain.explain import explain

if TYPE_CHECKING:
    from whenthen.ports.events import EventLog
    from whenthen.ports.rules import RuleBook


class ExplainEvent(Struct, frozen=True):
    """Looks at the event and its record as they were seen then, with the rules as they are now."""

    log: EventLog
    rules: RuleBook

    def __call__(self, event_id: str) -> dict[str, Any]:
        """The explanation as JSON. Raises NotFound."""
        plan = self.log.plan_of(event_id)
        if plan is None:
            raise NotFound(f"there is no event {event_id}, or it was not handled yet")
        started = {planned.rule: planned.version for planned in plan.rules}
        rules = sorted(self.rules.considered(plan.event.type), key=lambda rule: rule.id)
        return {
            "event": {"id": plan.event.id, "type": plan.event.type},
            "note": plan.note,
            "rules": [
                {
                    "id": rule.id,
                    "name": rule.name,
                    "version": rule.version,
                    "mode": rule.mode,
                    "started": rule.id in started,
                    "changed_since": rule.id in started and started[rule.id] != rule.version,
                    "entry": refusal(rule, record),
                    **explain(rule, context_of(plan.event, record, plan.event.time, rule.zone)),
                }
                for rule in rules
                for record in (plan.record_for(rule.kind),)
            ],
        }
