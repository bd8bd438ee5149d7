"""Time events from POST to effect on the local stack, beside a bare pipeline of the same hops.

    python -m benchmarks.pipeline [EVENTS]     200 events in a row, and 30 one by one

Both pipelines run on one local AWS, in turns, warm: `API → bus → queue → function → queue → function → call`. The bare
one does nothing (`bare_pipeline`); whenthen's checks a signature, keeps the event, matches it against a rule, keeps the
run and the job with their outcomes, and signs the call. The effect is the call at the receiver. The local AWS is one
Python process, so the figures are ratios and say nothing of AWS itself.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

from benchmarks.bare_pipeline import deploy
from dev.lifecycle import running_stack
from dev.signing import post
from dev.stack import Stack

EVENTS, SINGLES, ROUNDS, SENDERS = 200, 30, 3, 4
PATIENCE = 300.0
LEAST_RATE, MOST_LATENCY = 0.7, 1.5
"""Give the targets: the share of the bare rate, and the multiple of its latency at p50."""

Post = Callable[[str], None]


def main(arguments: Sequence[str] = ()) -> None:
    """Print both pipelines' rates and latencies, and their ratios."""
    events = int(arguments[0]) if arguments else EVENTS
    with running_stack("bench") as stack:
        bare = deploy(stack, f"{stack.webhooks.base_url}/bare").post
        ours = _whenthen(stack)
        pipelines = {"bare": bare, "whenthen": ours}
        for name, send in pipelines.items():
            _rate(stack, name, send, "warm", SENDERS * 10)
        rates: dict[str, list[float]] = {name: [] for name in pipelines}
        latencies: dict[str, list[float]] = {name: [] for name in pipelines}
        for turn in range(ROUNDS):
            for name, send in pipelines.items():
                rates[name].append(_rate(stack, name, send, f"rate{turn}", events))
                latencies[name] += _latencies(stack, name, send, f"single{turn}", SINGLES // ROUNDS)
    _print(rates, latencies)


def _print(rates: dict[str, list[float]], latencies: dict[str, list[float]]) -> None:
    print("\n## Pipeline\n\n| pipeline | events a second | p50 ms | p90 ms |\n|---|---|---|---|")
    for name, measured in rates.items():
        p90 = statistics.quantiles(latencies[name], n=10)[-1]
        print(f"| {name} | {statistics.median(measured):.1f} | {statistics.median(latencies[name]) * 1e3:.0f} |"
              f" {p90 * 1e3:.0f} |")  # fmt: skip
    rate = statistics.median(rates["whenthen"]) / statistics.median(rates["bare"])
    latency = statistics.median(latencies["whenthen"]) / statistics.median(latencies["bare"])
    print(f"\nwhenthen has {rate:.2f} of the bare rate (target: at least {LEAST_RATE}), and {latency:.2f} × its latency"
          f" at p50 (target: at most {MOST_LATENCY}).")  # fmt: skip


def _whenthen(stack: Stack) -> Post:
    """Make a rule that calls the receiver for each event of the sample source."""
    url = f"{stack.webhooks.base_url}/whenthen/{{{{ event.data.id }}}}"
    step = {"id": "call", "action": "call_webhook", "with": {"url": url, "data": {"id": "{{ event.data.id }}"}}}
    rule = {"name": "Pipeline", "trigger": {"event": "pipeline.posted"}, "steps": [step], "mode": "on"}
    stack.api.post("/v1/rules", rule)
    hook = stack.hook("payments")

    def send(identity: str) -> None:
        answer = post(hook, {"type": "pipeline.posted", "data": {"id": identity}}, delivery_id=f"msg_{identity}")
        if answer.status != 202:
            raise RuntimeError(f"the hook answered {answer.status}: {answer.body[:200]!r}")

    return send


def _rate(stack: Stack, name: str, send: Post, batch: str, events: int) -> float:
    """Return the events a second, from the first POST to the last effect."""
    stack.webhooks.reset()
    names = [f"{batch}-{number}" for number in range(events)]
    began = time.time()
    with ThreadPoolExecutor(SENDERS) as senders:
        list(senders.map(send, names))
    return events / (max(_effects(stack, name, names).values()) - began)


def _latencies(stack: Stack, name: str, send: Post, batch: str, events: int) -> list[float]:
    """Return the seconds from POST to effect of events that come one by one."""
    found = []
    for number in range(events):
        stack.webhooks.reset()
        identity, began = f"{batch}-{number}", time.time()
        send(identity)
        found.append(_effects(stack, name, [identity])[identity] - began)
    return found


def _effects(stack: Stack, name: str, wanted: Sequence[str]) -> dict[str, float]:
    """Return when each event's call came. Raises TimeoutError."""
    until, missing = time.monotonic() + PATIENCE, len(wanted)
    while time.monotonic() < until:
        calls = stack.webhooks.received()["calls"]
        seen = {
            path: call["at"]
            for call in reversed(calls)
            if (path := urlsplit(call["path"]).path).startswith(f"/{name}/")
        }
        found = {identity: seen[f"/{name}/{identity}"] for identity in wanted if f"/{name}/{identity}" in seen}
        missing = len(wanted) - len(found)
        if not missing:
            return found
        time.sleep(0.02 if len(wanted) == 1 else 0.5)
    raise TimeoutError(f"{name}: {missing} of {len(wanted)} effects did not come within {PATIENCE:.0f} s")


if __name__ == "__main__":
    main(sys.argv[1:])
