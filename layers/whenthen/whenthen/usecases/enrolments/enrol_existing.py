"""enrol_existing: let the records enter that fit a rule already when it is switched on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from whenthen.domain.common.errors import Invalid
from whenthen.domain.enrolments.existing import existing_view
from whenthen.domain.enrolments.order import Asked, Order
from whenthen.domain.rules.rule import Mode, parse_rule
from whenthen.usecases.enrolments.reason_codes import LETS_NEW_IN_ONLY, NOBODY_FITS, NOT_SWITCHED_ON

if TYPE_CHECKING:
    from whenthen.domain.views.view import View
    from whenthen.ports.background.enrolments import Enrolments
    from whenthen.ports.clock import Clock
    from whenthen.ports.rules import RuleStore
    from whenthen.ports.values import StoredRule

_FIELD = "existing"


class EnrolExisting(Struct, frozen=True):
    """Enrol who fits a rule already. `check` comes before the rule is switched on, the call after it."""

    rules: RuleStore
    enrolments: Enrolments
    clock: Clock

    def check(self, rule_id: str, mode: str) -> None:
        """Raise Invalid naming `existing` if nobody can enter so; NotFound if there is no rule."""
        if mode == Mode.OFF:
            raise Invalid.field(_FIELD, NOT_SWITCHED_ON())
        self._view(self.rules.get(rule_id))

    def __call__(self, stored: StoredRule, *, seed: str, by: str) -> str:
        """Begin to enrol, and return the enrolment's id. The same `seed` begins it once. Raises Temporary."""
        view = self._view(stored)
        order = Order(stored.id, stored.version, self.clock.now(), Asked.EXISTING, by, seed)
        self.enrolments.start(order, view.kind)
        return order.id

    def _view(self, stored: StoredRule) -> View:
        rule = parse_rule(stored.document)
        if rule.entry.only_new:
            raise Invalid.field(_FIELD, LETS_NEW_IN_ONLY())
        view = existing_view(rule)
        if view is None:
            raise Invalid.field(_FIELD, NOBODY_FITS(trigger=rule.trigger.on.value))
        return view
