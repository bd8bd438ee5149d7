"""/v1/templates through the handler: saved, previewed, restored and used."""

from __future__ import annotations

from typing import Any

import pytest

from tests.functions.api import Api

TEXTS = {
    "en": {"subject": "Hello {{ record.first_name }}", "text": "You pay {{ record.amount|money('TRY') }}."},
    "tr": {"subject": "Merhaba {{ record.first_name }}", "text": "Tutar: {{ record.amount|money('TRY') }}."},
}
HELLO: dict[str, Any] = {"name": "Hello", "channel": "email", "texts": TEXTS}


def made(api: Api, document: dict[str, Any] = HELLO) -> str:
    answer = api.call("POST", "/v1/templates", document)
    assert answer.status == 201
    return str(answer.document["id"])


def test_a_template_is_saved_read_and_listed(api: Api) -> None:
    answer = api.call("POST", "/v1/templates", HELLO)
    assert (answer.status, answer.headers["etag"], answer.document["warnings"]) == (201, '"1"', [])
    address = answer.headers["location"]
    found = api.call("GET", address)
    assert (found.document["texts"], found.document["version"], found.headers["etag"]) == (TEXTS, 1, '"1"')
    assert [each["id"] for each in api.get("/v1/templates")["items"]] == [answer.document["id"]]


def test_an_answer_can_be_sent_back_and_changes_nothing(api: Api) -> None:
    address = f"/v1/templates/{made(api)}"
    again = api.call("PUT", address, api.get(address))
    assert (again.status, again.headers["etag"]) == (200, '"1"')


def test_the_same_key_makes_one_template(api: Api) -> None:
    first = api.call("POST", "/v1/templates", HELLO, headers={"idempotency-key": "a"})
    again = api.call("POST", "/v1/templates", HELLO, headers={"idempotency-key": "a"})
    other = api.call("POST", "/v1/templates", {**HELLO, "name": "Other"}, headers={"idempotency-key": "a"})
    assert (again.document["id"], other.status) == (first.document["id"], 409)


def test_a_change_needs_the_current_version_if_it_names_one(api: Api) -> None:
    address = f"/v1/templates/{made(api)}"
    changed = {**HELLO, "name": "Changed"}
    assert api.call("PUT", address, changed, headers={"if-match": '"2"'}).status == 412
    assert api.call("PUT", address, changed, headers={"if-match": '"1"'}).headers["etag"] == '"2"'
    assert [each["version"] for each in api.get(f"{address}/versions")["items"]] == [2, 1]
    restored = api.call("POST", f"{address}/restore", {"version": 1}, headers={"if-match": '"2"'})
    assert (restored.status, restored.document["name"], restored.headers["etag"]) == (200, "Hello", '"3"')
    assert api.call("POST", f"{address}/restore", {"version": 9}).status == 404
    assert api.call("DELETE", address, headers={"if-match": '"1"'}).status == 412
    assert api.call("DELETE", address, headers={"if-match": '"3"'}).status == 204
    assert api.call("GET", address).status == 404


def test_problems_name_their_fields_in_the_caller_s_language(api: Api) -> None:
    broken = {**HELLO, "texts": {"tr": {"subject": "a\nb", "text": "{{ secret }}"}}}
    answer = api.call("POST", "/v1/templates", broken)
    assert (answer.status, [each["field"] for each in answer.document["errors"]]) == (422, ["texts.tr.subject"])
    unread = {**HELLO, "texts": {"tr": {"subject": "a", "text": "{{ secret }}"}}}
    said = api.call("POST", "/v1/templates", unread, headers={"accept-language": "tr"})
    assert [each["field"] for each in said.document["errors"]] == ["texts.tr.text"]
    assert "satır" in said.document["errors"][0]["text"]


def test_lint_warns_of_what_looks_wrong(api: Api) -> None:
    document = {**HELLO, "events": ["email.received"], "texts": {"en": {"subject": "s", "text": "{{ event.data.x }}"}}}
    warned = api.call("POST", "/v1/templates", document).document["warnings"]
    assert [(each["code"], each["field"]) for each in warned] == [("lint.unknown_field", "texts.en.text")]
    assert warned[0]["text"]


def test_a_preview_shows_the_message_of_a_record(api: Api) -> None:
    api.call("PUT", "/v1/records/contact/7", {"first_name": "Ayşe", "amount": 5000, "language": "tr"})
    found = api.call("POST", f"/v1/templates/{made(api)}/preview", {"record": "contact:7"})
    assert found.status == 200
    assert (found.document["language"], found.document["locale"], found.document["version"]) == ("tr", "tr", 1)
    assert (found.document["subject"], found.document["text"]) == ("Merhaba Ayşe", "Tutar: ₺5.000,00.")
    assert (found.document["length"], found.document["missing"], found.document["problems"]) == (17, [], [])


def test_a_preview_names_what_is_missing_and_why_nothing_can_be_sent(api: Api) -> None:
    asked = {"fields": {"amount": 1}, "channel": "sms"}
    found = api.call("POST", f"/v1/templates/{made(api)}/preview", asked).document
    assert (found["missing"], found["text"]) == (["record.first_name"], "")
    assert [(each["code"], each["field"]) for each in found["problems"]] == [("stored_template.other_channel", "")]


@pytest.mark.parametrize(
    ("text", "sms"),
    [
        ("Hello", {"encoding": "GSM-7", "parts": 1, "units": 5, "foreign": []}),
        ("x" * 161, {"encoding": "GSM-7", "parts": 2, "units": 161, "foreign": []}),
        ("ş" * 71, {"encoding": "UCS-2", "parts": 2, "units": 71, "foreign": ["ş"]}),
    ],
)
def test_a_preview_counts_the_parts_of_an_sms(api: Api, text: str, sms: dict[str, Any]) -> None:
    draft = {"name": "T", "channel": "sms", "texts": {"en": {"text": text}}}
    assert api.call("POST", "/v1/templates/preview", {"template": draft}).document["sms"] == sms
    mail = api.call("POST", "/v1/templates/preview", {"template": HELLO})
    assert mail.document["sms"] is None


def test_a_draft_can_be_previewed(api: Api) -> None:
    asked = {"template": HELLO, "fields": {"first_name": "Ayşe"}, "language": "en"}
    found = api.call("POST", "/v1/templates/preview", asked)
    assert (found.status, found.document["subject"], found.document["version"]) == (200, "Hello Ayşe", None)
    broken = {"template": {**HELLO, "texts": {"en": {"subject": "{{ x }}", "text": "t"}}}}
    answer = api.call("POST", "/v1/templates/preview", broken)
    assert (answer.status, answer.document["errors"][0]["field"]) == (422, "template.texts.en.subject")


@pytest.mark.parametrize("asked", [{"record": "contact:7"}, {"event": "evt_1"}, {"fields": {"agent": "agent:ayse"}}])
def test_a_key_that_may_not_read_records_sees_none_in_a_preview(api: Api, asked: dict[str, Any]) -> None:
    address = f"/v1/templates/{made(api)}/preview"
    reader = Api(api.stack, "rules:read")
    for target, body in ((address, asked), ("/v1/templates/preview", {**asked, "template": HELLO})):
        answer = reader.call("POST", target, body)
        assert (answer.status, answer.document["params"]) == (403, {"scope": "records:read"})
    assert reader.call("POST", address, {"language": "tr"}).status == 200


def test_a_rule_that_names_a_template_is_found_and_keeps_it(api: Api) -> None:
    template = made(api)
    rule = {
        "name": "Greet",
        "trigger": {"event": "contact.created"},
        "steps": [{"id": "mail", "action": "send_email", "with": {"template": template}}],
    }
    saved = api.call("POST", "/v1/rules", rule)
    assert (saved.status, saved.document["warnings"]) == (201, [])
    assert api.get(f"/v1/templates/{template}/uses") == {"rules": [saved.document["id"]]}
    refused = api.call("DELETE", f"/v1/templates/{template}")
    assert (refused.status, refused.document["code"]) == (409, "stored_template.in_use")
    other = {**rule, "steps": [{"id": "mail", "action": "send_email", "with": {"subject": "s", "text": "t"}}]}
    assert api.call("PUT", saved.headers["location"], other).status == 200
    assert api.get(f"/v1/templates/{template}/uses") == {"rules": []}
    assert api.call("DELETE", f"/v1/templates/{template}").status == 204


def test_a_rule_that_names_no_template_of_ours_is_warned_of(api: Api) -> None:
    step = {"id": "mail", "action": "send_email", "with": {"template": "template_9"}}
    rule = {"name": "Greet", "trigger": {"event": "contact.created"}, "steps": [step]}
    saved = api.call("POST", "/v1/rules", rule)
    assert saved.status == 201
    assert [(each["code"], each["field"]) for each in saved.document["warnings"]] == [
        ("lint.no_such_template", "steps[0].with.template")
    ]
