"""Configure AWS clients with bounded time and attempts, and classify their errors."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from time import sleep
from typing import Any

from botocore.config import Config
from botocore.exceptions import ClientError, HTTPClientError, IncompleteReadError
from botocore.exceptions import ConnectionError as NotConnected

from whenthen.domain.common.errors import Temporary
from whenthen.ports.reason_codes import UNAVAILABLE

AwsClient = Any
"""A low-level boto3 client. botocore makes its methods at run time, so it has no static type."""

STORE = Config(connect_timeout=1, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 4})
"""Configures calls that may be repeated: they are conditional, or a repetition changes nothing."""

ONCE_SECONDS = {"connect_timeout": 2, "read_timeout": 15}
ONCE = Config(**ONCE_SECONDS, retries={"mode": "standard", "total_max_attempts": 1})  # type: ignore[arg-type]
"""Configures calls whose repetition would be a second effect, such as sending mail."""

LOW_TIMEOUT = Config(connect_timeout=0.5, read_timeout=0.5, retries={"mode": "standard", "total_max_attempts": 1})
"""Configures calls that may fail, while a caller waits for the answer to something else."""

TRANSIENT = frozenset(
    {
        "ExecutionLimitExceeded",
        "InternalError",
        "InternalException",
        "InternalFailure",
        "InternalServerError",
        "InternalServiceError",
        "KMSInternalException",
        "LimitExceeded",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceeded",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "RequestTimeout",
        "RequestTimeoutException",
        "ServiceUnavailable",
        "SlowDown",
        "Throttling",
        "ThrottledException",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionConflictException",
        "TransactionInProgressException",
    }
)
"""Error codes that a later attempt may not meet. Any status of 5xx and 429 count as well."""


GONE = frozenset({"403", "404", "AccessDenied", "NoSuchKey", "NotFound"})
"""Codes of S3 for an object that does not exist: a role that may not list the bucket gets AccessDenied."""


_TRANSPORT = (NotConnected, HTTPClientError, IncompleteReadError)


def code_of(error: ClientError) -> str:
    """Return the service's own code of an error."""
    return str(error.response.get("Error", {}).get("Code", ""))


def is_transient(error: ClientError) -> bool:
    """Tell whether the service throttled or failed, rather than rejected a wrong request."""
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return code_of(error) in TRANSIENT or status == 429 or status >= 500


@contextmanager
def aws_errors(action: str) -> Iterator[None]:
    """Raise Temporary for transient errors of the AWS action, such as `sqs:SendMessage`.

    Any other error is a defect (a missing permission, a wrong name) and is raised unchanged.
    """
    try:
        yield
    except ClientError as error:
        if not is_transient(error):
            raise
        raise Temporary(UNAVAILABLE(provider=action, error=code_of(error))) from error
    except _TRANSPORT as error:
        raise Temporary(UNAVAILABLE(provider=action, error=type(error).__name__)) from error


def pauses(times: int, first: float = 0.05, longest: float = 1.0) -> Iterator[None]:
    """Yield `times` times, sleeping in between: twice as long each time, with jitter."""
    for attempt in range(times):
        if attempt:
            bound = min(first * 2 ** (attempt - 1), longest)
            sleep(bound * random.uniform(0.5, 1.0))  # noqa: S311 - spreads retries, guards nothing
        yield
