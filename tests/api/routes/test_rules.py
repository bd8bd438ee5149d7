"""/v1/rules through the handler: versions, ETags, repetitions, lists."""

from __future__ import annotations

from typing import Any

import pytest

from tests.functions.api import RULE, Api


def test_a_rule_is_created_off_and_found_where_its_location_says(api: Api) -> None:
    answer = api.call("POST", "/v1/rules", RULE)
    assert (answer.status, answer.headers["etag"]) == (201, '"1"')
    made = api.call("GET", answer.headers["location"])
    assert made.headers["etag"] == '"1"'
    assert {**made.document, "warnings": []} == answer.document
    assert made.document.items() >= RULE.items()
    assert (made.document["version"], made.document["updated_by"]) == (1, "key_1")


def test_the_same_idempotency_key_makes_one_rule(api: Api) -> None:
    header = {"Idempotency-Key": "a-1"}
    first, second = (api.call("POST", "/v1/rules", RULE, header) for _ in range(2))
    assert (second.status, second.document) == (201, first.document)
    assert len(api.get("/v1/rules")["items"]) == 1


def test_an_idempotency_key_cannot_serve_two_rules_but_may_serve_two_callers(api: Api) -> None:
    header = {"idempotency-key": "a-1"}
    api.call("POST", "/v1/rules", RULE, header)
    assert api.call("POST", "/v1/rules", {**RULE, "name": "Another"}, header).status == 409
    assert Api(api.stack, key="key_2").call("POST", "/v1/rules", {**RULE, "name": "Another"}, header).status == 201


def test_without_an_idempotency_key_each_post_makes_a_rule(api: Api) -> None:
    assert api.has_rule()["id"] != api.has_rule()["id"]


def test_an_idempotency_key_is_bounded(api: Api) -> None:
    answer = api.call("POST", "/v1/rules", RULE, {"idempotency-key": "a" * 201})
    assert (answer.status, answer.fields) == (422, ["idempotency-key"])


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"trigger": {"event": "nonsense"}}, "trigger.event"),
        ({"steps": []}, "steps"),
        ({"steps": [{"id": "a", "action": "fly"}]}, "steps[0].action"),
        ({"steps": [{"id": "a", "action": "add_tags", "with": {"tags": ["{{ a() }}"]}}]}, "steps[0].with.tags[0]"),
        ({"colour": "red"}, "colour"),
        ({"mode": "loud"}, "mode"),
    ],
)
@pytest.mark.parametrize("replacing", [False, True])
def test_what_does_not_hold_is_named(api: Api, change: dict[str, Any], field: str, replacing: bool) -> None:
    target = f"/v1/rules/{api.has_rule()['id']}" if replacing else "/v1/rules"
    answer = api.call("PUT" if replacing else "POST", target, {**RULE, **change})
    assert answer.status == 422
    assert field in answer.fields


def test_each_save_makes_a_version_and_all_can_be_read(api: Api) -> None:
    target = f"/v1/rules/{api.has_rule()['id']}"
    answer = Api(api.stack, key="key_2").call("PUT", target, {**RULE, "name": "Second"})
    assert (answer.status, answer.headers["etag"]) == (200, '"2"')
    versions = api.get(f"{target}/versions")["items"]
    assert [(rule["version"], rule["name"], rule["updated_by"]) for rule in versions] == [
        (2, "Second", "key_2"),
        (1, RULE["name"], "key_1"),
    ]


def test_a_save_that_changes_nothing_makes_no_version(api: Api) -> None:
    target = f"/v1/rules/{api.has_rule()['id']}"
    read = api.get(target)
    assert api.call("PUT", target, read).headers["etag"] == '"1"'


def test_what_was_read_can_be_written_back(api: Api) -> None:
    target = f"/v1/rules/{api.has_rule()['id']}"
    answer = api.call("PUT", target, {**api.get(target), "name": "Second"})
    assert (answer.status, answer.document["name"]) == (200, "Second")


@pytest.mark.parametrize(("method", "more", "body"), [("PUT", "", RULE), ("PUT", "/mode", {"mode": "on"})])
def test_a_change_of_another_version_is_refused(api: Api, method: str, more: str, body: Any) -> None:
    target = f"/v1/rules/{api.has_rule()['id']}"
    api.call("PUT", target, {**RULE, "name": "Second"})
    assert api.call(method, target + more, body, {"If-Match": '"1"'}).status == 412
    assert api.call(method, target + more, body, {"If-Match": '"2"'}).status == 200


def test_a_deletion_of_another_version_is_refused(api: Api) -> None:
    target = f"/v1/rules/{api.has_rule()['id']}"
    assert api.call("DELETE", target, headers={"if-match": '"7"'}).status == 412
    answer = api.call("DELETE", target, headers={"if-match": 'W/"1"'})
    assert (answer.status, answer.document) == (204, None)
    assert api.call("GET", target).status == 404
    assert api.call("DELETE", target).status == 404


@pytest.mark.parametrize("version", ["one", '"-1"', '"1", "2"', '"' + "9" * 150 + '"'])
def test_an_if_match_that_is_no_version_changes_nothing(api: Api, version: str) -> None:
    target = f"/v1/rules/{api.has_rule()['id']}"
    answer = api.call("PUT", target, {**RULE, "name": "Second"}, {"if-match": version})
    assert answer.status in (412, 422)
    assert api.get(target)["name"] == RULE["name"]


def test_any_version_is_meant_by_a_star(api: Api) -> None:
    target = f"/v1/rules/{api.has_rule()['id']}"
    assert api.call("PUT", f"{target}/mode", {"mode": "shadow"}, {"if-match": "*"}).document["mode"] == "shadow"


@pytest.mark.parametrize("body", [{}, {"mode": 1}, {"mode": "on", "more": 1}, {"mode": "loud"}])
def test_a_mode_is_one_of_three(api: Api, body: Any) -> None:
    answer = api.call("PUT", f"/v1/rules/{api.has_rule()['id']}/mode", body)
    assert answer.status == 422
    assert answer.fields[0] in ("mode", "more")


def test_lists_show_what_they_are_asked_for(api: Api) -> None:
    api.has_rule(name="Thank for a PAYMENT", trigger={"event": ["payment.received", "invoice.paid"]}, mode="on")
    api.has_rule(name="Welcome", kind="lead", mode="shadow")
    wanted = {
        "": 2,
        "?mode=on": 1,
        "?mode=off": 0,
        "?kind=lead": 1,
        "?text=payment": 1,
        "?event=invoice.paid": 1,
        "?event=invoice.paid&mode=shadow": 0,
    }
    assert {query: len(api.get(f"/v1/rules{query}")["items"]) for query in wanted} == wanted


def test_pages_show_every_rule_once(api: Api) -> None:
    made = {api.has_rule()["id"] for _ in range(5)}
    found, cursor = [], ""
    for _ in range(3):
        page = api.get(f"/v1/rules?limit=2{cursor}")
        found += [rule["id"] for rule in page["items"]]
        cursor = f"&cursor={page['cursor']}"
    assert (sorted(found), page["cursor"]) == (sorted(made), None)


def test_one_call_puts_many_rules_in_order(api: Api) -> None:
    first, second, third = (api.has_rule(name=name)["id"] for name in ("a", "b", "c"))
    for _ in range(2):
        answer = api.call("PUT", "/v1/rules/order", {"rules": [third, first]})
        assert answer.status == 200
        assert answer.document["items"] == [
            {"id": third, "name": "c", "version": 2, "order": 1},
            {"id": first, "name": "a", "version": 2, "order": 2},
        ]
    assert [api.get(f"/v1/rules/{each}").get("order") for each in (first, second, third)] == [2, None, 1]
    assert "Order: 2" in api.get(f"/v1/rules/{first}")["sentence"]


def test_an_order_names_the_rule_that_is_none_and_needs_the_right_to_change_rules(api: Api) -> None:
    first = api.has_rule(name="a")["id"]
    answer = api.call("PUT", "/v1/rules/order", {"rules": [first, "rule_none"]})
    assert (answer.status, answer.fields) == (422, ["rules[1]"])
    api.scopes = "rules:read"
    assert api.call("PUT", "/v1/rules/order", {"rules": [first]}).status == 403
