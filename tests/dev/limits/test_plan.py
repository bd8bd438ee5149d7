"""Limits of an account: each that is too low is named with what to do, and no other."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from dev.limits.demand import Demand, UnknownParameter, demand_of, read_template, stage_parameters
from dev.limits.plan import Account, Mail, findings
from tests.template.reading import at_capacity, consumers, resources

MAIL = Mail(sandbox=False, enabled=True, a_day=50_000, a_second=14, verified=True)
GROWN = Account(concurrency=1_000, put_events=10_000, api_rate=10_000, open_executions=1_000_000, mail=MAIL)
NEW = Account(
    concurrency=10,
    put_events=400,
    api_rate=10_000,
    open_executions=1_000_000,
    mail=replace(MAIL, sandbox=True, a_day=200, a_second=1),
)
TEMPLATE = read_template()
FROM = {"MailFrom": "hello@example.com"}


def _demand(**parameters: str) -> Demand:
    return demand_of(TEMPLATE, {**FROM, **parameters})


def _unmet(demand: Demand, account: Account) -> list[str]:
    return [finding.text for finding in findings(demand, account) if not finding.fits]


@pytest.mark.parametrize("capacity", ["small", "standard", "large"])
def test_the_demand_is_what_the_template_s_mappings_ask_for(capacity: str) -> None:
    asked = {
        name.removesuffix("Queue"): at_capacity(entry["Properties"]["ScalingConfig"]["MaximumConcurrency"], capacity)
        for name, entry in resources("AWS::Lambda::EventSourceMapping").items()
    }
    assert _demand(Capacity=capacity).consumers == asked
    assert len(asked) == len(consumers())


def test_with_custom_capacity_each_consumer_has_its_own_parameter() -> None:
    demand = _demand(Capacity="custom", MatchRulesConcurrency="60", StreamParallelism="4")
    assert demand.consumers["MatchRules"] == 60
    assert set(demand.consumers.values()) == {2, 60}
    assert demand.streams == 8


def test_a_parameter_that_there_is_not_is_named() -> None:
    with pytest.raises(UnknownParameter, match="MailForm"):
        _demand(MailForm="hello@example.com")


@pytest.mark.parametrize("stage", ["local", "dev", "prod"])
def test_every_stage_of_samconfig_has_a_demand(stage: str) -> None:
    assert demand_of(TEMPLATE, stage_parameters(stage)).sender


def test_parameters_may_be_a_list_as_well_as_a_line(tmp_path: Path) -> None:
    file = tmp_path / "samconfig.toml"
    file.write_text('[x.deploy.parameters]\nparameter_overrides = ["Stage=dev", "MailFrom=a@b.example"]\n')
    assert stage_parameters("x", file) == {"Stage": "dev", "MailFrom": "a@b.example"}


@pytest.mark.parametrize("capacity", ["small", "standard", "large"])
def test_a_grown_account_bears_every_capacity(capacity: str) -> None:
    assert _unmet(_demand(Capacity=capacity), GROWN) == []


def test_a_new_account_is_told_of_its_ten_executions_and_of_the_sandbox() -> None:
    concurrency, sandbox = _unmet(_demand(), NEW)
    assert "34 consumers" in concurrency
    assert "the account has 10" in concurrency
    assert "smaller Capacity" not in concurrency, "there is none"
    assert "sandbox" in sandbox


def test_a_capacity_that_is_too_large_can_be_made_smaller() -> None:
    (text,) = _unmet(_demand(Capacity="large"), replace(GROWN, concurrency=200))
    assert "smaller Capacity" in text


@pytest.mark.parametrize(
    ("account", "said"),
    [
        (replace(GROWN, put_events=399), "PutEvents throttle limit"),
        (replace(GROWN, api_rate=100), "API Gateway"),
        (replace(GROWN, open_executions=5_000), "5,000 runs"),
        (replace(GROWN, mail=replace(MAIL, verified=False)), "hello@example.com"),
        (replace(GROWN, mail=replace(MAIL, enabled=False)), "paused"),
    ],
)
def test_each_limit_that_is_not_met_is_said_alone(account: Account, said: str) -> None:
    (text,) = _unmet(_demand(), account)
    assert said in text


def test_the_api_s_rate_counts_towards_what_runs_at_once() -> None:
    assert _unmet(_demand(ApiRateLimit="1000"), replace(GROWN, concurrency=200))
    assert not _unmet(_demand(ApiRateLimit="500"), replace(GROWN, concurrency=200))


def test_what_could_not_be_read_is_not_taken_to_fit() -> None:
    assert len(_unmet(_demand(), Account())) == len(findings(_demand(), GROWN)) == 5


def test_what_does_not_fit_comes_first() -> None:
    fits = [finding.fits for finding in findings(_demand(), NEW)]
    assert fits == sorted(fits)
