"""The rules of the smoke test, as the API takes them."""

from __future__ import annotations

from dev.demo.stories import Customer
from dev.smoke.rules import MAILBOX, harmless_rules
from tests.functions.api import Api
from tests.functions.stack import Stack


def test_the_rules_of_the_smoke_test_are_saved_and_can_be_deleted(stack: Stack) -> None:
    api = Api(stack)
    for rule in harmless_rules(Customer.new(MAILBOX), "https://api.example/hooks/smoke-receiver"):
        saved = api.call("POST", "/v1/rules", rule)
        assert saved.status == 201, saved.document
        assert api.call("DELETE", f"/v1/rules/{saved.document['id']}").status == 204


def test_the_sources_of_the_smoke_test_are_saved_and_their_secrets_forgotten(stack: Stack) -> None:
    api, secret = Api(stack), "whsec_" + "A" * 32
    document = {"scheme": "standard_webhooks", "secret": secret}
    assert api.call("PUT", "/v1/sources/smoke-payments", document).status == 200
    forgotten = {"scheme": "standard_webhooks", "secret": "whsec_" + "B" * 32, "previous_secret": None}
    assert api.call("PUT", "/v1/sources/smoke-payments", forgotten).status == 200
