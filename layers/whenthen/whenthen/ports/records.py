"""Store records, their identities and their dates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from whenthen.domain.events.event import Cause
    from whenthen.domain.records.consent_log import ConsentWord
    from whenthen.domain.records.date_index import DateEntry
    from whenthen.domain.records.record import Record
    from whenthen.ports.values import Page, SourceUpdate, WriteResult


class RecordStore(Protocol):
    """Store records with their identities."""

    def get(self, ref: str) -> Record | None:
        """Read the record `<kind>:<id>`, or the one that it was merged into; None if there is none."""

    def find(self, identities: Sequence[str], kind: str | None = None) -> Record | None:
        """Find the record (of `kind`) with one of these identities: a contact first, then a lead, then others.

        A record with a business-scoped id of these goes before records that share a number or address with the person,
        unless it has that number itself: then they belong to one person. A record with another such id belongs to
        another person, and is not found.
        """

    def find_all(self, identities: Sequence[str]) -> Sequence[Record]:
        """Return every record with one of these identities, contacts first, then leads; at most MAX_OF_PERSON.

        Includes records of others who share an address: a word about an address holds for all who have it.
        """

    def get_all(self, refs: Sequence[str]) -> Mapping[str, Record]:
        """Return the records that exist, by the refs that were given."""

    def find_each(self, wanted: Sequence[Sequence[str]], kind: str) -> Sequence[Record | None]:
        """Call `find` for each of these lists of identities, in their order."""

    def find_kinds(self, identities: Sequence[str], kinds: Sequence[str]) -> Sequence[Record | None]:
        """Call `find` for each of these kinds, in their order."""

    def put(self, record: Record, replaces: Record | None) -> None:
        """Write the record, its identities and dates. Raises Stale if the stored version is not that of `replaces`."""

    def put_once(self, record: Record, replaces: Record | None, update: SourceUpdate) -> WriteResult:
        """Write the record as `put` does, unless the update is a duplicate or stale. Raises Stale as `put` does.

        A record that equals the one it replaces is not written; the update is only noted.
        """

    def result_of(self, update: SourceUpdate, ref: str) -> WriteResult:
        """Tell what `put_once` would find of an update of this record, and write nothing."""

    def delete(self, record: Record, *, origin: str, cause: Cause) -> None:
        """Delete the record with its identities and dates; `origin` and `cause` say who and why. Raises Stale.

        What it refuses is kept for each of its addresses; what was agreed to there is not.
        """

    def words_of(self, identities: Sequence[str]) -> Mapping[str, Mapping[str, ConsentWord]]:
        """Return identity → channel → the last word on it that is kept apart from records; `all` is every channel.

        Identities of which nothing is kept are left out.
        """

    def keep_word(self, identity: str, channel: str, word: ConsentWord) -> None:
        """Keep a word on a channel at an address, unless a newer one is kept."""

    def merge(self, after: Record, survivor: Record, other: Record) -> None:
        """Merge `other` into `survivor`, which becomes `after` and gets its identities, dates and refs.

        Raises Stale if either changed; Invalid for more than can be written at once.
        """

    def list(
        self, kind: str, *, limit: int, cursor: str | None, takes: Callable[[Record], bool] | None = None
    ) -> Page[Record]:
        """List records of a kind that `takes` selects, by id; eventually consistent.

        A page may hold fewer than `limit` while there is a cursor: where records are large, or few of many are taken.
        """


class DateIndex(Protocol):
    """Read the dates of all records; `domain.scheduling.date_triggers` says where a day's dates stand."""

    def entries(self, partition: str, prefix: str) -> Iterable[DateEntry]:
        """Yield the dates of a partition whose sort keys begin with `prefix`."""
