"""Events that Lambda hands to functions, in the shapes that AWS documents."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl

CONTEXT = SimpleNamespace(
    function_name="whenthen-Function",
    function_version="$LATEST",
    invoked_function_arn="arn:aws:lambda:eu-central-1:123456789012:function:whenthen-Function",
    memory_limit_in_mb=512,
    aws_request_id="8f507cfc-xmpl-4697-b07a-ac58fc914c95",
    log_group_name="/whenthen/whenthen/Function",
    log_stream_name="2026/03/14/[$LATEST]e1",
    get_remaining_time_in_millis=lambda: 60_000,
)
"""Provide the parts of Lambda's context that functions use."""


def http(
    method: str,
    target: str,
    body: bytes | str | None = None,
    headers: Mapping[str, str] | None = None,
    *,
    route: str = "",
    path: Mapping[str, str] | None = None,
    authorizer: Mapping[str, Any] | None = None,
    binary: bool = False,
) -> dict[str, Any]:
    """A request of an HTTP API, payload format 2.0. `binary`: the body travels as base64, as for forms."""
    raw_path, _, query = target.partition("?")
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": route or f"{method} {raw_path}",
        "rawPath": raw_path,
        "rawQueryString": query,
        "headers": {"host": "api.example.com", "x-forwarded-proto": "https", **(headers or {})},
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "a1b2c3",
            "domainName": "api.example.com",
            "domainPrefix": "api",
            "http": {
                "method": method,
                "path": raw_path,
                "protocol": "HTTP/1.1",
                "sourceIp": "192.0.2.1",
                "userAgent": "tests",
            },
            "requestId": "JKJaXmPLvHcESHA=",
            "routeKey": route or f"{method} {raw_path}",
            "stage": "$default",
            "time": "14/Mar/2026:09:30:00 +0000",
            "timeEpoch": 1773480600000,
        },
        "isBase64Encoded": binary,
    }
    if query:
        event["queryStringParameters"] = dict(parse_qsl(query, keep_blank_values=True))
    if path:
        event["pathParameters"] = dict(path)
    if authorizer is not None:
        event["requestContext"]["authorizer"] = {"lambda": dict(authorizer)}
    if body is not None:
        raw = body.encode() if isinstance(body, str) else body
        event["body"] = base64.b64encode(raw).decode() if binary else raw.decode()
    return event


def batch(*bodies: Any, queue: str = "queue", receives: int = 1) -> dict[str, Any]:
    """Messages of a queue, numbered from m0, each received so often; a body that is no text is sent as JSON."""
    return {"Records": [_message(f"m{place}", body, queue, receives) for place, body in enumerate(bodies)]}


def _message(message_id: str, body: Any, queue: str, receives: int) -> dict[str, Any]:
    return {
        "messageId": message_id,
        "receiptHandle": f"receipt of {message_id}",
        "body": body if isinstance(body, str) else json.dumps(body),
        "attributes": {
            "ApproximateReceiveCount": str(receives),
            "SentTimestamp": "1773480600000",
            "SenderId": "AIDAIENQZJOLO23YVJ4VO",
            "ApproximateFirstReceiveTimestamp": "1773480600001",
        },
        "messageAttributes": {},
        "md5OfBody": "e4e68fb7bd0e697a0ae8f1bb342846b3",
        "eventSource": "aws:sqs",
        "eventSourceARN": f"arn:aws:sqs:eu-central-1:123456789012:{queue}",
        "awsRegion": "eu-central-1",
    }


def failed(answer: Mapping[str, Any]) -> list[str]:
    """The ids that an answer to a batch names."""
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def envelope(detail: Mapping[str, Any], detail_type: str, source: str = "whenthen", **more: Any) -> dict[str, Any]:
    """Return a message as EventBridge puts it into a queue."""
    return {
        "version": "0",
        "id": "6a7e8feb-b491-4cf7-a9f1-bf3703467718",
        "detail-type": detail_type,
        "source": source,
        "account": "123456789012",
        "time": "2026-03-14T09:30:00Z",
        "region": "eu-central-1",
        "resources": [],
        "detail": detail,
        **more,
    }


def changes(*images: tuple[Mapping[str, Any] | None, Mapping[str, Any] | None]) -> dict[str, Any]:
    """(old image, new image) of each change of a table, as its stream gives them."""
    return {"Records": [_change(place, before, after) for place, (before, after) in enumerate(images)]}


def _change(place: int, before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> dict[str, Any]:
    present = after or before or {}
    change: dict[str, Any] = {
        "ApproximateCreationDateTime": 1773480600,
        "Keys": {name: present[name] for name in ("pk", "sk")},
        "SequenceNumber": f"{place + 1:021}",
        "SizeBytes": 111,
        "StreamViewType": "NEW_AND_OLD_IMAGES",
    }
    change |= {name: image for name, image in (("OldImage", before), ("NewImage", after)) if image is not None}
    return {
        "eventID": f"c{place}",
        "eventName": "REMOVE" if after is None else "INSERT" if before is None else "MODIFY",
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "eu-central-1",
        "dynamodb": change,
        "eventSourceARN": "arn:aws:dynamodb:eu-central-1:123456789012:table/records/stream/2026-03-14T00:00:00.000",
    }


def problems(answer: Mapping[str, Any]) -> Sequence[str]:
    """The fields that a problem document names."""
    return [error["field"] for error in json.loads(answer["body"])["errors"]]
