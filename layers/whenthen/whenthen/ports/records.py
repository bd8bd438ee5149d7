"""The records, their identities and their dates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from whenthen.domain.events.event import Cause
    from whenthen.domain.records.date_index import DateEntry
    from whenthen.domain.records.record import Record
    from whenthen.ports.values import Page, SourceUpdate, WriteResult


class RecordStore(Protocol):
    """The records and their identities."""

    def get(self, ref: str) -> Record | None:
        """The record `<kind>:<id>`, or the one that it was merged into."""

    def find(self, identities: Sequence[str], kind: str | None = None) -> Record | None:
        """The record (of `kind`) that has one of these identities: a contact rather than a lead rather than others.

        One that has a business-scoped id of these goes before those that share a number or address with the person,
        unless it has that number itself: then they are one person's. One that has another such id is another person's,
        and is not found.
        """

    def find_all(self, identities: Sequence[str]) -> Sequence[Record]:
        """Every record that has one of these identities, a contact first, then leads; at most MAX_OF_PERSON.

        Also those of others who share an address: what is said of an address holds for all who have it.
        """

    def get_all(self, refs: Sequence[str]) -> Mapping[str, Record]:
        """Those of the records that exist, by the refs that were asked for."""

    def find_each(self, wanted: Sequence[Sequence[str]], kind: str) -> Sequence[Record | None]:
        """What `find` gives for each of these lists of identities, in their order."""

    def put(self, record: Record, replaces: Record | None) -> None:
        """Write the record, its identities and dates. Raises Stale if the stored version is not that of `replaces`."""

    def put_once(self, record: Record, replaces: Record | None, update: SourceUpdate) -> WriteResult:
        """As `put`, together with a note that it was told: not again what is noted, nor what is older than the newest
        that its source told of this record. A record that is what it replaces is only noted. Raises Stale."""

    def delete(self, record: Record, *, origin: str, cause: Cause) -> None:
        """Remove the record with its identities and dates; `origin` and `cause` say who and why. Raises Stale."""

    def merge(self, after: Record, survivor: Record, other: Record) -> None:
        """Let `other` become part of `survivor`, which then is `after`: its identities, dates and refs are the
        survivor's from then on. Raises Stale if either moved on; Invalid for more than can be written at once."""

    def list(self, kind: str, *, limit: int, cursor: str | None) -> Page[Record]:
        """Records of a kind by id; eventually consistent."""


class DateIndex(Protocol):
    """The dates of all records; `domain.scheduling.date_triggers` says where a day's stand."""

    def entries(self, partition: str, prefix: str) -> Iterable[DateEntry]:
        """The dates of a partition whose sort keys begin so."""
