"""Secrets on Secrets Manager: JSON objects named `<stack>/<name>`."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import ClientError

from whenthen.adapters.aws.client import AwsClient, aws_errors, code_of
from whenthen.domain.common.errors import NotFound, Temporary

KEPT_FOR = 300.0
"""Seconds for which a changed secret may be seen as it was: a rotation keeps the one before valid for longer."""

ABSENT_FOR = 15.0
"""Seconds for which a secret that was missing is not asked for again."""

FRESH_FOR = 5.0
"""Seconds for which a secret is not read again even where a proof fails: who forges proofs causes no more calls."""

_MISSING = "ResourceNotFoundException"
_INVALID = "InvalidRequestException"
"""Among others, how a secret that was deleted answers until it is gone."""


class SecretsManager:
    """Secrets to be read, kept in memory; while the service is out of reach, for longer than usual.

    `_kept` holds when each was read, and what it was; None: there was none.
    """

    def __init__(self, client: AwsClient, prefix: str, seconds: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._prefix = prefix
        self._seconds = seconds
        self._kept: dict[str, tuple[float, Mapping[str, Any] | None]] = {}

    def get(self, name: str) -> Mapping[str, Any]:
        """The secret's JSON object. Raises NotFound."""
        return self._known(name, KEPT_FOR, ABSENT_FOR)

    def refreshed(self, name: str) -> Mapping[str, Any]:
        """The secret as it is by now, but for what was read seconds ago. Raises NotFound."""
        return self._known(name, FRESH_FOR, FRESH_FOR)

    def _known(self, name: str, kept_for: float, absent_for: float) -> Mapping[str, Any]:
        now = self._seconds()
        read_at, value = self._kept.get(name, (float("-inf"), None))
        if now - read_at >= (absent_for if value is None else kept_for):
            value = self._read(name, last=value)
            self._kept[name] = (now, value)
        if value is None:
            raise NotFound(f"there is no secret {name}")
        return value

    def _read(self, name: str, last: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
        try:
            return _read(self._client, self._prefix, name)
        except Temporary:
            if last is None:
                raise
            return last


def _read(client: AwsClient, prefix: str, name: str) -> Mapping[str, Any] | None:
    """The JSON object of a secret; None where there is none. Raises Temporary."""
    try:
        with aws_errors(f"reading the secret {name}"):
            answer = client.get_secret_value(SecretId=f"{prefix}/{name}")
    except ClientError as error:
        if code_of(error) in (_MISSING, _INVALID):
            return None
        raise
    return _object(answer.get("SecretString"))


def _object(text: str | None) -> Mapping[str, Any] | None:
    """The JSON object of a secret's text; None where it is no object, as a secret that was never filled in."""
    try:
        value = json.loads(text or "")
    except ValueError:
        return None
    return value if isinstance(value, Mapping) else None
