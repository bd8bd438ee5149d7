"""Working hours, holidays, quiet hours and caps on the deployed stack, whose waits are shortened."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from dev.demo import account
from dev.stack import Stack

ISTANBUL = ZoneInfo("Europe/Istanbul")
MAIL: dict[str, Any] = {"id": "mail", "action": "send_email", "with": {"subject": "News", "text": "News"}}
NOTE: dict[str, Any] = {"id": "note", "action": "set_fields", "with": {"fields": {"noted": "yes"}}}


@pytest.fixture
def kind() -> str:
    """A kind of record that no other test uses."""
    return f"q{uuid.uuid4().hex[:10]}"


@pytest.fixture
def settings(stack: Stack) -> Iterator[Callable[[str, dict[str, Any]], None]]:
    """Save settings of the installation, and put them back as they were."""
    before: dict[str, Any] = {}

    def save(name: str, document: dict[str, Any]) -> None:
        before.setdefault(name, stack.api.get(f"/v1/settings/{name}"))
        stack.api.put(f"/v1/settings/{name}", document)

    yield save
    for name, document in before.items():
        stack.api.put(f"/v1/settings/{name}", document)


def rule_of(stack: Stack, kind: str, *steps: dict[str, Any], **more: Any) -> str:
    document = {"name": kind, "kind": kind, "trigger": {"event": f"{kind}.created"}, "steps": [*steps], "mode": "on"}
    return str(stack.api.post("/v1/rules", {**document, **more})["id"])


def run_of(stack: Stack, rule: str, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """The rule's run, once this holds of it."""

    def look() -> dict[str, Any] | None:
        found = stack.api.get(f"/v1/runs?rule={rule}")["items"]
        run: dict[str, Any] = stack.api.get(f"/v1/runs/{found[0]['id']}") if found else {}
        return run if run and holds(run) else None

    run = account.wait_for(look)
    assert run is not None, stack.api.get(f"/v1/runs?rule={rule}")
    return run


def is_over(run: dict[str, Any]) -> bool:
    return run["finished_at"] is not None


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_a_wait_skips_days_off_and_holidays(
    stack: Stack, kind: str, settings: Callable[[str, dict[str, Any]], None]
) -> None:
    today = datetime.now(ISTANBUL).date()
    tomorrow, then = (today + timedelta(days=ahead) for ahead in (1, 2))
    hours = {day: ["09:00", "18:00"] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
    settings("calendar", {"working_hours": hours, "holidays": {"country": None, "also": [tomorrow.isoformat()]}})
    wait = {"business_days": 1, "at": "10:00"}
    rule = rule_of(stack, kind, {**NOTE, "wait": wait}, time_zone="Europe/Istanbul")
    stack.api.put(f"/v1/records/{kind}/ada", {})
    (job,) = run_of(stack, rule, is_over)["jobs"]
    assert moment(job["due"]).astimezone(ISTANBUL).isoformat() == f"{then.isoformat()}T10:00:00+03:00"


def test_holidays_of_a_country_are_known_and_of_no_country_refused(
    stack: Stack, settings: Callable[[str, dict[str, Any]], None]
) -> None:
    settings("calendar", {"country": "TR", "holidays": {"country": "TR", "also": ["2026-12-31"], "except": []}})
    assert stack.api.get("/v1/settings/calendar")["holidays"]["country"] == "TR"
    for holidays, field in (({"country": "XX"}, "country"), ({"country": "US", "subdivision": "ZZ"}, "subdivision")):
        refused = stack.api.call("PUT", "/v1/settings/calendar", {"holidays": holidays})
        assert refused.status == 422
        assert [each["field"] for each in refused.json()["errors"]] == [f"holidays.{field}"]


def all_but_an_hour() -> dict[str, str]:
    """Quiet hours in UTC that began two hours ago and end in 21 hours."""
    now = datetime.now(UTC)
    start, end = now - timedelta(hours=2), now + timedelta(hours=21)
    return {"from": start.strftime("%H:%M"), "to": end.strftime("%H:%M")}


def test_a_message_is_held_in_quiet_hours_and_goes_once_unless_it_is_urgent(stack: Stack, kind: str) -> None:
    limits = {"quiet_hours": all_but_an_hour()}
    held = rule_of(stack, kind, MAIL, NOTE, limits=limits)
    urgent = rule_of(stack, kind, {**MAIL, "urgent": True}, limits=limits, name="urgent")
    begun = datetime.now(UTC)
    stack.api.put(f"/v1/records/{kind}/ada", {"email": f"{kind}@example.com"})
    at_once = run_of(stack, urgent, is_over)["jobs"][0]
    assert (at_once["status"], at_once["held_until"]) == ("done", None)
    run = run_of(stack, held, is_over)
    assert [(job["step"], job["status"], job["attempts"]) for job in run["jobs"][:1]] == [("mail", "done", 1)]
    mail = next(job for job in run["jobs"] if job["step"] == "mail")
    assert moment(mail["finished_at"]) - begun > timedelta(hours=20), "on the run's own clock, which a hold moves on"
    assert moment(at_once["finished_at"]) - begun < timedelta(hours=1)


def test_the_installation_s_quiet_hours_go_by_the_recipient_s_clocks(
    stack: Stack, kind: str, settings: Callable[[str, dict[str, Any]], None]
) -> None:
    now = datetime.now(ISTANBUL)
    hours = {"from": (now - timedelta(hours=1)).strftime("%H:%M"), "to": (now + timedelta(hours=1)).strftime("%H:%M")}
    here = rule_of(stack, kind, MAIL)
    settings("limits", {"quiet_hours": hours})
    stack.api.put(f"/v1/records/{kind}/ada", {"email": f"{kind}@example.com", "time_zone": "Asia/Tokyo"})
    tokyo = run_of(stack, here, is_over)["jobs"][0]
    there = rule_of(stack, f"{kind}t", MAIL)
    stack.api.put(f"/v1/records/{kind}t/bob", {"email": f"{kind}t@example.com", "phone": "+905321234567"})
    istanbul = run_of(stack, there, is_over)["jobs"][0]
    assert moment(tokyo["finished_at"]) - now < timedelta(minutes=30)
    assert moment(istanbul["finished_at"]) - now > timedelta(minutes=30)


def test_over_a_cap_the_higher_priority_goes_and_the_other_says_until_when_it_is_held(stack: Stack, kind: str) -> None:
    limits = {"marketing": [{"channel": "email", "most": 1, "per": {"days": 300}}]}
    low = rule_of(stack, kind, MAIL, limits=limits, name="low", priority=1)
    high = rule_of(stack, kind, MAIL, limits=limits, name="high", priority=10)
    begun = datetime.now(UTC)
    stack.api.put(f"/v1/records/{kind}/ada", {"email": f"{kind}@example.com"})
    sent = run_of(stack, high, is_over)["jobs"][0]
    assert (sent["status"], moment(sent["finished_at"]) - begun < timedelta(hours=1)) == ("done", True)
    waiting = run_of(stack, low, lambda run: bool(run["waits"]) and run["waits"]["for"] == "limits")
    (job,) = waiting["jobs"]
    assert (waiting["status"], job["status"], job["attempts"]) == ("running", "pending", 0)
    assert job["reason"]["code"] == "hold.cap"
    assert (job["reason"]["params"]["channel"], job["reason"]["params"]["most"]) == ("email", 1)
    assert moment(job["reason"]["params"]["until"]) - begun > timedelta(days=299)
    assert waiting["waits"]["until"] == job["held_until"]
    assert stack.api.call("POST", f"/v1/runs/{waiting['id']}/stop").status == 200
