"""Cold starts: what each function loads before its first event, in an interpreter of its own."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import pytest

from benchmarks.imports import CHANNELS, WIRED, code_of, measured
from tests.functions.stack import FUNCTIONS
from tests.template import channels

FIRST = ("receive_webhook", "receive_meta", "match_rules")
"""Functions that somebody waits for, or through which every event passes."""

NEVER = ("pydantic", "aws_xray_sdk", "aws_lambda_powertools.event_handler")
"""Modules that `manage` alone may load."""

FOR_A_SCHEDULE = ("cronsim",)
"""Modules that no function may load before it reads a rule that has a schedule."""

FOR_A_DAY = ("holidays", "whenthen.domain.temporal.business_time")
"""Modules that no function may load before a step waits by working hours and holidays."""

FOR_A_LOCALE = ("babel",)
"""Modules that no function may load before a template writes a value in a locale."""

NOT_AT_FIRST = (
    *NEVER,
    *FOR_A_LOCALE,
    *FOR_A_SCHEDULE,
    *FOR_A_DAY,
    "jinja2",
    "phonenumbers",
    "asyncio",
    "email.parser",
    "aws_lambda_powertools.utilities.batch",
    "aws_lambda_powertools.utilities.data_classes",
    "whenthen.domain.event_catalog.catalog",
    "whenthen.domain.templating.templates",
    "whenthen.domain.explain.explain",
    "whenthen.domain.lint.findings",
    "whenthen.domain.lint.lint",
    "whenthen.domain.lint.rule_conflicts",
    "whenthen.api",
    "gettext",
    "zoneinfo",
    "whenthen.domain.rules.timer_triggers",
    "whenthen.domain.scheduling.schedules",
    "whenthen.usecases.ingest.identify_sender",
    "whenthen.usecases.ingest.update_consent",
    "whenthen.usecases.runs.apply_delivery_report",
    "whenthen.ports.runs",
    "whenthen.ports.providers",
)

OF_CHANNEL = {function: (f"whenthen.channels.{channel}.effect",) for function, channel in CHANNELS.items()}
"""The modules that belong to one channel alone."""

MOST_MODULES = 240
"""Modules beyond boto3's own, of which each of these functions loads 90 to 140. The time that they take is measured
beside boto3's by `make bench` (docs/performance.md); a busy machine would measure anything but exactly."""


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], dict[str, Any]]:
    """Return what each function loads; several tests look at the same start. Compiled modules are kept between them."""
    bytecode = tmp_path_factory.mktemp("bytecode")
    return cache(lambda function: measured(function, bytecode))


def _loaded(found: dict[str, Any], names: tuple[str, ...]) -> list[str]:
    return [module for module in found["modules"] if any(f"{module}.".startswith(f"{name}.") for name in names)]


def test_every_function_is_measured() -> None:
    assert {code_of(function) for function in WIRED} == {path.parent.name for path in FUNCTIONS.glob("*/app.py")}
    assert {channel: function for function, channel in CHANNELS.items()} == channels.SERVICES


@pytest.mark.parametrize("function", FIRST)
def test_what_must_start_fast_loads_nothing_heavy(function: str, loaded: Callable[[str], dict[str, Any]]) -> None:
    found = loaded(function)
    assert _loaded(found, NOT_AT_FIRST) == []
    assert 0 < len(found["modules"]) < MOST_MODULES


@pytest.mark.parametrize("function", sorted(set(WIRED) - {*FIRST, "manage"}))
def test_no_other_function_loads_what_is_manage_s_alone(function: str, loaded: Callable[[str], dict[str, Any]]) -> None:
    assert _loaded(loaded(function), (*NEVER, *FOR_A_SCHEDULE, *FOR_A_DAY, *FOR_A_LOCALE)) == []


def test_the_api_loads_nothing_for_schedules_at_first(loaded: Callable[[str], dict[str, Any]]) -> None:
    assert _loaded(loaded("manage"), (*FOR_A_SCHEDULE, *FOR_A_DAY, *FOR_A_LOCALE)) == []


@pytest.mark.parametrize("function", sorted(CHANNELS))
def test_a_channel_loads_its_own_modules_and_none_of_another_channel(
    function: str, loaded: Callable[[str], dict[str, Any]]
) -> None:
    found = loaded(function)
    assert _loaded(found, OF_CHANNEL[function]) == list(OF_CHANNEL[function])
    others = tuple(name for other in CHANNELS if other != function for name in OF_CHANNEL[other])
    assert _loaded(found, others) == []
