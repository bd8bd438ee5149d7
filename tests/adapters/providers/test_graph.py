"""Meta's Graph API: what is asked, and what each answer means."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.adapters.samples import why
from whenthen.adapters.providers.graph import MAX_READ, GraphApi
from whenthen.adapters.providers.graph_errors import META_ERROR_IN_DETAIL
from whenthen.domain.common.errors import (
    AccountRefused,
    AnswerLost,
    NotFound,
    Permanent,
    Temporary,
    Throttled,
    WhenthenError,
)
from whenthen.domain.common.reasons import Reason
from whenthen.ports.outgoing import HttpAnswer, HttpRequest
from whenthen.ports.values import LeadPage

TOKEN = "EAAG-token"
MESSAGE = {"messaging_product": "whatsapp", "to": "905321234567", "type": "text", "text": {"body": "Merhaba ş"}}
SENT = {"messaging_product": "whatsapp", "contacts": [{"input": "1", "wa_id": "1"}], "messages": [{"id": "wamid.1"}]}


@dataclass
class FakeHttp:
    """Answers as it was told to, and keeps what it was asked."""

    answer: HttpAnswer | WhenthenError
    requests: list[HttpRequest] = field(default_factory=list)

    def send(self, request: HttpRequest) -> HttpAnswer:
        self.requests.append(request)
        if isinstance(self.answer, WhenthenError):
            raise self.answer
        return self.answer


@dataclass
class FakeSecrets:
    """A secret, or none."""

    document: Mapping[str, Any] | None

    def get(self, name: str) -> Mapping[str, Any]:
        if name != "meta" or self.document is None:
            raise NotFound(f"there is no secret {name}")
        return self.document


_FILLED = FakeSecrets({"access_token": TOKEN, "phone_number_id": "1059"})


def _answer(status: int, document: Any) -> HttpAnswer:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return HttpAnswer(status, {}, body)


def _graph(answer: HttpAnswer | WhenthenError, secrets: FakeSecrets = _FILLED) -> tuple[GraphApi, FakeHttp]:
    http = FakeHttp(answer)
    return GraphApi(http, secrets, "https://graph.facebook.com/", "v25.0"), http


def _sent(graph: GraphApi) -> str:
    return graph.send_message(graph.message(MESSAGE, "job_1"))


def test_a_message_is_posted_with_its_key() -> None:
    graph, http = _graph(_answer(200, SENT))
    assert _sent(graph) == "wamid.1"
    [request] = http.requests
    assert (request.method, request.url) == ("POST", "https://graph.facebook.com/v25.0/1059/messages")
    assert request.headers["authorization"] == f"Bearer {TOKEN}"
    assert request.headers["content-type"] == "application/json"
    assert json.loads(request.body) == {**MESSAGE, "biz_opaque_callback_data": "job_1"}


def test_a_lead_is_asked_for_with_all_its_fields() -> None:
    graph, http = _graph(_answer(200, {"id": "77", "field_data": []}))
    assert graph.lead("77") == {"id": "77", "field_data": []}
    [request] = http.requests
    url = urlsplit(request.url)
    assert (request.method, url.path, request.body) == ("GET", "/v25.0/77", b"")
    [fields] = parse_qs(url.query)["fields"]
    assert {"id", "field_data", "custom_disclaimer_responses", "campaign_name", "created_time"} <= set(
        fields.split(",")
    )
    assert TOKEN not in request.url


def test_an_id_cannot_change_the_path() -> None:
    graph, http = _graph(_answer(200, {"id": "77"}))
    graph.lead("../me?x=1#")
    assert urlsplit(http.requests[0].url).path == "/v25.0/..%2Fme%3Fx%3D1%23"


def _error(code: int, status: int = 400, **more: Any) -> HttpAnswer:
    error = {"message": f"(#{code}) Malformed access token {TOKEN}", "type": "OAuthException", "code": code, **more}
    return _answer(status, {"error": error})


@pytest.mark.parametrize(
    ("answer", "sending", "reading"),
    [
        *((_error(code), Temporary, Temporary) for code in (1, 2, 131000, 131016, 131057)),
        *((_error(code), Throttled, Throttled) for code in (4, 17, 32, 341, 613, 80004, 80005, 80007, 130429, 131056)),
        *((_error(code), Permanent, Permanent) for code in (131026, 131030, 131021, 131047, 131050, 131049, 130472)),
        *((_error(code), Permanent, Permanent) for code in (132000, 132001, 132005, 132007, 132008, 132012, 132015)),
        *((_error(code), Permanent, Permanent) for code in (132016, 130497, 131062, 100)),
        *((_error(code), AccountRefused, Permanent) for code in (0, 190, 10, 200, 299, 368, 131031, 131042, 131048)),
        (_error(2, 500), Temporary, Temporary),
        (_error(190, 500), AccountRefused, Permanent),
        (_answer(401, b""), AccountRefused, Permanent),
        (_error(999_999, 400), Permanent, Permanent),
        (_error(999_999, 500), Temporary, Temporary),
        (_error(999_999, 502), Temporary, Temporary),
        (_answer(500, b"<html>"), Temporary, Temporary),
        (_answer(504, b""), AnswerLost, Temporary),
        (_answer(502, {"error": "gone"}), AnswerLost, Temporary),
        (_answer(429, b""), Throttled, Throttled),
        (HttpAnswer(503, {"retry-after": "30"}, b""), Throttled, Throttled),
        (_answer(503, b""), Temporary, Temporary),
        (_answer(404, b"[]"), Permanent, Permanent),
        (_answer(302, b""), Permanent, Permanent),
        (_answer(200, b'{"messages": [{'), AnswerLost, Temporary),
        (_answer(200, [1]), AnswerLost, Temporary),
        (AnswerLost(why("gone")), AnswerLost, Temporary),
        (Temporary(why("not reached")), Temporary, Temporary),
        (Permanent(why("forbidden address")), Permanent, Permanent),
    ],
    ids=str,
)
def test_what_an_answer_means(
    answer: HttpAnswer | WhenthenError, sending: type[WhenthenError], reading: type[WhenthenError]
) -> None:
    graph, _ = _graph(answer)
    with pytest.raises(sending) as sent:
        _sent(graph)
    with pytest.raises(reading) as read:
        graph.lead("77")
    for raised, meant in ((sent, sending), (read, reading)):
        assert TOKEN not in str(raised.value.reason)
        assert isinstance(raised.value, Throttled) == (meant is Throttled)
        assert isinstance(raised.value, AccountRefused) == (meant is AccountRefused)


@pytest.mark.parametrize(
    "document", [{}, {"messages": []}, {"messages": [{}]}, {"messages": "x"}, {"messages": [{"id": 5}]}]
)
def test_a_message_that_was_taken_but_not_named_may_have_been_sent(document: dict[str, Any]) -> None:
    graph, _ = _graph(_answer(200, document))
    with pytest.raises(AnswerLost):
        _sent(graph)


def test_the_code_and_the_details_are_told_and_the_wish_is_kept() -> None:
    graph, _ = _graph(
        _error(132000, error_data={"messaging_product": "whatsapp", "details": "body: 1 given, 2 wanted"})
    )
    with pytest.raises(Permanent) as refused:
        _sent(graph)
    cause = Reason("whatsapp_template.parameter_count")
    detail = "body: 1 given, 2 wanted"
    assert refused.value.reason == META_ERROR_IN_DETAIL(reason=cause, error=132000, detail=detail)
    assert refused.value.code == "132000"
    graph, _ = _graph(_error(131056))
    with pytest.raises(Temporary) as later:
        _sent(graph)
    assert later.value.retry_after == 10


@pytest.mark.parametrize("document", [None, {}, {"access_token": ""}, {"access_token": TOKEN, "phone_number_id": 5}])
def test_without_its_secret_meta_is_not_called(document: dict[str, Any] | None) -> None:
    graph, http = _graph(_answer(200, SENT), FakeSecrets(document))
    with pytest.raises(Permanent, match="secret=meta"):
        graph.message(MESSAGE, "job_1")
    assert http.requests == []


def test_a_lead_with_long_answers_is_read_whole() -> None:
    graph, http = _graph(_answer(200, {"id": "77", "field_data": [{"name": "why", "values": ["ש" * 3_000] * 4}]}))
    assert graph.lead("77")["id"] == "77"
    assert http.requests[0].most == MAX_READ > 4 * 3_000 * len("\\u05e9") * 10


@pytest.mark.parametrize("read", ["lead", "leads"])
def test_an_answer_that_is_longer_than_what_is_read_would_be_so_again(read: str) -> None:
    graph, _ = _graph(HttpAnswer(200, {}, b'{"id": "77", "field_da', cut=True))
    with pytest.raises(Permanent, match=r"meta\.answer_too_long"):
        graph.lead("77") if read == "lead" else graph.leads("55", SINCE, None)


SINCE = datetime(2026, 3, 14, 8, 0, tzinfo=UTC)
LISTED = [{"id": "77", "created_time": "2026-03-14T09:30:00+0000", "form_id": "55"}]
NEXT = {"cursors": {"before": "b", "after": "c2"}, "next": f"https://elsewhere.example/?access_token={TOKEN}"}


@pytest.mark.parametrize("after", [None, "c1=="])
def test_a_forms_leads_are_asked_for_by_their_time(after: str | None) -> None:
    graph, http = _graph(_answer(200, {"data": LISTED, "paging": NEXT}))
    assert graph.leads("55", SINCE, after) == LeadPage(LISTED, "c2")
    [request] = http.requests
    address, query = urlsplit(request.url), parse_qs(urlsplit(request.url).query)
    assert (request.method, address.netloc, address.path) == ("GET", "graph.facebook.com", "/v25.0/55/leads")
    filtering = [{"field": "time_created", "operator": "GREATER_THAN", "value": int(SINCE.timestamp())}]
    assert json.loads(query["filtering"][0]) == filtering
    assert query.get("after") == ([after] if after else None)
    assert {"id", "created_time"} <= set(query["fields"][0].split(","))
    assert TOKEN not in request.url
    assert request.headers["authorization"] == f"Bearer {TOKEN}"


@pytest.mark.parametrize(
    "paging", [None, {}, {"cursors": {"after": "c"}}, {"next": "x"}, {"cursors": {"after": 5}}, []]
)
def test_a_page_without_an_address_of_the_next_is_the_last(paging: Any) -> None:
    graph, _ = _graph(_answer(200, {"data": [*LISTED, "no lead"], "paging": paging}))
    assert graph.leads("55", SINCE, None) == LeadPage(LISTED)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (_answer(200, b"{cut off"), Temporary),
        (_answer(200, {"data": None}), Temporary),
        (AnswerLost(why("no answer")), Temporary),
        (_answer(502, b"bad gateway"), Temporary),
        (_answer(400, {"error": {"code": 100}}), Permanent),
        (_answer(401, {"error": {"code": 190}}), Permanent),
    ],
)
def test_a_list_that_does_not_come_is_told_from_one_that_never_will(answer: Any, error: type[Exception]) -> None:
    graph, _ = _graph(answer)
    with pytest.raises(error):
        graph.leads("55", SINCE, None)


def test_a_rate_limit_says_when_to_come_back() -> None:
    graph, _ = _graph(_answer(400, {"error": {"code": 80005}}))
    with pytest.raises(Temporary) as caught:
        graph.leads("55", SINCE, None)
    assert caught.value.retry_after == 300
