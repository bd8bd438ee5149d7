"""/v1/records through the handler: upserts, patches, versions, lists."""

from __future__ import annotations

from typing import Any

import pytest

from tests.functions.api import Api
from tests.functions.stack import Stack
from whenthen.runtime.wiring import wired

LEAD = "/v1/records/lead/4711"


@pytest.fixture
def api(stack: Stack) -> Api:
    """A client that may do everything, and one lead."""
    api = Api(stack)
    assert api.call("PUT", LEAD, {"first_name": "Ayşe", "phone": "0532 123 45 67"}).status == 200
    return api


def test_a_record_is_read_with_its_version_as_etag(api: Api) -> None:
    answer = api.call("GET", LEAD)
    assert answer.headers["etag"] == '"1"'
    assert answer.document["ref"] == "lead:4711"
    assert answer.document["fields"] == {"first_name": "Ayşe", "phone": "+905321234567"}
    assert answer.document["origin"] == "api"


def test_a_person_is_found_by_phone_or_mail(api: Api) -> None:
    answer = api.call("POST", "/v1/records/lead", {"phone": "+905321234567", "email": "AYSE@example.com"})
    assert (answer.status, answer.headers["location"], answer.document["version"]) == (200, LEAD, 2)
    again = api.call("POST", "/v1/records/lead?origin=human", {"email": "ayse@example.com", "vip": True})
    assert (again.document["id"], again.document["origin"]) == ("4711", "human")


def test_a_person_who_is_not_there_is_made(api: Api) -> None:
    made = api.call("POST", "/v1/records/lead", {"email": "budi@example.com"})
    assert made.document["version"] == 1
    assert api.get(made.headers["location"]) == made.document


def test_null_removes_a_field_and_the_rest_stays(api: Api) -> None:
    answer = api.call("PATCH", LEAD, {"first_name": None, "status": "new"})
    assert answer.document["fields"] == {"phone": "+905321234567", "status": "new"}


def test_a_record_that_grows_too_large_is_refused_and_stays(api: Api) -> None:
    for name in ("first", "second"):
        assert api.call("PATCH", LEAD, {name: "x" * 120_000}).status == 200
    for method, target in (("PATCH", LEAD), ("PUT", LEAD), ("POST", "/v1/records/lead")):
        answer = api.call(method, target, {"third": "x" * 120_000, "phone": "+905321234567"})
        assert (answer.status, answer.document["code"]) == (413, "record.too_large")
    assert api.call("GET", LEAD).headers["etag"] == '"3"'
    assert api.call("PATCH", LEAD, {"first": None}).status == 200


@pytest.mark.parametrize("value", ["x" * 600, "💥" * 505])
def test_an_identity_that_no_key_can_hold_is_refused_by_its_field(api: Api, value: str) -> None:
    answer = api.call("PATCH", LEAD, {"whatsapp": value})
    assert (answer.status, [error["field"] for error in answer.document["errors"]]) == (422, ["fields.whatsapp"])


def test_a_patch_never_makes_a_record(api: Api) -> None:
    assert api.call("PATCH", "/v1/records/lead/9", {"status": "new"}).status == 404


def test_a_patch_of_another_version_is_refused(api: Api) -> None:
    assert api.call("PATCH", LEAD, {"status": "new"}, {"if-match": '"2"'}).status == 412
    answer = api.call("PATCH", LEAD, {"status": "new"}, {"if-match": '"1"'})
    assert (answer.status, answer.headers["etag"]) == (200, '"2"')


@pytest.mark.parametrize(
    ("method", "target", "body", "field"),
    [
        ("PUT", LEAD, {"phone": "12"}, "fields.phone"),
        ("PUT", LEAD, {"email": "nobody"}, "fields.email"),
        ("PUT", LEAD, {"version": 3}, "fields.version"),
        ("PATCH", LEAD, {"a b": 1}, "fields.a b"),
        ("POST", "/v1/records/lead", {"name": "Nobody"}, "id"),
        ("PUT", "/v1/records/Lead/1", {}, "id"),
        ("GET", "/v1/records/Lead/1", None, "id"),
        ("GET", "/v1/records/Lead", None, "kind"),
        ("PUT", f"{LEAD}?origin=rule", {}, "origin"),
        ("PATCH", f"{LEAD}?origin=rule", {}, "origin"),
        ("DELETE", f"{LEAD}?origin=rule", None, "origin"),
    ],
)
def test_what_does_not_hold_is_named(api: Api, method: str, target: str, body: Any, field: str) -> None:
    answer = api.call(method, target, body)
    assert (answer.status, answer.fields) == (422, [field])


def test_a_deleted_record_is_gone_with_its_identities(api: Api) -> None:
    answer = api.call("DELETE", LEAD)
    assert (answer.status, answer.document) == (204, None)
    assert api.call("GET", LEAD).status == 404
    assert api.call("DELETE", LEAD).status == 404
    assert api.call("POST", "/v1/records/lead", {"phone": "+905321234567"}).document["id"] != "4711"


def test_pages_show_every_record_of_a_kind_once(api: Api) -> None:
    for number in range(3):
        api.call("PUT", f"/v1/records/task/{number}", {"title": "Call"})
    first = api.get("/v1/records/task?limit=2")
    rest = api.get(f"/v1/records/task?limit=2&cursor={first['cursor']}")
    assert [record["id"] for record in first["items"] + rest["items"]] == ["0", "1", "2"]
    assert rest["cursor"] is None


def test_ids_that_addresses_escape_are_understood(api: Api) -> None:
    assert api.call("PUT", "/v1/records/contact/a.b@c+d=e", {"x": 1}).document["id"] == "a.b@c+d=e"
    assert api.call("GET", "/v1/records/contact/a.b@c+d=e").status == 200


def test_a_merge_leaves_one_record_that_both_ids_give(api: Api) -> None:
    api.call("PUT", "/v1/records/lead/9", {"email": "ayse@example.com", "phone": "0532 765 43 21"})
    for _ in range(2):
        answer = api.call("POST", f"{LEAD}/merge", {"from": "lead:9"})
        assert (answer.status, answer.headers["etag"], answer.document["absorbed"]) == (200, '"2"', ["lead:9"])
    old = api.call("GET", "/v1/records/lead/9")
    assert (old.status, old.document, old.headers["content-location"]) == (200, answer.document, LEAD)
    assert "content-location" not in api.call("GET", LEAD).headers
    assert old.document["fields"] == {
        "first_name": "Ayşe",
        "phone": "+905321234567",
        "other_phones": ["+905327654321"],
        "email": "ayse@example.com",
    }
    assert [item["id"] for item in api.get("/v1/records/lead")["items"]] == ["4711"]
    assert api.call("PATCH", "/v1/records/lead/9", {"note": "x"}).document["ref"] == "lead:4711"
    refused = api.call("DELETE", "/v1/records/lead/9")
    assert (refused.status, refused.document["code"]) == (409, "record.merged_into")
    assert refused.document["params"] == {"ref": "lead:9", "into": "lead:4711"}
    assert api.get("/v1/records/lead/9/timeline") == api.get(f"{LEAD}/timeline")
    assert api.call("DELETE", LEAD).status == 204
    assert api.call("GET", "/v1/records/lead/9").status == 404


@pytest.mark.parametrize(
    ("body", "status", "fields"),
    [
        ({}, 422, ["from"]),
        ({"from": 7}, 422, ["from"]),
        ({"from": "nonsense"}, 422, ["from"]),
        ({"from": "lead:4711"}, 422, ["from"]),
        ({"from": "contact:1"}, 422, ["from"]),
        ({"from": "lead:9", "into": "lead:1"}, 422, ["into"]),
        ({"from": "lead:9"}, 404, None),
    ],
)
def test_a_merge_that_cannot_be(api: Api, body: Any, status: int, fields: list[str] | None) -> None:
    answer = api.call("POST", f"{LEAD}/merge", body)
    assert answer.status == status
    assert fields is None or answer.fields == fields


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"other_phones": ["0532 765 43 21", "none"]}, "fields.other_phones[1]"),
        ({"other_emails": "a@example.com"}, "fields.other_emails"),
        ({"other_emails": [f"{number}@example.com" for number in range(6)]}, "fields.other_emails"),
        ({"other_whatsapps": [7]}, "fields.other_whatsapps[0]"),
    ],
)
def test_further_addresses_are_checked_like_the_first(api: Api, fields: Any, named: str) -> None:
    assert api.call("PATCH", LEAD, fields).fields == [named]


def test_a_person_is_found_by_further_addresses_too(api: Api) -> None:
    api.call("PATCH", LEAD, {"other_phones": ["0532 765 43 21"], "other_emails": ["B@example.com"]})
    for given in ({"phone": "+905327654321"}, {"email": "b@example.com"}, {"other_emails": ["b@example.com"]}):
        assert api.call("POST", "/v1/records/lead", given).document["id"] == "4711"


def test_a_whole_number_beyond_64_bits_is_refused_by_its_name(api: Api) -> None:
    answer = api.call("PATCH", LEAD, {"order": {"no": 12345678901234567890}})
    assert (answer.status, answer.document["errors"][0]["field"]) == (422, "fields.order.no")


# --- versions


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_a_write_of_another_version_is_refused_and_changes_nothing(api: Api, method: str) -> None:
    body = None if method == "DELETE" else {"status": "won"}
    for version in ('"2"', 'W/"7"', "0"):
        assert api.call(method, LEAD, body, {"if-match": version}).status == 412
    assert api.get(LEAD)["version"] == 1
    assert api.call(method, LEAD, body, {"if-match": '"1"'}).status in (200, 204)


def test_a_put_with_a_version_creates_nothing(api: Api) -> None:
    assert api.call("PUT", "/v1/records/lead/9", {"a": 1}, {"if-match": '"1"'}).status == 412
    assert api.call("GET", "/v1/records/lead/9").status == 404


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_a_version_that_is_none_is_named(api: Api, method: str) -> None:
    answer = api.call(method, LEAD, None if method == "DELETE" else {}, {"if-match": "yesterday"})
    assert (answer.status, answer.fields) == (422, ["If-Match"])


# --- what a person knows


@pytest.fixture
def people(api: Api) -> Api:
    api.call("PUT", "/v1/records/contact/1", {"phone": "+905321234567", "email": "a+tag@b.co", "city": "Bursa"})
    api.call("PUT", "/v1/records/contact/2", {"phone": "+905321234567", "email": "çiçek@çiçek.example"})
    api.call("PUT", "/v1/records/contact/3", {"email": "c@b.co", "other_phones": ["+905337654321"]})
    api.call("PUT", "/v1/records/lead/4", {"phone": "+905321234567"})
    return api


SEARCHES = [
    ("phone=%2B905321234567", ["1", "2"]),
    ("phone=+90 532 123 45 67", ["1", "2"]),
    ("phone=0090-532-123-45-67", ["1", "2"]),
    ("phone=%2B905337654321", ["3"]),
    ("phone=%2B905330000000", []),
    ("email=a%2Btag@b.co", ["1"]),
    ("email=a+tag@B.CO", ["1"]),
    ("email=%C3%87i%C3%A7ek@xn--iek-1lab.example", ["2"]),
    ("email=C@B.co&phone=%2B905337654321", ["3"]),
    ("email=c@b.co&phone=%2B905321234567", []),
]


@pytest.mark.parametrize(("query", "found"), SEARCHES)
def test_records_are_found_by_an_address_however_it_is_written(people: Api, query: str, found: list[str]) -> None:
    page = people.get(f"/v1/records/contact?{query}".replace(" ", "%20"))
    assert ([record["id"] for record in page["items"]], page["cursor"]) == (found, None)


def test_records_of_one_address_come_page_by_page(people: Api) -> None:
    first = people.get("/v1/records/contact?phone=%2B905321234567&limit=1")
    rest = people.get(f"/v1/records/contact?phone=%2B905321234567&limit=1&cursor={first['cursor']}")
    assert [record["id"] for record in first["items"] + rest["items"]] == ["1", "2"]
    assert rest["cursor"] is None


def test_an_address_and_a_view_are_both_asked_for(people: Api) -> None:
    view = {"name": "Bursa", "kind": "contact", "filter": {"field": "record.city", "op": "equals", "value": "Bursa"}}
    made = people.call("POST", "/v1/views", view).document["id"]
    page = people.get(f"/v1/records/contact?phone=%2B905321234567&view={made}")
    assert [record["id"] for record in page["items"]] == ["1"]


@pytest.mark.parametrize(("query", "field"), [("phone=12", "phone"), ("email=nobody", "email"), ("phone=Ali", "phone")])
def test_an_address_that_cannot_be_read_is_named(people: Api, query: str, field: str) -> None:
    answer = people.call("GET", f"/v1/records/contact?{query}")
    assert (answer.status, answer.fields) == (422, [field])


def test_addresses_of_two_people_are_a_conflict(people: Api) -> None:
    answer = people.call("POST", "/v1/records/contact", {"phone": "+905337654321", "email": "a+tag@b.co"})
    assert (answer.status, answer.document["params"]) == (409, {"refs": ["contact:1", "contact:3"]})


@pytest.mark.parametrize(("method", "path"), [("POST", ""), ("PUT", "/7"), ("PATCH", "/8")])
def test_a_change_of_a_record_is_in_its_callers_trace(api: Api, method: str, path: str) -> None:
    given = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    api.call("PUT", "/v1/records/lead/8", {"status": "new"})
    answer = api.call(
        method, f"/v1/records/lead{path}", {"status": "won", "email": "a@example.com"}, {"traceparent": given}
    )
    record = wired().records.get(f"lead:{answer.document['id']}")
    assert record is not None
    assert record.cause.trace == given
