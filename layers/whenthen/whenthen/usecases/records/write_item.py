"""Write the record of one item of a delivery, for those who receive it and for those who only try it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from whenthen.domain.common import ids
from whenthen.domain.common.errors import Refused
from whenthen.ports.values import SourceUpdate, WriteResult
from whenthen.sources.signing.schemes import UNPROVEN_SCHEMES

if TYPE_CHECKING:
    from whenthen.domain.records.record import Record
    from whenthen.sources.webhook.delivery import Delivery
    from whenthen.sources.webhook.mapping_result import Item
    from whenthen.usecases.records.save_record import SaveRecord


def write_item(save: SaveRecord, item: Item, delivery: Delivery, origin: str) -> tuple[Item, Record | None]:
    """Write the item's record; return the item with what was reported, and the record as it stands then.

    A duplicate writes nothing, but its event may still have to be told. A record that cannot be written (None) costs
    neither its event nor other items. An unproven sender completes what is empty, and replaces what its mapping names.
    """
    upsert = item.record
    if upsert is None:
        return item, None
    now, unproven = delivery.now, delivery.source.scheme.kind in UNPROVEN_SCHEMES
    update_id = ids.source_update_id(upsert.event, upsert.content)
    update = SourceUpdate(update_id, item.draft.event_source, heard=now, at=upsert.at and min(upsert.at, now))
    try:
        record, result = save.upsert_idempotent(
            update,
            upsert.kind,
            upsert.id,
            upsert.fields,
            origin=origin,
            replaceable=upsert.may_replace if unproven else None,
            cause=delivery.cause,
        )
    except Refused as error:
        return item.without_record(error.reason), None
    return item.stale() if result is WriteResult.STALE else item, record
