"""The stand-in of rooms takes what the channel posts, and refuses and loses messages as Slack and Teams do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from dev import web
from dev.stack import Sink
from dev.standins.rooms import SLACK_ERRORS, Rooms
from dev.standins.server import serve
from whenthen.channels.staff.answers import SLACK_ANSWERS, TEAMS_ANSWERS
from whenthen.channels.staff.messages import Content
from whenthen.channels.staff.rooms import slack_message, teams_message

CONTENT = Content("Title", "Text", "", None, "rule_1", "run_1", "job_1")


@pytest.fixture
def rooms() -> Iterator[Sink]:
    server = serve(Rooms())
    yield Sink(f"http://127.0.0.1:{server.server_address[1]}/_received")
    server.shutdown()
    server.server_close()


def post(rooms: Sink, path: str, document: Any) -> Any:
    return web.call("POST", rooms.base_url + path, document)


def test_it_takes_what_the_channel_posts_and_shows_it(rooms: Sink) -> None:
    answer = post(rooms, "/slack/sales", slack_message(CONTENT, "Ayşe"))
    assert (answer.status, answer.body) == (200, b"ok")
    assert post(rooms, "/teams/sales", teams_message(CONTENT, "Ayşe")).status == 202
    assert rooms.received()["messages"] == [
        {"way": "slack", "room": "sales", "text": "*Title*\nText\n— Ayşe"},
        {"way": "teams", "room": "sales", "text": "Title\nText\n— Ayşe"},
    ]


@pytest.mark.parametrize("document", [{}, {"text": " "}, {"text": 5}, []])
def test_slack_refuses_what_is_no_message(rooms: Sink, document: Any) -> None:
    answer = post(rooms, "/slack/sales", document)
    assert (answer.status, answer.body) == (400, b"invalid_payload")
    assert rooms.received()["messages"] == []


@pytest.mark.parametrize("document", [{"text": "Hello"}, {"type": "message", "attachments": [{"content": {}}]}, []])
def test_teams_takes_anything_and_posts_cards_alone(rooms: Sink, document: Any) -> None:
    assert post(rooms, "/teams/sales", document).status == 202
    assert rooms.received()["messages"] == []


@pytest.mark.parametrize("status", sorted(SLACK_ERRORS))
def test_slack_fails_as_it_is_told(rooms: Sink, status: int) -> None:
    rooms.program(faults=[{"path": "/slack/*", "status": status}])
    answer = post(rooms, "/slack/sales", slack_message(CONTENT, "Ayşe"))
    assert (answer.status, answer.body.decode()) == (status, SLACK_ERRORS[status])
    assert f"{status} {SLACK_ERRORS[status]}" in SLACK_ANSWERS or str(status) in SLACK_ANSWERS


@pytest.mark.parametrize("status", sorted(map(int, TEAMS_ANSWERS)))
def test_teams_fails_as_it_is_told(rooms: Sink, status: int) -> None:
    rooms.program(faults=[{"path": "/teams/*", "status": status, "headers": {"retry-after": "1"}}])
    assert post(rooms, "/teams/sales", teams_message(CONTENT, "Ayşe")).status == status
    assert rooms.received()["messages"] == []
