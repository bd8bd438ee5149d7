"""Answers with values that no store takes: the call ends once, with a clear reason."""

from __future__ import annotations

from typing import Any

import pytest

from tests.channels.api.calling import answers, called, has_connection
from tests.codes import codes
from tests.usecases.fakes.world import World
from tests.usecases.rules import rule
from whenthen.adapters.dynamodb.records_table.record_items import record_item
from whenthen.adapters.dynamodb.runs_table.jobs import _ending
from whenthen.domain.runs.run import JobStatus, Outcome
from whenthen.usecases.connections.reason_codes import ANSWERED


@pytest.fixture(autouse=True)
def encoded(world: World) -> None:
    """Let the ledger refuse what DynamoDB's refuses."""
    runs, complete, complete_with = world.runs, world.runs.complete, world.runs.complete_with

    def checked(job: Any, outcome: Outcome, now: Any) -> Any:
        _ending(outcome, now)
        return complete(job, outcome, now)

    def checked_with(job: Any, outcome: Outcome, now: Any, writes: Any, counter: Any) -> Any:
        _ending(outcome, now)
        for write in writes:
            record_item(write.record)
        return complete_with(job, outcome, now, writes, counter)

    runs.complete, runs.complete_with = checked, checked_with  # type: ignore[method-assign]


DEEP = b"[" * 900 + b"]" * 900
ODD = [
    (b'{"a": NaN}', "body.a", "json.no_number"),
    (b'{"a": -Infinity}', "body.a", "json.no_number"),
    (b'{"a": 1e999}', "body.a", "json.no_number"),
    (b'{"a": {"b": [1, -1e999]}}', "body", "json.no_number"),
    (b'{"a": [1e308, 1e308]}', "sum(body.a)", "json.no_number"),
    (b'{"a": 9223372036854775808}', "body.a", "number.beyond_64_bits"),
    (b'{"a": [-' + b"9" * 5_000 + b"]}", "body.a", "number.beyond_64_bits"),
    (b'{"a": "nan"}', "to_number(body.a)", "json.no_number"),
    (b'{"a": [9223372036854775807, 1]}', "sum(body.a)", "number.beyond_64_bits"),
    (b'{"a": ' + DEEP + b"}", "body.a", "json.too_deep"),
    (b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "body.a", "json.too_deep"),
    (b'{"a": 1}', "[" * 70 + "body" + "]" * 70, "json.too_deep"),
    (b'{"a": 1}', "&a", "expression.fails"),
    (b'{"a": 1}', "{b: [&a]}", "expression.fails"),
]


@pytest.mark.parametrize("method", ["POST", "PUT"])
@pytest.mark.parametrize("how", ["save", "remember"])
@pytest.mark.parametrize(("body", "expression", "code"), ODD, ids=map(str, range(len(ODD))))
def test_a_value_that_no_store_takes_ends_the_call_with_its_reason(
    world: World, body: bytes, expression: str, code: str, how: str, method: str
) -> None:
    has_connection(world, idempotent=True)
    world.has_record("lead:1", first_name="Ada")
    answers(world, 200, body, content_type="application/json")
    job = called(world, method=method, json={}, **{how: {"x": expression}})
    found = codes(job.reason)
    assert (job.status, found[0], len(world.http.sent), job.attempts) == (JobStatus.FAILED, "api.not_saved", 1, 1)
    assert code in found
    assert dict(world.records.get("lead:1").fields) == {"first_name": "Ada"}


GOOD = [
    (b'{"id": "7", "score": NaN, "most": 1e999}', "body.id", "7"),
    (b'{"id": "7", "long": 123456789012345678901234567890}', "body.id", "7"),
    (b'{"id": "7", "long": ' + b"9" * 5_000 + b"}", "body.id", "7"),
    (b'{"id": 9223372036854775807}', "body.id", 2**63 - 1),
    (b'\xef\xbb\xbf{"id": "7"}', "body.id", "7"),
    (b'{"id": "\\ud800"}', "body.id", "\ufffd"),
    (b'{"id": "\xff"}', "body.id", "\ufffd"),
]


@pytest.mark.parametrize(("body", "expression", "value"), GOOD, ids=map(str, range(len(GOOD))))
def test_values_beside_odd_ones_are_saved(world: World, body: bytes, expression: str, value: Any) -> None:
    has_connection(world)
    world.has_record("lead:1", first_name="Ada")
    answers(world, 200, body, content_type="application/json")
    job = called(world, json={}, save={"x": expression}, ok_if="body.id")
    assert (job.status, world.records.get("lead:1").fields.get("x")) == (JobStatus.DONE, value)


def test_an_outcome_that_no_store_takes_fails_its_job_and_repeats_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    unkept = Outcome(JobStatus.DONE, ANSWERED(status=200), {"x": float("inf")})
    monkeypatch.setattr("whenthen.channels.api.effect.outcome_of", lambda *_: unkept)
    has_connection(world)
    written = world.has_rule(rule({"id": "it", "action": "call_api", "with": {"connection": "crm", "url": "/c"}}))
    event = world.happens("lead.created", subject="lead:1")
    world.run_out()
    for _ in range(12):
        world.clock.move(minutes=30)
        world.functions.resume_runs(lambda: True)
        world.run_out()
    job = world.job(world.run_of(event, written), "it")
    assert (job.status, codes(job.reason), len(world.http.sent)) == (JobStatus.FAILED, ["document.not_json"], 1)
