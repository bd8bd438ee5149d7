"""Keep refusals of records that are deleted, under the hash of each address: nobody is asked again who said no."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from whenthen.adapters.dynamodb.common.table import Expression
from whenthen.adapters.dynamodb.common.transactions import Write, update
from whenthen.domain.records.consent import CONSENT, read_consent

if TYPE_CHECKING:
    from whenthen.adapters.dynamodb.common.table import Table
    from whenthen.domain.records.record import Record

SK = "refusals"


def pk_of(identity: str) -> str:
    """Return the partition of an address: its hash, so that the table says nothing of a person who is gone."""
    return f"refusals#{hashlib.sha256(identity.encode()).hexdigest()}"


def writes_of(table: Table, record: Record) -> list[Write]:
    """Return the writes that keep what a record refuses, for each of its addresses; none if it refuses nothing."""
    consent = read_consent(record.fields.get(CONSENT))
    channels = frozenset(channel for channel, agreed in consent.items() if not agreed)
    if not channels:
        return []
    kept = Expression(update="ADD #channels :channels", values={"channels": channels})
    return [update(table, pk_of(identity), SK, kept) for identity in sorted(set(record.identities))]


def channels_of(table: Table, identity: str) -> frozenset[str]:
    """Return the channels that deleted records with this address had refused."""
    item = table.get(pk_of(identity), SK)
    return item["channels"] if item else frozenset()
