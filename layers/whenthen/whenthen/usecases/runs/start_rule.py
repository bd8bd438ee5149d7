"""start_rule: start a rule for a person, for one record or for all records of a view."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from whenthen.domain.common.document_reader import Reader
from whenthen.domain.common.errors import Conflict, Invalid, NotFound, Problem
from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.enrolments.order import Order
from whenthen.domain.entry.entering_events import manual_event
from whenthen.domain.records.record import parse_ref
from whenthen.domain.rules.rule import Mode, Rule, parse_rule
from whenthen.domain.rules.triggers import On
from whenthen.domain.views.view import OTHER_RECORD_KIND, parse_view
from whenthen.ports.reason_codes import RECORD_NOT_FOUND

if TYPE_CHECKING:
    from whenthen.ports.background.enrolments import Enrolments
    from whenthen.ports.clock import Clock
    from whenthen.ports.events import Bus
    from whenthen.ports.records import RecordStore
    from whenthen.ports.rules import RuleStore, ViewStore
    from whenthen.ports.values import StoredRule
    from whenthen.usecases.context.idempotency import ClaimKey

_WHOM = ("record", "view", "kind")

# The rule has another trigger than `manual`.
NOT_MANUAL = ReasonCode("rule.not_manual", "trigger")
RULE_OFF = ReasonCode("rule.off")
# At most one of the listed fields may be given.
MORE_THAN_ONE = ReasonCode("field.more_than_one", "options")
# Only among the records of a view can several be of one person.
WITHOUT_VIEW = ReasonCode("enrolment.without_view")
# A filter needs the kind of the records beside it.
FILTER_WITHOUT_KIND = ReasonCode("filter.without_kind")


def startable(stored: StoredRule) -> Rule:
    """Return the parsed rule if a person may start it. Raises Conflict."""
    rule = parse_rule(stored.document)
    if rule.trigger.on is not On.MANUAL:
        raise Conflict(NOT_MANUAL(trigger=rule.trigger.on.value))
    if rule.mode is Mode.OFF:
        raise Conflict(RULE_OFF())
    return rule


class StartRule(Struct, frozen=True):
    """Start rules with a manual trigger through the API."""

    rules: RuleStore
    views: ViewStore
    records: RecordStore
    enrolments: Enrolments
    bus: Bus
    claim: ClaimKey
    clock: Clock

    def __call__(
        self, rule_id: str, written: Mapping[str, Any], *, seed: str, by: str, key: str = ""
    ) -> dict[str, str]:
        """Start the rule for a `record`, all of a `view`, all of a `kind` (that fit a `filter`), or for no record.

        `per_person` says whether records with a common address enter once; by default where people get messages.
        Returns the id of the `event`, or of the `enrolment` under way. The same `seed` starts nothing twice.
        `key`: the caller's Idempotency-Key, if there is one. Raises NotFound, Invalid; Conflict for a rule that is off
        or has no manual trigger, or if the key asked for something else before.
        """
        rule = startable(self.rules.get(rule_id))
        problems: list[Problem] = []
        reader = Reader(written, "", problems)
        if sum(name in reader for name in _WHOM) > 1:
            reader.report("", MORE_THAN_ONE(options=list(_WHOM)))
        ref, view = reader.text("record") or None, self._view(reader)
        per_person = reader.flag("per_person") if "per_person" in reader else None
        if per_person is not None and view is None:
            reader.report("per_person", WITHOUT_VIEW())
        reader.finish()
        if problems:
            raise Invalid(problems)
        if view is None:
            self._check_record(rule, ref)
            self.claim(key, {"rule": rule_id, **written}, by=by, what="run")
            return self._start_one(rule, ref, seed, by)
        if rule.kind not in (None, view["kind"]):
            raise Invalid.field("view" if "view" in reader else "kind", OTHER_RECORD_KIND(record_kind=rule.kind))
        self.claim(key, {"rule": rule_id, **written}, by=by, what="run")
        moment = self.clock.now()
        order = Order(rule.id, rule.version, moment, by=by, seed=seed, view=view, per_person=per_person)
        self.enrolments.start(order, view["kind"])
        return {"enrolment": order.id}

    def _check_record(self, rule: Rule, ref: str | None) -> None:
        if ref is not None:
            kind, _ = parse_ref(ref, "record")
            if rule.kind not in (None, kind):
                raise Invalid.field("record", OTHER_RECORD_KIND(record_kind=rule.kind))
            if self.records.get(ref) is None:
                raise NotFound(RECORD_NOT_FOUND(ref=ref))

    def _start_one(self, rule: Rule, ref: str | None, seed: str, by: str) -> dict[str, str]:
        event = manual_event(rule.id, ref, by=by, seed=seed, moment=self.clock.now())
        self.bus.publish([event])
        return {"event": event.id}

    def _view(self, reader: Reader) -> dict[str, Any] | None:
        """Return the document of the view that is asked for; None if a single record is, or none."""
        saved, kind, condition = reader.text("view"), reader.text("kind"), reader.value("filter")
        if condition is not None and not kind:
            reader.report("filter", FILTER_WITHOUT_KIND())
        if saved:
            document = self.views.get(saved).document
            return {"kind": document["kind"], "filter": document.get("filter")}
        if not kind:
            return None
        view = {"kind": kind, "filter": condition}
        try:
            parse_view({"name": "asked for", **view})
        except Invalid as error:
            reader.problems.extend(error.problems)
        return view
