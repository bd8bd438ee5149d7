"""The ready connections of examples/connections: each is saved, and its step sends exactly what its API wants."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.channels.api.calling import answers, managing
from tests.usecases.fakes.world import World
from tests.usecases.rules import rule
from whenthen.domain.runs.run import JobStatus
from whenthen.usecases.admin.check_rule import checked

FOLDER = Path(__file__).parents[3] / "examples" / "connections"
FILES = sorted(file.stem for file in FOLDER.glob("*.json"))
JSON, FORM = "application/json", "application/x-www-form-urlencoded"
CARD = (
    '{"type": "message", "attachments": [{"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": null,'
    ' "content": {"$schema": "http://adaptivecards.io/schemas/adaptive-card.json", "type": "AdaptiveCard",'
    ' "version": "1.2", "body": [{"type": "TextBlock", "text": "New lead: Ayşe", "wrap": true}]}}]}'
)
TWILIO = "https://api.twilio.com/2010-04-01/Accounts/AC" + "0" * 32
BASIC = "Basic QUMwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDpyZXBsYWNlLW1l"

EXPECTED: dict[tuple[str, str], Any] = {
    ("slack", "tell_sales"): (
        "https://slack.com/api/chat.postMessage",
        {"authorization": "Bearer xoxb-replace-me", "content-type": "application/json; charset=utf-8"},
        '{"channel": "#sales", "text": "New lead: Ayşe +905321234567"}',
        (200, {"ok": True, "ts": "1503435956.000247"}),
        (200, {"ok": False, "error": "not_in_channel"}),
    ),
    ("slack-webhook", "tell_channel"): (
        "https://hooks.slack.com/services/T00000000/B00000000/replace-me",
        {"content-type": JSON},
        '{"text": "New lead: Ayşe"}',
        (200, b"ok"),
        (404, b"channel_not_found"),
    ),
    ("teams", "tell_team"): (
        (
            "https://prod-00.westeurope.logic.azure.com/workflows/replace-me/triggers/manual/paths/invoke"
            "?api-version=2016-06-01&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=replace-me"
        ),
        {"content-type": JSON},
        CARD,
        (202, b""),
        (400, {"error": {"code": "InvalidRequestContent"}}),
    ),
    ("twilio", "send_sms"): (
        f"{TWILIO}/Messages.json",
        {"authorization": BASIC, "content-type": FORM},
        "To=%2B905321234567&From=%2B15005550006&Body=Hello+Ay%C5%9Fe",
        (201, {"sid": "SM1"}),
        (400, {"code": 21211}),
    ),
    ("twilio", "call"): (
        f"{TWILIO}/Calls.json",
        {"authorization": BASIC, "content-type": FORM},
        (
            "To=%2B905321234567&From=%2B15005550006&Twiml=%3CResponse%3E%3CSay+language%3D%22tr-TR%22%3EMerhaba+Ay%C5%9Fe"
            "%3C%2FSay%3E%3C%2FResponse%3E"
        ),
        (201, {"sid": "CA1"}),
        (400, {"code": 21200}),
    ),
    ("sms-gateway", "send_sms"): (
        "https://api.sms-gateway.example/sms/send",
        {"content-type": FORM},
        "usercode=replace-me&password=replace-me&msgheader=SHOP&gsmno=905321234567&message=Merhaba+Ay%C5%9Fe&dil=TR",
        (200, b"00 123456"),
        (200, b"30"),
    ),
    ("hubspot", "create_contact"): (
        "https://api.hubapi.com/crm/v3/objects/contacts",
        {"authorization": "Bearer pat-replace-me", "content-type": JSON},
        (
            '{"properties": {"email": "ayse@example.com", "firstname": "Ayşe", "phone": "+905321234567",'
            ' "numberofemployees": 12}}'
        ),
        (201, {"id": "512"}),
        (409, {"category": "CONFLICT"}),
    ),
    ("pipedrive", "create_person"): (
        "https://api.pipedrive.com/v1/persons",
        {"x-api-token": "replace-me", "content-type": JSON},
        '{"name": "Ayşe", "email": ["ayse@example.com"], "phone": ["+905321234567"], "visible_to": 3}',
        (201, {"success": True, "data": {"id": 7}}),
        (201, {"success": False}),
    ),
}
OWN = ("idempotency-key", "traceparent", "user-agent")
"""Headers that every call has."""

SAVED = {"hubspot": {"hubspot_id": "512"}, "pipedrive": {"pipedrive_id": 7}}


def _example(name: str) -> Any:
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def test_every_example_s_steps_are_expected_here() -> None:
    assert {(name, step["id"]) for name in FILES for step in _example(name)["steps"]} == EXPECTED.keys()


@pytest.mark.parametrize("name", FILES)
def test_an_example_is_saved_as_it_is(world: World, name: str) -> None:
    example = _example(name)
    saved = managing(world).create(example["connection"], seed="s", by="key_1")
    assert saved.name == name
    assert "replace-me" not in json.dumps(dict(saved.document))
    checked({"name": "R", "kind": "lead", "trigger": {"event": "lead.created"}, "steps": example["steps"]})


def _run(world: World, name: str, step_id: str, answer: Any) -> Any:
    example = _example(name)
    managing(world).create(example["connection"], seed="s", by="key_1")
    world.has_record("lead:1", first_name="Ayşe", phone="+905321234567", email="ayse@example.com", employees=12)
    [step] = [step for step in example["steps"] if step["id"] == step_id]
    answers(world, *answer)
    written = world.has_rule(rule(step))
    event = world.happens("lead.created", subject="lead:1")
    world.settle()
    return world.job(world.run_of(event, written), step_id)


@pytest.mark.parametrize(("name", "step"), sorted(EXPECTED))
def test_its_step_sends_exactly_what_the_api_wants(world: World, name: str, step: str) -> None:
    url, headers, body, good, _ = EXPECTED[name, step]
    job = _run(world, name, step, good)
    assert job.status is JobStatus.DONE
    [request] = world.http.sent
    assert (request.method, request.url, request.body.decode()) == ("POST", url, body)
    sent = {name: value for name, value in request.headers.items() if name not in OWN}
    assert sent == headers
    fields = world.records.stored["lead:1"].fields
    assert {name: fields.get(name) for name in SAVED.get(name, {})} == SAVED.get(name, {})


@pytest.mark.parametrize(("name", "step"), sorted(EXPECTED))
def test_its_step_knows_a_refusal_of_the_api(world: World, name: str, step: str) -> None:
    job = _run(world, name, step, EXPECTED[name, step][4])
    assert job.status is JobStatus.FAILED
