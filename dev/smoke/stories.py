"""The demo's three stories on a deployed stack, and the effects that its own runs must show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from dev.demo import account
from dev.demo.stories import Customer, Effect, Sent, exists, owner, post_payment, post_question, stopped
from dev.smoke.deployed import Deployed


class NoRun(Exception):
    """Report that no run was started, so that there is nothing to look at."""


def lead(stack: Deployed, customer: Customer, rules: Mapping[str, str]) -> tuple[str, list[Effect]]:
    """Make a lead through the API; returns the run that welcomes it, and its effects. Raises NoRun."""
    ref = f"lead:smoke-{customer.number}"
    fields = {"campaign_name": "Spring 2026", "first_name": "Elif", "full_name": "Elif Demir", "status": "new"}
    fields |= {"email": customer.address("elif"), "phone": f"+{customer.phone}"}
    stack.api.put(f"/v1/records/lead/{ref.partition(':')[2]}", fields)

    def look() -> str | None:
        found = stack.api.get(f"/v1/runs?record={ref}")["items"]
        return next((run["id"] for run in found if run["rule"]["id"] in rules), None)

    run = account.wait_for(look)
    if run is None:
        raise NoRun(
            f"no rule started for {ref} within {account.PATIENCE} s: is its event in the queue, or a dead letter?"
        )
    steps = {"assign": "an owner", "hello": "a greeting", "call": "a task a minute later"}
    seen = [Effect("the lead's record", lambda: exists(stack, ref)), Effect("its owner", lambda: owner(stack, ref))]
    return run, seen + [_done(stack, [run], step, name) for step, name in steps.items()]


def payment(stack: Deployed, customer: Customer, rules: Mapping[str, str]) -> Sent:
    """A signed payment: a mail to SES, and a signed call to the stack's own source, which checks it."""
    sent = post_payment(stack, customer)
    runs = account.print_event(stack, sent, rules)
    effects = [_done(stack, runs, "thank", "a mail of thanks"), _done(stack, runs, "book", "a webhook to accounting")]
    return replace(sent, effects=effects)


def question(stack: Deployed, customer: Customer, rules: Mapping[str, str], lead_run: str) -> Sent:
    """A signed message of WhatsApp: an answer, and the end of the sequence that ran for the customer."""
    sent = post_question(stack, customer, f"Hello! What is the price? ({customer.number})")
    runs = account.print_event(stack, sent, rules)
    effects = [
        _done(stack, runs, "answer", "an automatic reply"),
        Effect("the sequence stopped", lambda: stopped(stack, lead_run)),
    ]
    return replace(sent, effects=effects)


def _done(stack: Deployed, runs: list[str], step: str, name: str) -> Effect:
    """The effect that one of these runs did this step, once."""

    def seen() -> int:
        jobs = [job for run in runs for job in stack.api.get(f"/v1/runs/{run}")["jobs"]]
        return sum(1 for job in jobs if (job["step"], job["status"]) == (step, "done"))

    return Effect(name, seen)
