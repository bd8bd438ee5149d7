"""The smoke test of deployed stacks, on the deployed local stack."""

from __future__ import annotations

import json

import pytest

from dev.demo.stories import Customer
from dev.smoke import __main__ as smoke
from dev.smoke import rules
from dev.smoke.deployed import Deployed
from dev.stack import Stack


@pytest.fixture
def deployed(stack: Stack) -> Deployed:
    """The local stack, as one in an account is found."""
    secret = stack.client("secretsmanager").get_secret_value(SecretId=f"{stack.stack_name}/outgoing/default")
    return Deployed(
        url=stack.api_url,
        admin_key=stack.admin_key,
        outgoing_secret=json.loads(secret["SecretString"])["secret"],
        app_secret=stack.hook("meta").secret,
        payments_secret="whsec_" + "A" * 32,
    )


def test_the_three_stories_have_all_their_effects_and_leave_no_rule(deployed: Deployed) -> None:
    customer = Customer.new(rules.MAILBOX)
    deployed.configure_sources()
    made = rules.load(deployed, customer, deployed.receiver)
    try:
        expected, seen = smoke.play(deployed, customer, made)
    finally:
        smoke.clean_up(deployed, customer, made)
    assert expected == seen > 8
    left = {rule["id"] for rule in deployed.api.items("/v1/rules")}
    assert not left & made.keys()
    assert deployed.api.call("GET", f"/v1/records/lead/smoke-{customer.number}").status == 404
