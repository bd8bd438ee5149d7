"""The installation's calendar: what is read, and which field each mistake is named by."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import date
from typing import Any

import pytest

from whenthen.domain.common.errors import Invalid
from whenthen.domain.temporal.calendar_settings import check_calendar_settings, read_calendar_settings
from whenthen.domain.temporal.working_hours import usual_week

DAY = (540, 1_080)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ({"mon": ["09:00", "18:00"]}, ((DAY,), (), (), (), (), (), ())),
        ({"sun": [["13:00", "18:00"], ["09:00", "12:00"]]}, ((),) * 6 + (((540, 720), (780, 1_080)),)),
        ({"tue": ["00:00", "24:00"], "wed": [], "thu": None}, ((), ((0, 1_440),), (), (), (), (), ())),
        ({"fri": [["09:00", "12:00"], ["12:00", "18:00"]]}, ((),) * 4 + (((540, 720), (720, 1_080)),) + ((),) * 2),
    ],
)
def test_working_hours(written: dict[str, Any], expected: Any) -> None:
    assert read_calendar_settings({"working_hours": written}).working_hours == expected


@pytest.mark.parametrize(
    ("document", "fields"),
    [
        ({"working_hours": {}}, ["working_hours"]),
        ({"working_hours": {"mon": []}}, ["working_hours"]),
        ({"working_hours": []}, ["working_hours", "working_hours"]),
        ({"working_hours": {"mon": ["18:00", "09:00"]}}, ["working_hours.mon"]),
        ({"working_hours": {"mon": ["09:00", "09:00"]}}, ["working_hours.mon"]),
        ({"working_hours": {"mon": ["09:00"]}}, ["working_hours.mon"]),
        ({"working_hours": {"mon": "09:00-18:00"}}, ["working_hours.mon"]),
        ({"working_hours": {"mon": {"from": "09:00"}}}, ["working_hours.mon"]),
        ({"working_hours": {"mon": ["9:00", "18:00"]}}, ["working_hours.mon"]),
        ({"working_hours": {"mon": ["24:00", "24:00"]}}, ["working_hours.mon"]),
        ({"working_hours": {"mon": [9, 18]}}, ["working_hours.mon"]),
        ({"working_hours": {"mon": [["09:00", "13:00"], ["12:00", "18:00"]]}}, ["working_hours.mon"]),
        ({"working_hours": {"mon": [["09:00", "18:00"]] * 9}}, ["working_hours.mon"]),
        ({"working_hours": {"monday": ["09:00", "18:00"], "tue": ["09:00", "18:00"]}}, ["working_hours.monday"]),
        ({"working_hours": {"mon": ["09:00", "25:00"], "tue": 3}}, ["working_hours.mon", "working_hours.tue"]),
        ({"holidays": {"country": "tr"}}, ["holidays.country"]),
        ({"holidays": {"country": "Turkey"}}, ["holidays.country"]),
        ({"holidays": {"country": 7}}, ["holidays.country"]),
        ({"holidays": {"subdivision": "BY"}}, ["holidays.subdivision"]),
        ({"holidays": {"also": ["31.12.2026"]}}, ["holidays.also"]),
        ({"holidays": {"also": ["2026-02-29"]}}, ["holidays.also"]),
        ({"holidays": {"also": ["2026-12-31T00:00:00"]}}, ["holidays.also"]),
        ({"holidays": {"also": [20261231]}}, ["holidays.also"]),
        ({"holidays": {"except": ["2026-13-01", "x"]}}, ["holidays.except", "holidays.except"]),
        ({"holidays": {"also": ["2026-12-31"], "except": ["2026-12-31"]}}, ["holidays.except"]),
        ({"holidays": {"add": ["2026-12-31"]}}, ["holidays.add"]),
        ({"holidays": ["2026-12-31"]}, ["holidays"]),
        ({"country": "tr", "holidays": {}}, ["country"]),
        ({"country": "XX", "holidays": {}}, ["holidays.country"]),
        ({"holidays": {"country": "XX"}}, ["holidays.country"]),
        ({"holidays": {"country": "US", "subdivision": "ZZ"}}, ["holidays.subdivision"]),
        ({"holidays": {"country": "TR", "subdivision": "34"}}, ["holidays.subdivision"]),
    ],
)
def test_a_wrong_value_is_refused_by_its_field(document: dict[str, Any], fields: list[str]) -> None:
    with pytest.raises(Invalid) as error:
        check_calendar_settings(document)
    assert [problem.field for problem in error.value.problems] == fields


TR = {"country": "TR", "subdivision": None, "also": ["2026-12-31"], "except": ["2026-05-19"]}


@pytest.mark.parametrize(
    ("document", "day", "expected"),
    [
        ({"holidays": TR}, date(2026, 10, 29), True),  # Cumhuriyet Bayramı
        ({"holidays": TR}, date(2026, 3, 20), True),  # Ramazan Bayramı
        ({"holidays": TR}, date(2026, 10, 28), False),  # half a holiday is worked
        ({"holidays": TR}, date(2026, 12, 31), True),
        ({"holidays": TR}, date(2026, 5, 19), False),
        ({"country": "TR", "holidays": {}}, date(2026, 10, 29), True),
        ({"country": "TR", "holidays": {"country": None}}, date(2026, 10, 29), False),
        ({"country": "TR"}, date(2026, 10, 29), False),
        ({"holidays": {"country": "DE", "subdivision": "BY"}}, date(2026, 1, 6), True),
        ({"holidays": {"country": "DE", "subdivision": "BE"}}, date(2026, 1, 6), False),
        ({"holidays": {"also": "2026-01-02"}}, date(2026, 1, 2), True),
    ],
)
def test_holidays(document: dict[str, Any], day: date, expected: bool) -> None:
    assert (day in check_calendar_settings(document).business.holidays) is expected


@pytest.mark.parametrize(
    ("document", "week"),
    [
        ({}, usual_week()),
        ({"country": "IL"}, usual_week()),
        ({"holidays": {"country": "IL"}}, usual_week((4, 5))),
        ({"holidays": {"country": "HU"}}, usual_week((5, 6))),
        (
            {"holidays": {"country": "IL"}, "working_hours": {"fri": ["09:00", "12:00"]}},
            ((),) * 4 + (((540, 720),), (), ()),
        ),
    ],
)
def test_without_working_hours_the_weekend_is_that_of_the_country(document: dict[str, Any], week: Any) -> None:
    assert check_calendar_settings(document).business.week == week


def test_the_library_is_loaded_only_for_a_day_that_is_asked_for() -> None:
    program = (
        "import sys\n"
        "from datetime import date\n"
        "from whenthen.domain.temporal.calendar_settings import read_calendar_settings\n"
        "own = read_calendar_settings({'holidays': {'also': ['2026-12-31']}}).business\n"
        "assert date(2026, 12, 31) in own.holidays and date(2026, 12, 30) not in own.holidays\n"
        "written = {'holidays': {'country': 'TR'}, 'working_hours': {'mon': ['09:00', '18:00']}}\n"
        "business = read_calendar_settings(written).business\n"
        "assert 'holidays' not in sys.modules\n"
        "assert date(2026, 10, 29) in business.holidays\n"
        "assert 'holidays' in sys.modules\n"
    )
    paths = {"PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, "-c", program], env=paths, check=True)  # noqa: S603 - the program above
