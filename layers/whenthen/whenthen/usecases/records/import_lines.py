"""Read the lines of an import's file ahead, block by block, and check each as a record's fields are."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from whenthen.domain.common.errors import Invalid, Refused
from whenthen.domain.imports.job import FileFormat, Import
from whenthen.domain.records.dated_fields import with_read_dates
from whenthen.domain.records.record import check_fields, identities_of, parse_ref
from whenthen.domain.temporal.written_dates import order_of
from whenthen.sources.files.row_splitter import Span, Splitter
from whenthen.sources.files.rows import Row, is_blank, read_header, read_row
from whenthen.usecases.records.import_batches import Line
from whenthen.usecases.records.normalise import normalised
from whenthen.usecases.records.reason_codes import HEADER_UNREADABLE, ID_REQUIRED

if TYPE_CHECKING:
    from whenthen.ports.background.imports import ImportFiles

BLOCK = 512 * 1024
"""Bytes of the file that are fetched at once."""


class LineReader:
    """Read the file from an import's checkpoint on."""

    def __init__(self, files: ImportFiles, work: Import, default_country: str | None) -> None:
        self._files, self._work, self._country = files, work, work.order.country or default_country
        self._splitter = Splitter(work.order.format, work.order.delimiter, work.place)
        self._fetched = work.place.offset
        self._ahead: deque[Line] = deque()
        self.header = work.header

    def upcoming(self, most: int) -> list[Line]:
        """Return the next lines, fewer at the end of the file. Raises Refused if the file cannot be read at all."""
        while len(self._ahead) < most and (span := self._span()) is not None:
            if not span.rejection and is_blank(span.text, self._work.order):
                continue
            if self._work.order.format is FileFormat.CSV and not self.header:
                self.header = self._read_header(span)
            else:
                self._ahead.append(self._line(span))
        return [self._ahead[place] for place in range(min(most, len(self._ahead)))]

    def drop(self, count: int) -> None:
        """Drop the first `count` of the upcoming lines, which are done."""
        for _ in range(count):
            self._ahead.popleft()

    def _span(self) -> Span | None:
        while (span := self._splitter.next()) is None and self._fetched < self._work.size:
            data = self._files.read(self._work.key, self._work.tag, self._fetched, BLOCK)
            self._fetched += len(data)
            self._splitter.feed(data, last=self._fetched >= self._work.size)
        return span

    def _read_header(self, span: Span) -> tuple[str, ...]:
        if span.rejection:
            raise Invalid.field("columns", HEADER_UNREADABLE(reason=span.rejection))
        return read_header(span.text, self._work.order)

    def _line(self, span: Span) -> Line:
        if span.rejection:
            return Line(span.line, span.following, rejection=span.rejection)
        try:
            return Line(span.line, span.following, self._checked(read_row(span.text, self.header, self._work.order)))
        except Refused as error:
            return Line(span.line, span.following, rejection=error.reason)

    def _checked(self, row: Row) -> Row:
        """Normalise and check a row as a record's fields. Raises Invalid naming each field."""
        read, problems = with_read_dates(row.fields, self._work.order.date_order or order_of(self._country))
        if problems:
            raise Invalid(problems)
        fields = normalised(read, self._country)
        check_fields(fields)
        if row.external_id is not None:
            parse_ref(f"{self._work.order.kind}:{row.external_id}", "id")
        elif not identities_of(fields):
            raise Invalid.field("id", ID_REQUIRED())
        return Row(row.external_id, fields)
