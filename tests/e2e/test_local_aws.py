"""The local AWS answers only to the key of its stack, and to no web page."""

from __future__ import annotations

import json

import botocore.session
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from dev import web
from dev.stack import Stack


@pytest.mark.parametrize("key", ["test", "000000000000", "AKIAIOSFODNN7EXAMPLE"])
@pytest.mark.parametrize(
    ("service", "call"), [("lambda", "list_functions"), ("s3", "list_buckets"), ("iam", "list_roles")]
)
def test_a_guessed_key_opens_nothing(stack: Stack, key: str, service: str, call: str) -> None:
    client = botocore.session.Session().create_client(
        service,
        region_name=stack.region,
        endpoint_url=stack.emulator.url,
        aws_access_key_id=key,
        aws_secret_access_key=key,
        config=Config(retries={"total_max_attempts": 1}),
    )
    with pytest.raises(ClientError) as refused:
        getattr(client, call)()
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


def test_nothing_can_be_reset_or_read_without_a_key(stack: Stack) -> None:
    for method, path in (("POST", "/_ministack/reset"), ("GET", "/_ministack/ses/messages"), ("GET", "/")):
        assert web.call(method, stack.emulator.url + path).status == 403
    assert stack.api.get("/v1/rules?limit=1")["items"] is not None


def test_a_web_page_reaches_hooks_and_nothing_else(stack: Stack) -> None:
    headers = {"Origin": "https://shop.example", "Content-Type": "application/json"}
    hook = web.call("POST", stack.hook("payments").url, json.dumps({"a": 1}).encode(), headers)
    assert hook.status == 401  # from whenthen itself: the signature is missing
    assert web.call("POST", f"{stack.emulator.url}/_ministack/config", {}, headers).status == 403


def test_another_host_is_not_this_machine(stack: Stack) -> None:
    answer = web.call("GET", f"{stack.api_url}/v1/rules", headers={"Host": "rebound.example"})
    assert answer.status == 403
