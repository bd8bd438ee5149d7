"""Read secrets from Secrets Manager: JSON objects named `<stack>/<name>`, cached in memory."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import ClientError

from whenthen.adapters.aws.client import AwsClient, aws_errors, code_of
from whenthen.domain.common.errors import NotFound, Temporary
from whenthen.ports.reason_codes import SECRET_NOT_FOUND

KEPT_FOR = 300.0
"""Seconds for which a secret is cached: a rotation keeps the previous secret valid for longer."""

ABSENT_FOR = 15.0
"""Seconds for which a missing secret is not looked up again."""

FRESH_FOR = 5.0
"""Seconds for which a secret is not read again even if authentication fails: forged requests cause no more calls."""

OUT_OF_REACH_FOR = 3_600.0
"""Seconds since the last answer for which a secret holds while the service is out of reach.

A secret that was replaced meanwhile, such as an admin key that got lost, works no longer than that.
"""

_MISSING = "ResourceNotFoundException"
_INVALID = "InvalidRequestException"
"""Answer for a deleted secret until it is gone, among others."""


_NEVER = (float("-inf"), float("-inf"), None)


class SecretsManager:
    """Read secrets, cached in memory; while the service is out of reach, for up to OUT_OF_REACH_FOR.

    `_kept` holds for each name when it was last asked for, when it was last answered, and its value (None: there was
    none).
    """

    def __init__(self, client: AwsClient, prefix: str, seconds: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._prefix = prefix
        self._seconds = seconds
        self._kept: dict[str, tuple[float, float, Mapping[str, Any] | None]] = {}

    def get(self, name: str) -> Mapping[str, Any]:
        """Return the secret's JSON object. Raises NotFound."""
        return self._known(name, KEPT_FOR, ABSENT_FOR)

    def refreshed(self, name: str) -> Mapping[str, Any]:
        """Return the current secret, from a read at most FRESH_FOR seconds ago. Raises NotFound."""
        return self._known(name, FRESH_FOR, FRESH_FOR)

    def _known(self, name: str, kept_for: float, absent_for: float) -> Mapping[str, Any]:
        now = self._seconds()
        asked_at, answered_at, value = self._kept.get(name, _NEVER)
        if now - asked_at >= (absent_for if value is None else kept_for):
            try:
                value, answered_at = _read(self._client, self._prefix, name), now
            except Temporary:
                if value is None or now - answered_at >= OUT_OF_REACH_FOR:
                    self._kept.pop(name, None)
                    raise
            self._kept[name] = (now, answered_at, value)
        if value is None:
            raise NotFound(SECRET_NOT_FOUND(name=name))
        return value


def _read(client: AwsClient, prefix: str, name: str) -> Mapping[str, Any] | None:
    """Read the JSON object of a secret; None if there is none. Raises Temporary."""
    try:
        with aws_errors("secretsmanager:GetSecretValue"):
            answer = client.get_secret_value(SecretId=f"{prefix}/{name}")
    except ClientError as error:
        if code_of(error) in (_MISSING, _INVALID):
            return None
        raise
    return _object(answer.get("SecretString"))


def _object(text: str | None) -> Mapping[str, Any] | None:
    """Decode the JSON object of a secret's text; None if it is no object, as in a secret that was never filled in."""
    try:
        value = json.loads(text or "")
    except ValueError:
        return None
    return value if isinstance(value, Mapping) else None
