"""Keep enrolments on the runs table, which expires (`ports.enrolments.EnrolmentStore`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from whenthen.adapters.dynamodb.common.batch_write import put_all
from whenthen.adapters.dynamodb.common.pages import Listing, page_of
from whenthen.adapters.dynamodb.common.table import NEW, ConditionFailed, Expression, Table
from whenthen.adapters.dynamodb.common.transactions import TransactionRefused, put, transact
from whenthen.adapters.dynamodb.enrolments.enrolment_items import (
    LIST_PK,
    SK,
    address_item,
    address_key,
    chunk_item,
    chunk_sk,
    enrolment_item,
    enrolment_of,
    enrolment_pk,
    list_of_rule,
    members_of,
)
from whenthen.domain.common.errors import NotFound, Stale
from whenthen.ports.reason_codes import ENROLMENT_EXPIRED, ENROLMENT_NOT_FOUND, MOVED_ON

if TYPE_CHECKING:
    from whenthen.adapters.aws.client import AwsClient
    from whenthen.adapters.dynamodb.common.items import Item
    from whenthen.domain.enrolments.duplicates import Member
    from whenthen.domain.enrolments.enrolment import Enrolment
    from whenthen.ports.clock import Clock
    from whenthen.ports.values import Page

MEMBERS_KEPT_FOR = timedelta(days=180)
"""Time for which members are kept, at least: an enrolment that rests longer cannot go on."""


class DynamoEnrolments:
    """Keep enrolments. One that is not over does not expire; others do, the retention after they ended."""

    def __init__(self, client: AwsClient, runs_table: str, clock: Clock, retention: timedelta) -> None:
        self._table = Table(client, runs_table)
        self._clock = clock
        self._retention = retention

    def get(self, enrolment_id: str) -> Enrolment:
        """Read an enrolment. Raises NotFound."""
        item = self._table.get(enrolment_pk(enrolment_id), SK)
        if item is None:
            raise NotFound(ENROLMENT_NOT_FOUND(id=enrolment_id))
        return enrolment_of(item)

    def list(self, *, rule: str | None, limit: int, cursor: str | None) -> Page[Enrolment]:
        """List the enrolments (of a rule), newest first; eventually consistent."""
        pk, index = (LIST_PK, "gsi1") if rule is None else (list_of_rule(rule), "gsi2")
        listing = Listing(self._table, pk, index, backwards=True)
        return page_of(listing, limit=limit, cursor=cursor, read=enrolment_of, takes=lambda _: True)

    def create(self, new: Enrolment) -> Enrolment:
        """Store a new enrolment; returns it, or the earlier one of this id if there is one."""
        try:
            self._table.put(self._item(new), NEW)
        except ConditionFailed:
            return self.get(new.id)
        return new

    def save(self, after: Enrolment, chunk: Sequence[Member] = ()) -> None:
        """Replace the version before this one, and write its last chunk with it. Raises Stale."""
        before = Expression("#version = :before", values={"before": after.version - 1})
        stale = Stale(MOVED_ON(subject=after.id))
        if not chunk:
            try:
                self._table.put(self._item(after), before)
            except ConditionFailed as error:
                raise stale from error
            return
        members = chunk_item(after.id, after.chunks - 1, chunk, self._members_end())
        try:
            transact(self._table.client, [put(self._table, self._item(after), before), put(self._table, members)])
        except TransactionRefused as error:
            raise stale from error

    def chunk(self, enrolment_id: str, number: int) -> Sequence[Member]:
        """Read a chunk of members, counted from 0. Raises NotFound if it has expired."""
        item = self._table.get(enrolment_pk(enrolment_id), chunk_sk(number))
        if item is None:
            raise NotFound(ENROLMENT_EXPIRED())
        return members_of(item)

    def taken(self, enrolment_id: str, addresses: Sequence[str]) -> dict[str, str]:
        """Return which of these addresses are taken: address → the ref of the record that took it."""
        keys = {address_key(enrolment_id, address): address for address in addresses}
        return {keys[key]: item["ref"] for key, item in self._table.get_all(keys).items()}

    def take(self, enrolment_id: str, addresses: Mapping[str, str]) -> None:
        """Note that these addresses are taken."""
        ends = self._members_end()
        items = [address_item(enrolment_id, address, ref, ends) for address, ref in addresses.items()]
        put_all(self._table.client, self._table.name, items)

    def _item(self, work: Enrolment) -> Item:
        ended = work.finished_at
        return enrolment_item(work, None if ended is None else _seconds(ended + self._retention))

    def _members_end(self) -> int:
        return _seconds(self._clock.now() + max(self._retention, MEMBERS_KEPT_FOR))


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())
