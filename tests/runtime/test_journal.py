"""Functions log a line for each event, run and job once it took effect, with ids and codes, and nothing personal."""

from __future__ import annotations

import inspect
import json
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from tests.usecases.fakes.taps import Open
from tests.usecases.fakes.world import World
from whenthen.domain.common.reasons import ReasonCode
from whenthen.domain.events import trace
from whenthen.domain.runs.run import Job, JobStatus, Outcome
from whenthen.ports.events import Bus
from whenthen.ports.runs import RunLedger
from whenthen.runtime import observability
from whenthen.runtime.journal import BUS, LEDGER, Journal

RULE = {
    "name": "Greet",
    "kind": "lead",
    "trigger": {"event": "lead.created"},
    "steps": [
        {"id": "tag", "action": "add_tags", "with": {"tags": ["new"]}},
        {"id": "hello", "action": "send_email", "with": {"to": "{{ record.email }}", "subject": "Hi", "text": "Hi"}},
    ],
    "mode": "on",
}

READS = {
    "by_record",
    "by_rule",
    "by_status",
    "counter",
    "last_entries",
    "noted",
    "open_jobs",
    "open_runs",
    "overdue",
    "watching",
}
SILENT = {"ask_to_move", "claim", "end_pause", "follow", "free", "let_go", "look_again", "note_exit", "skip"}
"""Calls after which nothing is to be told yet: another one follows, which is logged, or no run or job changed."""


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []

    def info(thing: str, **fields: Any) -> None:
        found.append({"message": thing, **json.loads(json.dumps(fields))})

    monkeypatch.setattr(observability.logger, "info", info)
    return found


def methods(port: type) -> dict[str, inspect.Signature]:
    return {name: inspect.signature(each) for name, each in vars(port).items() if inspect.isfunction(each)}


def test_each_call_of_the_ledger_is_logged_or_known_to_be_silent() -> None:
    own = {name for name in methods(RunLedger) if not name.startswith("_")}
    assert set(LEDGER) | READS | SILENT == own
    assert not set(LEDGER) & (READS | SILENT)


@pytest.mark.parametrize(
    ("port", "name"), [*((RunLedger, name) for name in LEDGER), *((Bus, name) for name in BUS)], ids=str
)
def test_a_line_takes_what_its_call_takes(port: type, name: str) -> None:
    call = methods(port)[name]
    line = inspect.signature({**LEDGER, **BUS}[name])
    given = [each for each in call.parameters.values() if each.name != "self"]
    by_place = [each for each in given if each.kind is not inspect.Parameter.KEYWORD_ONLY]
    by_name = {each.name: None for each in given if each.kind is inspect.Parameter.KEYWORD_ONLY}
    line.bind("answer", *by_place, **by_name)
    required = [each for each in by_place if each.default is inspect.Parameter.empty]
    line.bind("answer", *required, **by_name)


def test_a_call_that_raises_logs_nothing(lines: list[dict[str, Any]]) -> None:
    class Broken:
        def publish(self, *_: Any) -> None:
            raise RuntimeError

    with pytest.raises(RuntimeError):
        Journal(Broken(), BUS).publish([])
    assert not lines


def test_an_event_is_followed_by_its_id_and_its_runs(lines: list[dict[str, Any]]) -> None:
    world = World()
    world.ports = replace(world.ports, runs=Journal(world.runs, LEDGER), bus=Journal(world.bus, BUS))
    world.functions = world.wire(Open())
    world.has_record("lead:ayse", email="ayse@example.com")
    world.has_rule(RULE)
    event = world.happens("lead.created", "1", subject="lead:ayse")
    world.run_out()
    (begun,) = [line for line in lines if line["message"] == "run" and line["outcome"] == "started"]
    assert begun["event_id"] == event.id
    own = [line for line in lines if line.get("run_id") == begun["run_id"]]
    jobs = [line for line in own if line["message"] == "job"]
    assert jobs
    assert all({"job_id", "rule_id", "step", "attempt", "ms", "outcome"} <= line.keys() for line in jobs)
    assert {line.get("trace_id") for line in own} == {trace.trace_id(event.traceparent)}
    assert {line["span_id"] for line in jobs} == {trace.span_id(line["job_id"]) for line in jobs}
    assert {line["step"] for line in jobs} == {"tag", "hello"}, "those that are written with a record, too"
    assert "ayse" not in json.dumps(lines)


def test_milliseconds_count_from_where_the_work_began(
    lines: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    moments = iter([10.0, 10.25, 11.0, 11.5])
    monkeypatch.setattr(observability.time, "monotonic", lambda: next(moments))
    observability.work_begins(receives=3)
    observability.noted("event", "published", event_id="evt_1", code=None)
    observability.work_begins()
    observability.noted("event", "published", event_id="evt_2")
    assert lines == [
        {"message": "event", "ms": 250, "outcome": "published", "receives": 3, "event_id": "evt_1"},
        {"message": "event", "ms": 500, "outcome": "published", "event_id": "evt_2"},
    ]


ENDS = [("failed", ["JobsFailed"]), ("unknown", ["JobsUnknown"]), ("done", [])]


@pytest.mark.parametrize(("status", "counted"), ENDS)
def test_the_outcome_of_a_job_is_counted_where_it_is_written(
    status: str, counted: list[str], lines: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    found: list[str] = []
    monkeypatch.setattr("whenthen.runtime.journal.count", found.append)
    job = Job("run_1", "hello", 0, "send_email", datetime(2026, 3, 14, tzinfo=UTC))
    outcome = Outcome(JobStatus(status), ReasonCode("mail.refused")())
    written = SimpleNamespace(run=SimpleNamespace(rule_id="rule_1"))
    LEDGER["complete"](None, job, outcome, job.due)
    assert (found, lines) == ([], []), "nothing is told of a write that was refused"
    LEDGER["complete"](written, job, outcome, job.due)
    assert found == counted
    (line,) = lines
    assert (line["outcome"], line["rule_id"], line["code"]) == (status, "rule_1", "mail.refused")
