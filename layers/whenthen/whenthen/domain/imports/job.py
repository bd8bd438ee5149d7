"""Define the import: a file of records that a job reads row by row.

Its checkpoint moves on together with the records of the rows before it, in one transaction, so each row has its effect
once, however often the job is interrupted or started twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from whenthen.domain.temporal.written_dates import DateOrder  # noqa: TC001 - msgspec reads the types of an order

if TYPE_CHECKING:
    from whenthen.domain.common.reasons import Reason

MAX_FILE_BYTES = 500_000_000
MAX_REFUSALS = 100
"""Bound the rejected rows that are stored with their reasons. All of them are counted."""

MAX_ENROL_RULES = 5
MAX_COLUMNS = 200


class FileFormat(StrEnum):
    """Name the format of a file."""

    CSV = "csv"
    JSON_LINES = "json_lines"


class RuleSwitch(StrEnum):
    """Decide how rules treat the imported records."""

    RUN = "run"
    SKIP = "skip"
    ENROL = "enrol"


class ImportStatus(StrEnum):
    """Name the state of an import."""

    WAITING = "waiting"
    RUNNING = "running"
    STOPPED = "stopped"
    DONE = "done"
    FAILED = "failed"


class ColumnType(StrEnum):
    """Tell how the text of a column is read."""

    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "boolean"
    LIST = "list"


class Blank(StrEnum):
    """Decide what an empty cell does to its field."""

    KEEP = "keep"
    ERASE = "erase"


class Language(StrEnum):
    """Name the language in which the numbers of a file are written."""

    EN = "en"
    TR = "tr"
    HU = "hu"
    ID = "id"
    HE = "he"


LIST_SEPARATOR = ";"


class Column(Struct, frozen=True):
    """Map a column of a CSV file to a field; no field: it is left out.

    separator  stands between the items of a list
    blank      what an empty cell does; None: as the order says
    """

    field: str
    type: ColumnType = ColumnType.TEXT
    separator: str = LIST_SEPARATOR
    blank: Blank | None = None


class Order(Struct, frozen=True):
    """Hold the admin's order of an import.

    rules    `run`: changes are events like any other; `skip`: they are none; `enrol`: they are none, but every
             record of the file enters the rules in `enrol`, as if a person started them by hand
    columns  of a CSV file: by header; those that are not named go to the field of their own name
    blanks   of a CSV file: what an empty cell does
    language of a CSV file's numbers; None: they are written as JSON writes them
    date_order  of dates such as 03/04/1990; None: that of the country of its phone numbers
    country     of phone numbers without a country code, as the installation's was; None: that of the stack
    """

    kind: str
    format: FileFormat
    rules: RuleSwitch
    enrol: tuple[str, ...] = ()
    delimiter: str = ","
    columns: Mapping[str, Column] = field(default_factory=dict)
    blanks: Blank = Blank.KEEP
    language: Language | None = None
    date_order: DateOrder | None = None
    country: str | None = None


class Counts(Struct, frozen=True):
    """Count the rows so far by their result."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: int = 0

    def plus(self, other: Counts) -> Counts:
        """Add both."""
        return Counts(
            self.created + other.created,
            self.updated + other.updated,
            self.unchanged + other.unchanged,
            self.refused + other.refused,
        )


class Place(Struct, frozen=True):
    """Mark where the next row of a file begins: bytes before it, and its line, counted from 1."""

    offset: int = 0
    line: int = 1


class RejectedRow(Struct, frozen=True):
    """Describe a rejected row: the line where it begins, and the reason."""

    line: int
    reason: Reason


class Import(Struct, frozen=True):
    """Hold an import as it stands at `version`.

    place     everything before it is done
    header    the names in a CSV file's first row, once that was read
    pending   the records of the rows before `place` that are yet to enter the rules of `order.enrol`
    size, tag the file as it was when the import was started: another one is not gone on with
    turn      counts the starts, from 1
    """

    id: str
    order: Order
    by: str
    created_at: datetime
    status: ImportStatus = ImportStatus.WAITING
    reason: Reason | None = None
    place: Place = Place()
    header: tuple[str, ...] = ()
    counts: Counts = Counts()
    pending: tuple[str, ...] = ()
    size: int = 0
    tag: str = ""
    turn: int = 0
    started_at: datetime | None = None
    finished_at: datetime | None = None
    version: int = 1

    @property
    def key(self) -> str:
        """Return the object key of its file."""
        return f"imports/{self.id}"

    def moved(self, place: Place, counts: Counts, pending: tuple[str, ...], header: tuple[str, ...]) -> Import:
        """Return the import after a batch of rows."""
        return replace(
            self,
            place=place,
            counts=self.counts.plus(counts),
            pending=pending,
            header=header,
            version=self.version + 1,
        )

    def ended(self, status: ImportStatus, now: datetime, reason: Reason | None = None) -> Import:
        """Return the import, stopped or with its outcome. A stopped one keeps its place and pending records."""
        return replace(
            self,
            status=status,
            reason=reason,
            finished_at=now,
            place=Place(self.size, self.place.line) if status is ImportStatus.DONE else self.place,
            pending=self.pending if status is ImportStatus.STOPPED else (),
            version=self.version + 1,
        )

    def begun(self, size: int, tag: str, now: datetime) -> Import:
        """Return the import at the start of its next turn, with its file as it is now."""
        return replace(
            self,
            status=ImportStatus.RUNNING,
            reason=None,
            size=size,
            tag=tag,
            turn=self.turn + 1,
            started_at=self.started_at or now,
            finished_at=None,
            version=self.version + 1,
        )
