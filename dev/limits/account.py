"""Read the limits of an account, each from the service that knows it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from dev.limits.plan import Account, Mail

T = TypeVar("T")
Clients = Callable[[str], Any]


def read_account(client: Clients, sender: str) -> Account:
    """Read all limits; one that is refused or unknown is None. `client` makes the client of a service."""
    return Account(
        concurrency=_tried(lambda: _concurrency(client("lambda"))),
        put_events=_tried(lambda: _quota(client("service-quotas"), "events", "PutEvents throttle limit")),
        api_rate=_tried(lambda: _quota(client("service-quotas"), "apigateway", "Throttle rate")),
        open_executions=_tried(lambda: _quota(client("service-quotas"), "states", "open executions")),
        mail=_tried(lambda: _mail(client("sesv2"), sender)),
    )


def _tried(read: Callable[[], T]) -> T | None:
    try:
        return read()
    except (BotoCoreError, ClientError):
        return None


def _concurrency(functions: Any) -> int:
    return int(functions.get_account_settings()["AccountLimit"]["UnreservedConcurrentExecutions"])


def _quota(quotas: Any, service: str, name: str) -> float | None:
    """A quota by a part of its name: the account's own value, or AWS's default; None if there is none."""
    for operation in ("list_service_quotas", "list_aws_default_service_quotas"):
        for page in quotas.get_paginator(operation).paginate(ServiceCode=service):
            for quota in page["Quotas"]:
                if name.lower() in quota["QuotaName"].lower():
                    return float(quota["Value"])
    return None


def _mail(ses: Any, sender: str) -> Mail:
    account = ses.get_account()
    quota = account["SendQuota"]
    return Mail(
        sandbox=not account["ProductionAccessEnabled"],
        enabled=account["SendingEnabled"],
        a_day=quota["Max24HourSend"],
        a_second=quota["MaxSendRate"],
        verified=any(_is_verified(ses, identity) for identity in _identities(sender)),
    )


def _identities(sender: str) -> list[str]:
    """The address, its domain, and each domain above that: any of them lets SES send for it."""
    labels = sender.rpartition("@")[2].split(".")
    return [sender, *(".".join(labels[place:]) for place in range(len(labels) - 1))]


def _is_verified(ses: Any, identity: str) -> bool:
    try:
        return bool(ses.get_email_identity(EmailIdentity=identity)["VerifiedForSendingStatus"])
    except ses.exceptions.NotFoundException:
        return False
