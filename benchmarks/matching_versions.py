"""This checkout's matcher beside an older one, in turns in one process: compiling, first events, warm events, changes.

    git worktree add ../before main~20
    python -m benchmarks.matching_versions ../before            5 turns of each
    python -m benchmarks.matching_versions ../before 15

The older package is loaded under a name of its own. A turn is a forked process that times both, the one first that was
second in the turn before; each figure is the median of the turns, each ratio that of the turns' ratios. Answers are
compared. Cold figures and changes are CPU time; warm ones are the best of 15 rounds for each event.
"""

from __future__ import annotations

import gc
import importlib
import json
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.matching import EVENTS, SEED, SIZES, forked
from benchmarks.matching_workload import make_contexts, make_rules

WARM_ROUNDS = 15
CHANGED = 120
"""Rules that are removed and added again, one by one."""

Figures = dict[str, float]


class Version:
    """A version of the package."""

    def __init__(self, package: str) -> None:
        self.parse_rule = importlib.import_module(f"{package}.domain.rules.rule").parse_rule
        self.compile_rules = importlib.import_module(f"{package}.domain.matching.rule_set").compile_rules


def load_before(checkout: Path, into: Path) -> Version:
    """Load the package of another checkout as `whenthen_before`."""
    package = checkout / "layers" / "whenthen" / "whenthen"
    for source in package.rglob("*.py"):
        target = into / "whenthen_before" / source.relative_to(package)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(re.sub(r"\bwhenthen\.", "whenthen_before.", source.read_text(encoding="utf-8")), "utf-8")
    sys.path.insert(0, str(into))
    return Version("whenthen_before")


def cold(version: Version, rules: list[Any], contexts: list[Any]) -> tuple[Any, Figures, list[list[str]]]:
    """Compile parsed rules and match the first events: the rule set, the figures, and the answers."""
    gc.collect()
    gc.freeze()
    clock = time.process_time
    start = clock()
    ruleset = version.compile_rules(rules)
    compiled = clock()
    answers = [ruleset.match(context) for context in contexts]
    end = clock()
    gc.unfreeze()
    timed = {"compile and first events, ms": (end - start) * 1e3, "first events, ms": (end - compiled) * 1e3}
    return ruleset, timed, [sorted(answer) for answer in answers]


def changes(ruleset: Any, rules: list[Any], contexts: list[Any]) -> Figures:
    """Remove rules and add them again, one by one, each with the match after it."""
    taken = [_change(ruleset, rule, contexts) for rule in rules[:CHANGED]]
    removed, added = (statistics.median(times) * 1e3 for times in zip(*taken, strict=True))
    return {"remove and match, ms": removed, "add and match, ms": added}


def _round(match: Callable[[Any], Any], contexts: list[Any]) -> list[float]:
    taken = []
    for context in contexts:
        start = time.perf_counter()
        match(context)
        taken.append(time.perf_counter() - start)
    return taken


def _change(ruleset: Any, rule: Any, contexts: list[Any]) -> tuple[float, ...]:
    context = next(each for each in contexts if each["event"]["type"] in rule.trigger.event_types)
    taken = []
    for change in (lambda: ruleset.remove(rule.id), lambda: ruleset.add(rule)):
        start = time.process_time()
        change()
        ruleset.match(context)
        taken.append(time.process_time() - start)
    return tuple(taken)


def turn(versions: list[tuple[str, Version]], documents: list[Any], texts: list[str]) -> dict[str, Figures]:
    """Time all versions in a forked process, in this order."""
    return forked(lambda: _compared(versions, documents, texts))


def _compared(versions: list[tuple[str, Version]], documents: list[Any], texts: list[str]) -> dict[str, Figures]:
    timed, answers, rulesets, parsed = {}, {}, {}, {}
    contexts = [json.loads(text) for text in texts]
    for name, version in versions:
        parsed[name] = [version.parse_rule(document) for document in documents]
        rulesets[name], timed[name], answers[name] = cold(version, parsed[name], contexts)
    if len({json.dumps(answer) for answer in answers.values()}) > 1:
        raise ValueError("the versions differ")
    rounds: dict[str, list[list[float]]] = {name: [] for name in rulesets}
    for _ in range(WARM_ROUNDS):
        for name, ruleset in rulesets.items():
            rounds[name].append(_round(ruleset.match, [json.loads(text) for text in texts]))
    for name, ruleset in rulesets.items():
        best = map(min, zip(*rounds[name], strict=True))
        timed[name] |= {"warm, µs an event": sum(best) / len(texts) * 1e6}
        timed[name] |= changes(ruleset, parsed[name], contexts)
    return timed


def main() -> None:
    """Print the table."""
    checkout, turns = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 5
    with tempfile.TemporaryDirectory() as into:
        versions = [("before", load_before(checkout, Path(into))), ("now", Version("whenthen"))]
        print("| rules on event types | | before | now | now / before |\n|---|---|---|---|---|")
        for count, types in SIZES:
            documents = make_rules(count, SEED, types)
            texts = [json.dumps(context) for context in make_contexts(EVENTS, SEED, types)]
            timed = [turn(versions[:: 1 if at % 2 else -1], documents, texts) for at in range(turns)]
            for figure in timed[0]["now"]:
                before, now = ([each[name][figure] for each in timed] for name in ("before", "now"))
                ratio = statistics.median(one / other for one, other in zip(now, before, strict=True))
                middle = [f"{statistics.median(values):.3g}" for values in (before, now)]
                print(f"| {count:,} on {len(types)} | {figure} | {' | '.join(middle)} | {ratio:.2f} |", flush=True)


if __name__ == "__main__":
    main()
