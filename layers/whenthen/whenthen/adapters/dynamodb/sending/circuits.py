"""Store how channels stand on the runs table (`ports.sending.Circuits`), an item for each circuit.

An item is written when its circuit opens or closes and at each trial. One that runs again expires.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from whenthen.adapters.dynamodb.common.items import decode, struct_item, struct_of
from whenthen.adapters.dynamodb.common.table import NEW, ConditionFailed, Expression, Table
from whenthen.domain.common.errors import Stale
from whenthen.domain.sending.circuits import Circuit
from whenthen.ports.reason_codes import MOVED_ON

if TYPE_CHECKING:
    from whenthen.adapters.aws.client import AwsClient
    from whenthen.adapters.dynamodb.common.items import Item

CIRCUITS = "circuit#"
"""Begin the partitions of circuits, by which the stream's filter knows them."""

_WHOLE = "whole"
_KEPT_FOR = timedelta(days=7)


class DynamoCircuits:
    """Write each circuit as a whole, on condition of its version."""

    def __init__(self, client: AwsClient, runs_table: str) -> None:
        self._table = Table(client, runs_table)

    def of_channel(self, channel: str) -> Mapping[str, Circuit]:
        """Read the channel's circuits that were ever open, by their receivers; consistently."""
        found = map(_circuit_of, self._table.collection(f"{CIRCUITS}{channel}"))
        return {circuit.receiver: circuit for circuit in found}

    def save(self, after: Circuit) -> None:
        """Write the circuit in place of the version before it. Raises Stale."""
        pk, sk = f"{CIRCUITS}{after.channel}", f"receiver#{after.receiver}" if after.receiver else _WHOLE
        fields = {name: value for name, value in struct_item(after).items() if value is not None}
        expires = after.since + _KEPT_FOR if after.since and not after.blocks else None
        fields |= {"expires_at": int(expires.timestamp())} if expires else {}
        gone = [name for name in (*Circuit.__struct_fields__, "expires_at") if name not in fields]
        update = f"SET {', '.join(f'#{name} = :{name}' for name in fields)}"
        update += f" REMOVE {', '.join(f'#{name}' for name in gone)}" if gone else ""
        if after.version == 1:
            change = Expression(NEW.condition, update, fields)
        else:
            change = Expression("#version = :before", update, {**fields, "before": after.version - 1})
        try:
            self._table.update(pk, sk, change)
        except ConditionFailed as error:
            item = self._table.get(pk, sk)
            # An answer may have been lost, and the client's own repetition found the circuit written.
            if item is None or struct_item(_circuit_of(item)) != struct_item(after):
                raise Stale(MOVED_ON(subject=after.name)) from error


def circuit_change(dynamodb: Mapping[str, Any]) -> tuple[Circuit | None, Circuit] | None:
    """Return a circuit before and after a change (the `dynamodb` part of a stream's record); None for other items."""
    before, after = dynamodb.get("OldImage"), dynamodb.get("NewImage")
    if not after or not after["pk"]["S"].startswith(CIRCUITS):
        return None
    return (_circuit_of(decode(before)) if before else None), _circuit_of(decode(after))


def _circuit_of(item: Item) -> Circuit:
    return struct_of({name: item[name] for name in Circuit.__struct_fields__ if name in item}, Circuit)
