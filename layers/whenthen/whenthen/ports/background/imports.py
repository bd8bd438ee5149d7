"""Store imports and their files, and start the work on them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from whenthen.domain.imports.job import Import, RejectedRow
    from whenthen.ports.values import Page, RecordWrite


class ImportStore(Protocol):
    """Store imports, and their rejected rows."""

    def get(self, import_id: str) -> Import:
        """Read the import. Raises NotFound."""

    def list(self, *, limit: int, cursor: str | None) -> Page[Import]:
        """List all imports, newest first; eventually consistent."""

    def rejected_rows(self, import_id: str) -> Sequence[RejectedRow]:
        """List the stored rejected rows, by line."""

    def create(self, new: Import) -> Import:
        """Store a new import unless there is one of this id; return the stored import."""

    def save(self, after: Import) -> None:
        """Store it in place of the version before it. Raises Stale."""

    def advance(self, after: Import, writes: Sequence[RecordWrite], refused: Sequence[RejectedRow]) -> None:
        """Store the import in place of the version before it, and write the records of its rows, in one transaction.

        Raises Stale if the import or one of the records changed. At most MAX_COST items, as `cost_of` counts them.
        """


class ImportFiles(Protocol):
    """Store the files of imports."""

    def upload_url(self, key: str, seconds: int) -> str:
        """Sign a URL to which its holder may PUT the file, for so many seconds."""

    def head(self, key: str) -> tuple[int, str] | None:
        """Return the size of the file, and a tag that changes with its content; None if there is no file."""

    def read(self, key: str, tag: str, start: int, length: int) -> bytes:
        """Read some bytes of the file, fewer at its end. Raises NotFound if it is gone, or is not that of `tag`."""


class ImportWorkers(Protocol):
    """Start the work on imports."""

    def start(self, import_id: str, turn: int) -> None:
        """Start this turn, unless it was started. Raises Temporary."""
