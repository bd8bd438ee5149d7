"""The examples of the guides do as the pages say: the stored API key, an application's event, the check of a sender."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.docs.pages import DOCS, blocks
from whenthen.adapters.dynamodb.config_table.settings import DynamoApiKeys
from whenthen.sources.eventbridge.envelope import events_of
from whenthen.sources.signing import signatures
from whenthen.usecases.admin.authorize import SCOPES, Authorize, hash_of

GUIDES = DOCS / "guides"
KEY = "0123456789abcdef" * 3
SECRET = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3"


class OneItem:
    """A table that holds the item of the page, under its keys."""

    def __init__(self, item: dict[str, Any]) -> None:
        self.item = item

    def get_item(self, *, Key: dict[str, Any], **_: Any) -> dict[str, Any]:  # noqa: N803 - as boto3 names it
        return {"Item": self.item} if all(self.item[name] == value for name, value in Key.items()) else {}


class NoSecrets:
    def get(self, name: str) -> dict[str, str]:
        del name
        return {}


def test_the_item_that_the_page_stores_is_an_api_key() -> None:
    (block,) = blocks(GUIDES / "deploy.md", "json")
    item = json.loads(block.replace("<hash>", hash_of(KEY)))
    authorize: Any = Authorize(DynamoApiKeys(OneItem(item), "config"), NoSecrets())  # type: ignore[arg-type]
    found = authorize(f"Bearer {KEY}")
    assert (found.id, found.scopes) == ("shop", ("records:write", "runs:read"))
    assert set(found.scopes) <= set(SCOPES)


def test_an_application_can_put_the_event_of_the_page_on_the_bus() -> None:
    detail, _ = blocks(GUIDES / "events.md", "json")
    (event,) = events_of({"source": "shop", "detail-type": "order.paid", "detail": json.loads(detail)})
    assert (event.type, event.subject, event.data) == ("order.paid", "contact:42", {"amount": 120})
    assert event.identities == ("email#elif@example.com",)


@pytest.fixture
def is_genuine() -> Callable[[str, dict[str, str], bytes], bool]:
    """The function of the page."""
    names: dict[str, Any] = {}
    (source,) = blocks(GUIDES / "webhooks.md", "python")
    exec(source, names)  # noqa: S102 - the page's own example
    check: Callable[[str, dict[str, str], bytes], bool] = names["is_genuine"]
    return check


def signed(body: bytes, *, at: float, secret: str = SECRET) -> dict[str, str]:
    scheme = signatures.Scheme("standard_webhooks")
    return signatures.sign(scheme, secret, body, datetime.fromtimestamp(at, UTC), "job_1")


def test_a_receiver_that_checks_as_the_page_says_knows_our_webhooks(is_genuine: Callable[..., bool]) -> None:
    body, now = '{"data": "Ayşe"}'.encode(), time.time()
    assert is_genuine(SECRET, signed(body, at=now), body)
    assert not is_genuine(SECRET, signed(body, at=now), body + b" ")
    assert not is_genuine(SECRET, signed(body, at=now - 3600), body)
    assert not is_genuine(SECRET, signed(body, at=now, secret=SECRET[:-4] + "AAAA"), body)
