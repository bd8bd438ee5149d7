"""Dates as people write them: read where that is certain, else told."""

from __future__ import annotations

import pytest

from whenthen.domain.common.errors import InvalidValue
from whenthen.domain.temporal.written_dates import AMBIGUOUS, UNREADABLE, DateOrder, order_of, read_written_date


@pytest.mark.parametrize(
    ("text", "order", "read"),
    [
        ("14.03.1990", None, "1990-03-14"),
        ("14.3.1990", None, "1990-03-14"),
        (" 14 . 03 . 1990 ", None, "1990-03-14"),
        ("03.04.1990", None, "1990-04-03"),
        ("03.04.1990", DateOrder.MDY, "1990-04-03"),
        ("03.14.1990", None, "1990-03-14"),
        ("14/03/1990", None, "1990-03-14"),
        ("14-03-1990", DateOrder.MDY, "1990-03-14"),
        ("3/14/1990", None, "1990-03-14"),
        ("03/14/1990", DateOrder.DMY, "1990-03-14"),
        ("03/04/1990", DateOrder.DMY, "1990-04-03"),
        ("03/04/1990", DateOrder.MDY, "1990-03-04"),
        ("03-04-1990", DateOrder.DMY, "1990-04-03"),
        ("05/05/1990", None, "1990-05-05"),
        ("1990. 03. 14.", None, "1990-03-14"),
        ("1990.3.4", None, "1990-03-04"),
        ("1990/03/04", DateOrder.DMY, "1990-03-04"),
        ("29.02.2024", None, "2024-02-29"),
        ("14.03.2026 9:30", None, "2026-03-14T09:30"),
        ("14/03/2026, 18:05:10", None, "2026-03-14T18:05:10"),
        ("1990-03-14", None, "1990-03-14"),
    ],
)
def test_a_date_that_can_be_read_in_one_way_is_read(text: str, order: DateOrder | None, read: str) -> None:
    assert read_written_date(text, order) == read


@pytest.mark.parametrize("text", ["03/04/1990", "3-4-1990", "14.03.90", "14/3/90", "01/02/03"])
def test_a_date_that_can_be_read_in_several_ways_is_told(text: str) -> None:
    for order in (None, DateOrder.YMD):
        with pytest.raises(InvalidValue) as error:
            read_written_date(text, order)
        assert error.value.reason == AMBIGUOUS(value=text)


@pytest.mark.parametrize("text", ["31.02.1990", "32/01/1990", "13/13/1990", "1990/13/40", "29.02.2023", "14 Mart 1990",
                                  "March 14, 1990", "1990. március 14.", "14. März 1990"])  # fmt: skip
def test_a_date_that_cannot_be_read_is_told(text: str) -> None:
    with pytest.raises(InvalidValue) as error:
        read_written_date(text, DateOrder.DMY)
    assert error.value.reason == UNREADABLE(value=text)


@pytest.mark.parametrize("text", ["", "soon", "--03-14", "03-14", "10.0.0.1", "1,5", "555-1234", "2026-03-14T09:30:00Z",
                                  "x" * 50, "12:30", "Monday"])  # fmt: skip
def test_what_is_no_date_stays_as_it_is(text: str) -> None:
    assert read_written_date(text, None) is None


@pytest.mark.parametrize(
    ("country", "order"),
    [("TR", "dmy"), ("ID", "dmy"), ("IL", "dmy"), ("GB", "dmy"), ("US", "mdy"), ("PH", "mdy"), ("HU", "ymd"),
     ("CA", "ymd"), ("JP", "ymd"), (None, None)],
)  # fmt: skip
def test_the_order_is_that_of_the_country_where_it_has_one(country: str | None, order: str | None) -> None:
    assert order_of(country) == order
