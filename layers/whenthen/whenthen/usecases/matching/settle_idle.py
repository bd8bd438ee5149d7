"""settle_idle: decide changes of records that nothing comes of where they are published, so that they need no message.

Most changes are about no rule. What decides that is at hand where they are published: the event carries its record, and
the rules and exit types are read once for a whole batch of the table's stream. Such a change gets its plan there, and
its entry on the bus says that it is settled, by which the event queue leaves it out. All others go to the queue, and so
does any that needs more to be decided: earlier events, related records, or a record that was too large for its event.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from whenthen.domain.event_catalog import derivation
from whenthen.domain.events import siblings
from whenthen.ports.values import Wanted
from whenthen.usecases.context.history import keys_of
from whenthen.usecases.matching.decide import Decide

if TYPE_CHECKING:
    from whenthen.domain.events.event import Event
    from whenthen.domain.events.siblings import Group
    from whenthen.ports.clock import Clock
    from whenthen.ports.events import EventLog, Occurrences, Preloading
    from whenthen.ports.rules import RuleBook
    from whenthen.ports.values import Plan, Preloaded


class NotReadHere(Exception):
    """Report that a condition asks for what is only read where messages are matched."""


class _Unread:
    """Stands for a store that is not read here."""

    def __getattr__(self, name: str) -> Any:
        raise NotReadHere(name)


class SettleIdle(Struct, frozen=True):
    """Store the plans of changes that nothing comes of.

    failed  is told of what went wrong; then the changes go to the queue, which deals with it one by one
    """

    preloading: Preloading
    rules: RuleBook
    log: EventLog
    occurrences: Occurrences
    clock: Clock
    failed: Callable[[Exception], object]

    def __call__(self, events: Sequence[Event]) -> frozenset[str]:
        """Settle what can be settled, and return the ids of the main events of these changes. Raises nothing."""
        groups = [group for group in siblings.groups(events) if all(derivation.record_of(each) for each in group)]
        try:
            return self._settled(groups) if groups else frozenset()
        except Exception as error:  # noqa: BLE001 - a change must not wait in its shard for what may need a person
            self.failed(error)
            return frozenset()

    def _settled(self, groups: Sequence[Group]) -> frozenset[str]:
        types = dict.fromkeys(event.type for group in groups for event in group)
        ahead = self.preloading.read(Wanted(events=(), types=tuple(types)))
        idle = [plan for group in groups if (plan := self._idle(group, ahead)) is not None]
        now = self.clock.now()
        told = [event for plan in idle for event in (plan.event, *plan.also)]
        self.occurrences.note_all([(event, keys_of(event)) for event in told], now)
        stored = self.log.record_plans(idle, now)
        # One that is stored differently went to the queue before, and is matched from there.
        ours = zip(idle, stored, strict=True)
        return frozenset(plan.event.id for plan, kept in ours if kept.idle and kept.also == plan.also)

    def _idle(self, group: Group, ahead: Preloaded) -> Plan | None:
        """Return the plan of a change that nothing comes of; None if something does, or may."""
        unread: Any = _Unread()
        decide = Decide(self.rules, unread, unread, self.clock, lambda: unread)
        try:
            plans = [decide.plan(event, ahead) for event in group]
        except NotReadHere:
            return None
        return replace(plans[0], also=group[1:]) if all(plan.idle for plan in plans) else None
