"""Dates as people write them: read where that is certain, else told."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from babel import Locale
from babel.dates import format_date

from dev import calendar_names
from whenthen.domain.common.errors import InvalidValue
from whenthen.domain.temporal.calendar_settings import LANGUAGES
from whenthen.domain.temporal.written_dates import AMBIGUOUS, UNREADABLE, DateOrder, order_of, read_written_date

COUNTRIES = {"en": "US", "he": "IL", "hu": "HU", "id": "ID", "tr": "TR"}


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


@pytest.mark.parametrize("text", ["31.02.1990", "32/01/1990", "13/13/1990", "1990/13/40", "29.02.2023", "14. März 1990",
                                  "14 mars 1990", "30 February 1990", "31 Nisan 1990", "Lundi 14 March 1990",
                                  "14 March 1990 somewhere", "32 March 1990"])  # fmt: skip
def test_a_date_that_cannot_be_read_is_told(text: str) -> None:
    with pytest.raises(InvalidValue) as error:
        read_written_date(text, DateOrder.DMY)
    assert error.value.reason == UNREADABLE(value=text)


NAMED = [
    # English
    "14 March 1990", "14 Mar 1990", "14 mar. 1990", "14th March 1990", "14th of March 1990", "14th of March, 1990",
    "March 14, 1990", "March 14 1990", "March 14th, 1990", "Mar. 14, 1990", "MARCH 14, 1990", "14-Mar-1990",
    "14/Mar/1990", "14 Mar, 1990", "1990 March 14", "1990-Mar-14", "Wednesday, 14 March 1990", "Wed, 14 Mar 1990",
    "Wednesday, March 14, 1990", "14Mar1990",
    # Turkish
    "14 Mart 1990", "14 MART 1990", "14. Mart 1990", "14 Mar 1990", "14 Mart 1990 Çarşamba", "14 Mart 1990, Çarşamba",
    "14 Mart 1990 (Çarşamba)", "Çarşamba 14 Mart 1990",
    # Hungarian
    "1990. március 14.", "1990. márc. 14.", "1990. MÁRCIUS 14.", "1990 március 14", "1990. marcius 14.",
    "1990. március 14-én", "1990. március 14., szerda", "14. március 1990",
    # Indonesian
    "14 Maret 1990", "14 Mar 1990", "Rabu, 14 Maret 1990", "14 maret 1990",
    # Hebrew
    "14 במרץ 1990", "14 מרץ 1990", "יום רביעי, 14 במרץ 1990",
]  # fmt: skip


@pytest.mark.parametrize("text", NAMED)
@pytest.mark.parametrize("order", [None, DateOrder.MDY])
def test_a_date_with_the_name_of_its_month_is_read_in_any_of_our_languages(text: str, order: DateOrder | None) -> None:
    assert read_written_date(text, order) == "1990-03-14"


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("14 March 1990 9:30", "1990-03-14T09:30"),
        ("14 Mart 1990, 18:05", "1990-03-14T18:05"),
        ("1990. március 14. 18:05:10", "1990-03-14T18:05:10"),
        ("Wednesday, March 14, 1990 07:00", "1990-03-14T07:00"),
        ("29 Şubat 2024", "2024-02-29"),
        ("1 Ocak 2026", "2026-01-01"),
        ("3 May 2026", "2026-05-03"),
        ("3 Mayıs 2026", "2026-05-03"),
        ("3 MAYIS 2026", "2026-05-03"),
        ("3 HAZİRAN 2026", "2026-06-03"),
        ("5 Ağustos 2026", "2026-08-05"),
        ("5 Agustos 2026", "2026-08-05"),
        ("5 Ag\u0306ustos 2026", "2026-08-05"),
        ("30 Eylül 2026", "2026-09-30"),
        ("9 EKİM 2026", "2026-10-09"),
        ("10 Kasım 2026", "2026-11-10"),
        ("10 KASIM 2026", "2026-11-10"),
        ("24 Aralık 2026", "2026-12-24"),
        ("24 Ara 2026", "2026-12-24"),
        ("2026. szeptember 3.", "2026-09-03"),
        ("2026. okt. 23.", "2026-10-23"),
        ("17 Agustus 2026", "2026-08-17"),
        ("25 Des 2026", "2026-12-25"),
        ("3 Sept 2026", "2026-09-03"),
        ("3 Sept. 2026", "2026-09-03"),
        ("1 בינואר 2026", "2026-01-01"),
        ("24 בדצמ׳ 2026", "2026-12-24"),
    ],
)
def test_names_of_months_with_and_without_their_marks(text: str, read: str) -> None:
    assert read_written_date(text, None) == read


@pytest.mark.parametrize("text", ["14 March 90", "14 Mart '90", "Mar 14, 90", "1 Oca 26"])
def test_a_year_without_its_century_is_told(text: str) -> None:
    with pytest.raises(InvalidValue) as error:
        read_written_date(text, DateOrder.DMY)
    assert error.value.reason == AMBIGUOUS(value=text)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("style", ["long", "medium", "full"])
def test_dates_are_read_as_each_language_writes_them(language: str, style: str) -> None:
    """Every day of a year, as CLDR says that people write dates."""
    for day in (date(2026, 1, 1) + timedelta(days=ahead) for ahead in range(365)):
        written = format_date(day, style, Locale(language))  # type: ignore[arg-type]
        read = read_written_date(written, order_of(COUNTRIES[language]))
        assert read == day.isoformat(), written


def test_the_names_are_those_of_cldr() -> None:
    assert calendar_names.PATH.read_text(encoding="utf-8") == calendar_names.text(), "python -m dev.calendar_names"


@pytest.mark.parametrize("text", ["", "soon", "March", "14 March", "May 2026", "12 Monkeys", "a 1 b 2",
                                  "in the year 1990", "--03-14", "03-14", "10.0.0.1", "1,5", "555-1234",
                                  "2026-03-14T09:30:00Z",
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
