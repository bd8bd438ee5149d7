"""The first match of an event type after a cold start, with 10,000 rules in the table: load, parse, compile, match.

    python -m benchmarks.first_match          the table
    python -m benchmarks.first_match RUNS     with so many runs of each way (7)

The tables are filled once, on moto; what DynamoDB answers is recorded. Each run is an interpreter of its own that has
done its imports and made its client. Its requests are built, signed and parsed by botocore and answered from the
record, so that the network and DynamoDB's own time are not in the figures, and all that this side does is. The way
by the collection, one item for each rule, is what a matcher does that finds no snapshot.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.matching_workload import EVENT_TYPES, make_contexts, make_rules

ROOT = Path(__file__).resolve().parents[1]
SEED, RULES = 20260314, 10_000
TYPE = EVENT_TYPES[0]
WAYS = ("snapshot", "snapshot, 9 changes behind", "collection")
TARGET_MS = 150
_CREDENTIALS = {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "AWS_DEFAULT_REGION": "eu-central-1"}


def recorded(way: str) -> list[dict[str, Any]]:
    """DynamoDB's answers, in order, to a matcher that starts and gets an event of TYPE."""
    import boto3  # noqa: PLC0415 - the probes import it themselves, and nothing of moto
    from moto import mock_aws  # noqa: PLC0415

    with mock_aws():
        client = boto3.client("dynamodb")
        _fill(client, way)
        answers: list[dict[str, Any]] = []
        client.meta.events.register("before-parse.dynamodb", lambda response_dict, **_: _note(answers, response_dict))
        _book(client).rules_of(TYPE)
    return answers


def _note(answers: list[dict[str, Any]], response: dict[str, Any]) -> None:
    headers = {name: value for name, value in response["headers"].items() if name.lower() != "x-amz-crc32"}
    answers.append({"headers": headers, "body": response["body"].decode()})


def _fill(client: Any, way: str) -> None:
    """The table as saves leave it: the rules of every type, stamps, and the snapshots that there are."""
    from tests.adapters.tables import CONFIG, create_tables  # noqa: PLC0415
    from whenthen.adapters.dynamodb.common.table import Table  # noqa: PLC0415
    from whenthen.adapters.dynamodb.config.rule_items import Generation, generation_item, rule_head_item, trigger_pk  # noqa: PLC0415
    from whenthen.adapters.dynamodb.config.snapshots import RENEWED_EVERY, Snapshots  # noqa: PLC0415

    create_tables(client)
    table = Table(client, CONFIG)
    stamps: dict[str, Generation] = dict.fromkeys(EVENT_TYPES, Generation())
    for rule in _stored_rules():
        event_type = rule.document["trigger"]["event"]
        stamps[event_type] = stamps[event_type].then(rule.id)
        if event_type == TYPE:  # the others make the table larger, not the answers
            table.put(rule_head_item(rule, trigger_pk(event_type)))
    for event_type, stamp in stamps.items():
        table.put(generation_item(event_type, stamp))
    if way != WAYS[2]:
        Snapshots(table).renew(TYPE)
    if way == WAYS[1]:
        last = stamps[TYPE]
        table.put(generation_item(TYPE, Generation(last.count + RENEWED_EVERY - 1, last.changed)))


def _stored_rules() -> Iterator[Any]:
    from datetime import UTC, datetime  # noqa: PLC0415

    from whenthen.ports.values import StoredRule  # noqa: PLC0415

    for document in make_rules(RULES, SEED):
        yield StoredRule(document["id"], 1, {**document, "version": 1}, datetime(2026, 3, 14, tzinfo=UTC), "key_1")


def _book(client: Any) -> Any:
    from whenthen.adapters.dynamodb.config.rule_book import DynamoRuleBook  # noqa: PLC0415

    return DynamoRuleBook(client, "config")


def probe(answers: Path) -> dict[str, float]:
    """Milliseconds of one first match, in this interpreter."""
    import boto3  # noqa: PLC0415
    from botocore.awsrequest import AWSResponse  # noqa: PLC0415

    from whenthen.adapters.aws.client import STORE  # noqa: PLC0415
    from whenthen.domain.conditions.field_access import Facts  # noqa: F401, PLC0415

    waiting = json.loads(answers.read_text())
    [context] = make_contexts(1, SEED, (TYPE,))
    client = boto3.client("dynamodb", config=STORE)

    def answer(request: Any, **_: Any) -> AWSResponse:
        found = waiting.pop(0)
        response = AWSResponse(request.url, 200, found["headers"], None)
        response._content = found["body"].encode()  # noqa: SLF001 - what a sent request would have read
        return response

    client.meta.events.register("before-send.dynamodb", answer)
    book = _book(client)
    requests = len(waiting)
    started, cpu = time.perf_counter(), time.process_time()
    rules = book.rules_of(TYPE)
    loaded = time.perf_counter()
    rules.match(context)
    done = time.perf_counter()
    assert not waiting  # noqa: S101 - it asked for what was recorded, no more and no less
    return {
        "load": (loaded - started) * 1e3,
        "match": (done - loaded) * 1e3,
        "whole": (done - started) * 1e3,
        "cpu": (time.process_time() - cpu) * 1e3,
        "requests": requests,
        "rules": len(rules),
    }


def table(runs: int) -> None:
    """Print the medians of each way."""
    os.environ.update(_CREDENTIALS)
    print(f"First match of {TYPE}, {RULES:,} rules on {len(EVENT_TYPES)} types; target {TARGET_MS} ms.")
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {runs} runs\n")
    print("| rules come from | rules | requests | bytes of answers | load and parse, ms | prepare and match, ms "
          "| whole, ms | CPU, ms |")  # fmt: skip
    print("|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as kept:
        for way in WAYS:
            answers = Path(kept) / "answers.json"
            answers.write_text(json.dumps(recorded(way)))
            size = sum(len(answer["body"]) for answer in json.loads(answers.read_text()))
            found = [_measured(answers) for _ in range(runs + 1)][1:]  # the first compiles the modules
            mean = {name: statistics.median(run[name] for run in found) for name in found[0]}
            print(f"| {way} | {mean['rules']:.0f} | {mean['requests']:.0f} | {size:,} | {mean['load']:.0f} "
                  f"| {mean['match']:.0f} | {mean['whole']:.0f} | {mean['cpu']:.0f} |", flush=True)  # fmt: skip


def _measured(answers: Path) -> dict[str, float]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    found: dict[str, float] = json.loads(
        subprocess.run(  # noqa: S603 - our own module
            [sys.executable, "-m", "benchmarks.first_match", "--probe", str(answers)],
            check=True,
            capture_output=True,
            text=True,
            cwd=ROOT,
            env={**inherited, **_CREDENTIALS},
        ).stdout
    )
    return found


def main() -> None:
    """Print the table, or one measurement."""
    match sys.argv[1:]:
        case ["--probe", answers]:
            print(json.dumps(probe(Path(answers))))
        case [runs]:
            table(int(runs))
        case _:
            table(7)


if __name__ == "__main__":
    main()
