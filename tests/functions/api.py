"""The API of manage as its clients see it: a request through the handler, the answer read back.

Every answer is held against docs/openapi.json.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.functions import contract
from tests.functions.payloads import http
from tests.functions.stack import Stack

PROBLEM = "application/problem+json"

RULE: Mapping[str, Any] = {
    "name": "Tag a missed call",
    "kind": "contact",
    "trigger": {"event": "call.incoming_missed"},
    "steps": [{"id": "tag", "action": "add_tags", "with": {"tags": ["called"]}}],
}


@dataclass(frozen=True)
class Answer:
    """Hold an answer."""

    status: int
    headers: Mapping[str, str]
    document: Any

    @property
    def fields(self) -> list[str]:
        """The fields that a problem names."""
        return [error["field"] for error in self.document["errors"]]


@dataclass
class Api:
    """Calls manage with a key of these scopes."""

    stack: Stack
    scopes: str = "admin"
    key: str = "key_1"

    def call(
        self, method: str, target: str, body: Any = None, headers: Mapping[str, str] | None = None, **more: Any
    ) -> Answer:
        """`body`: bytes and text as they are, anything else as JSON."""
        text = body if body is None or isinstance(body, str | bytes) else json.dumps(body)
        given = {**({} if text is None else {"content-type": "application/json"}), **(headers or {})}
        authorizer = {"key": self.key, "scopes": self.scopes}
        event = http(method, target, text, given, route="ANY /v1/{proxy+}", authorizer=authorizer, **more)
        answer = self.stack.invoke("manage", event)
        document: Any = json.loads(answer["body"]) if answer["body"] else None
        found = {name.lower(): value for name, value in answer["headers"].items()}
        contract.check(method, target, answer["statusCode"], found, document)
        if answer["statusCode"] >= 400:
            assert found["content-type"] == PROBLEM
            assert document["status"] == answer["statusCode"]
        return Answer(answer["statusCode"], found, document)

    def get(self, target: str) -> Any:
        """The document of an answer of 200."""
        answer = self.call("GET", target)
        assert answer.status == 200, answer.document
        return answer.document

    def has_rule(self, **changes: Any) -> Any:
        """A rule that was created just now."""
        answer = self.call("POST", "/v1/rules", {**RULE, **changes})
        assert answer.status == 201, answer.document
        return answer.document
