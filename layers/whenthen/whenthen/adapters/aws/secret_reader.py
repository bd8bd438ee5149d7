"""Read secrets from Secrets Manager: JSON objects named `<stack>/<name>`, cached in memory."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import ClientError

from whenthen.adapters.aws.client import AwsClient, aws_errors, code_of
from whenthen.domain.common.errors import Misconfigured, NotFound, Temporary
from whenthen.ports.reason_codes import SECRET_NOT_FOUND, SECRET_UNREADABLE

KEPT_FOR = 300.0
"""Seconds for which a secret is cached: a rotation keeps the previous secret valid for longer."""

ABSENT_FOR = 15.0
"""Seconds for which a secret that is missing or unreadable is not looked up again."""

FRESH_FOR = 5.0
"""Seconds for which a secret is not read again even if authentication fails: forged requests cause no more calls."""

OUT_OF_REACH_FOR = 3_600.0
"""Seconds since the last answer for which a secret holds while the service is out of reach.

A secret that was replaced meanwhile, such as an admin key that got lost, works no longer than that.
"""

_MISSING = "ResourceNotFoundException"
_INVALID = "InvalidRequestException"
"""Answer for a deleted secret until it is gone, among others."""

_Answer = Mapping[str, Any] | type[NotFound] | type[Misconfigured]
"""Answer of the service: the secret's JSON object, or the error to raise."""

_NEVER: tuple[float, float, _Answer] = (float("-inf"), float("-inf"), NotFound)


class SecretsManager:
    """Read secrets, cached in memory; while the service is out of reach, for up to OUT_OF_REACH_FOR.

    `_kept` holds for each name when it was last asked for, when it was last answered, and what the answer was.
    """

    def __init__(self, client: AwsClient, prefix: str, seconds: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._prefix = prefix
        self._seconds = seconds
        self._kept: dict[str, tuple[float, float, _Answer]] = {}

    def get(self, name: str) -> Mapping[str, Any]:
        """Return the secret's JSON object. Raises NotFound; Misconfigured if it has a value that is none."""
        return self._known(name, KEPT_FOR, ABSENT_FOR)

    def refreshed(self, name: str) -> Mapping[str, Any]:
        """Return the current secret, from a read at most FRESH_FOR seconds ago. Raises as `get`."""
        return self._known(name, FRESH_FOR, FRESH_FOR)

    def _known(self, name: str, kept_for: float, absent_for: float) -> Mapping[str, Any]:
        now = self._seconds()
        asked_at, answered_at, answer = self._kept.get(name, _NEVER)
        if now - asked_at >= (kept_for if isinstance(answer, Mapping) else absent_for):
            try:
                answer, answered_at = _read(self._client, self._prefix, name), now
            except Temporary:
                if not isinstance(answer, Mapping) or now - answered_at >= OUT_OF_REACH_FOR:
                    self._kept.pop(name, None)
                    raise
            self._kept[name] = (now, answered_at, answer)
        if isinstance(answer, Mapping):
            return answer
        raise answer((SECRET_NOT_FOUND if answer is NotFound else SECRET_UNREADABLE)(name=name))


def _read(client: AwsClient, prefix: str, name: str) -> _Answer:
    """Read the JSON object of a secret. Raises Temporary."""
    try:
        with aws_errors("secretsmanager:GetSecretValue"):
            answer = client.get_secret_value(SecretId=f"{prefix}/{name}")
    except ClientError as error:
        if code_of(error) in (_MISSING, _INVALID):
            return NotFound
        raise
    return _object(answer.get("SecretString", "not text but bytes"))


def _object(text: str) -> _Answer:
    """Decode the JSON object of a secret's text. A blank one was never filled in; any other text is a mistake."""
    if not text.strip():
        return NotFound
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return Misconfigured
    return value if isinstance(value, Mapping) else Misconfigured
