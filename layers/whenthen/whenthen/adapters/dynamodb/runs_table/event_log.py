"""Store the plan of each event on the runs table, and whether it was carried out (`ports.events.EventLog`)."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from whenthen.adapters.aws.parallel import gather
from whenthen.adapters.dynamodb.common.items import REASON, Item, pack, reason_item, reason_of, unpack
from whenthen.adapters.dynamodb.common.table import EXISTS, NEW, ConditionFailed, Expression, Table
from whenthen.adapters.dynamodb.records_table.record_items import record_item, record_of
from whenthen.adapters.dynamodb.runs_table.run_items import expiry
from whenthen.domain.common.errors import Temporary
from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.event_catalog import derivation
from whenthen.domain.events import siblings
from whenthen.domain.events.event import format_time
from whenthen.domain.events.siblings import main_id
from whenthen.ports.values import NotEntered, Plan, Planned

if TYPE_CHECKING:
    from collections.abc import Sequence

    from whenthen.adapters.aws.client import AwsClient
    from whenthen.domain.records.record import Record

_PREFIX = "event#"
PLAN = "plan"
_OF_EVENT = {"of_event": True}
"""Stands for a record that the event itself holds, so that it is not stored twice."""

# The event's plan expired between two reads of it.
PLAN_EXPIRED = ReasonCode("event.plan_expired")


class DynamoEventLog:
    """Store one item for each event, kept for the retention."""

    def __init__(self, client: AwsClient, runs_table: str, retention: timedelta) -> None:
        self._table = Table(client, runs_table)
        self._retention = retention

    def plan_of(self, event_id: str) -> Plan | None:
        """Return the plan of this event; None if there is none."""
        item = self._table.get(event_pk(event_id), PLAN)
        if item is not None:
            return plan_of_item(item)
        main = self._table.get(event_pk(main_id(event_id)), PLAN) if main_id(event_id) != event_id else None
        return plan_of_item(main).of_sibling(event_id) if main else None

    def plans_of(self, event_ids: Sequence[str]) -> dict[str, Plan]:
        """Return the plans of these events, main ones of their change, by id; without those that have none."""
        found = self._table.get_all((event_pk(each), PLAN) for each in event_ids)
        return {pk.removeprefix(_PREFIX): plan_of_item(item) for (pk, _), item in found.items()}

    def known(self, event_ids: Sequence[str]) -> set[str]:
        """Return those of these events, main ones of their change, that have a plan."""
        return {pk.removeprefix(_PREFIX) for pk, _ in self._table.get_all((event_pk(each), PLAN) for each in event_ids)}

    def record_plan(self, plan: Plan, now: datetime) -> Plan:
        """Store the plan unless there is one; return the stored plan."""
        try:
            self._table.put(_item_of(plan, expiry(now, self._retention)), NEW)
        except ConditionFailed as error:
            kept = self.plan_of(plan.event.id)
            if kept is None:
                raise Temporary(PLAN_EXPIRED()) from error
            return kept
        return plan

    def record_plans(self, plans: Sequence[Plan], now: datetime) -> list[Plan]:
        """Store plans, several at a time; return the stored ones."""
        return gather([partial(self.record_plan, plan, now) for plan in plans])

    def close(self, event_id: str, refused: Sequence[NotEntered]) -> None:
        """Mark the plan as carried out, and store the rules that the record could not enter."""
        update = "SET #completed = :yes"
        values: dict[str, Any] = {"yes": True}
        if refused:
            update, values["refused"] = f"{update}, #refused = :refused", pack(refused)
        completed = Expression(EXISTS.condition, update, values)
        try:
            self._table.update(event_pk(event_id), PLAN, completed)
        except ConditionFailed:  # it expired meanwhile: there is no plan to mark
            return


def event_pk(event_id: str) -> str:
    """Return the partition of an event."""
    return f"{_PREFIX}{event_id}"


def record_events_pk(ref: str) -> str:
    """Return the partition of the events about a record in their index."""
    return f"events#{ref}"


SIBLINGS = "~"
"""Ends the sort key of a plan with `also` in the timeline's index, so that it comes after those of these events."""


def place_of(plan: Plan) -> str:
    """Return the place of an event in the order of timelines."""
    return f"{format_time(plan.event.time)}#{plan.event.id}"


def _item_of(plan: Plan, expires_at: int) -> Item:
    ref = plan.record.ref if plan.record else plan.event.subject
    return {
        "gsi2pk": record_events_pk(ref) if ref else None,
        "gsi2sk": f"{place_of(plan)}{SIBLINGS if plan.also else ''}" if ref else None,
        "pk": event_pk(plan.event.id),
        "sk": PLAN,
        "event": pack(siblings.to_stored_json((plan.event, *plan.also))),
        "record": _packed_record(plan),
        "others": pack([record_item(record) for record in plan.others]) if plan.others else None,
        "rules": pack(plan.rules) if plan.rules else None,
        "refused": pack(plan.refused) if plan.refused else None,
        **reason_item(plan.note),
        "decided_at": plan.decided_at.isoformat() if plan.decided_at else None,
        "completed": plan.completed,
        "expires_at": expires_at,
    }


def _packed_record(plan: Plan) -> bytes | None:
    if plan.record is None:
        return None
    return pack(_OF_EVENT if plan.record == derivation.record_of(plan.event) else record_item(plan.record))


def plan_of_item(item: Item) -> Plan:
    """Read the plan of its item."""
    event, *also = siblings.from_json(unpack(item["event"]))
    record: Record | None = None
    if item.get("record") is not None:
        kept = unpack(item["record"])
        record = derivation.record_of(event) if kept == _OF_EVENT else record_of(kept)
    return Plan(
        event=event,
        record=record,
        rules=tuple(Planned(*planned) for planned in _unpacked(item, "rules")),
        others=tuple(record_of(kept) for kept in _unpacked(item, "others")),
        refused=tuple(NotEntered(*refused) for refused in _unpacked(item, "refused")),
        note=reason_of(item.get(REASON)),
        completed=item["completed"],
        decided_at=datetime.fromisoformat(item["decided_at"]) if "decided_at" in item else None,
        also=tuple(also),
    )


def _unpacked(item: Item, name: str) -> list[Any]:
    found: list[Any] = unpack(item[name]) if name in item else []
    return found
