"""`python -m dev.smoke STAGE`: play the demo's stories on a stage's stack; non-zero on any difference.

It makes three rules for one invented customer, and deletes them and the customer's records in the end. Other rules of
the stack see the customer's events as any other: so it asks before it touches production.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import boto3

from dev.client import Refused
from dev.demo import account
from dev.demo.stories import Customer
from dev.smoke import rules, stories
from dev.smoke.deployed import Deployed, NotDeployed, find, stack_name_of

MEANT = "SMOKE_PRODUCTION"


def _client(service: str) -> Any:
    return boto3.client(service)  # type: ignore[call-overload]


def main(arguments: Sequence[str]) -> int:
    """`STAGE`; 0 if everything happened that should, 1 if not, 2 if there was nothing to try."""
    (stage,) = arguments
    if stage == "prod" and os.environ.get(MEANT) != "yes":
        print("The rules of production would see this customer's events.")
        print(f"If that is meant: {MEANT}=yes make smoke STAGE=prod")
        return 2
    try:
        name = stack_name_of(stage)
        stack = find(_client, name)
    except (KeyError, NotDeployed) as problem:
        print(f"samconfig.toml has no stage {stage}" if isinstance(problem, KeyError) else problem)
        return 2
    began, customer = time.monotonic(), Customer.new(rules.MAILBOX)
    print(f"The smoke test of {name}, for customer {customer.number}. Waits of days take a minute.")
    stack.configure_sources()
    made: dict[str, str] = {}
    try:
        made = rules.load(stack, customer, stack.receiver)
        expected, seen = play(stack, customer, made)
    except stories.NoRun as none:
        print(f"  ✘ {none}")
        return 1
    finally:
        clean_up(stack, customer, made)
    print(f"\n{expected} effects expected, {seen} seen as expected, in {time.monotonic() - began:.0f} s")
    return 0 if seen == expected else 1


def play(stack: Deployed, customer: Customer, made: dict[str, str]) -> tuple[int, int]:
    """Play the stories; returns how many effects were expected, and how many were seen. Raises NoRun."""
    print("\n● A lead is made through the API")
    run, effects = stories.lead(stack, customer, made)
    expected, seen = account.count_effects(effects)
    account.print_runs(stack, [run])
    counted = [account.count_effects(stories.payment(stack, customer, made).effects)]
    if stack.app_secret:
        counted.append(account.count_effects(stories.question(stack, customer, made, run).effects))
    else:
        print("\n○ The customer writes on WhatsApp: left out, since the secret <stack>/meta has no app_secret yet")
    return expected + sum(each for each, _ in counted), seen + sum(each for _, each in counted)


def clean_up(stack: Deployed, customer: Customer, made: dict[str, str]) -> None:
    """Stop what runs, and delete what was made; what is gone already is no matter."""
    ref = f"lead/smoke-{customer.number}"
    with suppress(Refused):
        for run in stack.api.get(f"/v1/runs?record=lead:smoke-{customer.number}")["items"]:
            if run["finished_at"] is None and run["rule"]["id"] in made:
                stack.api.post(f"/v1/runs/{run['id']}/stop", {})
    for path in [*(f"/v1/rules/{rule}" for rule in made), *_tasks(stack, customer), f"/v1/records/{ref}"]:
        with suppress(Refused):
            stack.api.delete(path)
    with suppress(Refused):
        stack.forget_sources()


def _tasks(stack: Deployed, customer: Customer) -> list[str]:
    """The tasks that were made for the lead."""
    with suppress(Refused):
        found = stack.api.items("/v1/records/task")
        mine = [task for task in found if task["fields"].get("parent") == f"lead:smoke-{customer.number}"]
        return [f"/v1/records/task/{task['ref'].partition(':')[2]}" for task in mine]
    return []


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
