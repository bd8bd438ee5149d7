"""Decide which rules an event starts, and for which of its person's records."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from whenthen.domain.common.errors import NotFound
from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.conditions.condition import evaluate
from whenthen.domain.event_catalog import derivation
from whenthen.domain.events.siblings import main_id
from whenthen.domain.events.types import ENROLLED, made_by_receiver
from whenthen.domain.rules.context import context_of
from whenthen.domain.runs.entry_policy import EntryDenied, entry_denied
from whenthen.domain.runs.happenings import OCCASIONS
from whenthen.domain.runs.subscriptions import is_heard
from whenthen.ports.values import MAX_REFUSED, NotEntered, Plan, Planned, Wanted
from whenthen.usecases.context.history import history_of, keys_of
from whenthen.usecases.context.related import Related

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from whenthen.domain.events.event import Event
    from whenthen.domain.events.siblings import Group
    from whenthen.domain.matching.rule_set import RuleSet
    from whenthen.domain.records.record import Record
    from whenthen.domain.rules.rule import Rule
    from whenthen.ports.background.enrolments import EnrolmentStore
    from whenthen.ports.clock import Clock
    from whenthen.ports.events import Occurrences
    from whenthen.ports.records import RecordStore
    from whenthen.ports.rules import RuleBook
    from whenthen.ports.values import Preloaded

MAX_DEPTH = 8
"""Hops of cause and effect after which no rule is started: a deeper chain is taken for a loop."""

# An event that is `count` hops of cause and effect deep starts no rule.
LOOP = ReasonCode("event.loop", "count")


def wanted_for(groups: Iterable[Group]) -> Wanted:
    """Name what the events of a batch need. What speaking events cause comes before their record is looked for."""
    found = list(groups)
    each_event = [event for group in found for event in group]
    seeking = [each for each in each_event if not speaks(each) and derivation.record_of(each) is None]
    return Wanted(
        # Of a change that was too large for one message, the main event's plan may name the others all the same.
        events=tuple(dict.fromkeys(each for group in found for each in (group[0].id, main_id(group[0].id)))),
        types=tuple(dict.fromkeys(each.type for each in each_event)),
        refs=tuple(dict.fromkeys(each.subject for each in seeking if each.subject is not None)),
        people=tuple(dict.fromkeys(each.identities for each in seeking if each.subject is None and each.identities)),
    )


def speaks(event: Event) -> bool:
    """Tell whether a receiver of ours made the event of a message or a report: then it has work of its own."""
    return made_by_receiver(event.source, event.type)


class Decide(Struct, frozen=True):
    """Make plans of events, by the rules in force and the records as they are.

    enrolments   called for events of enrolments alone: few events load it
    """

    rules: RuleBook
    records: RecordStore
    occurrences: Occurrences
    clock: Clock
    enrolments: Callable[[], EnrolmentStore]

    def __call__(self, event: Event, ahead: Preloaded) -> Plan:
        """Note that the event happened, and plan the rules that it starts."""
        # First note, then count: of two events at once, the one that is noted last counts both.
        self.occurrences.note_all([(event, keys_of(event))], self.clock.now())
        return self.plan(event, ahead)

    def plan(self, event: Event, ahead: Preloaded) -> Plan:
        """Plan the rules that the event starts."""
        record = self._record_of(event, ahead)
        if event.cause.depth >= MAX_DEPTH:
            return Plan(event, record, (), note=LOOP(count=event.cause.depth), decided_at=self.clock.now())
        others = self._others(event, record)
        plan = Plan(event, record, (), others=others, decided_at=self.clock.now())
        ruleset = ahead.rules[event.type]
        matched = [found for each in (record, *plan.others) for found in self._matching(plan, each, ruleset)]
        entering = tuple(sorted(found for found in matched if isinstance(found, Planned)))
        refused = tuple(sorted(found for found in matched if isinstance(found, NotEntered)))
        if entering and event.type in OCCASIONS and (cause := self._rests(event)) is not None:
            refused, entering = tuple(sorted([*refused, *(NotEntered(*each, cause) for each in entering)])), ()
        idle = not entering and not is_heard(event, ahead.signals)
        return replace(plan, rules=entering, refused=refused[:MAX_REFUSED], completed=idle)

    def context(self, plan: Plan, record: Record | None, now: datetime, zone: ZoneInfo | None = None) -> dict[str, Any]:
        """Build the context in which the plan's rules are asked about one of its records."""
        history = history_of(self.occurrences, plan.event, (plan.record, *plan.others), None, now)
        return context_of(plan.event, record, now, zone, Related(self.records, record), history)

    def _matching(self, plan: Plan, record: Record | None, ruleset: RuleSet) -> Iterator[Planned | NotEntered]:
        """Yield the matching rules that are about this record of the plan, and whether the record may enter."""
        ref = record.ref if record else plan.event.subject
        for rule in self._matched(plan, record, ruleset):
            if plan.record_for(rule.kind) is not record:
                continue
            refused = entry_denied(rule, record)
            planned = Planned(rule.id, rule.version, ref)
            yield planned if refused is None else NotEntered(*planned, refused)

    def _matched(self, plan: Plan, record: Record | None, ruleset: RuleSet) -> list[Rule]:
        """Find the rules that match the event for this record; of one that fits a rule already, that rule alone."""
        event, context = plan.event, self.context(plan, record, plan.moment)
        if event.type != ENROLLED:
            return [self.rules.current(rule_id, event.type) for rule_id in ruleset.match(context)]
        from whenthen.domain.enrolments.existing import as_existing  # noqa: PLC0415 - few events need it

        named = self.rules.in_force(str(event.data.get("rule")))
        asked = named is not None and named.existing_enrolment == event.data.get("enrolment")
        rule = as_existing(named) if named is not None and asked and record is not None else None
        fits = rule is not None and all(evaluate(each, context) for each in (rule.trigger.condition, rule.conditions))
        return [rule] if rule is not None and fits else []

    def _rests(self, event: Event) -> EntryDenied | None:
        """Return why nobody enters now by the enrolment that the event is of, if it is of one; None if they may."""
        from whenthen.domain.enrolments.enrolment import EnrolmentStatus  # noqa: PLC0415 - few events need it
        from whenthen.domain.enrolments.order import enrolment_of  # noqa: PLC0415 - as above

        enrolment = enrolment_of(event)
        try:
            status = None if enrolment is None else self.enrolments().get(enrolment).status
        except NotFound:  # of a person who started the rule for one record, or of an import
            return None
        if status is EnrolmentStatus.PAUSED:
            return EntryDenied.ENROLMENT_PAUSED
        return EntryDenied.ENROLMENT_STOPPED if status is EnrolmentStatus.STOPPED else None

    def _others(self, event: Event, record: Record | None) -> tuple[Record, ...]:
        """Find the person's other records: those of kinds that rules of this event type are about."""
        if record is None or event.subject is not None:
            return ()
        kinds = sorted(self.rules.kinds_of(event.type) - {record.kind})
        found = self.records.find_kinds(event.identities, kinds) if kinds else ()
        return tuple(other for other in found if other is not None)

    def _record_of(self, event: Event, ahead: Preloaded) -> Record | None:
        """Find the event's record: as the event itself holds it, or as it is now, or the person's own."""
        seen = derivation.record_of(event)
        if seen is not None:
            return seen
        if event.subject is not None:
            known = event.subject in ahead.records
            return ahead.records[event.subject] if known else self.records.get(event.subject)
        if not event.identities:
            return None
        known = event.identities in ahead.people
        return ahead.people[event.identities] if known else self.records.find(event.identities)
