"""How long it takes to find the rules that an event matches, beside other engines, in one process.

    python -m benchmarks.matching            the whole table
    python -m benchmarks.matching --quick    small sizes only

`python -m benchmarks.matching_versions` compares with an older checkout.

Every engine's answer is compared with the oracle (`evaluate` asked of each rule) before it is timed.
Times are of one thread: for each event, `json.loads` and then `match` are timed one after the other,
the smallest of several rounds counts, and the mean over the events is printed, with its ratio to
`json.loads` of the same events.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.matching_workload import EVENT_TYPES, each_rule, make_contexts, make_rules
from whenthen.domain.conditions.condition import evaluate
from whenthen.domain.matching.rule_set import RuleSet, compile_rules, required_condition_of
from whenthen.domain.rules.rule import parse_rule

SEED = 20_260_314
EVENTS = 240
BUDGET = 4.0
"""Seconds that timing one engine at one size may take: the slow ones are asked of fewer events."""

ROUNDS = 5
"""How often compiling is timed; the best counts."""

ONE_TYPE = ("deal.field_changed",)
SIZES = ((100, EVENT_TYPES), (1_000, EVENT_TYPES), (10_000, EVENT_TYPES), (10_000, ONE_TYPE))


class Whenthen:
    """The matcher under test."""

    def __init__(self, documents: list[dict[str, Any]]) -> None:
        self._rules: RuleSet = compile_rules(map(parse_rule, documents))

    def match(self, context: dict[str, Any]) -> set[str]:
        """The ids of the rules that match."""
        return self._rules.match(context)


@dataclass(frozen=True, slots=True)
class Figure:
    """Mean microseconds of one event: parsed, matched; and how many rules matched."""

    loads: float
    match: float
    matched: float


def measure(engine: Any, texts: list[str], rounds: int = 7) -> Figure:
    """Time `engine` on the events, within the budget."""
    clock, loads, match = time.perf_counter, json.loads, engine.match
    began = clock()
    match(loads(texts[0]))
    texts = texts[: max(8, int(BUDGET / rounds / max(clock() - began, 1e-6)))]
    parsed, taken, matched = [9e9] * len(texts), [9e9] * len(texts), 0
    for round_number in range(rounds):
        for position, text in enumerate(texts):
            start = clock()
            context = loads(text)
            middle = clock()
            found = match(context)
            end = clock()
            parsed[position] = min(parsed[position], middle - start)
            taken[position] = min(taken[position], end - middle)
            matched += len(found) if not round_number else 0
    mean = 1e6 / len(texts)
    return Figure(sum(parsed) * mean, sum(taken) * mean, matched / len(texts))


def check(engine: Any, oracle: Any, texts: list[str]) -> None:
    """Compare the answers of `engine` with those of the oracle. Exits when one differs."""
    for text in texts:
        context = json.loads(text)
        if sorted(engine.match(context)) != oracle.match(context):
            sys.exit(f"{type(engine).__name__} differs from the oracle on {context['event']['id']}")


def compare(count: int, types: tuple[str, ...], engines: dict[str, Any], checked: int) -> None:
    """Print a row for each engine with `count` rules on `types`."""
    documents = make_rules(count, SEED, types)
    texts = [json.dumps(context) for context in make_contexts(EVENTS, SEED, types)]
    oracle = engines["naive loop"](documents)
    for name, build in engines.items():
        start = time.perf_counter()
        engine = build(documents)
        for event_type in types:
            engine.match(
                {"event": {"type": event_type, "data": {}}, "record": {}}
                if name == "whenthen"
                else json.loads(texts[0])
            )
        compiled = time.perf_counter() - start
        check(engine, oracle, texts[:checked])
        gc.collect()
        gc.freeze()
        figure = measure(engine, texts)
        gc.unfreeze()
        ratio = figure.match / figure.loads
        print(
            f"| {count:,} on {len(types)} | {name} | {figure.match:,.1f} | {ratio:,.2f} | {figure.loads:.1f} "
            f"| {figure.matched:.1f} | {compiled:.2f} |",
            flush=True,
        )


def cold(count: int, types: tuple[str, ...]) -> None:
    """Print what a matcher that starts does: it compiles parsed rules and matches the first events, in CPU time.

    Each time is that of a forked process, so that nothing is known from the time before.
    """
    rules = [parse_rule(document) for document in make_rules(count, SEED, types)]
    texts = [json.dumps(context) for context in make_contexts(EVENTS, SEED, types)]
    gc.collect()
    gc.freeze()
    for name, build in (("whenthen", compile_rules), ("naive loop", Unindexed)):
        taken = statistics.median(forked(lambda build=build: _first_events(build, rules, texts)) for _ in range(ROUNDS))
        print(f"| {count:,} on {len(types)} | {name} | {taken * 1e3:,.0f} | {taken * 1e6 / EVENTS:,.0f} |", flush=True)
    gc.unfreeze()


class Unindexed:
    """The same rules without an index: the conditions of each are evaluated."""

    def __init__(self, rules: list[Any]) -> None:
        self._rules: dict[str, list[tuple[str, Any]]] = {}
        for rule in rules:
            self._rules.setdefault(rule.trigger.event_types[0], []).append((rule.id, required_condition_of(rule)))

    def match(self, context: dict[str, Any]) -> set[str]:
        """The ids of the rules that match."""
        watching = self._rules[context["event"]["type"]]
        return {rule_id for rule_id, condition in watching if evaluate(condition, context)}


def _first_events(build: Any, rules: list[Any], texts: list[str]) -> float:
    contexts = [json.loads(text) for text in texts]
    start = time.process_time()
    match = build(rules).match
    for context in contexts:
        match(context)
    return time.process_time() - start


def forked(measure: Callable[[], Any]) -> Any:
    """Call `measure` in a forked process and return its result."""
    read, write = os.pipe()
    child = os.fork()
    if not child:
        try:
            os.write(write, json.dumps(measure()).encode())
        finally:
            os._exit(0)
    os.close(write)
    with os.fdopen(read) as answer:
        text = answer.read()
    os.waitpid(child, 0)
    return json.loads(text)


def costs() -> None:
    """Print what compiling, changing and keeping rules costs, in CPU time: each takes too long to be left alone."""
    one = [parse_rule(document) for document in make_rules(1_200, SEED, ONE_TYPE)]
    many = [parse_rule(document) for document in make_rules(10_000, SEED)]
    empty = {event_type: {"event": {"type": event_type}} for event_type in (*EVENT_TYPES, *ONE_TYPE)}
    gc.collect()
    gc.freeze()
    taken = min(_compiled(one, empty)[1] for _ in range(ROUNDS))
    print(f"compile 1,200 rules of one trigger: {taken * 1e3:.0f} ms (best of {ROUNDS})")
    taken = min(_compiled(many, empty)[1] for _ in range(ROUNDS))
    print(f"compile 10,000 rules of 24 triggers: {taken:.2f} s (best of {ROUNDS})")
    ruleset = _compiled(many, empty)[0]
    for name, change in (("remove", lambda rule: ruleset.remove(rule.id)), ("add", ruleset.add)):
        taken = []
        for rule in many[:240]:
            start = time.process_time()
            change(rule)
            ruleset.match(empty[rule.trigger.event_types[0]])
            taken.append(time.process_time() - start)
        print(f"{name} one among 10,000, and match: {sorted(taken)[len(taken) // 2] * 1e3:.2f} ms (median)")
    snapshot = json.dumps(
        [document for document in make_rules(10_000, SEED) if document["trigger"]["event"] == EVENT_TYPES[0]]
    )
    start = time.process_time()
    loaded = compile_rules(map(parse_rule, json.loads(snapshot)))
    loaded.match(empty[EVENT_TYPES[0]])
    taken = (time.process_time() - start) * 1e3
    print(f"first event of a type, {len(loaded)} rules of 10,000 parsed from JSON, compiled, matched: {taken:.0f} ms")


def _compiled(rules: list[Any], empty: dict[str, Any]) -> tuple[RuleSet, float]:
    """The rules, prepared for each event type, and the seconds of CPU time that it took."""
    start = time.process_time()
    ruleset = compile_rules(rules)
    for context in empty.values():
        ruleset.match(context)
    return ruleset, time.process_time() - start


def memory(count: int) -> None:
    """Print what `count` rules weigh in this process, compiled, with what was parsed let go."""
    before = _resident()
    ruleset = compile_rules(map(parse_rule, each_rule(count, SEED)))
    for event_type in EVENT_TYPES:
        ruleset.match({"event": {"type": event_type}})
    gc.collect()
    print(f"{count:,} rules, compiled: {(_resident() - before) / 2**20:.0f} MB")


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--costs", action="store_true", help="only what is done once, in a process of its own")
    parser.add_argument("--memory", type=int, help="only what so many rules weigh, in a process of its own")
    arguments = parser.parse_args()
    if arguments.costs:
        costs()
        return
    if arguments.memory:
        memory(arguments.memory)
        return
    from benchmarks.matching_peers import ENGINES  # noqa: PLC0415  # the memory run needs no peers

    everyone: dict[str, Any] = {"whenthen": Whenthen, **ENGINES}
    indexed = {name: everyone[name] for name in ("whenthen", "zen-engine", "naive loop")}
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, seed {SEED}, {EVENTS} events\n")
    print("| rules on event types | engine | µs an event | × json.loads | json.loads, µs | matched | compiled in, s |")
    print("|---|---|---|---|---|---|---|")
    compare(100, EVENT_TYPES, everyone, EVENTS)
    compare(1_000, EVENT_TYPES, everyone, EVENTS)
    if not arguments.quick:
        compare(10_000, EVENT_TYPES, everyone, 48)
        compare(10_000, ONE_TYPE, indexed, 24)
        compare(100_000, EVENT_TYPES, {name: everyone[name] for name in ("whenthen", "naive loop")}, 24)
    print(
        "\n| cold: rules on event types | engine | compile and first 240 events, ms | µs an event |\n|---|---|---|---|"
    )
    for count, types in SIZES if not arguments.quick else SIZES[:2]:
        cold(count, types)
    print(flush=True)
    subprocess.run([sys.executable, "-m", "benchmarks.matching", "--costs"], check=True)
    if not arguments.quick:
        subprocess.run([sys.executable, "-m", "benchmarks.matching", "--memory", "100000"], check=True)


if __name__ == "__main__":
    main()
