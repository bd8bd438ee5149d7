"""Lint of limits of sending: hours that are quiet, limits that hold nothing, days on which nobody works."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from whenthen.domain.lint.message_limits import days_off, message_limits
from whenthen.domain.rules.rule import parse_rule
from whenthen.domain.sending.limits import read_limit_settings
from whenthen.domain.temporal.working_hours import usual_week

NOW = datetime(2026, 3, 14, 9, 30, tzinfo=UTC)
NIGHT = {"quiet_hours": {"from": "21:00", "to": "09:00"}}
DAY = {"quiet_hours": {"from": "09:00", "to": "21:00"}}
MAIL: dict[str, Any] = {"id": "mail", "action": "send_email", "with": {"subject": "Hi", "text": "Hi"}}
TAGS: dict[str, Any] = {"id": "tags", "action": "add_tags", "with": {"tags": ["x"]}}
EARLY = {**MAIL, "wait": {"days": 1, "at": "07:00"}}
BIRTHDAY = {"date": {"kind": "contact", "field": "birth_date", "yearly": True, "at": "07:00"}}
WEEKLY = {"channel": "whatsapp", "most": 2, "per": {"days": 7}}


def rule(*steps: dict[str, Any], **more: Any) -> Any:
    return parse_rule({"name": "R", "trigger": {"event": "lead.created"}, "steps": list(steps or (MAIL,)), **more})


@pytest.mark.parametrize(
    ("found", "installation", "expected"),
    [
        (rule(EARLY), NIGHT, [("lint.quiet_hour", "steps[0].wait.at")]),
        (rule(TAGS, EARLY), NIGHT, [("lint.quiet_hour", "steps[1].wait.at")]),
        (rule(EARLY), {}, []),
        (rule(EARLY), DAY, []),
        (rule(EARLY, limits=NIGHT), {}, [("lint.quiet_hour", "steps[0].wait.at")]),
        (rule({**EARLY, "urgent": True}), NIGHT, []),
        (rule({**TAGS, "wait": {"days": 1, "at": "07:00"}}), NIGHT, []),
        (rule({**MAIL, "wait": {"days": 1, "at": "09:00"}}), NIGHT, []),
        (rule(trigger=BIRTHDAY), NIGHT, [("lint.quiet_hour", "trigger.date.at")]),
        (rule({**MAIL, "wait": {"hours": 3}}, trigger=BIRTHDAY), NIGHT, []),
        (rule(TAGS, trigger=BIRTHDAY), NIGHT, []),
        (rule({**MAIL, "urgent": True}, trigger=BIRTHDAY), NIGHT, []),
        (rule(trigger={"schedule": {"cron": "0 6 * * *"}}), NIGHT, [("lint.quiet_hour", "trigger.schedule.cron")]),
        (rule(trigger={"schedule": {"cron": "0 6,12 * * *"}}), NIGHT, []),
        (rule(trigger={"schedule": {"cron": "0 6 * * *"}}, time_zone="Asia/Tokyo"), NIGHT,
         [("lint.quiet_hour", "trigger.schedule.cron")]),
        (rule(trigger={"schedule": {"at": "2026-03-20T22:00:00Z"}}), NIGHT,
         [("lint.quiet_hour", "trigger.schedule.at")]),
        (rule(trigger={"schedule": {"at": "2026-03-20T12:00:00Z"}}), NIGHT, []),
        (rule(limits=DAY), NIGHT, [("lint.always_quiet", "limits.quiet_hours")]),
        (rule(limits={"quiet_hours": {"from": "10:00", "to": "22:00"}}), NIGHT, []),
        (rule(TAGS, limits=NIGHT), {}, [("lint.limits_without_message", "limits")]),
        (rule(TAGS, priority=3), {}, [("lint.limits_without_message", "priority")]),
        (rule(limits={"marketing": [WEEKLY]}), {"marketing": [WEEKLY]}, [("lint.looser_cap", "limits.marketing[0]")]),
        (rule(limits={"marketing": [{**WEEKLY, "most": 1}, {**WEEKLY, "per": {"days": 1}}]}), {"marketing": [WEEKLY]},
         [("lint.looser_cap", "limits.marketing[1]")]),
        (rule(limits={"marketing": [{**WEEKLY, "channel": "email"}]}), {"marketing": [WEEKLY]}, []),
        (rule(limits={"marketing": [{**WEEKLY, "channel": "any"}]}), {"marketing": [WEEKLY]}, []),
        (rule(limits={"marketing": [WEEKLY]}), {"marketing": [{**WEEKLY, "channel": "any"}]},
         [("lint.looser_cap", "limits.marketing[0]")]),
    ],
)  # fmt: skip
def test_what_is_odd_about_limits(found: Any, installation: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    findings = message_limits(found, read_limit_settings(installation), NOW)
    assert [(each.code, each.field) for each in findings] == expected


@pytest.mark.parametrize(
    ("wait", "expected"),
    [
        ({"business_days": 1, "weekdays": ["sun"]}, ["steps[0].wait.weekdays"]),
        ({"business_days": 1, "weekdays": ["sun", "mon"]}, []),
        ({"days": 1, "weekdays": ["sun"]}, []),
        ({"business_hours": 1}, []),
    ],
)
def test_a_wait_for_days_on_which_nobody_works(wait: dict[str, Any], expected: list[str]) -> None:
    assert [each.field for each in days_off(rule({**TAGS, "wait": wait}), usual_week())] == expected
