"""Shape imports: files of records that are worked off in the background."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from aws_lambda_powertools.event_handler.openapi.params import Body
from pydantic import ConfigDict, Field

from whenthen.api.models.base import Described, Model, Sparse, Time, time_of
from whenthen.api.models.shared import ReasonText
from whenthen.api.rendering.renderer import Renderer
from whenthen.domain.events.event import format_time
from whenthen.domain.imports import job, spec
from whenthen.domain.temporal.written_dates import DateOrder
from whenthen.ports.values import Page

_ORDER: dict[str, Any] = {"kind": "contact", "format": "csv", "rules": "skip", "columns": {"Telefon": "phone"}}


class ImportColumn(Sparse):
    """The field that a column of a CSV file goes to, and how its text is read."""

    field: str = Field(description="A field, or consent.<channel>.", examples=["amount"])
    type: job.ColumnType = job.ColumnType.TEXT
    separator: str = Field(default=job.LIST_SEPARATOR, description="What stands between the items of a list.")
    blank: job.Blank | None = Field(default=None, description="What an empty cell does; by default as `blanks` says.")


class ImportOrder(Sparse):
    """The contents of a file of records, and how rules treat them."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_ORDER]})
    kind: str = Field(description="The kind of its records.", examples=["contact"])
    format: job.FileFormat
    rules: job.RuleSwitch = Field(
        description="`run`: changes are events like any other; `skip`: they are none; "
        "`enrol`: they are none, and every record enters the rules in `enrol`."
    )
    enrol: list[str] | str = Field(default_factory=list, description="Ids of rules with a manual trigger.")
    delimiter: str = Field(default=",", description="Of a CSV file: comma, semicolon, tab or bar.")
    columns: dict[str, ImportColumn | str | None] = Field(
        default_factory=dict,
        description="Of a CSV file: header → field; null leaves a column out. Others go to the field of their name.",
    )
    blanks: job.Blank = Field(default=job.Blank.KEEP, description="Of a CSV file: what an empty cell does.")
    language: job.Language | None = Field(
        default=None,
        description="Of a CSV file: how its numbers are written (1.234,5); by default as in JSON (1234.5).",
    )
    date_order: DateOrder | None = Field(
        default=None, description="Of dates such as 03/04/1990; by default that of the installation's country."
    )


ImportBody = Annotated[dict[str, Any], Body(description="What the file holds."), Described(ImportOrder)]


class ImportProgress(Model):
    """How far an import came."""

    bytes: int = Field(description="Bytes that are done.")
    of: int = Field(description="Bytes of the file.")
    line: int = Field(description="The line where the next row begins, counted from 1.")


class RowCounts(Model):
    """The rows so far, by their result."""

    created: int
    updated: int
    unchanged: int
    refused: int


class Import(Model):
    """A file of records: what it was asked for, and how far it came."""

    id: str
    kind: str
    format: job.FileFormat
    rules: job.RuleSwitch
    enrol: list[str]
    delimiter: str
    date_order: DateOrder | None
    country: str | None = Field(description="ISO 3166 code, by which phone numbers without a country code are read.")
    columns: dict[str, ImportColumn | None]
    blanks: job.Blank
    language: job.Language | None
    status: job.ImportStatus
    reason: ReasonText | None = Field(description="Why it failed, or who stopped it; null otherwise.")
    progress: ImportProgress
    rows: RowCounts
    created_at: Time
    created_by: str = Field(description="The id of an API key.")
    started_at: Time | None
    finished_at: Time | None

    @classmethod
    def of(cls, renderer: Renderer, work: job.Import) -> Import:
        """Show an import."""
        return cls.model_validate(_shown(renderer, work))


class RejectedRow(Model):
    """A row that was not imported."""

    line: int = Field(description="The line where it begins, counted from 1.")
    reason: ReasonText


class ImportWithRejectedRows(Import):
    """An import, and the first 100 of its rejected rows."""

    refused: list[RejectedRow]

    @classmethod
    def of_rows(cls, renderer: Renderer, work: job.Import, rows: Sequence[job.RejectedRow]) -> ImportWithRejectedRows:
        """Show an import with rejected rows."""
        refused = [RejectedRow(line=row.line, reason=ReasonText.of(renderer, row.reason)) for row in rows]
        return cls.model_validate({**_shown(renderer, work), "refused": refused})


class Upload(Model):
    """Where the file goes."""

    method: str = Field(examples=["PUT"])
    url: str
    expires_in: int = Field(description="Seconds.")


class CreatedImport(Import):
    """An import; its file is to be PUT to `upload.url` as it is."""

    upload: Upload

    @classmethod
    def of_upload(cls, renderer: Renderer, work: job.Import, url: str, expires_in: int) -> CreatedImport:
        """Show an import with the address for its file."""
        upload = Upload(method="PUT", url=url, expires_in=expires_in)
        return cls.model_validate({**_shown(renderer, work), "upload": upload})


class ImportPage(Model):
    """Some of the imports, the newest first."""

    items: list[Import]
    cursor: str | None = Field(description="Where the next page begins; null on the last.")

    @classmethod
    def of(cls, renderer: Renderer, page: Page[job.Import]) -> ImportPage:
        """Show a page of imports."""
        return cls(items=[Import.of(renderer, work) for work in page.items], cursor=page.cursor)


def _shown(renderer: Renderer, work: job.Import) -> dict[str, Any]:
    counts = {name: getattr(work.counts, name) for name in RowCounts.model_fields}
    return {
        "id": work.id,
        **spec.to_json(work.order),
        "status": work.status.value,
        "reason": ReasonText.of_any(renderer, work.reason),
        "progress": ImportProgress(bytes=work.place.offset, of=work.size, line=work.place.line),
        "rows": RowCounts(**counts),
        "created_at": format_time(work.created_at),
        "created_by": work.by,
        "started_at": time_of(work.started_at),
        "finished_at": time_of(work.finished_at),
    }
