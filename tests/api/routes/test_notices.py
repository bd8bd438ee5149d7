"""/v1/notices through the handler."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.adapters.tables import RUNS
from tests.functions.api import Api
from tests.functions.stack import Stack, client
from whenthen.adapters.dynamodb.sending.notices import DynamoNotices
from whenthen.domain.notices.notice import Notice

NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def notices(stack: Stack) -> None:
    """Three notices to one colleague, and one to another."""
    del stack
    store = DynamoNotices(client("dynamodb"), RUNS)
    for number, agent in enumerate(["agent:ayse", "agent:ayse", "agent:ayse", "agent:mert"]):
        at = NOON + timedelta(minutes=number)
        store.add(Notice(f"notice_{number}", agent, "Call Deniz", "New lead", "", "lead:1", "rule_1", "run_1", at))


def listed(api: Api, query: str = "agent=agent:ayse") -> list[str]:
    return [item["id"] for item in api.get(f"/v1/notices?{query}")["items"]]


def test_a_colleagues_notices_come_newest_first_in_pages(api: Api) -> None:
    first = api.get("/v1/notices?agent=agent:ayse&limit=2")
    assert [item["id"] for item in first["items"]] == ["notice_2", "notice_1"]
    assert listed(api, f"agent=agent:ayse&limit=2&cursor={first['cursor']}") == ["notice_0"]
    assert first["items"][0] == {
        "id": "notice_2",
        "agent": "agent:ayse",
        "title": "New lead",
        "text": "Call Deniz",
        "link": "",
        "record": "lead:1",
        "rule": "rule_1",
        "run": "run_1",
        "created_at": "2026-03-14T12:02:00.000Z",
        "read_at": None,
    }


def test_a_notice_is_noted_as_read_and_unread(api: Api) -> None:
    read = api.call("POST", "/v1/notices/notice_1/read").document
    assert read["read_at"] is not None
    assert api.get("/v1/notices/notice_1") == read
    assert listed(api, "agent=agent:ayse&unread=true") == ["notice_2", "notice_0"]
    assert api.call("POST", "/v1/notices/notice_1/unread").document["read_at"] is None
    assert listed(api, "agent=agent:ayse&unread=true") == ["notice_2", "notice_1", "notice_0"]


def test_all_up_to_a_moment_are_noted_as_read(api: Api) -> None:
    body = {"agent": "agent:ayse", "until": "2026-03-14T12:01:00Z"}
    assert api.call("POST", "/v1/notices/read", body).document == {"read": 2, "more": False}
    assert listed(api, "agent=agent:ayse&unread=true") == ["notice_2"]
    assert listed(api, "agent=agent:mert&unread=true") == ["notice_3"]


@pytest.mark.parametrize("method", ["GET /v1/notices/{}", "POST /v1/notices/{}/read", "POST /v1/notices/{}/unread"])
def test_a_notice_that_is_not_there_is_not_found(api: Api, method: str) -> None:
    verb, _, target = method.format("notice_9").partition(" ")
    answer = api.call(verb, target)
    assert (answer.status, answer.document["code"]) == (404, "notice.not_found")


@pytest.mark.parametrize("query", ["", "unread=true", "agent="])
def test_a_list_names_its_colleague(api: Api, query: str) -> None:
    answer = api.call("GET", f"/v1/notices?{query}")
    assert (answer.status, answer.fields) in ((422, ["agent"]), (400, ["agent"]))


def test_a_request_to_read_many_names_what_is_wrong(api: Api) -> None:
    answer = api.call("POST", "/v1/notices/read", {"until": "soon"})
    assert (answer.status, answer.fields) == (422, ["agent", "until"])
