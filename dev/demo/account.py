"""Tell in words how events went: the rules considered, and each step with its time and outcome."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from dev.client import HasApi
from dev.demo.stories import Effect, Sent

PATIENCE = 420
"""Seconds until something that was expected counts as not seen.

Far more than it takes, for machines are shared, and more than a message stays hidden after a function was ended in the
middle of its work, so what was delivered again still counts.
"""

SLOWEST = 2.0
"""Seconds between two looks at most: each look is a call of the API, and takes from what it waits for."""

T = TypeVar("T")


def wait_for(look: Callable[[], T | None], seconds: float = PATIENCE, every: float = 0.2) -> T | None:
    """The first thing that `look` finds, looking `every` so many seconds, then less and less often, or None."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        found = look()
        if found is not None:
            return found
        time.sleep(every)
        every = min(every * 1.2, max(every, SLOWEST))
    return None


def handled(stack: HasApi, event_id: str) -> dict[str, Any] | None:
    """Return the results of an event once all its steps were carried out."""

    def look() -> dict[str, Any] | None:
        answer = stack.api.call("GET", f"/v1/events/{event_id}")
        return answer.json() if answer.status == 200 and answer.json()["handled"] else None

    return wait_for(look)


def print_event(stack: HasApi, sent: Sent, rules: Mapping[str, str]) -> list[str]:
    """Print what became of an event; returns the ids of the runs of these rules that it started.

    A stack may hold others that wait for such an event, too.
    """
    print(f"\n● {sent.title}: answered {sent.status}")
    found = handled(stack, sent.event_id)
    if found is None:
        print(f"  the event {sent.event_id} was not handled within {PATIENCE} s")
        return []
    event = found["event"]
    print(f"  event {event['type']} at {event['time']}, of {event.get('subject') or ', '.join(event['identities'])}")
    _print_rules(stack.api.get(f"/v1/events/{sent.event_id}/explain"), rules)
    return [run["id"] for run in found["runs"] if run["rule"]["id"] in rules]


def _print_rules(explanation: Mapping[str, Any], rules: Mapping[str, str]) -> None:
    considered = {rule["id"]: rule for rule in explanation["rules"]}
    for rule_id, name in rules.items():
        rule = considered.get(rule_id)
        if rule is None:
            print(f"    ○ {name}\n        waits for other events")
            continue
        print(f"    {'✔' if rule['matched'] else '✘'} {name}")
        for reason in rule["reasons"]:
            print(f"        {plain(reason['text'])}")


def plain(text: str) -> str:
    """Leave out the marks that keep names from turning the direction of a sentence: a terminal shows them as boxes."""
    return text.replace("\u2068", "").replace("\u2069", "")


def print_runs(stack: HasApi, runs: list[str]) -> None:
    """Print each step of these runs, as far as they have come."""
    for run_id in runs:
        run = stack.api.get(f"/v1/runs/{run_id}")
        print(f"  run {run_id} is {run['status']}{_because(run['reason'])}")
        for job in run["jobs"]:
            print(
                f"    {job['due'][:16].replace('T', ' ')}  {job['step']:<8} {job['status']:<8}{_because(job['reason'])}"
            )
        if run["waits_until"]:
            print(f"    {run['waits_until'][:16].replace('T', ' ')}  the next step is due")


def _because(reason: Mapping[str, Any] | None) -> str:
    return f": {plain(reason['text'])}" if reason else ""


def count_effects(effects: list[Effect]) -> tuple[int, int]:
    """Wait for the effects, print each; returns how many were expected and how many were seen as expected."""
    right, until = 0, time.monotonic() + PATIENCE
    for effect in effects:
        left = until - time.monotonic()
        wait_for(lambda effect=effect: True if effect.seen() >= effect.times else None, left)  # type: ignore[misc]
        seen = effect.seen()
        right += seen == effect.times
        print(f"  {'✔' if seen == effect.times else '✘'} {effect.name}: {seen} of {effect.times}")
    return len(effects), right
