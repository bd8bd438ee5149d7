"""The webhook receiver records what came as it came, and misbehaves when it is told to."""

import base64
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from dev import web
from dev.stack import Sink
from dev.standins import exchange
from dev.standins.server import MAX_BODY, serve
from dev.standins.webhooks import Webhooks
from whenthen.sources.signing.signatures import parse_scheme, sign

SECRET = "whsec_" + base64.b64encode(b"a" * 24).decode()
SCHEME = parse_scheme("standard_webhooks")


@pytest.fixture
def webhooks():
    server = serve(Webhooks())
    yield Sink(f"http://127.0.0.1:{server.server_address[1]}/_received")
    server.shutdown()
    server.server_close()


def post(webhooks, path, body=b"{}", headers=None):
    return web.call("POST", webhooks.base_url + path, body, headers)


def test_a_call_is_recorded_byte_for_byte(webhooks):
    body = b'{"name": "\\u00e4"}\xff'
    assert post(webhooks, "/a/b?c=d", body, {"X-One": "1", "webhook-id": "job_1"}).status == 200
    received = webhooks.received()
    call = received["calls"][0]
    assert (call["method"], call["path"], call["query"]) == ("POST", "/a/b", {"c": "d"})
    assert base64.b64decode(call["body_base64"]) == body
    assert call["headers"]["x-one"] == "1"
    assert call["signature"] == "unchecked"
    assert received["count_by_webhook_id"] == {"job_1": 1}


def test_signatures_are_checked_with_the_secret_of_the_longest_path(webhooks):
    webhooks.program(secrets={"/": "whsec_" + base64.b64encode(b"b" * 24).decode(), "/orders": SECRET})
    headers = sign(SCHEME, SECRET, b"{}", datetime.now(UTC), "msg_1")
    post(webhooks, "/orders/1", headers=headers)
    post(webhooks, "/orders/1", b"{ }", headers)
    post(webhooks, "/elsewhere", headers=headers)
    assert [call["signature"] for call in webhooks.received()["calls"]] == ["valid", "invalid", "invalid"]


def test_a_redirect_or_a_failure_is_answered_on_its_path_only(webhooks):
    webhooks.program(
        faults=[{"path": "/moved", "status": 302, "headers": {"location": "http://127.0.0.1:1/"}, "times": 0}]
    )
    assert post(webhooks, "/moved").headers["location"] == "http://127.0.0.1:1/"
    assert post(webhooks, "/moved").status == 302
    assert post(webhooks, "/other").status == 200


def test_a_delay_is_waited_before_the_answer(webhooks, monkeypatch):
    waits = []
    monkeypatch.setattr(exchange, "time", SimpleNamespace(sleep=waits.append))
    webhooks.program(faults=[{"delay": 1_000.5}])
    assert [post(webhooks, "/slow").status, post(webhooks, "/fast").status] == [200, 200]
    assert waits == [1_000.5]


def test_a_body_that_is_too_large_is_refused_unread(webhooks):
    headers = {"content-length": str(MAX_BODY + 1)}
    assert web.call("POST", f"{webhooks.base_url}/", None, headers).status == 413
    assert webhooks.received()["calls"] == []
