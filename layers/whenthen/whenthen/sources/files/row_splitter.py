"""Split a file into rows as its bytes come in. A place between two rows is enough to resume from.

CSV is that of RFC 4180: a field that begins with a quote may hold line breaks, delimiters and doubled quotes.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from msgspec import Struct

from whenthen.domain.imports.job import FileFormat, Place
from whenthen.sources.files.reason_codes import OPEN_QUOTE, ROW_TOO_LONG

if TYPE_CHECKING:
    from whenthen.domain.common.reasons import Reason

MAX_ROW_BYTES = 256 * 1024
"""Bytes of a row. A longer one is refused up to the end of its first line."""

BOM = b"\xef\xbb\xbf"
"""Byte order mark before the first row; a quote right after it opens a field all the same."""

_TOO_LONG = ROW_TOO_LONG(count=MAX_ROW_BYTES)
_BREAK = re.compile(rb"\r\n|\n|\r")


class Span(Struct, frozen=True):
    """Hold the bytes of one row without its line break, or in `rejection` why they are none; and the next place."""

    line: int
    text: bytes
    following: Place
    rejection: Reason | None = None


class Splitter:
    """Split the bytes that are fed to it into rows, from `place` on."""

    def __init__(self, written: FileFormat, delimiter: str, place: Place) -> None:
        self._row = _json_row() if written is FileFormat.JSON_LINES else _csv_row(delimiter)
        self._first = _json_row() if written is FileFormat.JSON_LINES else _csv_row(delimiter, BOM)
        self._break = re.compile(rb"\n") if written is FileFormat.JSON_LINES else _BREAK
        self._place = place
        self._data = b""
        self._at = 0
        self._all = False
        self._skipped = 0

    def feed(self, data: bytes, *, last: bool) -> None:
        """Add bytes; `last`: there are no more after these."""
        self._data, self._at, self._all = self._data[self._at :] + data, 0, last

    def next(self) -> Span | None:
        """Return the next row; None until more bytes are fed, and at the end."""
        if self._at == len(self._data) and not self._skipped:
            return None
        if self._skipped:
            return self._skip(_TOO_LONG)
        found = (self._row if self._place.offset else self._first).match(self._data, self._at)
        # At the end of the bytes a row may continue, and the line feed after its carriage return may still come.
        if found is not None and (self._all or found.end() < len(self._data) or found[2] == b"\n"):
            return self._span(found[1], found.end()) if len(found[1]) <= MAX_ROW_BYTES else self._skip(_TOO_LONG)
        if len(self._data) - self._at > MAX_ROW_BYTES or self._all:
            return self._skip(_TOO_LONG if len(self._data) - self._at > MAX_ROW_BYTES else OPEN_QUOTE())
        return None

    def _skip(self, why: Reason) -> Span | None:
        """Refuse everything up to the end of this line, which may lie in bytes that are yet to come."""
        found = self._break.search(self._data, self._at)
        if found is not None and (self._all or found.end() < len(self._data) or found[0] == b"\n"):
            return self._span(b"", found.end(), why)
        if self._all:
            return self._span(b"", len(self._data), why)
        kept = 1 if self._data.endswith(b"\r") else 0
        self._skipped += len(self._data) - kept - self._at
        self._data, self._at = self._data[len(self._data) - kept :], 0
        return None

    def _span(self, text: bytes, end: int, rejection: Reason | None = None) -> Span:
        line, size = self._place.line, self._skipped + end - self._at
        lines = 1 if rejection else len(self._break.findall(self._data, self._at, end))
        self._place = Place(self._place.offset + size, line + lines)
        self._at, self._skipped = end, 0
        return Span(line, text, self._place, rejection)


def _json_row() -> re.Pattern[bytes]:
    return re.compile(rb"([^\n]*+)(\n|\Z)")


@lru_cache(maxsize=8)
def _csv_row(delimiter: str, mark: bytes = b"") -> re.Pattern[bytes]:
    """Match a row, which `mark` may precede, and its line break.

    The pattern never tries anything in two ways: an open quote stays open to the end.
    """
    cut = re.escape(delimiter.encode())
    quoted = rb'"[^"]*+(?:""[^"]*+)*+"[^' + cut + rb"\r\n]*+"
    plain = rb'[^"' + cut + rb"\r\n][^" + cut + rb"\r\n]*+"
    one = rb"(?:" + quoted + rb"|" + plain + rb"|)"
    return re.compile(rb"((?:" + mark + rb")?+" + one + rb"(?:" + cut + one + rb")*+)(\r\n|\n|\r|\Z)")
