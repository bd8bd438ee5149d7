"""Calls to APIs: what goes out, and what becomes of the job and the record."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.channels.api.calling import answers, called, has_connection
from tests.channels.performing import performed
from tests.codes import codes
from tests.usecases.fakes.world import World
from tests.usecases.rules import rule
from whenthen.domain.runs.run import JobStatus

JSON, FORM = "application/json", "application/x-www-form-urlencoded"


def test_a_call_goes_to_the_connection_s_address_with_its_credentials(world: World) -> None:
    has_connection(world, headers={"accept-language": "tr"})
    job = called(world, query={"q": ["a b", 1], "none": None}, headers={"X-Trace": "{{ record.code }}"})
    [request] = world.http.sent
    assert (request.method, request.url) == ("POST", "https://api.example.com/v1/contacts?q=a%20b&q=1")
    assert request.headers["authorization"] == "Bearer s3cret"
    assert request.headers["accept-language"] == "tr"
    assert request.headers["idempotency-key"] == job.id
    assert (job.status, job.result) == (JobStatus.DONE, {"status": 200})


@pytest.mark.parametrize(
    ("parameters", "media_type", "body"),
    [
        ({"json": {"age": "{{ record.age }}", "at": [True, "{{ record.no }}"]}}, JSON,
         {"age": 41, "at": [True, None]}),
        ({"json": "{{ record.tags }}"}, JSON, ["vip", "a"]),
        ({"json": {}}, JSON, {}),
        ({"form": {"to": "+90 5", "n": "{{ record.age }}", "a": ["x", "y"]}}, FORM,
         "to=%2B90+5&n=41&a=x&a=y"),
        ({"text": "Merhaba {{ record.first_name }}"}, "text/plain; charset=utf-8", "Merhaba Ayşe"),
    ],
)  # fmt: skip
def test_a_body_keeps_the_types_of_its_values(world: World, parameters: Any, media_type: str, body: Any) -> None:
    has_connection(world)
    world.has_record("lead:1", first_name="Ayşe", age=41, tags=["vip", "a"])
    called(world, **parameters)
    [request] = world.http.sent
    assert request.headers["content-type"] == media_type
    assert (json.loads(request.body) if media_type == JSON else request.body.decode()) == body


def test_fields_of_the_answer_are_saved_and_known_to_later_steps(world: World) -> None:
    has_connection(world)
    world.has_record("lead:1", first_name="Ayşe")
    answers(world, 201, {"id": 77, "links": {"self": "/contacts/77"}}, etag="v1")
    answers(world, 200)
    # fmt: off
    first = {"id": "crm", "action": "call_api", "with": {"connection": "crm", "url": "/contacts", "json": {},
             "save": {"crm_id": "body.id"}, "remember": {"etag": "headers.etag", "none": "body.none"}}}
    then = {"id": "then", "action": "call_api", "only_if": {"field": "steps.crm.crm_id", "op": "equals", "value": 77},
            "with": {"connection": "crm", "method": "PUT", "url": "/contacts/{{ steps.crm.crm_id }}",
                     "headers": {"if-match": "{{ steps.crm.etag }}"}, "json": {"id": "{{ record.crm_id }}"}}}
    # fmt: on
    written = world.has_rule(rule(first, then))
    event = world.happens("lead.created", subject="lead:1")
    world.run_out()
    assert world.job(world.run_of(event, written), "then").status is JobStatus.DONE
    assert [call.url for call in world.http.sent] == [
        "https://api.example.com/v1/contacts",
        "https://api.example.com/v1/contacts/77",
    ]
    assert world.http.sent[1].headers["if-match"] == "v1"
    assert json.loads(world.http.sent[1].body) == {"id": 77}
    record = world.records.stored["lead:1"]
    assert (record.fields["crm_id"], record.origin) == (77, f"rule:{written.id}")
    assert "etag" not in record.fields
    assert world.job(world.run_of(event, written), "crm").result == {"status": 201, "crm_id": 77, "etag": "v1"}


def test_a_call_without_a_connection_takes_a_whole_address(world: World) -> None:
    job = performed(world, "call_api", method="GET", url="https://example.com/{{ record.first_name }}")
    assert (job.status, world.http.sent[0].url) == (JobStatus.DONE, "https://example.com/Ay%C5%9Fe")


def test_a_connection_that_is_not_there_fails_the_step(world: World) -> None:
    job = called(world)
    assert (job.status, world.http.sent, codes(job.reason)[-1]) == (JobStatus.FAILED, [], "connection.not_found")
