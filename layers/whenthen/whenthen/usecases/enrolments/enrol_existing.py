"""enrol_existing: let the records enter that fit a rule already when it is switched on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from whenthen.domain.common.errors import Invalid, NotFound
from whenthen.domain.enrolments.existing import existing_view
from whenthen.domain.enrolments.order import Asked, Order
from whenthen.domain.rules.rule import Mode, parse_rule
from whenthen.usecases.enrolments.reason_codes import LETS_NEW_IN_ONLY, NOBODY_FITS, NOT_SWITCHED_ON

if TYPE_CHECKING:
    from whenthen.domain.views.view import View
    from whenthen.ports.background.enrolments import Enrolments, EnrolmentStore
    from whenthen.ports.clock import Clock
    from whenthen.ports.rules import RuleStore
    from whenthen.ports.values import StoredRule
    from whenthen.usecases.context.idempotency import ClaimKey

_FIELD = "existing"


class Enrolling(Struct, frozen=True):
    """Name the enrolment that a switch begins: its id, and the `seed` that makes it.

    begun   whether a call before this one began it
    """

    id: str
    seed: str
    begun: bool


class EnrolExisting(Struct, frozen=True):
    """Enrol who fits a rule already. `prepare` comes before the rule is switched on, the call after it.

    Between the two, the rule is saved with the enrolment's id: from then on, changes and the enrolment share the entry
    of each record.
    """

    rules: RuleStore
    enrolments: Enrolments
    store: EnrolmentStore
    claim: ClaimKey
    clock: Clock

    def prepare(self, rule_id: str, mode: str, *, key: str, by: str) -> Enrolling:
        """Name the enrolment. `key`: the caller's Idempotency-Key, by which a repetition finds it; or empty.

        Without a key, a repetition finds it as long as the rule stays as that switch left it. Raises NotFound; Invalid
        naming `existing` if nobody can enter so; Conflict if the key asked for something else before.
        """
        if mode == Mode.OFF:
            raise Invalid.field(_FIELD, NOT_SWITCHED_ON())
        stored = self.rules.get(rule_id)
        self._view(stored)
        self.claim(key, {"rule": rule_id, "mode": mode}, by=by, what="existing")
        if key:
            seed = f"{by}#{key}"
        else:
            was = (stored.document.get("mode"), stored.document.get("existing_enrolment"))
            last = str(stored.version)
            seed = last if was == (mode, self._id(rule_id, last)) else str(stored.version + 1)
        enrolment = self._id(rule_id, seed)
        return Enrolling(enrolment, seed, self._begun(enrolment))

    def __call__(self, stored: StoredRule, enrolling: Enrolling, *, by: str) -> str:
        """Begin to enrol, and return the enrolment's id. May be repeated. Raises Temporary."""
        view = self._view(stored)
        order = Order(stored.id, stored.version, self.clock.now(), Asked.EXISTING, by, enrolling.seed)
        self.enrolments.start(order, view.kind)
        return order.id

    def _id(self, rule_id: str, seed: str) -> str:
        return Order(rule_id, 0, self.clock.now(), Asked.EXISTING, seed=seed).id

    def _begun(self, enrolment: str) -> bool:
        try:
            self.store.get(enrolment)
        except NotFound:
            return False
        return True

    def _view(self, stored: StoredRule) -> View:
        rule = parse_rule(stored.document)
        if rule.entry.only_new:
            raise Invalid.field(_FIELD, LETS_NEW_IN_ONLY())
        view = existing_view(rule)
        if view is None:
            raise Invalid.field(_FIELD, NOBODY_FITS(trigger=rule.trigger.on.value))
        return view
