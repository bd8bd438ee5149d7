"""reconcile_leads through its handler: at a tick, what Meta lists and nobody knows goes to the lead queue."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.adapters.samples import why
from tests.functions.api import Api
from tests.functions.payloads import batch, failed
from tests.functions.stack import Stack
from whenthen.domain.common.errors import Temporary
from whenthen.ports.outgoing import HttpAnswer, HttpRequest

TICK = {"sweep": "leads"}
FORM = "5551"


class Meta:
    """Lists one form's leads, one of each page, and has each of them."""

    def __init__(self, *leads: str) -> None:
        half_an_hour_ago = datetime.now(UTC) - timedelta(minutes=30)
        self.rows = [{"id": lead, "created_time": half_an_hour_ago.isoformat(), "form_id": FORM} for lead in leads]
        self.asked: list[str] = []

    def send(self, request: HttpRequest) -> HttpAnswer:
        self.asked.append(request.url)
        if "/leads" not in request.url:
            external_id = request.url.partition("?")[0].rpartition("/")[2]
            return self._answer({**next(row for row in self.rows if row["id"] == external_id), "field_data": []})
        place = int(request.url.partition("&after=")[2] or 0)
        more = {"next": "https://elsewhere.example/"} if place + 1 < len(self.rows) else {}
        return self._answer(
            {"data": self.rows[place : place + 1], "paging": {"cursors": {"after": str(place + 1)}, **more}}
        )

    def _answer(self, document: Any) -> HttpAnswer:
        return HttpAnswer(200, {}, json.dumps(document).encode())


@pytest.fixture
def stack(stack: Stack) -> Stack:
    """A stack whose admin wants the leads of one form since yesterday."""
    since = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    settings = {"forms": [{"id": FORM, "since": since}]}
    assert Api(stack).call("PUT", "/v1/settings/leads", settings).status == 200
    return stack


def tick(stack: Stack) -> list[str]:
    return failed(stack.consume("ReconcileQueue", batch(TICK)))


def test_missed_leads_of_all_pages_are_queued_fetched_and_made_once(stack: Stack) -> None:
    stack.adapters["http"] = meta = Meta("71", "72", "73")
    assert tick(stack) == []
    queued = stack.messages("LeadQueue")
    assert [json.loads(message["Body"])["leadgen_id"] for message in queued] == ["71", "72", "73"]
    stack.consume("LeadQueue", batch(*(message["Body"] for message in queued)))
    events = stack.messages("EventQueue")
    assert len(events) == 3
    stack.consume("EventQueue", batch(*(message["Body"] for message in events)))
    (form,) = Api(stack).get("/v1/sources/meta/forms")["items"]
    assert (form["id"], form["missed"], form["under_way"], form["error"]) == (FORM, 3, False, None)
    assert all("access_token" not in url and "elsewhere" not in url for url in meta.asked)
    _ask_again(stack)
    assert tick(stack) == []
    assert stack.messages("LeadQueue") == [], "their events are known"


def _ask_again(stack: Stack) -> None:
    since = (datetime.now(UTC) - timedelta(days=2)).isoformat()
    Api(stack).call("PUT", "/v1/settings/leads", {"forms": [{"id": FORM, "since": since}]})


def test_while_the_log_cannot_be_read_the_tick_comes_back_and_no_mark_moves(stack: Stack) -> None:
    class Down:
        def known(self, _: object) -> None:
            raise Temporary(why("reading runs: throttled"))

    stack.adapters["http"] = Meta("71")
    stack.adapters["event_log"] = Down()
    assert tick(stack) == ["m0"]
    assert Api(stack).get("/v1/sources/meta/forms")["items"] == []
    assert stack.messages("LeadQueue") == []


@pytest.mark.parametrize("bad", ["{not json", "{}", '{"sweep": "dates"}'])
def test_what_is_no_tick_is_a_dead_letter(stack: Stack, bad: str) -> None:
    assert failed(stack.consume("ReconcileQueue", batch(bad))) == []
    assert len(stack.messages("ReconcileDeadLetters")) == 1
