"""Imports: their state, their files, and what carries them on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from whenthen.domain.imports.job import Import, RejectedRow
    from whenthen.ports.values import Page, RecordWrite


class ImportStore(Protocol):
    """The imports, and the rows that they refused."""

    def get(self, import_id: str) -> Import:
        """The import. Raises NotFound."""

    def list(self, *, limit: int, cursor: str | None) -> Page[Import]:
        """All imports, newest first; eventually consistent."""

    def rejected_rows(self, import_id: str) -> Sequence[RejectedRow]:
        """The refused rows that are kept, by line."""

    def create(self, new: Import) -> Import:
        """Keep a new import; returns the one that is kept, which is an earlier one of this id if there was one."""

    def save(self, after: Import) -> None:
        """Put it in the place of the version before it. Raises Stale."""

    def advance(self, after: Import, writes: Sequence[RecordWrite], refused: Sequence[RejectedRow]) -> None:
        """Move the import on from the version before it, and write the records of its rows, in one transaction.

        Raises Stale if the import or one of the records moved on. At most MAX_COST items, as `cost_of` counts them.
        """


class ImportFiles(Protocol):
    """The files of imports."""

    def upload_url(self, key: str, seconds: int) -> str:
        """An address to which whoever has it may PUT the file, for so long."""

    def head(self, key: str) -> tuple[int, str] | None:
        """The size of the file, and a tag that another content would not have; None where there is no file."""

    def read(self, key: str, tag: str, start: int, length: int) -> bytes:
        """Some bytes of the file, fewer at its end. Raises NotFound if it is gone, or is not that of `tag`."""


class ImportWorkers(Protocol):
    """What works imports off."""

    def start(self, import_id: str, turn: int) -> None:
        """Begin, unless this turn was begun. Raises Temporary."""
