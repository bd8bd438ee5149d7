"""The country of the installation: from the calendar settings, else the stack's parameter, in every function."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tests.functions.stack import PARAMETERS, Stack
from whenthen.runtime.country import KEPT_FOR, InstallationCountry
from whenthen.runtime.wiring import wired


class Settings:
    """The settings as they are stored; counts how often they are read."""

    def __init__(self, calendar: Mapping[str, Any]) -> None:
        self.calendar, self.reads = calendar, 0

    def get(self, name: str) -> Mapping[str, Any]:
        assert name == "calendar"
        self.reads += 1
        return self.calendar

    def save(self, name: str, document: Mapping[str, Any]) -> None:
        raise AssertionError(f"nobody saves {name} {document}")


@pytest.mark.parametrize(
    ("calendar", "of_the_stack", "country"),
    [
        ({"country": "ID"}, "TR", "ID"),
        ({"country": "ID"}, None, "ID"),
        ({"time_zone": "Asia/Jakarta"}, "TR", "TR"),
        ({}, "TR", "TR"),
        ({}, None, None),
    ],
)
def test_the_settings_go_before_the_parameter(
    calendar: Mapping[str, Any], of_the_stack: str | None, country: str | None
) -> None:
    assert InstallationCountry(Settings(calendar), of_the_stack)() == country


def test_settings_are_read_once_a_minute() -> None:
    settings, seconds = Settings({"country": "ID"}), [100.0]
    country = InstallationCountry(settings, "TR", lambda: seconds[0])
    assert [country() for _ in range(3)] == ["ID"] * 3
    settings.calendar = {"country": "HU"}
    seconds[0] += KEPT_FOR - 1
    assert (country(), settings.reads) == ("ID", 1)
    seconds[0] += 1
    assert (country(), settings.reads) == ("HU", 2)
    settings.calendar = {}
    country.forget()
    assert (country(), settings.reads) == ("TR", 3)


@pytest.mark.parametrize("function", ["manage", "fetch_lead", "change_record", "send_whatsapp"])
def test_functions_that_read_numbers_know_it(stack: Stack, function: str) -> None:
    wiring = stack.wiring(function)
    assert wiring.country == PARAMETERS["DefaultCountry"] == "TR"
    stack.wiring("manage").installation.save("calendar", {"country": "ID"})
    wired.cache_clear()
    assert stack.wiring(function).country == "ID"


@pytest.mark.parametrize("function", ["receive_webhook", "match_rules"])
def test_functions_whose_numbers_are_whole_read_no_settings(stack: Stack, function: str) -> None:
    """A source names its country, and what our receivers hear has a country code."""
    assert stack.wiring(function).save_told_record.default_country == "TR"
