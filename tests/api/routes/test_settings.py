"""/v1/settings through the handler."""

from __future__ import annotations

from typing import Any

import pytest

from tests.functions.api import Api

RULE: dict[str, Any] = {
    "name": "R",
    "trigger": {"event": "lead.created"},
    "steps": [{"id": "s", "action": "add_tags", "with": {"tags": ["vip"]}, "wait": {"days": 1, "at": "10:00"}}],
}
CALENDAR = {"time_zone": "Europe/Istanbul", "country": "TR", "language": "tr"}


def test_settings_are_checked_and_kept(api: Api) -> None:
    assert api.get("/v1/settings/people") == {}
    refused = api.call("PUT", "/v1/settings/people", {"create": {"email": "deal"}})
    assert (refused.status, refused.fields) == (422, ["create.email"])
    assert api.call("PUT", "/v1/settings/people", {"create": {"email": "contact"}}).status == 200
    assert api.get("/v1/settings/people") == {"create": {"email": "contact"}}
    assert api.call("GET", "/v1/settings/colours").status == 404
    assert Api(api.stack, scopes="rules:write").call("GET", "/v1/settings/people").status == 403


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ({"time_zone": "Istanbul"}, "time_zone"),
        ({"time_zone": 3}, "time_zone"),
        ({"country": "Türkiye"}, "country"),
        ({"country": "tr"}, "country"),
        ({"language": "de"}, "language"),
        ({"zone": "Europe/Istanbul"}, "zone"),
        ({"working_hours": {"mon": ["18:00", "09:00"]}}, "working_hours.mon"),
        ({"working_hours": {}}, "working_hours"),
        ({"holidays": {"country": "XX"}}, "holidays.country"),
        ({"holidays": {"country": "DE", "subdivision": "XX"}}, "holidays.subdivision"),
        ({"holidays": {"also": ["tomorrow"]}}, "holidays.also"),
    ],
)
def test_a_calendar_that_cannot_be_read_is_refused_by_its_field(api: Api, document: dict[str, Any], field: str) -> None:
    refused = api.call("PUT", "/v1/settings/calendar", document)
    assert (refused.status, refused.fields) == (422, [field])
    assert api.get("/v1/settings/calendar") == {}


def test_working_hours_and_holidays_are_kept_as_they_were_written(api: Api) -> None:
    written = {
        "working_hours": {"mon": ["09:00", "18:00"], "sat": [["09:00", "12:00"], ["13:00", "15:00"]], "sun": []},
        "holidays": {"country": "TR", "subdivision": None, "also": ["2026-12-31"], "except": []},
    }
    assert api.call("PUT", "/v1/settings/calendar", written).status == 200
    assert api.get("/v1/settings/calendar") == written


LIMITS = {
    "quiet_hours": {"from": "21:00", "to": "09:00"},
    "marketing": [
        {"channel": "whatsapp", "most": 2, "per": {"days": 7}},
        {"channel": "any", "most": 5, "per": {"weeks": 1, "hours": 3}},
    ],
}


def test_limits_of_sending_are_kept_as_they_were_written(api: Api) -> None:
    api.stack.replaced["stepfunctions"] = type("Machine", (), {"start_execution": lambda *_, **__: None})()
    assert api.get("/v1/settings/limits") == {}
    assert api.call("PUT", "/v1/settings/limits", LIMITS).status == 200
    assert api.get("/v1/settings/limits") == LIMITS
    assert api.call("PUT", "/v1/settings/limits", {}).status == 200
    assert api.get("/v1/settings/limits") == {}


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ({"quiet_hours": {"from": "21:00"}}, "quiet_hours.to"),
        ({"quiet_hours": {"from": "21:00", "to": "21:00"}}, "quiet_hours.to"),
        ({"marketing": [{"channel": "whatsapp", "most": 0, "per": {"days": 7}}]}, "marketing[0].most"),
        ({"marketing": [{"channel": "webhook", "most": 1, "per": {"days": 7}}]}, "marketing[0].channel"),
        ({"marketing": [{"channel": "any", "most": 1, "per": {"days": 700}}]}, "marketing[0].per"),
        ({"caps": []}, "caps"),
    ],
)
def test_limits_that_cannot_be_read_are_refused_by_their_field(api: Api, document: dict[str, Any], field: str) -> None:
    refused = api.call("PUT", "/v1/settings/limits", document)
    assert (refused.status, refused.fields) == (422, [field])
    assert api.get("/v1/settings/limits") == {}


def test_a_rule_is_warned_of_the_installation_s_quiet_hours(api: Api) -> None:
    api.call("PUT", "/v1/settings/limits", LIMITS)
    mail = {
        "id": "m",
        "action": "send_email",
        "with": {"subject": "Hi", "text": "Hi"},
        "wait": {"days": 1, "at": "07:00"},
    }
    found = api.call("POST", "/v1/rules/lint", {**RULE, "steps": [mail], "priority": 2}).document
    assert [(each["code"], each["field"]) for each in found["findings"]] == [("lint.quiet_hour", "steps[0].wait.at")]
    assert "Priority: 2" in found["sentence"]


def test_a_rule_that_names_no_zone_has_the_installation_s(api: Api) -> None:
    before = api.call("POST", "/v1/rules", RULE).document
    assert "time_zone" not in before
    assert "Time zone: “\u2068UTC\u2069”" in before["sentence"] or "UTC" in before["sentence"]
    assert api.call("PUT", "/v1/settings/calendar", CALENDAR).status == 200
    assert api.get("/v1/settings/calendar") == CALENDAR
    made = api.call("POST", "/v1/rules", RULE).document
    assert (made["time_zone"], made["language"]) == ("Europe/Istanbul", "tr")
    assert "Europe/Istanbul" in made["sentence"]
    # A version that was saved before goes on by its clocks; the next save of it goes by the installation's.
    assert "time_zone" not in api.get(f"/v1/rules/{before['id']}")
    assert api.call("PUT", f"/v1/rules/{before['id']}", RULE).document["time_zone"] == "Europe/Istanbul"


def test_a_rule_that_names_its_zone_keeps_it(api: Api) -> None:
    api.call("PUT", "/v1/settings/calendar", CALENDAR)
    own = {**RULE, "time_zone": "Asia/Jakarta", "language": "id"}
    made = api.call("POST", "/v1/rules", own).document
    assert (made["time_zone"], made["language"]) == ("Asia/Jakarta", "id")
    for left_out in (None, "", " "):
        assert api.call("POST", "/v1/rules", {**own, "time_zone": left_out}).document["time_zone"] == "Europe/Istanbul"


def test_lint_and_a_repeated_request_know_the_installation_s_zone(api: Api) -> None:
    api.call("PUT", "/v1/settings/calendar", {"time_zone": "Asia/Tokyo"})
    assert "Asia/Tokyo" in api.call("POST", "/v1/rules/lint", RULE).document["sentence"]
    first = api.call("POST", "/v1/rules", RULE, headers={"idempotency-key": "k1"})
    api.call("PUT", "/v1/settings/calendar", {"time_zone": "Asia/Jakarta"})
    again = api.call("POST", "/v1/rules", RULE, headers={"idempotency-key": "k1"})
    assert again.status in (200, 201)
    assert again.document["id"] == first.document["id"]
    assert again.document["time_zone"] == "Asia/Tokyo"
    other = api.call("POST", "/v1/rules", {**RULE, "time_zone": "Asia/Tokyo"}, headers={"idempotency-key": "k1"})
    assert other.status in (200, 201, 409)


LOCAL, WHOLE = "0812 3456 7890", "+6281234567890"
"""A number as people in Indonesia write it. The stack's parameter says TR."""


def test_the_country_reads_numbers_of_records_and_finds_them(api: Api) -> None:
    before = api.call("POST", "/v1/records/contact", {"phone": "0532 123 45 67"}).document
    assert before["fields"]["phone"] == "+905321234567"
    api.call("PUT", "/v1/settings/calendar", {"country": "ID"})
    made = api.call("POST", "/v1/records/contact", {"phone": LOCAL}).document
    assert made["fields"]["phone"] == WHOLE
    found = api.get("/v1/records/contact?phone=081234567890")
    assert [each["id"] for each in found["items"]] == [made["id"]]
    patched = api.call("PATCH", f"/v1/records/contact/{before['id']}", {"other_phones": [LOCAL]}).document
    assert patched["fields"]["other_phones"] == [WHOLE]
    api.call("PUT", "/v1/settings/calendar", {"time_zone": "Asia/Jakarta"})
    again = api.call("POST", "/v1/records/contact", {"phone": "0532 123 45 68"}).document
    assert again["fields"]["phone"] == "+905321234568", "without a country of its own, that of the stack"


def test_the_country_reads_numbers_of_events(api: Api) -> None:
    api.call("PUT", "/v1/settings/calendar", {"country": "ID"})
    sent = api.call("POST", "/v1/events", {"type": "call.answered", "person": {"phone": LOCAL}, "data": {}})
    assert sent.status == 202
    (event,) = api.stack.events()
    assert event["identities"] == [f"phone#{WHOLE}"]


def test_a_source_is_saved_with_the_country(api: Api) -> None:
    source = {"scheme": "bearer", "mappings": [{"type": "order.placed", "id": "body.id"}]}
    api.call("PUT", "/v1/settings/calendar", {"country": "ID"})
    assert api.call("PUT", "/v1/sources/shop", source).status in (200, 201)
    assert api.get("/v1/sources/shop")["default_country"] == "ID"
    api.call("PUT", "/v1/sources/shop", {**source, "default_country": "HU"})
    assert api.get("/v1/sources/shop")["default_country"] == "HU"
    api.call("PUT", "/v1/settings/calendar", {})
    api.call("PUT", "/v1/sources/shop", source)
    assert "default_country" not in api.get("/v1/sources/shop")


def test_an_import_is_created_with_the_country(api: Api) -> None:
    order = {"kind": "contact", "format": "csv", "rules": "skip"}
    api.call("PUT", "/v1/settings/calendar", {"country": "US"})
    made = api.call("POST", "/v1/imports", order, headers={"idempotency-key": "k1"}).document
    assert (made["country"], made["date_order"]) == ("US", "mdy")
    api.call("PUT", "/v1/settings/calendar", {"country": "ID"})
    again = api.call("POST", "/v1/imports", order, headers={"idempotency-key": "k1"})
    assert (again.document["id"], again.document["country"]) == (made["id"], "US")
    other = api.call("POST", "/v1/imports", {**order, "kind": "lead"}, headers={"idempotency-key": "k1"})
    assert other.status == 409


def test_a_restore_is_told_of(api: Api) -> None:
    document = {"unknown_until": "2026-11-30T10:00:00Z"}
    assert api.call("PUT", "/v1/settings/restore", document).status == 200
    assert api.get("/v1/settings/restore") == document
    refused = api.call("PUT", "/v1/settings/restore", {"unknown_until": "ten o'clock"})
    assert (refused.status, refused.fields) == (422, ["unknown_until"])
    assert api.call("PUT", "/v1/settings/restore", {}).status == 200
    assert api.get("/v1/settings/restore") == {}
