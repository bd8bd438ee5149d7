"""Rows become fields, or a reason that names the column."""

from __future__ import annotations

from typing import Any

import pytest

from whenthen.domain.common.errors import Invalid, Malformed, Refused
from whenthen.domain.imports.job import Column, Format, Order, Switch, Type
from whenthen.sources.files.rows import Row, is_blank, read_header, read_row

COLUMNS = {
    "E-mail": Column("email"),
    "Amount": Column("amount", Type.NUMBER),
    "VIP": Column("vip", Type.BOOLEAN),
    "Notes": Column(""),
}


def csv_order(**columns: Column) -> Order:
    return Order("contact", Format.CSV, Switch.SKIP, columns=columns)


ORDER = Order("contact", Format.CSV, Switch.SKIP, columns=COLUMNS)
HEADER = ("id", "E-mail", "Amount", "VIP", "Notes", "tags")
JSON_LINES = Order("contact", Format.JSON_LINES, Switch.SKIP)


def test_columns_go_to_their_fields_and_types() -> None:
    header = read_header(b"\xef\xbb\xbfid, E-mail ,Amount,VIP,Notes,tags", ORDER)
    assert header == HEADER
    row = read_row('7,ay\u015fe@example.com,12.5,Yes,"what\nnot",vip; new;vip'.encode(), header, ORDER)
    assert row == Row("7", {"email": "ay\u015fe@example.com", "amount": 12.5, "vip": True, "tags": ["vip", "new"]})


def test_an_empty_cell_says_nothing() -> None:
    assert read_row(b",,  ,,,", HEADER, ORDER) == Row(None, {})


def test_a_cell_may_be_as_long_as_a_row() -> None:
    long = "x" * 200_000
    assert read_row(f"a@example.com,{long}".encode(), ("email", "note"), csv_order()).fields["note"] == long


def test_a_column_without_a_name_is_left_out() -> None:
    header = read_header(b"email,", csv_order())
    assert read_row(b"a@example.com,what", header, csv_order()) == Row(None, {"email": "a@example.com"})


def test_another_delimiter() -> None:
    order = Order("contact", Format.CSV, Switch.SKIP, delimiter=";")
    assert read_header(b"name;city", order) == ("name", "city")
    assert read_row(b'"a;b";c,d', ("name", "city"), order) == Row(None, {"name": "a;b", "city": "c,d"})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"7,a@example.com", "2 columns, the header has 6"),
        (b"7,a@example.com,many,,,", "Amount: a number such as 12.5"),
        (b"7,a@example.com,1;2,,,", "Amount"),
        (b"7,a@example.com,true,,,", "Amount"),
        (b'7,a@example.com,"1,5",,,', "Amount"),
        (b"7,a@example.com,NaN,,,", "Amount"),
        (b"7,a@example.com,420941079405511899223197,,,", "Amount"),
        (b"7,a@example.com,1,maybe,,", "VIP: true or false"),
        (b"7,\xff\xfe,,,,", "not UTF-8 at its byte 2"),
        (b'7,"a"b,,,,', "not CSV"),
        (b'7,"' + b"x" * 270_000 + b'",,,,', "not CSV"),
    ],
)
def test_a_row_that_is_none_says_why(text: bytes, said: str) -> None:
    with pytest.raises(Refused) as refused:
        read_row(text, HEADER, ORDER)
    assert said in refused.value.reason


def test_every_wrong_column_of_a_row_is_named() -> None:
    with pytest.raises(Invalid) as refused:
        read_row(b",,many,maybe,,", HEADER, ORDER)
    assert [problem.field for problem in refused.value.problems] == ["Amount", "VIP"]


@pytest.mark.parametrize(
    ("header", "order", "fields"),
    [
        (b"E-mail,Full Name", csv_order(**{"E-mail": Column("email")}), ["columns.Full Name"]),
        (b"email,Mail", csv_order(Mail=Column("email")), ["columns.Mail"]),
        (b"email,email", csv_order(), ["columns.email"]),
        (b"email", csv_order(phone=Column("phone")), ["columns.phone"]),
        (b"kind,email", csv_order(), ["columns.kind"]),
        (b"Notes", csv_order(Notes=Column("")), ["columns"]),
    ],
)
def test_a_header_that_leaves_questions_is_refused(header: bytes, order: Order, fields: list[str]) -> None:
    with pytest.raises(Invalid) as refused:
        read_header(header, order)
    assert [problem.field for problem in refused.value.problems] == fields


@pytest.mark.parametrize("text", ["name".encode("utf-16"), "na\u015fe".encode("latin5"), b'"name"x,y'])
def test_a_header_in_another_encoding_is_refused(text: bytes) -> None:
    with pytest.raises(Malformed):
        read_header(text, csv_order())


def test_rows_of_json() -> None:
    row = read_row(b'\xef\xbb\xbf{"id": "7", "email": "a@example.com", "old": null, "n": 1}\r', (), JSON_LINES)
    assert row == Row("7", {"email": "a@example.com", "old": None, "n": 1})


@pytest.mark.parametrize(
    "text", [b"[1]", b"7", b"{", b'{"a": NaN}', b'{"id": 7}', b"\xff", "{}".encode("utf-16"), b'{"a": 1} {"b": 2}']
)
def test_a_line_that_is_no_object_says_why(text: bytes) -> None:
    with pytest.raises(Refused) as refused:
        read_row(text, (), JSON_LINES)
    assert "the body" not in refused.value.reason


@pytest.mark.parametrize(("text", "blank"), [(b"", True), (b" \r", True), (b"\xef\xbb\xbf", True), (b",", False)])
def test_an_empty_line_is_no_row(text: bytes, blank: Any) -> None:
    assert is_blank(text) is blank
