"""The Graph stand-in speaks as the Graph API documents, and does the wrong things that it is told to."""

import hashlib
import json
from urllib.parse import quote

import pytest

from dev import web
from dev.stack import Sink
from dev.standins.graph import Graph
from dev.standins.server import serve

TOKEN = "EAAtoken"
LEAD = {
    "id": "2001",
    "form_id": "77",
    "created_time": "2026-03-14T09:30:00+0000",
    "campaign_name": "Spring",
    "field_data": [{"name": "email", "values": ["elif@example.com"]}],
    "custom_disclaimer_responses": [{"checkbox_key": "optin", "is_checked": "1"}],
}
TEXT = {"messaging_product": "whatsapp", "to": "+90 532 1", "type": "text", "text": {"body": "Hello"}}


@pytest.fixture
def graph():
    server = serve(Graph(TOKEN))
    yield Sink(f"http://127.0.0.1:{server.server_address[1]}/_received")
    server.shutdown()
    server.server_close()


def call(graph, method, path, body=None, token=TOKEN):
    return web.call(method, graph.base_url + path, body, {"authorization": f"Bearer {token}"})


def test_a_lead_shows_the_fields_that_are_asked_for_and_its_id(graph):
    graph.program(leads=[LEAD])
    assert call(graph, "GET", "/v25.0/2001?fields=campaign_name,custom_disclaimer_responses").json() == {
        "id": "2001",
        "campaign_name": "Spring",
        "custom_disclaimer_responses": [{"checkbox_key": "optin", "is_checked": "1"}],
    }
    assert set(call(graph, "GET", "/v25.0/2001").json()) == {"id", "created_time", "field_data"}


@pytest.mark.parametrize(
    ("path", "token", "status", "code"),
    [
        ("/v25.0/9999", TOKEN, 400, 100),
        ("/v25.0/2001?fields=shoe_size", TOKEN, 400, 100),
        ("/v25.0/2001", "stale", 401, 190),
        ("/2001", TOKEN, 400, 100),
        ("/v25.0/77/leads?filtering=[]&after=rubbish", TOKEN, 400, 100),
        ("/v25.0/77/leads?filtering=" + quote('[{"field": "id"}]'), TOKEN, 400, 100),
    ],
)
def test_refusals_have_graphs_shape(graph, path, token, status, code):
    graph.program(leads=[LEAD])
    answer = call(graph, "GET", path, token=token)
    error = answer.json()["error"]
    assert (answer.status, error["code"]) == (status, code)
    assert error["message"]
    assert error["type"]
    assert error["fbtrace_id"]


def test_a_forms_leads_come_in_pages_newest_first_and_filtered_by_time(graph):
    leads = [LEAD | {"id": str(number), "created_time": f"2026-03-{number:02}T00:00:00+0000"} for number in range(1, 8)]
    graph.program(leads=[*leads, LEAD | {"id": "99", "form_id": "other"}])
    later = quote(json.dumps([{"field": "time_created", "operator": "GREATER_THAN", "value": 1772409600}]))  # 2 March
    seen, after = [], ""
    for _ in range(10):
        page = call(graph, "GET", f"/v25.0/77/leads?filtering={later}&limit=2&after={after}").json()
        seen += [lead["id"] for lead in page["data"]]
        if "next" not in page["paging"]:
            break
        after = page["paging"]["cursors"]["after"]
    assert seen == ["7", "6", "5", "4", "3"]


def test_a_message_is_accepted_listed_and_counted_by_its_callback_data(graph):
    body = TEXT | {"biz_opaque_callback_data": "job_1"}
    answers = [call(graph, "POST", "/v25.0/106/messages", body).json() for _ in range(2)]
    assert answers[0]["contacts"] == [{"input": "+90 532 1", "wa_id": "905321"}]
    ids = [answer["messages"][0]["id"] for answer in answers]
    assert ids[0].startswith("wamid.")
    assert ids[0] != ids[1]
    received = graph.received()
    assert [listed["message"] for listed in received["messages"]] == [body, body]
    assert received["count_by_callback_data"] == {"job_1": 2}
    assert [call["headers"]["authorization"] for call in received["calls"]] == [f"Bearer {TOKEN}"] * 2


@pytest.mark.parametrize(
    "change",
    [
        {"messaging_product": "sms"},
        {"to": ""},
        {"type": "telegram"},
        {"text": {}},
        {"text": {"body": ""}},
        {"text": {"body": "a" * 4097}},
        {"type": "template"},
        {"type": "template", "template": {"name": "welcome"}},
        {"type": "template", "template": {"name": "welcome", "language": "en"}},
        {"type": "image", "image": {"caption": "neither id nor link"}},
        {"type": "interactive", "interactive": {"type": "button"}},
        {"type": "reaction", "reaction": {"emoji": "👍"}},
        {"biz_opaque_callback_data": "a" * 513},
    ],
)
def test_a_message_of_the_wrong_shape_is_refused_and_not_sent(graph, change):
    answer = call(graph, "POST", "/v25.0/106/messages", TEXT | change)
    assert answer.status == 400
    assert answer.json()["error"]["error_data"]["details"]
    assert graph.received()["messages"] == []


def test_people_enter_and_leave_an_audience_by_hashed_keys(graph):
    good = [hashlib.sha256(b"elif@example.com").hexdigest(), hashlib.sha256(b"905321").hexdigest()]
    users = {"payload": {"schema": ["EMAIL", "PHONE"], "data": [good, ["elif@example.com", good[1]], good[:1]]}}
    answer = call(graph, "POST", "/v25.0/55/users", users).json()
    assert (answer["num_received"], answer["num_invalid_entries"]) == (3, 2)
    assert graph.received()["audiences"]["55"]["members"] == [{"EMAIL": good[0], "PHONE": good[1]}]
    call(graph, "DELETE", "/v25.0/55/users", {"payload": {"schema": ["EMAIL", "PHONE"], "data": [good]}})
    assert graph.received()["audiences"]["55"]["members"] == []


def test_a_fault_is_met_as_often_as_it_was_programmed(graph):
    graph.program(faults=[{"path": "*/messages", "times": 2, "status": 429, "code": 130429}])
    statuses = [call(graph, "POST", "/v25.0/106/messages", TEXT).status for _ in range(3)]
    assert statuses == [429, 429, 200]
    assert len(graph.received()["messages"]) == 1


def test_a_lost_answer_takes_effect_and_a_lost_request_does_not(graph):
    graph.program(faults=[{"drop": "after"}, {"drop": "before"}])
    for sent in (1, 1):
        with pytest.raises(ConnectionError):
            call(graph, "POST", "/v25.0/106/messages", TEXT)
        assert len(graph.received()["messages"]) == sent
    assert [noted.get("dropped") for noted in graph.received()["calls"]] == ["after", "before"]


def test_resetting_forgets_messages_leads_faults_and_tokens(graph):
    graph.program(leads=[LEAD], access_token="other", faults=[{"times": 0, "status": 500}])
    graph.reset()
    assert graph.received() == {"calls": [], "messages": [], "count_by_callback_data": {}, "audiences": {}, "leads": []}
    assert call(graph, "POST", "/v25.0/106/messages", TEXT).status == 200


@pytest.mark.parametrize("program", [{"leads": [{}]}, {"faults": [{"sttaus": 500}]}, {"secrets": {}}])
def test_a_program_that_it_does_not_understand_is_refused(graph, program):
    with pytest.raises(ValueError, match=next(iter(program))):
        graph.program(**program)
