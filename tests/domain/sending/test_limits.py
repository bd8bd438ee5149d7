"""Limits of sending: what is read, and which field each mistake is named by."""

from __future__ import annotations

from datetime import time, timedelta
from typing import Any

import pytest

from whenthen.domain.common.errors import Invalid
from whenthen.domain.rules.rule import parse_rule
from whenthen.domain.sending.limits import Cap, Limits, read_limit_settings
from whenthen.domain.sending.quiet_hours import QuietHours

CHANNELS = ("email", "whatsapp")
WEEKLY = {"channel": "whatsapp", "most": 2, "per": {"days": 7}}
MAIL = {"id": "mail", "action": "send_email", "with": {"subject": "Hello", "text": "Hello"}}
TAGS = {"id": "tags", "action": "add_tags", "with": {"tags": ["x"]}}


def rule(*steps: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": "R", "trigger": {"event": "lead.created"}, "steps": list(steps or (MAIL,)), **more}


def fields_of(error: Invalid) -> list[str]:
    return [problem.field for problem in error.problems]


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({}, Limits()),
        ({"quiet_hours": None, "marketing": []}, Limits()),
        ({"quiet_hours": {"from": "21:00", "to": "09:00"}}, Limits((QuietHours(time(21), time(9)),))),
        ({"marketing": [WEEKLY]}, Limits((), (Cap("whatsapp", 2, timedelta(days=7)),))),
        (
            {"marketing": [WEEKLY, {"channel": "any", "most": 1, "per": {"weeks": 1, "hours": 2, "minutes": 3}}]},
            Limits(
                (),
                (Cap("whatsapp", 2, timedelta(days=7)), Cap("any", 1, timedelta(days=7, hours=2, minutes=3))),
            ),
        ),
    ],
)
def test_limits(document: dict[str, Any], expected: Limits) -> None:
    assert read_limit_settings(document, CHANNELS) == expected
    assert read_limit_settings(document) == expected


@pytest.mark.parametrize(
    ("document", "fields"),
    [
        ({"quiet_hours": {"from": "21:00"}}, ["quiet_hours.to"]),
        ({"quiet_hours": {}}, ["quiet_hours.from", "quiet_hours.to"]),
        ({"quiet_hours": {"from": "9pm", "to": "09:00"}}, ["quiet_hours.from"]),
        ({"quiet_hours": {"from": "21:00", "to": "24:00"}}, ["quiet_hours.to"]),
        ({"quiet_hours": {"from": 21, "to": 9}}, ["quiet_hours.from", "quiet_hours.to"]),
        ({"quiet_hours": {"from": "09:00", "to": "09:00"}}, ["quiet_hours.to"]),
        ({"quiet_hours": {"from": "21:00", "to": "09:00", "days": ["mon"]}}, ["quiet_hours.days"]),
        ({"quiet_hours": ["21:00", "09:00"]}, ["quiet_hours", "quiet_hours.from", "quiet_hours.to"]),
        ({"marketing": WEEKLY}, ["marketing"]),
        ({"marketing": [{}]}, ["marketing[0].channel", "marketing[0].most", "marketing[0].per"]),
        ({"marketing": [WEEKLY, {**WEEKLY, "most": 0}]}, ["marketing[1].most"]),
        ({"marketing": [{**WEEKLY, "most": 101}]}, ["marketing[0].most"]),
        ({"marketing": [{**WEEKLY, "most": "2"}]}, ["marketing[0].most"]),
        ({"marketing": [{**WEEKLY, "channel": "pigeon"}]}, ["marketing[0].channel"]),
        ({"marketing": [{**WEEKLY, "channel": "record"}]}, ["marketing[0].channel"]),
        ({"marketing": [{**WEEKLY, "per": {"days": 0}}]}, ["marketing[0].per"]),
        ({"marketing": [{**WEEKLY, "per": {"days": 367}}]}, ["marketing[0].per"]),
        ({"marketing": [{**WEEKLY, "per": {"month": 1}}]}, ["marketing[0].per"]),
        ({"marketing": [{**WEEKLY, "per": 7}]}, ["marketing[0].per"]),
        ({"marketing": [{**WEEKLY, "max": 7}]}, ["marketing[0].max"]),
        ({"marketing": [WEEKLY] * 21}, ["marketing"]),
        ({"service": [WEEKLY]}, ["service"]),
    ],
)
def test_a_wrong_value_is_refused_by_its_field(document: dict[str, Any], fields: list[str]) -> None:
    with pytest.raises(Invalid) as error:
        read_limit_settings(document, CHANNELS)
    assert fields_of(error.value) == fields
    with pytest.raises(Invalid) as error:
        parse_rule(rule(limits=document))
    assert fields_of(error.value) == [f"limits.{field}" for field in fields]


def test_a_rule_has_limits_and_a_priority_of_its_own() -> None:
    plain = parse_rule(rule())
    assert (plain.priority, plain.limits) == (0, None)
    strict = parse_rule(rule(priority=10, limits={"quiet_hours": {"from": "18:00", "to": "10:00"}}))
    assert (strict.priority, strict.limits) == (10, Limits((QuietHours(time(18), time(10)),)))
    assert parse_rule(rule(priority=-1_000)).priority == -1_000


@pytest.mark.parametrize(
    ("document", "field"),
    [
        (rule(priority=1_001), "priority"),
        (rule(priority="high"), "priority"),
        (rule(priority=1.5), "priority"),
        (rule({**MAIL, "urgent": "yes"}), "steps[0].urgent"),
        (rule({**TAGS, "urgent": True}), "steps[0].urgent"),
        (rule(limits=[]), "limits"),
    ],
)
def test_a_wrong_value_of_a_rule_is_refused_by_its_field(document: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as error:
        parse_rule(document)
    assert set(fields_of(error.value)) == {field}


def test_only_messages_to_customers_are_urgent_or_marketing() -> None:
    urgent, service, tags = parse_rule(
        rule({**MAIL, "urgent": True}, {**MAIL, "id": "s", "with": {**MAIL["with"], "purpose": "service"}}, TAGS)
    ).steps
    assert (urgent.urgent, urgent.messages, urgent.markets) == (True, True, True)
    assert (service.urgent, service.messages, service.markets) == (False, True, False)
    assert (tags.urgent, tags.messages, tags.markets) == (False, False, False)


def test_both_limits_hold_where_a_rule_has_its_own() -> None:
    own = Limits((QuietHours(time(18), time(10)),), (Cap("email", 1, timedelta(days=1)),))
    both = own.and_those_of(Limits((), (Cap("any", 3, timedelta(days=7)),)))
    assert [cap.most for cap in both.caps_of("email")] == [1, 3]
    assert [cap.most for cap in both.caps_of("whatsapp")] == [3]
    assert both.quiet_hours == own.quiet_hours
