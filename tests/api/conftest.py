"""The API through its function, on the stack that template.yaml describes, in process."""

from __future__ import annotations

import pytest

from tests.api.routes.calls import CALL
from tests.functions.api import Api
from tests.functions.conftest import slept, stack
from tests.functions.payloads import batch
from tests.functions.stack import Stack

__all__ = ["slept", "stack"]

RULE_CONDITIONS = {"field": "event.data.line", "op": "equals", "value": "sales"}


@pytest.fixture
def api(stack: Stack) -> Api:
    """A client that may do everything."""
    return Api(stack)


@pytest.fixture
def seen(api: Api) -> str:
    """The id of an event that started one rule and not another, about a contact."""
    api.has_rule(mode="on")
    api.has_rule(mode="on", name="Sales only", conditions=RULE_CONDITIONS)
    api.call("PUT", "/v1/records/contact/7", {"phone": "+905321234567"})
    api.call("POST", "/v1/events", CALL)
    envelopes = api.stack.messages("EventQueue")
    api.stack.consume("EventQueue", batch(*(message["Body"] for message in envelopes)))
    return str(api.get("/v1/runs?record=contact:7")["items"][0]["event"]["id"])
