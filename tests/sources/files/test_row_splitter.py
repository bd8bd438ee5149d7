"""Files of rows are cut into the same rows, however their bytes come in, and from any place between two of them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whenthen.domain.imports.job import FileFormat, Place
from whenthen.sources.files import row_splitter
from whenthen.sources.files.reason_codes import OPEN_QUOTE, ROW_TOO_LONG
from whenthen.sources.files.row_splitter import Span, Splitter

START = Place()


def spans(
    blocks: Iterable[bytes], written: FileFormat = FileFormat.CSV, place: Place = START, delimiter: str = ","
) -> list[Span]:
    splitter, found = Splitter(written, delimiter, place), []
    queue = list(blocks)
    while True:
        while (span := splitter.next()) is not None:
            found.append(span)
        if not queue:
            return found
        splitter.feed(queue.pop(0), last=not queue)


def cut(data: bytes, size: int) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)] or [b""]


def texts(found: Iterable[Span]) -> list[bytes]:
    return [span.text for span in found]


CUTS: list[tuple[bytes, list[bytes], list[int]]] = [
    (b"a,b\nc,d\n", [b"a,b", b"c,d"], [1, 2]),
    (b"a,b\r\nc,d", [b"a,b", b"c,d"], [1, 2]),
    (b"a\rb\r", [b"a", b"b"], [1, 2]),
    (b'"a\nb",c\nd,e\n', [b'"a\nb",c', b"d,e"], [1, 3]),
    (b'"a\r\n\r\nb"\r\nd', [b'"a\r\n\r\nb"', b"d"], [1, 4]),
    (b'"say ""hi""\n,",x\ny', [b'"say ""hi""\n,",x', b"y"], [1, 3]),
    (b'5" pipe,x\n6" pipe,y\n', [b'5" pipe,x', b'6" pipe,y'], [1, 2]),
    (b"\n\na\n", [b"", b"", b"a"], [1, 2, 3]),
    (b",,\n", [b",,"], [1]),
    (b'""\n""""\n', [b'""', b'""""'], [1, 2]),
    (b'"a"junk,b\nc', [b'"a"junk,b', b"c"], [1, 2]),
    (b'\xef\xbb\xbf"a\nb",c\n1,2', [b'\xef\xbb\xbf"a\nb",c', b"1,2"], [1, 3]),
    (b'\xef\xbb\xbfa,b\n\xef\xbb\xbf"c\nd', [b"\xef\xbb\xbfa,b", b'\xef\xbb\xbf"c', b"d"], [1, 2, 3]),
    (b"", [], []),
]


@pytest.mark.parametrize(("data", "rows", "lines"), CUTS)
@pytest.mark.parametrize("size", [1, 2, 3, 1000])
def test_rows_end_where_a_line_does_outside_of_quotes(
    data: bytes, rows: list[bytes], lines: list[int], size: int
) -> None:
    found = spans(cut(data, size))
    assert texts(found) == rows
    assert [span.line for span in found] == lines
    assert not any(span.rejection for span in found)
    assert not found or found[-1].following.offset == len(data)


def test_a_row_of_json_is_a_line() -> None:
    found = spans(cut(b'{"a": "x\\n"}\r\n{"b": "\r"}\n\n{"c"', 4), FileFormat.JSON_LINES)
    assert texts(found) == [b'{"a": "x\\n"}\r', b'{"b": "\r"}', b"", b'{"c"']
    assert [span.line for span in found] == [1, 2, 3, 4]


TEXT = st.text(st.sampled_from('ab",;\r\n é'), max_size=12)


@given(rows=st.lists(st.lists(TEXT, min_size=1, max_size=4), max_size=8), size=st.integers(1, 40))
def test_what_a_csv_writer_wrote_comes_back_row_by_row(rows: list[list[str]], size: int) -> None:
    file = io.StringIO(newline="")
    csv.writer(file, lineterminator="\r\n", quoting=csv.QUOTE_ALL).writerows(rows)
    found = spans(cut(file.getvalue().encode(), size))
    assert [next(csv.reader([span.text.decode()], strict=True)) for span in found] == rows


JUNK = st.binary(max_size=60) | st.text(st.sampled_from('a",\n\r'), max_size=60).map(str.encode)


@given(data=JUNK, size=st.integers(1, 20), written=st.sampled_from(FileFormat))
def test_blocks_make_no_difference_and_every_place_is_one_to_go_on_from(
    data: bytes, size: int, written: FileFormat
) -> None:
    whole = spans([data], written)
    assert spans(cut(data, size), written) == whole
    for number, span in enumerate(whole):
        rest = data[span.following.offset :]
        assert spans(cut(rest, size), written, span.following) == whole[number + 1 :]
    assert (whole[-1].following.offset if whole else 0) == len(data)


def test_an_open_quote_costs_its_line_and_no_other() -> None:
    found = spans([b'a,"b\nc,d\n"e,f'])
    assert [(span.line, span.text, span.rejection) for span in found] == [(1, b'a,"b\nc,d\n"e,f', None)], (
        "the quote is closed, if late: strictly read it is a mistake"
    )
    found = spans([b'a,"b\nc,d\n'])
    assert [(span.line, span.text, span.rejection) for span in found] == [(1, b"", OPEN_QUOTE()), (2, b"c,d", None)]


@pytest.mark.parametrize("written", list(FileFormat))
@pytest.mark.parametrize("size", [7, 64, 1000])
def test_a_row_without_end_is_refused_and_never_held_in_memory(
    written: FileFormat, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(row_splitter, "MAX_ROW_BYTES", 50)
    splitter, longest = Splitter(written, ",", Place()), 0
    found: list[Span] = []
    data = b"ok\n" + b"x" * 5_000 + b"\nafter\n"
    blocks = cut(data, size)
    for number, block in enumerate(blocks, 1):
        splitter.feed(block, last=number == len(blocks))
        while (span := splitter.next()) is not None:
            found.append(span)
        longest = max(longest, len(splitter._data) - splitter._at)
    assert [(span.line, span.text, span.rejection) for span in found] == [
        (1, b"ok", None),
        (2, b"", ROW_TOO_LONG(count=256 * 1024)),
        (3, b"after", None),
    ]
    assert found[-1].following == Place(len(data), 4)
    assert longest <= 50 + size


def test_a_quoted_field_that_is_too_long_costs_its_first_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row_splitter, "MAX_ROW_BYTES", 20)
    found = spans(cut(b'a,"first\n' + b"and so on\n" * 9, 5))
    assert (found[0].line, found[0].rejection, found[0].following.line) == (1, ROW_TOO_LONG(count=256 * 1024), 2)
