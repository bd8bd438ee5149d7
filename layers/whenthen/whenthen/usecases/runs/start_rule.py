"""start_rule: a person starts a rule, for one record or for all of a view."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from whenthen.domain.common.document_reader import Reader
from whenthen.domain.common.errors import Conflict, Invalid, NotFound, Problem
from whenthen.domain.records.record import parse_ref
from whenthen.domain.rules.rule import Mode, Rule, parse_rule
from whenthen.domain.rules.triggers import On
from whenthen.domain.rules.views import parse_view
from whenthen.domain.runs.engine_events import manual_event
from whenthen.domain.runs.enrolment import Enrolment

if TYPE_CHECKING:
    from whenthen.ports.clock import Clock, Enrolments
    from whenthen.ports.events import Bus
    from whenthen.ports.records import RecordStore
    from whenthen.ports.rules import RuleStore, ViewStore
    from whenthen.ports.values import StoredRule

_WHOM = ("record", "view", "kind")


def startable(stored: StoredRule) -> Rule:
    """The rule, if it is one that is started by hand. Raises Conflict."""
    rule = parse_rule(stored.document)
    if rule.trigger.on is not On.MANUAL:
        raise Conflict(f"the rule is not started by hand: its trigger is {rule.trigger.on}")
    if rule.mode is Mode.OFF:
        raise Conflict("the rule is off")
    return rule


class StartRule(Struct, frozen=True):
    """Rules with a manual trigger, started through the API."""

    rules: RuleStore
    views: ViewStore
    records: RecordStore
    enrolments: Enrolments
    bus: Bus
    clock: Clock

    def __call__(self, rule_id: str, written: Mapping[str, Any], *, seed: str, by: str) -> dict[str, str]:
        """Start it for a `record`, all of a `view`, or all of a `kind` (that fit a `filter`); for none, without one.

        Returns the id of the `event`, or of the `enrolment` under way. The same `seed` starts nothing twice.
        Raises NotFound, Invalid; Conflict for a rule that is off or that nobody starts by hand.
        """
        rule = startable(self.rules.get(rule_id))
        problems: list[Problem] = []
        reader = Reader(written, "", problems)
        if sum(name in reader for name in _WHOM) > 1:
            reader.report("", f"at most one of {', '.join(_WHOM)} is possible")
        ref, view = reader.text("record") or None, self._view(reader)
        reader.finish()
        if problems:
            raise Invalid(problems)
        if view is None:
            return self._start_one(rule, ref, seed, by)
        if rule.kind not in (None, view["kind"]):
            raise Invalid.field("view" if "view" in reader else "kind", f"the rule is about {rule.kind} records")
        enrolment = Enrolment(rule.id, rule.version, self.clock.now(), by, seed, view)
        self.enrolments.start(enrolment)
        return {"enrolment": enrolment.id}

    def _start_one(self, rule: Rule, ref: str | None, seed: str, by: str) -> dict[str, str]:
        if ref is not None:
            kind, _ = parse_ref(ref, "record")
            if rule.kind not in (None, kind):
                raise Invalid.field("record", f"the rule is about {rule.kind} records")
            if self.records.get(ref) is None:
                raise NotFound(f"there is no record {ref}")
        event = manual_event(rule.id, ref, by=by, seed=seed, moment=self.clock.now())
        self.bus.publish([event])
        return {"event": event.id}

    def _view(self, reader: Reader) -> dict[str, Any] | None:
        """The records that are asked for, as a view's document; None where it is one, or none."""
        saved, kind, condition = reader.text("view"), reader.text("kind"), reader.value("filter")
        if condition is not None and not kind:
            reader.report("filter", "goes with a kind of record")
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
