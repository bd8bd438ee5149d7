"""Receivers verify webhooks with the official library of Standard Webhooks."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import standardwebhooks

from tests.channels.performing import performed
from tests.usecases.fakes.world import World
from whenthen.ports.outgoing import HttpAnswer


@pytest.mark.parametrize(
    "data",
    [{}, {"name": "{{ record.first_name }}"}, {"odd": '"\\/\u2028💥 \u0000', "amount": 12.5, "many": [1, None, True]}],
)
def test_every_attempt_verifies_with_the_official_library(world: World, data: Any) -> None:
    world.clock.at = datetime.now(UTC)
    world.http.answers.append(HttpAnswer(503, {}, b""))
    performed(world, "call_webhook", url="https://example.com/hook", data=data)
    webhook = standardwebhooks.Webhook(world.secrets.kept["outgoing/default"]["secret"])
    assert len(world.http.sent) == 2
    for request in world.http.sent:
        assert webhook.verify(request.body, dict(request.headers)) == json.loads(request.body)
        with pytest.raises(standardwebhooks.WebhookVerificationError):
            webhook.verify(request.body + b" ", dict(request.headers))
    assert len({request.headers["webhook-id"] for request in world.http.sent}) == 1


def test_an_old_webhook_does_not_verify(world: World) -> None:
    world.clock.at = datetime.now(UTC) - timedelta(minutes=6)
    performed(world, "call_webhook", url="https://example.com/hook")
    [request] = world.http.sent
    webhook = standardwebhooks.Webhook(world.secrets.kept["outgoing/default"]["secret"])
    with pytest.raises(standardwebhooks.WebhookVerificationError):
        webhook.verify(request.body, dict(request.headers))
