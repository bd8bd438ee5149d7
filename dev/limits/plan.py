"""Say what of a stage's demand does not fit into an account. Pure: the account was read before."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from dev.limits.demand import Demand

REQUEST_SECONDS = 0.2
"""Take a request of the API to last so long, for the functions that answer at the full rate."""

ENTRIES_PER_REQUEST = 2
"""Count the entries that a request puts on the bus: its event, and the change of the record that it is about."""

FEW_WAITS = 100_000
"""Open executions below which many waiting runs use up the account's."""


@dataclass(frozen=True, slots=True)
class Mail:
    """Hold the limits of SES. `sandbox`: to verified recipients alone. `verified`: the sender, or its domain."""

    sandbox: bool
    enabled: bool
    a_day: float
    a_second: float
    verified: bool


@dataclass(frozen=True, slots=True)
class Account:
    """Hold the limits of an account in one region; None for one that could not be read.

    concurrency      functions that run at once, of all stacks, less what other functions have reserved
    put_events       entries a second that EventBridge takes
    api_rate         requests a second that API Gateway takes, of all APIs
    open_executions  executions of Step Functions that are open at once: each waiting run is one
    """

    concurrency: int | None = None
    put_events: float | None = None
    api_rate: float | None = None
    open_executions: float | None = None
    mail: Mail | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """A fact to know before deploying. `fits`: whether all is well with it."""

    text: str
    fits: bool


def findings(demand: Demand, account: Account) -> list[Finding]:
    """Compare; one finding for each limit, those that are not met first."""
    found = [*_concurrency(demand, account.concurrency), *_rates(demand, account)]
    found += [*_waits(account.open_executions), *_mail(demand, account.mail)]
    return sorted(found, key=lambda finding: finding.fits)


def _concurrency(demand: Demand, limit: int | None) -> Iterator[Finding]:
    consumers = sum(demand.consumers.values())
    requests = math.ceil(demand.api_rate * REQUEST_SECONDS)
    asked = f"Capacity={demand.capacity} lets {consumers} consumers and {demand.streams} forwarders run at once"
    asked += f", and the API at its full rate about {requests} functions"
    if limit is None:
        yield _unread(f"Lambda: how many functions run at once ({asked})")
    elif consumers + demand.streams + requests <= limit:
        yield Finding(f"Lambda: {asked}; the account has {limit}.", fits=True)
    else:
        smaller = "" if demand.capacity == "small" else " or choose a smaller Capacity,"
        yield Finding(
            f"Lambda: {asked}; the account has {limit}. Under load messages wait, and the API answers 503; nothing is "
            f"lost. Ask Service Quotas for more “Concurrent executions” (it is free),{smaller} or lower ApiRateLimit.",
            fits=False,
        )


def _rates(demand: Demand, account: Account) -> Iterator[Finding]:
    entries = demand.api_rate * ENTRIES_PER_REQUEST
    if account.put_events is None:
        yield _unread("EventBridge: entries a second (PutEvents)")
    else:
        text = f"EventBridge: {entries:,.0f} entries a second at the API's full rate; "
        text += f"the account has {account.put_events:,.0f}."
        fits = entries <= account.put_events
        yield Finding(
            text if fits else f"{text} Ask for more “PutEvents throttle limit”, or lower ApiRateLimit.", fits=fits
        )
    if account.api_rate is None:
        yield _unread("API Gateway: requests a second")
    else:
        text = f"API Gateway: ApiRateLimit is {demand.api_rate:,.0f} a second; the account has {account.api_rate:,.0f}."
        yield Finding(text, fits=demand.api_rate <= account.api_rate)


def _waits(limit: float | None) -> Iterator[Finding]:
    if limit is None:
        yield _unread("Step Functions: open executions")
    else:
        text = f"Step Functions: up to {limit:,.0f} runs can wait at once, in all stacks of the account."
        yield Finding(text, fits=limit >= FEW_WAITS)


def _mail(demand: Demand, mail: Mail | None) -> Iterator[Finding]:
    if mail is None:
        yield _unread("SES: whether mail can be sent")
        return
    if not mail.verified:
        yield Finding(
            f"SES: neither {demand.sender} nor its domain is a verified identity: every mail fails.", fits=False
        )
    if not mail.enabled:
        yield Finding("SES: sending is paused for this account.", fits=False)
    if mail.sandbox:
        yield Finding(
            "SES: the account is in the sandbox: mail goes to verified recipients alone. Ask to leave it.", fits=False
        )
    yield Finding(
        f"SES: {mail.a_day:,.0f} mails a day, {mail.a_second:,.0f} a second; jobs above that wait.", fits=True
    )


def _unread(what: str) -> Finding:
    return Finding(f"{what}: could not be read; look at it in Service Quotas.", fits=False)
