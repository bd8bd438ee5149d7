"""`python -m dev.demo`: starts the stack, plays the three stories, and exits non-zero on any difference."""

from __future__ import annotations

import sys
import time
from functools import partial

from dev.demo import account, stories
from dev.demo.stories import Customer, Sent
from dev.lifecycle import up
from dev.stack import Stack

WAITS = 0.00002
"""Waits take this part of their time: two days 3.5 seconds, a month most of a minute."""


def main() -> int:
    """Play the stories; the exit code says whether everything happened that should, and nothing else."""
    began = time.monotonic()
    stack = up()
    stack.scale_waits(WAITS)
    customer = Customer.new()
    rules = stories.load_rules(stack)
    print(f"\nThree rules were loaded through the API. Waits take {WAITS:g} of their time in this demo.")

    lead = stories.meta_lead(stack, customer)
    lead_runs = account.print_event(stack, lead, rules)
    _await_steps(stack, lead_runs, 3)
    account.print_runs(stack, lead_runs)
    expected, seen = account.count_effects(lead.effects)

    lead_run = lead_runs[0] if lead_runs else ""
    for tell in (stories.payment, partial(stories.whatsapp_question, lead_run=lead_run)):
        more, right = _play(stack, tell(stack, customer), rules)
        expected, seen = expected + more, seen + right

    print("\n  and the welcome sequence, after the customer's answer:")
    account.print_runs(stack, lead_runs)
    print(f"\n{expected} effects expected, {seen} seen as expected, in {time.monotonic() - began:.0f} s")
    return 0 if seen == expected else 1


def _play(stack: Stack, sent: Sent, rules: dict[str, str]) -> tuple[int, int]:
    runs = account.print_event(stack, sent, rules)
    account.wait_for(lambda: _over(stack, runs) or None)
    account.print_runs(stack, runs)
    return account.count_effects(sent.effects)


def _over(stack: Stack, runs: list[str]) -> bool:
    return all(stack.api.get(f"/v1/runs/{run}")["finished_at"] for run in runs)


def _await_steps(stack: Stack, runs: list[str], count: int) -> None:
    def look() -> bool | None:
        jobs = [job for run in runs for job in stack.api.get(f"/v1/runs/{run}")["jobs"]]
        return True if sum(1 for job in jobs if job["finished_at"]) >= count else None

    account.wait_for(look)


if __name__ == "__main__":
    sys.exit(main())
