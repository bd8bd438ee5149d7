"""The limits of an account, read through real clients whose answers have the shapes that botocore knows."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from dev.limits.__main__ import main
from dev.limits.account import read_account
from dev.limits.plan import Account, Mail

REGION = "eu-central-1"
SETTINGS = {"AccountLimit": {"ConcurrentExecutions": 1_000, "UnreservedConcurrentExecutions": 900}}
SES = {
    "ProductionAccessEnabled": True,
    "SendingEnabled": True,
    "SendQuota": {"Max24HourSend": 50_000.0, "MaxSendRate": 14.0, "SentLast24Hours": 3.0},
}
QUOTAS = {
    "events": [("Rules", 300.0), ("PutEvents throttle limit in transactions per second", 2_400.0)],
    "apigateway": [("Throttle burst rate", 5_000.0), ("Throttle rate", 10_000.0)],
    "states": [],
}


class Clients:
    """Real clients that answer from a list; each must be asked for all of it."""

    def __init__(self) -> None:
        self.made: dict[str, Any] = {}
        self.stubs: dict[str, Stubber] = {}

    def __call__(self, service: str) -> Any:
        if service not in self.made:
            keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
            self.made[service] = boto3.client(service, region_name=REGION, **keys)  # type: ignore[call-overload]
            self.stubs[service] = Stubber(self.made[service])
            self.stubs[service].activate()
        return self.made[service]

    def answers(self, service: str, operation: str, answer: dict[str, Any], **asked: Any) -> None:
        self(service)
        self.stubs[service].add_response(operation, answer, asked)

    def refuses(self, service: str, operation: str, code: str) -> None:
        self(service)
        self.stubs[service].add_client_error(operation, code)

    def quotas(self, service: str, operation: str = "list_service_quotas") -> None:
        found = [{"QuotaName": name, "Value": value} for name, value in QUOTAS[service]]
        self.answers("service-quotas", operation, {"Quotas": found}, ServiceCode=service)

    def are_used_up(self) -> None:
        for stub in self.stubs.values():
            stub.assert_no_pending_responses()


@pytest.fixture
def clients() -> Clients:
    """An account whose Step Functions publish no quota of their own, but a default."""
    made = Clients()
    made.answers("lambda", "get_account_settings", SETTINGS)
    for service in ("events", "apigateway", "states"):
        made.quotas(service)
    default = {"Quotas": [{"QuotaName": "Maximum open executions", "Value": 1_000_000.0}]}
    made.answers("service-quotas", "list_aws_default_service_quotas", default, ServiceCode="states")
    made.answers("sesv2", "get_account", SES)
    return made


def test_every_limit_is_read_from_the_service_that_knows_it(clients: Clients) -> None:
    clients.refuses("sesv2", "get_email_identity", "NotFoundException")
    clients.answers("sesv2", "get_email_identity", {"VerifiedForSendingStatus": True}, EmailIdentity="mail.example.com")
    assert read_account(clients, "hello@mail.example.com") == Account(
        concurrency=900,
        put_events=2_400.0,
        api_rate=10_000.0,
        open_executions=1_000_000.0,
        mail=Mail(sandbox=False, enabled=True, a_day=50_000.0, a_second=14.0, verified=True),
    )
    clients.are_used_up()


def test_a_sender_is_unverified_if_neither_it_nor_a_domain_above_it_is_verified(clients: Clients) -> None:
    clients.answers(
        "sesv2", "get_email_identity", {"VerifiedForSendingStatus": False}, EmailIdentity="a@mail.example.com"
    )
    clients.refuses("sesv2", "get_email_identity", "NotFoundException")
    clients.answers("sesv2", "get_email_identity", {"VerifiedForSendingStatus": False}, EmailIdentity="example.com")
    found = read_account(clients, "a@mail.example.com")
    assert found.mail is not None
    assert found.mail.verified is False
    clients.are_used_up()


def test_credentials_that_may_read_nothing_leave_all_limits_unknown(capsys: pytest.CaptureFixture[str]) -> None:
    refusing = Clients()
    refusing.refuses("lambda", "get_account_settings", "AccessDeniedException")
    for _ in range(3):
        refusing.refuses("service-quotas", "list_service_quotas", "AccessDeniedException")
    refusing.refuses("sesv2", "get_account", "AccessDeniedException")
    assert main(["dev"], refusing) == 0, "what cannot be read stops no deployment"
    refusing.are_used_up()
    out = capsys.readouterr().out
    assert out.count("✘") == out.count("could not be read") == 5


def test_an_account_is_shown_with_what_fits_and_what_does_not(
    clients: Clients, capsys: pytest.CaptureFixture[str]
) -> None:
    clients.answers(
        "sesv2", "get_email_identity", {"VerifiedForSendingStatus": True}, EmailIdentity="hello@example.com"
    )
    assert main(["prod"], clients) == 0
    out = capsys.readouterr().out
    assert "Capacity=standard" in out
    assert (out.count("✔"), out.count("✘")) == (5, 0)


def test_a_stage_that_there_is_not_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["production"], Clients()) == 1
    assert "no stage production" in capsys.readouterr().out
