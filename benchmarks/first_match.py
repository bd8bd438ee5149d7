"""The first match of an event type after a cold start, with 10,000 rules in the table: load, parse, compile, match.

    python -m benchmarks.first_match          the table
    python -m benchmarks.first_match RUNS     with so many runs of each way (7)

The tables are filled once, on moto; what DynamoDB answers is recorded. Each run is an interpreter of its own that has
done its imports and made its client. Its requests are built, signed and parsed by botocore and answered from the
record, so that the network and DynamoDB's own time are not in the figures, and all that this side does is. The ways
take turns, so that a busy machine slows each alike.

A matcher reads the compact snapshot. Parsing the snapshot's documents is how rules were loaded before there was a
compact form, and the target is a share of that. The collection, one item for each rule, is read without a snapshot.
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
COMPACT, DOCUMENTS, BEHIND, COLLECTION = WAYS = (
    "compact snapshot",
    "documents of the snapshot",
    "compact snapshot, 9 changes behind",
    "collection",
)
TARGET_MS = 150
TARGET_RATIO = 0.6
"""Of the compact snapshot to the documents of the snapshot."""

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
        _book(client, way).rules_of(TYPE)
    return answers


def _note(answers: list[dict[str, Any]], response: dict[str, Any]) -> None:
    headers = {name: value for name, value in response["headers"].items() if name.lower() != "x-amz-crc32"}
    answers.append({"headers": headers, "body": response["body"].decode()})


def _fill(client: Any, way: str) -> None:
    """The table as saves leave it: the rules of every type, stamps, and the snapshots that there are."""
    from tests.adapters.tables import CONFIG, create_tables  # noqa: PLC0415
    from whenthen.adapters.dynamodb.common.table import Table  # noqa: PLC0415
    from whenthen.adapters.dynamodb.config_table.rule_items import (  # noqa: PLC0415
        Generation,
        generation_item,
        rule_head_item,
        trigger_pk,
    )
    from whenthen.adapters.dynamodb.config_table.snapshots import RENEWED_EVERY, Snapshots  # noqa: PLC0415
    from whenthen.domain.rules.rule import parse_rule  # noqa: PLC0415

    create_tables(client)
    table = Table(client, CONFIG)
    stamps: dict[str, Generation] = dict.fromkeys(EVENT_TYPES, Generation())
    for rule in _stored_rules():
        event_type = rule.document["trigger"]["event"]
        stamps[event_type] = stamps[event_type].then(rule.id)
        if event_type == TYPE:  # the others make the table larger, not the answers
            table.put(rule_head_item(rule, parse_rule(rule.document), trigger_pk(event_type)))
    for event_type, stamp in stamps.items():
        table.put(generation_item(event_type, stamp))
    if way != COLLECTION:
        Snapshots(table).renew(TYPE)
    if way == BEHIND:
        last = stamps[TYPE]
        table.put(generation_item(TYPE, Generation(last.count + RENEWED_EVERY - 1, last.changed)))


def _stored_rules() -> Iterator[Any]:
    from datetime import UTC, datetime  # noqa: PLC0415

    from whenthen.ports.values import StoredRule  # noqa: PLC0415

    for document in make_rules(RULES, SEED):
        yield StoredRule(document["id"], 1, {**document, "version": 1}, datetime(2026, 3, 14, tzinfo=UTC), "key_1")


def _book(client: Any, way: str) -> Any:
    from whenthen.adapters.dynamodb.config_table import snapshots  # noqa: PLC0415
    from whenthen.adapters.dynamodb.config_table.rule_book import DynamoRuleBook  # noqa: PLC0415

    book: Any = DynamoRuleBook(client, "config")
    if way == DOCUMENTS:  # as they were read before: at once, without looking for a compact form
        stored = book._snapshots  # noqa: SLF001
        stored.read = lambda event_type, at: stored._newest(snapshots._pk(event_type), at, snapshots._parsed)  # noqa: SLF001
    return book


def probe(way: str, answers: Path) -> dict[str, float]:
    """Milliseconds of one first match this way, in this interpreter."""
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
    book = _book(client, way)
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
        answers = {way: Path(kept) / f"{way}.json" for way in WAYS}
        for way in WAYS:
            _run("--record", way, str(answers[way]))
        turns = [{way: _run("--probe", way, str(answers[way])) for way in WAYS} for _ in range(runs + 1)]
        medians = {way: _medians([turn[way] for turn in turns[1:]]) for way in WAYS}  # the first compiles the modules
        for way, median in medians.items():
            size = sum(len(answer["body"]) for answer in json.loads(answers[way].read_text()))
            print(f"| {way} | {median['rules']:.0f} | {median['requests']:.0f} | {size:,} | {median['load']:.0f} "
                  f"| {median['match']:.0f} | {median['whole']:.0f} | {median['cpu']:.0f} |")  # fmt: skip
    ratios = {name: medians[COMPACT][name] / medians[DOCUMENTS][name] for name in ("whole", "cpu")}
    print(f"\n{COMPACT} to {DOCUMENTS}: {ratios['whole']:.2f} of the time, {ratios['cpu']:.2f} of the CPU time; "
          f"target {TARGET_RATIO}")  # fmt: skip


def _medians(runs: list[dict[str, float]]) -> dict[str, float]:
    return {name: statistics.median(run[name] for run in runs) for name in runs[0]}


def _run(*arguments: str) -> dict[str, float]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    found: dict[str, float] = json.loads(
        subprocess.run(  # noqa: S603 - our own module
            [sys.executable, "-m", "benchmarks.first_match", *arguments],
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
        case ["--probe", way, answers]:
            print(json.dumps(probe(way, Path(answers))))
        case ["--record", way, answers]:
            Path(answers).write_text(json.dumps(recorded(way)))
            print("{}")
        case [runs]:
            table(int(runs))
        case _:
            table(7)


if __name__ == "__main__":
    main()
