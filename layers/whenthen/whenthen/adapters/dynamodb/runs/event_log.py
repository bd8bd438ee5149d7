"""EventLog on the runs table: what was decided for each event, and whether it was carried out."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from whenthen.adapters.dynamodb.common.items import Item, pack, unpack
from whenthen.adapters.dynamodb.common.table import EXISTS, NEW, ConditionFailed, Expression, Table
from whenthen.adapters.dynamodb.records.record_items import record_item, record_of
from whenthen.adapters.dynamodb.runs.run_items import expiry
from whenthen.domain.common.errors import Temporary
from whenthen.domain.event_catalog import derivation
from whenthen.domain.events import event as events
from whenthen.domain.events.event import format_time
from whenthen.ports.values import NotEntered, Plan, Planned

if TYPE_CHECKING:
    from collections.abc import Sequence

    from whenthen.adapters.aws.client import AwsClient
    from whenthen.domain.records.record import Record

_PREFIX = "event#"
_SK = "plan"
_OF_EVENT = {"of_event": True}
"""Stands for a record that the event itself carries, so that it is not kept twice."""


class DynamoEventLog:
    """One item for each event, kept for the retention."""

    def __init__(self, client: AwsClient, runs_table: str, retention: timedelta) -> None:
        self._table = Table(client, runs_table)
        self._retention = retention

    def plan_of(self, event_id: str) -> Plan | None:
        """The plan made for this event, if one was."""
        item = self._table.get(_pk(event_id), _SK)
        return plan_of_item(item) if item else None

    def known(self, event_ids: Sequence[str]) -> set[str]:
        """Those of these events for which a plan was made."""
        return {pk.removeprefix(_PREFIX) for pk, _ in self._table.get_all((_pk(each), _SK) for each in event_ids)}

    def record_plan(self, plan: Plan, now: datetime) -> Plan:
        """Keep the plan; returns the one that is kept, which is an earlier one if there was one."""
        try:
            self._table.put(_item_of(plan, expiry(now, self._retention)), NEW)
        except ConditionFailed as error:
            kept = self.plan_of(plan.event.id)
            if kept is None:
                raise Temporary("the event's plan expired at this very moment") from error
            return kept
        return plan

    def close(self, event_id: str, refused: Sequence[NotEntered]) -> None:
        """Note that the plan was carried out, and which rules let nobody in."""
        update = "SET #completed = :yes"
        values: dict[str, Any] = {"yes": True}
        if refused:
            update, values["refused"] = f"{update}, #refused = :refused", pack(refused)
        completed = Expression(EXISTS.condition, update, values)
        try:
            self._table.update(_pk(event_id), _SK, completed)
        except ConditionFailed:  # it expired meanwhile: there is nothing left to note it on
            return


def _pk(event_id: str) -> str:
    return f"{_PREFIX}{event_id}"


def record_events_pk(ref: str) -> str:
    """The partition of the events about a record in their index."""
    return f"events#{ref}"


def _item_of(plan: Plan, expires_at: int) -> Item:
    ref = plan.record.ref if plan.record else plan.event.subject
    return {
        "gsi2pk": record_events_pk(ref) if ref else None,
        "gsi2sk": f"{format_time(plan.event.time)}#{plan.event.id}" if ref else None,
        "pk": _pk(plan.event.id),
        "sk": _SK,
        "event": pack(events.to_json(plan.event)),
        "record": _packed_record(plan),
        "others": pack([record_item(record) for record in plan.others]) if plan.others else None,
        "rules": pack(plan.rules) if plan.rules else None,
        "refused": pack(plan.refused) if plan.refused else None,
        "note": plan.note,
        "decided_at": plan.decided_at.isoformat() if plan.decided_at else None,
        "completed": plan.completed,
        "expires_at": expires_at,
    }


def _packed_record(plan: Plan) -> bytes | None:
    if plan.record is None:
        return None
    return pack(_OF_EVENT if plan.record == derivation.record_of(plan.event) else record_item(plan.record))


def plan_of_item(item: Item) -> Plan:
    """The plan of its item."""
    event = events.from_json(unpack(item["event"]))
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
        note=item["note"],
        completed=item["completed"],
        decided_at=datetime.fromisoformat(item["decided_at"]) if "decided_at" in item else None,
    )


def _unpacked(item: Item, name: str) -> list[Any]:
    found: list[Any] = unpack(item[name]) if name in item else []
    return found
