"""Rooms of Slack and Teams: what is posted, what comes of each answer, and that no other way suffers."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.channels.performing import performed
from tests.usecases.fakes.outside import Fails
from tests.usecases.fakes.world import World
from whenthen.channels.staff.answers import ANSWERS, code_of
from whenthen.channels.staff.messages import TO, Content
from whenthen.channels.staff.rooms import (
    MAX_NAMES,
    MAX_SLACK,
    MAX_TEAMS,
    NO_ROOM,
    ROOM_ANSWERED,
    slack_message,
    teams_message,
)
from whenthen.channels.staff.telling import FAILED, NOT_TOLD, TOLD, TOLD_PARTLY
from whenthen.domain.common.answers import Next
from whenthen.domain.common.errors import AnswerLost
from whenthen.domain.runs.run import Job, JobStatus
from whenthen.ports.outgoing import HttpAnswer
from whenthen.ports.reason_codes import NO_ANSWER

AYSE = "agent:ayse"
ADDRESSES = {"slack": "https://hooks.slack.example/T1/B1/secret", "teams": "https://flows.example/run?sig=secret"}


@pytest.fixture
def office(world: World) -> World:
    world.has_record(AYSE, email="ayse@corp.example", name="Ayşe Kaya")
    world.has_record("lead:1", owner=AYSE, name="<!channel> Deniz & Co")
    world.secrets.kept["staff/default"] = dict(ADDRESSES)
    return world


def notify(world: World, *via: str, **parameters: Any) -> Job:
    return performed(world, "notify", **{"to": "owner", "text": "Call {{ record.name }}", "via": [*via], **parameters})


def posted(world: World) -> list[tuple[str, Any]]:
    return [(request.url, json.loads(request.body)) for request in world.http.sent]


def content(**said: str) -> Content:
    given = {"title": "", "text": "Text", "link": "", "rule": "rule_1", "run": "run_1", "job": "job_1", **said}
    return Content(record=None, room="default", **given)


def test_slack_gets_one_message_in_which_a_customers_text_mentions_nobody(office: World) -> None:
    job = notify(office, "notice", "slack", title="New", link="https://crm.example/?a=1&b=2")
    text = "*New*\nCall &lt;!channel&gt; Deniz &amp; Co\nhttps://crm.example/?a=1&amp;b=2\n— Ayşe Kaya"
    assert posted(office) == [(ADDRESSES["slack"], {"text": text})]
    assert job.reason == TOLD(delivered=[TO["notice"](to=AYSE), TO["slack"](to="default")])
    assert job.result == {"told": {"notice": [AYSE], "slack": ["default"]}}


def test_teams_gets_a_card(office: World) -> None:
    office.has_record("lead:1", owner=AYSE, name="Deniz")
    notify(office, "teams", title="New", link="https://crm.example/1")
    [(url, message)] = posted(office)
    [attachment] = message["attachments"]
    assert (url, message["type"]) == (ADDRESSES["teams"], "message")
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    card = attachment["content"]
    assert (card["type"], card["version"]) == ("AdaptiveCard", "1.2")
    assert [block["text"] for block in card["body"]] == ["New", "Call Deniz", "— Ayşe Kaya"]
    assert all(block["wrap"] for block in card["body"])
    assert card["actions"] == [{"type": "Action.OpenUrl", "title": "crm.example", "url": "https://crm.example/1"}]


@pytest.mark.parametrize("text", ["x" * 4_000, "&" * 4_000, "ş" * 4_000, "\U0001f600" * 4_000, '"\n' * 2_000])
def test_long_messages_are_cut_to_what_the_providers_take(text: str) -> None:
    long = content(text=text, title="t" * 200, link="https://crm.example/" + "l" * 1_900)
    slack = slack_message(long, "Ayşe")["text"]
    assert len(slack) <= MAX_SLACK
    assert slack.endswith("\n— Ayşe")
    assert not slack.partition("\n")[2].partition("…")[0].endswith(("&", "&a", "&am", "&amp"))
    assert len(json.dumps(teams_message(long, "Ayşe"))) <= MAX_TEAMS


def test_a_message_to_many_names_the_first_of_them(office: World) -> None:
    office.has_record("team:all", members=[f"agent:{number}" for number in range(MAX_NAMES + 1)])
    notify(office, "slack", to="team:all")
    assert posted(office)[0][1]["text"].endswith(", agent:9, …")


def test_a_room_of_its_own_has_its_own_secret(office: World) -> None:
    office.secrets.kept["staff/sales"] = {"slack": "https://hooks.slack.example/T1/B2/other"}
    notify(office, "slack", room="sales")
    assert [url for url, _ in posted(office)] == ["https://hooks.slack.example/T1/B2/other"]


@pytest.mark.parametrize(
    "kept", [None, {}, {"slack": ""}, {"slack": 5}, {"slack": "hooks"}, {"teams": "https://x.example"}]
)
def test_a_room_without_an_address_fails_and_the_notice_is_there(office: World, kept: Any) -> None:
    office.secrets.kept.pop("staff/default")
    if kept is not None:
        office.secrets.kept["staff/default"] = kept
    job = notify(office, "notice", "slack")
    failed = FAILED(message=TO["slack"](to="default"), reason=NO_ROOM(room="default", way="slack"))
    assert job.status is JobStatus.FAILED
    assert job.reason == TOLD_PARTLY(delivered=[TO["notice"](to=AYSE)], failed=[failed])
    assert len(office.notices.kept) == 1


def _answers() -> list[tuple[str, str, Next]]:
    return [(way, answer, row.next) for way, rows in ANSWERS.items() for answer, row in rows.items()]


@pytest.mark.parametrize(("way", "said", "next_"), _answers())
def test_each_answer_that_is_documented_has_its_row(office: World, way: str, said: str, next_: Next) -> None:
    status, _, error = said.partition(" ")
    office.http.answers.append(HttpAnswer(int(status), {}, error.encode()))
    job = notify(office, "notice", way)
    assert len(office.notices.kept) == 1
    reason = ROOM_ANSWERED(way=way, status=int(status), error=error)
    if next_ is Next.NEVER:
        assert (job.status, len(office.http.sent)) == (JobStatus.FAILED, 1)
        assert job.reason == TOLD_PARTLY(
            delivered=[TO["notice"](to=AYSE)], failed=[FAILED(message=TO[way](to="default"), reason=reason)]
        )
    else:
        assert (job.status, len(office.http.sent)) == (JobStatus.DONE, 2)
        assert job.attempts == (1 if next_ is Next.NOT_NOW else 2)


@pytest.mark.parametrize("way", ["slack", "teams"])
@pytest.mark.parametrize("status", [500, 502, 504])
def test_an_answer_that_does_not_say_is_unknown_and_not_repeated(office: World, way: str, status: int) -> None:
    office.http.answers.append(HttpAnswer(status, {}, b"<html>"))
    job = notify(office, "notice", way)
    assert (job.status, len(office.http.sent)) == (JobStatus.UNKNOWN, 1)


def test_a_lost_answer_is_unknown_and_not_repeated(office: World) -> None:
    office.http.will(Fails(AnswerLost(NO_ANSWER(provider="hooks.slack.example", error="TimeoutError")), taken=True))
    job = notify(office, "slack")
    assert (job.status, len(office.http.sent)) == (JobStatus.UNKNOWN, 1)
    assert job.reason is not None
    assert job.reason.code == NOT_TOLD.code
    assert "secret" not in str(job.reason)


@pytest.mark.parametrize("status", [429, 503])
def test_a_provider_says_how_long_to_wait(office: World, status: int) -> None:
    began = office.clock.now()
    office.http.answers.append(HttpAnswer(status, {"retry-after": "30"}, b""))
    job = notify(office, "notice", "slack")
    assert (job.status, job.attempts, job.postponed) == (JobStatus.DONE, 1, 1)
    assert (office.clock.now() - began).total_seconds() >= 30
    assert len(office.notices.kept) == 1


def test_one_room_that_fails_leaves_the_other_with_one_message(office: World) -> None:
    office.http.answers.append(HttpAnswer(503, {}, b""))
    job = notify(office, "slack", "teams")
    assert job.status is JobStatus.DONE
    assert sorted(url for url, _ in posted(office)[1:]) == sorted(ADDRESSES.values())


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"channel_not_found\n", "channel_not_found"),
        (b'{"error": {}}', ""),
        (b"no such room", ""),
        (b"<html>", ""),
        (b"", ""),
        (b"\xff", ""),
    ],
)
def test_an_error_is_quoted_only_if_it_is_one_word(body: bytes, code: str) -> None:
    assert code_of(HttpAnswer(400, {}, body)) == code
